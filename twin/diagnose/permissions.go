package diagnose

import (
	"fmt"
	"maps"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
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

// needs are all that the contract grants, on what is there.
func (s *survey) needs() []need {
	c := s.config
	home, away := s.replica.region, s.primary.region
	parameters := func(at site) string { return s.own("rds", at.region, "pg:"+at.db.Attrs.Str("parameter_group_name")) }
	log := s.guard.Attrs.Block("logging_config").Str("log_group")
	questions := contract.Questions(contract.Scope{
		Environment: s.environment,
		Account:     s.tx.Account(), PrimaryRegion: away, ReplicaRegion: home,
		FunctionARN: s.guard.ARN(), RoleARN: s.guard.Attrs.Str("role"), LogGroupARN: s.own("logs", s.guard.Region, "log-group:"+log),
		PrimaryDatabaseARN: s.primary.db.ARN(), ReplicaDatabaseARN: s.replica.db.ARN(),
		PrimaryParametersARN: parameters(s.primary), ReplicaParametersARN: parameters(s.replica),
		PrimaryNetworkACLID: c.PrimaryNetworkACLID,
		ZoneID:              c.DNS.ZoneID, RecordName: c.DNS.RecordName, HealthCheckID: c.DNS.HealthCheckID,
		ActiveAlarmARN: s.own("cloudwatch", home, "alarm:"+c.ActiveWriterAlarm), LedgerARN: s.own("dynamodb", home, "table/"+c.LedgerTable),
		NoticeTopicARN: c.NoticeTopicARN, TopicKeyARN: s.keyUsedBy("sns"),
		PrimarySecretARN: c.PrimarySecretARN, RegionalSecretARN: c.SecretARN,
		PrimaryKeyARN: s.primary.db.Attrs.Str("kms_key_id"), RegionalKeyARN: s.replica.db.Attrs.Str("kms_key_id"),
	})
	var out []need
	for _, q := range questions {
		n := need{purpose: q.Why, region: q.Region, actions: q.Actions, resource: q.Resource, service: q.ByLambda,
			key: strings.HasPrefix(q.Actions[0], "kms:"), more: policy.Context{}}
		for key, values := range q.Context {
			n.more[strings.ToLower(key)] = values
		}
		if via := q.Context[contract.KeyViaService]; len(via) == 1 {
			service, _, _ := strings.Cut(via[0], ".")
			if n.resource = s.keyUsedBy(service); n.resource == "" {
				continue
			}
			n.more["kms:calleraccount"] = []string{s.tx.Account()}
		}
		out = append(out, n)
	}
	return append(out, s.placeNeeds()...)
}

// own is the ARN of a resource of the account.
func (s *survey) own(service, region, resource string) string {
	return sim.ARN{Partition: "aws", Service: service, Region: region, Account: s.tx.Account(), Resource: resource}.String()
}

// placeNeeds are those of Lambda, on where it puts the function.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
func (s *survey) placeNeeds() []need {
	region, config := s.guard.Region, s.guard.Attrs.Block("vpc_config")
	var out []need
	of := func(resource string) {
		out = append(out, need{purpose: "be in its VPC", region: region, actions: contract.VPCActions[:1], resource: s.own("ec2", region, resource), service: true})
	}
	for _, id := range config.Strings("subnet_ids") {
		of("subnet/" + id)
	}
	for _, id := range config.Strings("security_group_ids") {
		of("security-group/" + id)
	}
	return out
}

// keyUsedBy is the key that a service uses in the guard's name. A service's own
// key is left out: AWS lets in who may use the service.
func (s *survey) keyUsedBy(service string) string {
	home, ref := s.replica.region, ""
	switch service {
	case "rds":
		ref = s.replica.db.Attrs.Str("kms_key_id")
	case "sns":
		if topic := s.tx.Get(typeTopic, home, s.config.NoticeTopicARN); topic != nil {
			ref = topic.Attrs.Str("kms_master_key_id")
		}
	case "dynamodb":
		if table := s.tx.FindBy("aws_dynamodb_table", home, "name", s.config.LedgerTable); table != nil {
			ref = table.Attrs.Block("server_side_encryption").Str("kms_key_arn")
		}
	case "secretsmanager":
		if secret := secretsmanager.FindSecret(s.tx, home, s.config.SecretARN); secret != nil {
			ref = secretsmanager.SecretKey(secret, home)
		}
	}
	key, state := kms.FindKey(s.tx, home, ref)
	if ref == "" || key == nil || state != kms.KeyUsable {
		return ""
	}
	return key.ARN()
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
// bound by conditions, and what no role should do for it.
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
		{purpose: "publish others' metrics", region: home, actions: []string{"cloudwatch:PutMetricData"}, resource: "*", more: policy.Context{contract.KeyNamespace: {contract.NamespaceRDS}}},
		{purpose: "see network ACLs elsewhere", region: third, actions: []string{"ec2:DescribeNetworkAcls"}, resource: "*"},
		{purpose: "see metrics elsewhere", region: third, actions: []string{contract.ActReadMetrics}, resource: "*"},
		{purpose: "see events elsewhere", region: third, actions: []string{"rds:DescribeEvents"}, resource: "*"},
		{purpose: "see interfaces elsewhere", region: third, actions: contract.VPCReadActions, resource: "*", service: true},
		{purpose: "do Lambda's part in its VPC", region: home, resource: "*", actions: contract.VPCReadActions},
		{purpose: "do Lambda's part in its VPC", region: home,
			resource: sim.ARN{Partition: "aws", Service: "ec2", Region: home, Account: s.tx.Account(), Resource: "network-interface/any"}.String(),
			actions:  contract.VPCActions},
		{purpose: "set another name", region: "us-east-1", actions: changes, resource: zone, more: record("other."+name, "UPSERT")},
		{purpose: "delete a record", region: "us-east-1", actions: changes, resource: zone, more: record(name, "DELETE")},
		{purpose: "stop another environment's database", region: away, actions: []string{"rds:StopDBInstance"}, resource: s.own("rds", away, "db:other"),
			more: policy.Context{strings.ToLower(contract.KeyEnvironmentTag): {"other"}}},
		{purpose: "delete the databases", region: away, actions: []string{"rds:DeleteDBInstance"}, resource: s.primary.db.ARN()},
		{purpose: "delete the databases", region: home, actions: []string{"rds:DeleteDBInstance"}, resource: s.replica.db.ARN()},
		{purpose: "grant the use of the key by itself", region: home, actions: []string{"kms:CreateGrant"}, resource: s.replica.db.Attrs.Str("kms_key_id"), key: true,
			more: policy.Context{"kms:viaservice": {"rds." + home + ".amazonaws.com"}, "kms:grantisforawsresource": {"false"}}},
		{purpose: "grant another service the use of the key", region: home, actions: []string{"kms:CreateGrant"}, resource: s.replica.db.Attrs.Str("kms_key_id"), key: true,
			more: policy.Context{"kms:viaservice": {"ec2." + home + ".amazonaws.com"}, "kms:grantisforawsresource": {"true"}}},
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
		text := policy.Managed(r.Attrs.Str("policy_arn"))
		if p := s.tx.Get("aws_iam_policy", sim.Global, r.Attrs.Str("policy_arn")); p != nil {
			text = p.Attrs.Str("policy")
		}
		if err := add(r.Attrs.Str("policy_arn"), text); err != nil {
			return nil, fmt.Errorf("read the policies of role %s: %w", role.ID, err)
		}
	}
	return docs, nil
}
