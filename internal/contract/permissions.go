package contract

import (
	"slices"
	"strings"
)

// Scope is all that the guard's role may touch, by ARN unless it says
// otherwise. In the stacks the values may be tokens of Terraform's.
type Scope struct {
	Environment string
	// Account is the 12-digit account id, the regions are the two sites'.
	Account       string
	PrimaryRegion string
	ReplicaRegion string

	FunctionARN string
	RoleARN     string
	LogGroupARN string

	PrimaryDatabaseARN   string
	ReplicaDatabaseARN   string
	PrimaryParametersARN string
	ReplicaParametersARN string
	PrimaryNetworkACLID  string

	ZoneID         string
	RecordName     string
	HealthCheckID  string
	ActiveAlarmARN string

	LedgerARN         string
	NoticeTopicARN    string
	TopicKeyARN       string
	PrimarySecretARN  string
	RegionalSecretARN string
	PrimaryKeyARN     string
	RegionalKeyARN    string
}

// own is the ARN of a resource of the account.
func (s Scope) own(service, region, resource string) string {
	return strings.Join([]string{"arn:aws", service, region, s.Account, resource}, ":")
}

// via is the service of the guard's region as KMS names it.
func (s Scope) via(service string) string { return service + "." + s.ReplicaRegion + ".amazonaws.com" }

// Condition of a statement, for example StringEquals on "cloudwatch:namespace".
type Condition struct {
	Operator, Key string
	Values        []string
}

// forAll is the operator of keys that have a value for each part of a request.
const forAll = "ForAllValues:StringEquals"

// List says that the key has a list of values in one request.
func (c Condition) List() bool { return c.Operator == forAll }

// Condition keys that more than one side looks at.
const (
	KeyViaService     = "kms:ViaService"
	KeyRegion         = "aws:RequestedRegion"
	KeyNamespace      = "cloudwatch:namespace"
	KeySourceFunction = "lambda:SourceFunctionArn"
	// KeyEnvironmentTag is the tag of a database instance that names its
	// environment. RDS keeps the tags of an instance that is renamed.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.SpecifyingCustomTags.html
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
	KeyEnvironmentTag = "rds:db-tag/" + EnvironmentTag
)

// EnvironmentTag is the key of the tag that names a resource's environment.
const EnvironmentTag = "Environment"

// Grant is one statement of the guard's role.
type Grant struct {
	// Policy is the inline policy that the statement is part of, Sid its name.
	Policy, Sid string
	// Deny turns the statement round; such a one is asked for nowhere.
	Deny bool
	// Why says what the guard needs it for, in a few words: "to …".
	Why     string
	Actions []string
	// Resources may end in a wildcard; "*" where AWS has no permission by
	// resource.
	Resources func(Scope) []string
	// Conditions bound it further; nil for none.
	Conditions func(Scope) []Condition
	// Says is what such a request says of itself beyond the conditions.
	Says func(Scope) []Condition
	// ByLambda: Lambda calls it in the role's name, not the guard's code.
	ByLambda bool
	// Unasked is why the readiness check does not ask about it; "" means that
	// it does.
	Unasked string
}

// Actions of the guard that more than one side looks at.
const (
	ActSeeDatabases    = "rds:DescribeDBInstances"
	ActPromote         = "rds:PromoteReadReplica"
	ActFence           = "ec2:CreateNetworkAclEntry"
	ActSetWeights      = "route53:ChangeResourceRecordSets"
	ActSendNotice      = "sns:Publish"
	ActWriteLedger     = "dynamodb:PutItem"
	ActReadCredentials = "secretsmanager:GetSecretValue"
	ActPublishMetrics  = "cloudwatch:PutMetricData"
	ActReadMetrics     = "cloudwatch:GetMetricData"
)

// AllDatabases is the resource that stands for all database instances of a region.
const AllDatabases = "db:*"

// VPCActions are what Lambda itself does in the role's name to put the function
// into the VPC, VPCReadActions what it reads for that. The guard's own code is
// denied both, as AWS advises.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
var (
	VPCActions = []string{
		"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	}
	VPCReadActions = []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
)

const unaskedLambda = "a function that runs is in its VPC"

// Grants are the permissions of the guard's role: the stack writes its policies
// from them, the readiness check and the twin's diagnosis ask about each. A
// condition bounds each one for which AWS has no permission by resource:
//
//   - cloudwatch:PutMetricData: by namespace.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
//   - cloudwatch:GetMetricData: by region.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
//   - ec2:Describe*: by region.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
//   - rds:DescribeEvents: by region.
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
var Grants = []Grant{
	{Policy: "run", Sid: "Log", Why: "write its log", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: func(s Scope) []string { return []string{s.LogGroupARN + ":*"} },
		Unasked:   "a failover needs no log"},
	{Policy: "run", Sid: "NetworkInterfaces", Why: "be in its VPC", Actions: VPCActions, ByLambda: true,
		Resources: func(s Scope) []string { return []string{s.own("ec2", s.ReplicaRegion, "*/*")} },
		Unasked:   unaskedLambda},
	{Policy: "run", Sid: "NetworkInterfacesNotByCode", Deny: true, Actions: slices.Concat(VPCReadActions, VPCActions),
		Resources: everything,
		Conditions: func(s Scope) []Condition {
			return []Condition{{"ArnEquals", KeySourceFunction, []string{s.FunctionARN}}}
		}},

	// RDS asks for it on all instances where one is looked up by its resource id:
	// a renamed one has another ARN.
	{Policy: "observe", Sid: "Databases", Why: "see the databases, renamed ones too", Actions: []string{ActSeeDatabases},
		Resources: func(s Scope) []string {
			return []string{s.own("rds", s.PrimaryRegion, AllDatabases), s.own("rds", s.ReplicaRegion, AllDatabases)}
		}},
	{Policy: "observe", Sid: "Parameters", Why: "see the parameter groups", Actions: []string{"rds:DescribeDBParameters"},
		Resources: func(s Scope) []string { return []string{s.PrimaryParametersARN, s.ReplicaParametersARN} }},
	{Policy: "observe", Sid: "Records", Why: "see the records", Actions: []string{"route53:ListResourceRecordSets"}, Resources: zone},
	{Policy: "observe", Sid: "HealthCheck", Why: "see the health check", Actions: []string{"route53:GetHealthCheck"},
		Resources: func(s Scope) []string { return []string{"arn:aws:route53:::healthcheck/" + s.HealthCheckID} }},
	{Policy: "observe", Sid: "ActiveWriterAlarm", Why: "see the writer's alarm", Actions: []string{"cloudwatch:DescribeAlarms"},
		Resources: func(s Scope) []string { return []string{s.ActiveAlarmARN} }},
	{Policy: "observe", Sid: "Keys", Why: "see the databases' keys", Actions: []string{"kms:DescribeKey"},
		Resources: func(s Scope) []string { return []string{s.PrimaryKeyARN, s.RegionalKeyARN} }},
	{Policy: "observe", Sid: "Secrets", Why: "see the secrets", Actions: []string{"secretsmanager:DescribeSecret"},
		Resources: func(s Scope) []string { return []string{s.PrimarySecretARN, s.RegionalSecretARN} }},
	{Policy: "observe", Sid: "NoticeTopic", Why: "see which key encrypts its notices", Actions: []string{"sns:GetTopicAttributes"},
		Resources: func(s Scope) []string { return []string{s.NoticeTopicARN} }},
	{Policy: "observe", Sid: "OwnPermissions", Why: "know its own permissions", Actions: []string{"iam:SimulatePrincipalPolicy"},
		Resources: func(s Scope) []string { return []string{s.RoleARN} },
		Unasked:   "an answer to the other questions proves it"},

	{Policy: "act", Sid: "Promote", Why: "promote the replica", Actions: []string{ActPromote, "rds:ModifyDBInstance"},
		Resources: func(s Scope) []string { return []string{s.ReplicaDatabaseARN} }},
	// RDS encrypts the standby's volume in the name of who asks for Multi-AZ.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
	{Policy: "act", Sid: "RestoreMultiAZ", Why: "give the new writer a standby", Actions: []string{"kms:CreateGrant"},
		Resources: func(s Scope) []string { return []string{s.RegionalKeyARN} },
		Conditions: func(s Scope) []Condition {
			return []Condition{{"Bool", "kms:GrantIsForAWSResource", []string{"true"}}, {"StringEquals", KeyViaService, []string{s.via("rds")}}}
		}},
	{Policy: "act", Sid: "StopOldPrimary", Why: "stop the old primary", Actions: []string{"rds:StopDBInstance"},
		Resources: func(s Scope) []string { return []string{s.PrimaryDatabaseARN} }},
	// By its tag: a renamed instance has another ARN.
	{Policy: "act", Sid: "StopRenamedPrimary", Why: "stop the old primary under another name", Actions: []string{"rds:StopDBInstance"},
		Resources: func(s Scope) []string { return []string{s.own("rds", s.PrimaryRegion, AllDatabases)} },
		Conditions: func(s Scope) []Condition {
			return []Condition{{"StringEquals", KeyEnvironmentTag, []string{s.Environment}}}
		}},
	{Policy: "act", Sid: "Fence", Why: "fence the old primary", Actions: []string{ActFence, "ec2:DeleteNetworkAclEntry"},
		Resources: func(s Scope) []string {
			return []string{s.own("ec2", s.PrimaryRegion, "network-acl/"+s.PrimaryNetworkACLID)}
		}},
	{Policy: "act", Sid: "Weights", Why: "set the records' weights", Actions: []string{ActSetWeights}, Resources: zone,
		Conditions: func(s Scope) []Condition {
			return []Condition{
				{forAll, "route53:ChangeResourceRecordSetsNormalizedRecordNames", []string{strings.ToLower(s.RecordName)}},
				{forAll, "route53:ChangeResourceRecordSetsRecordTypes", []string{"CNAME"}},
				{forAll, "route53:ChangeResourceRecordSetsActions", []string{"UPSERT"}},
			}
		}},
	{Policy: "act", Sid: "WeightsDone", Why: "see whether the weights are in force", Actions: []string{"route53:GetChange"},
		Resources: func(Scope) []string { return []string{"arn:aws:route53:::change/*"} }},
	{Policy: "act", Sid: "SecretStandalone", Why: "detach the secret", Actions: []string{"secretsmanager:StopReplicationToReplica"},
		Resources: func(s Scope) []string { return []string{s.RegionalSecretARN} }},
	{Policy: "act", Sid: "Tell", Why: "send notices", Actions: []string{ActSendNotice},
		Resources: func(s Scope) []string { return []string{s.NoticeTopicARN} }},
	{Policy: "act", Sid: "TellEncrypted", Why: "encrypt its notices", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"},
		Resources: func(s Scope) []string { return []string{s.TopicKeyARN} },
		Says:      func(s Scope) []Condition { return []Condition{{"StringEquals", KeyViaService, []string{s.via("sns")}}} }},

	{Policy: "remember", Sid: "Ledger", Why: "keep its ledger", Actions: []string{"dynamodb:GetItem", ActWriteLedger, "dynamodb:Query"},
		Resources: func(s Scope) []string { return []string{s.LedgerARN} }},
	{Policy: "remember", Sid: "Credentials", Why: "read the credentials", Actions: []string{ActReadCredentials},
		Resources: func(s Scope) []string { return []string{s.RegionalSecretARN} }},
	{Policy: "remember", Sid: "Decrypt", Why: "decrypt credentials and ledger", Actions: []string{"kms:Decrypt"},
		Resources: func(s Scope) []string { return []string{s.RegionalKeyARN} },
		Conditions: func(s Scope) []Condition {
			return []Condition{{"StringEquals", KeyViaService, []string{s.via("secretsmanager"), s.via("dynamodb")}}}
		}},

	{Policy: "exceptions", Sid: "Metrics", Why: "publish metrics", Actions: []string{ActPublishMetrics}, Resources: everything,
		Conditions: func(s Scope) []Condition {
			return []Condition{{"StringEquals", KeyNamespace, []string{MetricNamespace(s.Environment)}}}
		}},
	{Policy: "exceptions", Sid: "NetworkInterfacesRead", Why: "be in its VPC", Actions: VPCReadActions, Resources: everything, ByLambda: true,
		Conditions: func(s Scope) []Condition { return inRegions(s.ReplicaRegion) }, Unasked: unaskedLambda},
	{Policy: "exceptions", Sid: "FenceRead", Why: "see the fence", Actions: []string{"ec2:DescribeNetworkAcls"}, Resources: everything,
		Conditions: func(s Scope) []Condition { return inRegions(s.PrimaryRegion) }},
	{Policy: "exceptions", Sid: "PrimaryActivity", Why: "see until when the old primary took writes", Actions: []string{ActReadMetrics}, Resources: everything,
		Conditions: func(s Scope) []Condition { return inRegions(s.PrimaryRegion) }},
	{Policy: "exceptions", Sid: "DatabaseEvents", Why: "see the databases' events", Actions: []string{"rds:DescribeEvents"}, Resources: everything,
		Conditions: func(s Scope) []Condition { return inRegions(s.PrimaryRegion, s.ReplicaRegion) }},
}

func everything(Scope) []string { return []string{"*"} }

func zone(s Scope) []string { return []string{"arn:aws:route53:::hostedzone/" + s.ZoneID} }

func inRegions(regions ...string) []Condition {
	return []Condition{{"StringEquals", KeyRegion, regions}}
}

// Question is whether the role may do something: what a [Grant] is to make true.
type Question struct {
	Grant
	// Resource is one ARN, without a wildcard at its end, or "*".
	Resource string
	// Region that the request goes to.
	Region string
	// Context is what the request says of itself, by condition key.
	Context map[string][]string
}

// Questions are those of all grants but denials: one for each resource and each
// value that a condition takes. A resource that the scope leaves empty is left
// out.
func Questions(s Scope) []Question {
	var all []Question
	for _, g := range Grants {
		if g.Deny {
			continue
		}
		for _, resource := range g.Resources(s) {
			if resource == "" {
				continue
			}
			for _, context := range g.contexts(s) {
				all = append(all, Question{Grant: g, Resource: concrete(resource), Region: regionOf(s, resource, context), Context: context})
			}
		}
	}
	return all
}

// contexts are what the requests that a grant allows may say of themselves.
func (g Grant) contexts(s Scope) []map[string][]string {
	var conditions []Condition
	for _, of := range []func(Scope) []Condition{g.Conditions, g.Says} {
		if of != nil {
			conditions = append(conditions, of(s)...)
		}
	}
	all := []map[string][]string{{}}
	for _, c := range conditions {
		var more []map[string][]string
		for _, known := range all {
			for _, values := range c.choices() {
				with := map[string][]string{c.Key: values}
				for key, v := range known {
					with[key] = v
				}
				more = append(more, with)
			}
		}
		all = more
	}
	return all
}

// choices are the values that one request can have for the key.
func (c Condition) choices() [][]string {
	if c.List() {
		return [][]string{c.Values}
	}
	var each [][]string
	for _, v := range c.Values {
		each = append(each, []string{v})
	}
	return each
}

// concrete is a resource that a pattern allows.
func concrete(pattern string) string {
	if pattern == "*" {
		return pattern
	}
	return strings.ReplaceAll(pattern, "*", "any")
}

// regionOf is the region that a request goes to. The control planes of IAM and
// Route 53 are in us-east-1.
func regionOf(s Scope, resource string, context map[string][]string) string {
	if in := context[KeyRegion]; len(in) == 1 {
		return in[0]
	}
	if a, ok := parseARN(resource); ok && a.region != "" {
		return a.region
	}
	if resource == "*" {
		return s.ReplicaRegion
	}
	return "us-east-1"
}
