package diagnose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
)

// need is what the guard must be allowed to do, in a region, on a resource.
type need struct {
	purpose  string
	region   string
	actions  []string
	resource string
	// more of what the request says of itself.
	more policy.Context
	// key: the resource is a KMS key, whose own policy has a say.
	key bool
	// service: Lambda calls it in the role's name, not the guard's code.
	service bool
}

// needs are all that the guard calls; those that it asks IAM about itself are
// the same (internal/awsapi, Readiness.Permissions).
func (s *survey) needs() []need {
	c := s.config
	home, away := s.replica.region, s.primary.region
	own := func(service, region, resource string) string {
		return sim.ARN{Partition: "aws", Service: service, Region: region, Account: s.tx.Account(), Resource: resource}.String()
	}
	global := func(resource string) string {
		return sim.ARN{Partition: "aws", Service: "route53", Resource: resource}.String()
	}
	zone := global("hostedzone/" + c.DNS.ZoneID)
	change := policy.Context{
		"route53:changeresourcerecordsetsnormalizedrecordnames": {strings.ToLower(c.DNS.RecordName)},
		"route53:changeresourcerecordsetsrecordtypes":           {"CNAME"},
		"route53:changeresourcerecordsetsactions":               {"UPSERT"},
	}
	primary, replica := s.primary.db.ARN(), s.replica.db.ARN()
	log := s.guard.Attrs.Block("logging_config").Str("log_group")
	out := []need{
		{purpose: "see the replica", region: home, actions: []string{"rds:DescribeDBInstances"}, resource: replica},
		{purpose: "see the primary", region: away, actions: []string{"rds:DescribeDBInstances"}, resource: primary},
		{purpose: "find the replica under another name", region: home, actions: []string{"rds:DescribeDBInstances"}, resource: own("rds", home, "db:*")},
		{purpose: "find the primary under another name", region: away, actions: []string{"rds:DescribeDBInstances"}, resource: own("rds", away, "db:*")},
		{purpose: "see the primary's events", region: away, actions: []string{"rds:DescribeEvents"}, resource: "*"},
		{purpose: "see the new writer's events", region: home, actions: []string{"rds:DescribeEvents"}, resource: "*"},
		{purpose: "promote the replica", region: home, actions: []string{"rds:PromoteReadReplica", "rds:ModifyDBInstance"}, resource: replica},
		{purpose: "stop the old primary", region: away, actions: []string{"rds:StopDBInstance"}, resource: primary},
		{purpose: "fence the old primary", region: away, actions: []string{"ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"},
			resource: own("ec2", away, "network-acl/"+c.PrimaryNetworkACLID)},
		{purpose: "see the fence", region: away, actions: []string{"ec2:DescribeNetworkAcls"}, resource: "*"},
		{purpose: "see the records", region: "us-east-1", actions: []string{"route53:ListResourceRecordSets"}, resource: zone},
		{purpose: "set the records' weights", region: "us-east-1", actions: []string{"route53:ChangeResourceRecordSets"}, resource: zone, more: change},
		{purpose: "see whether the weights are in force", region: "us-east-1", actions: []string{"route53:GetChange"}, resource: global("change/C0")},
		{purpose: "see the health check", region: "us-east-1", actions: []string{"route53:GetHealthCheck"}, resource: global("healthcheck/" + c.DNS.HealthCheckID)},
		{purpose: "see the writer's alarm", region: home, actions: []string{"cloudwatch:DescribeAlarms"}, resource: own("cloudwatch", home, "alarm:"+c.ActiveWriterAlarm)},
		{purpose: "publish metrics", region: home, actions: []string{"cloudwatch:PutMetricData"}, resource: "*", more: policy.Context{"cloudwatch:namespace": {c.MetricNamespace}}},
		{purpose: "tell people", region: home, actions: []string{"sns:Publish"}, resource: c.NoticeTopicARN},
		{purpose: "remember", region: home, actions: []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, resource: own("dynamodb", home, "table/"+c.LedgerTable)},
		{purpose: "read and detach the secret", region: home, resource: c.SecretARN,
			actions: []string{"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:StopReplicationToReplica"}},
		{purpose: "see the primary's secret", region: away, actions: []string{"secretsmanager:DescribeSecret"}, resource: c.PrimarySecretARN},
		{purpose: "know its own permissions", region: "us-east-1", actions: []string{"iam:SimulatePrincipalPolicy"}, resource: s.guard.Attrs.Str("role")},
		{purpose: "write its log", region: s.guard.Region, actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			resource: own("logs", s.guard.Region, "log-group:"+log+":log-stream:any")},
	}
	for _, at := range s.sites() {
		out = append(out,
			need{purpose: "see the " + at.role + "'s parameters", region: at.region, actions: []string{"rds:DescribeDBParameters"},
				resource: own("rds", at.region, "pg:"+at.db.Attrs.Str("parameter_group_name"))},
			need{purpose: "see the " + at.role + "'s key", region: at.region, actions: []string{"kms:DescribeKey"}, resource: at.db.Attrs.Str("kms_key_id"), key: true})
	}
	return slices.Concat(out, s.keyNeeds(), s.interfaceNeeds())
}

// interfaceNeeds are those of Lambda, to put the function into its VPC.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
func (s *survey) interfaceNeeds() []need {
	region, config := s.guard.Region, s.guard.Attrs.Block("vpc_config")
	of := func(resource string, actions ...string) need {
		arn := resource
		if resource != "*" {
			arn = sim.ARN{Partition: "aws", Service: "ec2", Region: region, Account: s.tx.Account(), Resource: resource}.String()
		}
		return need{purpose: "be in its VPC", region: region, actions: actions, resource: arn, service: true}
	}
	out := []need{
		of("network-interface/any", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
		of("*", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
	}
	for _, id := range config.Strings("subnet_ids") {
		out = append(out, of("subnet/"+id, "ec2:CreateNetworkInterface"))
	}
	for _, id := range config.Strings("security_group_ids") {
		out = append(out, of("security-group/"+id, "ec2:CreateNetworkInterface"))
	}
	return out
}

// keyNeeds are those of the keys that services use in the guard's name. A
// service's own key is left out: AWS lets in who may use the service.
func (s *survey) keyNeeds() []need {
	home := s.replica.region
	var out []need
	use := func(purpose, ref, service string, actions ...string) {
		key, state := kms.FindKey(s.tx, home, ref)
		if ref == "" || key == nil || state != kms.KeyUsable {
			return
		}
		via := policy.Context{"kms:viaservice": {service + "." + home + ".amazonaws.com"}, "kms:calleraccount": {s.tx.Account()}}
		out = append(out, need{purpose: purpose, region: home, actions: actions, resource: key.ARN(), more: via, key: true})
	}
	if topic := s.tx.Get(typeTopic, home, s.config.NoticeTopicARN); topic != nil {
		use("tell people in secret", topic.Attrs.Str("kms_master_key_id"), "sns", "kms:GenerateDataKey", "kms:Decrypt")
	}
	if table := s.tx.FindBy("aws_dynamodb_table", home, "name", s.config.LedgerTable); table != nil {
		use("read the ledger", table.Attrs.Block("server_side_encryption").Str("kms_key_arn"), "dynamodb", "kms:Decrypt")
	}
	if secret := secretsmanager.FindSecret(s.tx, home, s.config.SecretARN); secret != nil {
		use("read the secret", secretsmanager.SecretKey(secret, home), "secretsmanager", "kms:Decrypt")
	}
	return out
}

// lookAtPermissions asks the role's policies about each need.
func (s *survey) lookAtPermissions() {
	docs, err := s.rolePolicies(s.guard.Attrs.Str("role"))
	if err != nil {
		s.find("permission", s.guardName(), "%s", err)
		return
	}
	for _, n := range s.needs() {
		for _, action := range n.actions {
			if problem := s.judge(docs, n, s.request(n, action)); problem != "" {
				s.find("permission", fmt.Sprintf("to %s: %s", n.purpose, action), "%s", problem)
			}
		}
	}
	for _, n := range s.excesses() {
		for _, action := range n.actions {
			if s.judge(docs, n, s.request(n, action)) == "" {
				s.find("permission-excess", fmt.Sprintf("to %s: %s", n.purpose, action), "it is allowed on %s", n.resource)
			}
		}
	}
}

// request is what a need asks for.
func (s *survey) request(n need, action string) policy.Request {
	role := s.guard.Attrs.Str("role")
	ctx := policy.Context{
		"aws:requestedregion": {n.region}, "aws:securetransport": {"true"}, "aws:principalarn": {role},
		"aws:principalaccount": {s.tx.Account()}, "lambda:sourcefunctionarn": {s.guard.ARN()},
	}
	if n.service {
		delete(ctx, "lambda:sourcefunctionarn")
	}
	maps.Copy(ctx, n.more)
	return policy.Request{Principal: role, Account: s.tx.Account(), Action: action, Resource: n.resource, Context: ctx}
}

// excesses are what the guard must not be allowed to do: what its policies
// bound by conditions, and what nobody should do for it.
func (s *survey) excesses() []need {
	home, away := s.replica.region, s.primary.region
	third := "eu-central-1"
	record := func(name, action string) policy.Context {
		return policy.Context{
			"route53:changeresourcerecordsetsnormalizedrecordnames": {name}, "route53:changeresourcerecordsetsrecordtypes": {"CNAME"},
			"route53:changeresourcerecordsetsactions": {action},
		}
	}
	zone := sim.ARN{Partition: "aws", Service: "route53", Resource: "hostedzone/" + s.config.DNS.ZoneID}.String()
	name := strings.ToLower(s.config.DNS.RecordName)
	changes := []string{"route53:ChangeResourceRecordSets"}
	return []need{
		{purpose: "publish others' metrics", region: home, actions: []string{"cloudwatch:PutMetricData"}, resource: "*", more: policy.Context{"cloudwatch:namespace": {"AWS/RDS"}}},
		{purpose: "see network ACLs elsewhere", region: third, actions: []string{"ec2:DescribeNetworkAcls"}, resource: "*"},
		{purpose: "see events elsewhere", region: third, actions: []string{"rds:DescribeEvents"}, resource: "*"},
		{purpose: "see interfaces elsewhere", region: third, actions: []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}, resource: "*", service: true},
		{purpose: "do Lambda's part in its VPC", region: home, resource: "*", actions: []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}},
		{purpose: "do Lambda's part in its VPC", region: home,
			resource: sim.ARN{Partition: "aws", Service: "ec2", Region: home, Account: s.tx.Account(), Resource: "network-interface/any"}.String(),
			actions:  []string{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"}},
		{purpose: "set another name", region: "us-east-1", actions: changes, resource: zone, more: record("other."+name, "UPSERT")},
		{purpose: "delete a record", region: "us-east-1", actions: changes, resource: zone, more: record(name, "DELETE")},
		{purpose: "delete the databases", region: away, actions: []string{"rds:DeleteDBInstance"}, resource: s.primary.db.ARN()},
		{purpose: "delete the databases", region: home, actions: []string{"rds:DeleteDBInstance"}, resource: s.replica.db.ARN()},
		{purpose: "decrypt by itself", region: home, actions: []string{"kms:Decrypt"}, resource: s.replica.db.Attrs.Str("kms_key_id"), key: true},
	}
}

// judge says why a request is not allowed, "" if it is.
// https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
func (s *survey) judge(docs []policy.Document, n need, r policy.Request) string {
	v := policy.Identity(docs, r)
	if denied := s.topicDenies(n, r); denied != "" {
		return denied
	}
	if n.key && v.Effect != policy.ExplicitDeny {
		own, problem := s.keyVerdict(n, r)
		if problem != "" {
			return problem
		}
		if own.Effect != policy.ImplicitDeny {
			v = own
		} else if !own.Delegated {
			return "the policy of key " + r.Resource + " does not let the account's roles in"
		}
	}
	switch v.Effect {
	case policy.Allow:
		return ""
	case policy.ExplicitDeny:
		return fmt.Sprintf("statement %q of %q denies it on %s", v.Sid, v.Policy, r.Resource)
	}
	return "no statement of the role allows it on " + r.Resource
}

// topicDenies says which statement of a topic's own policy denies a request, ""
// if none does or the resource is no topic. Within the account the caller's
// policies are enough to be allowed.
func (s *survey) topicDenies(n need, r policy.Request) string {
	topic := s.tx.Get(typeTopic, n.region, r.Resource)
	if topic == nil {
		return ""
	}
	doc, err := policy.Parse("topic policy", topic.Attrs.Str("policy"))
	if err != nil {
		return "" // said of the topic
	}
	if v := policy.Resource(doc, r); v.Effect == policy.ExplicitDeny {
		return fmt.Sprintf("statement %q of the topic's policy denies it", v.Sid)
	}
	return ""
}

// keyVerdict is what a key's own policy says.
func (s *survey) keyVerdict(n need, r policy.Request) (policy.Verdict, string) {
	key, state := kms.FindKey(s.tx, n.region, r.Resource)
	if state != kms.KeyUsable || key == nil {
		return policy.Verdict{}, fmt.Sprintf("key %s is %s", r.Resource, state)
	}
	doc, err := policy.Parse("key policy", key.Attrs.Str("policy"))
	if err != nil {
		return policy.Verdict{}, err.Error()
	}
	return policy.Resource(doc, r), ""
}

// rolePolicies are all policies that a role carries.
func (s *survey) rolePolicies(arn string) ([]policy.Document, error) {
	role := s.tx.FindBy("aws_iam_role", sim.Global, "arn", arn)
	if role == nil {
		return nil, fmt.Errorf("its role %s is not there", arn)
	}
	var docs []policy.Document
	add := func(name, text string) error {
		doc, err := policy.Parse(name, text)
		docs = append(docs, doc)
		return err
	}
	for _, inline := range role.Attrs.Blocks("inline_policy") {
		if err := add(inline.Str("name"), inline.Str("policy")); err != nil {
			return nil, fmt.Errorf("read the policies of role %s: %w", role.ID, err)
		}
	}
	for _, r := range s.tx.List("aws_iam_role_policy", sim.Global) {
		if r.Attrs.Str("role") != role.ID {
			continue
		}
		if err := add(r.Attrs.Str("name"), r.Attrs.Str("policy")); err != nil {
			return nil, fmt.Errorf("read the policies of role %s: %w", role.ID, err)
		}
	}
	for _, r := range s.tx.List("aws_iam_role_policy_attachment", sim.Global) {
		if r.Attrs.Str("role") != role.ID {
			continue
		}
		text := iam.ManagedPolicy(r.Attrs.Str("policy_arn"))
		if p := s.tx.Get("aws_iam_policy", sim.Global, r.Attrs.Str("policy_arn")); p != nil {
			text = p.Attrs.Str("policy")
		}
		if err := add(r.Attrs.Str("policy_arn"), text); err != nil {
			return nil, fmt.Errorf("read the policies of role %s: %w", role.ID, err)
		}
	}
	return docs, nil
}
