package review_test

import (
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

const (
	function   = "aws_lambda_function"
	permission = "aws_iam_role_policy"
)

// madeOfGuards are changes of the guard, its rights and its alarms.
var madeOfGuards = []madeUp{
	{name: "a lower threshold", kind: alarm, stack: "replica", policy: "alarm-loosened", edits: becomes("threshold", 100, 50)},
	{name: "fewer periods", kind: alarm, stack: "replica", policy: "alarm-loosened", edits: becomes("evaluation_periods", 3, 2)},
	{name: "a human's subscription", kind: "aws_sns_topic_subscription", stack: "replica", policy: "alarm-lost", severity: review.Human, says: "will be DESTROYED",
		edits: append([]plantest.Edit{{At: []any{"change", "before", "protocol"}, Set: "email"}}, actions["delete"]...)},
	{name: "a second function by the role's name", kind: "aws_vpc", stack: "replica", policy: "guard-doubled", severity: review.Block, says: "a second function with the guard's role",
		plan: makes(function, map[string]any{"role": "arn:aws:iam::123456789012:role/failover-function-role-prod"})},
	{name: "a call as it is applied", kind: "aws_lambda_invocation", stack: "replica", policy: "guard-doubled", severity: review.Block, says: "calls a function as it is applied",
		edits: actions["create anew"]},
	{name: "a row in the ledger", kind: "aws_dynamodb_table_item", stack: "replica", policy: "guard-doubled", severity: review.Block, says: "may take for its own memory",
		edits: actions["create anew"]},
	{name: "a call over HTTP", kind: "aws_lambda_function_url", stack: "replica", policy: "guard-doubled", severity: review.Block, says: "be called over HTTP",
		edits: actions["create anew"]},
	{name: "variables that are not known yet", kind: function, stack: "replica", policy: "guard-policy", severity: review.Human, says: "in a way that the plan does not show",
		edits: join([]plantest.Edit{act("update"), {At: []any{"change", "before", "environment"}, Null: true}}, unknownAfter("environment"))},
	{name: "other subnets", kind: function, stack: "replica", policy: "guard-lost", severity: review.Human, says: "vpc_config.0.subnet_ids goes from",
		edits: []plantest.Edit{act("update"), {At: []any{"change", "after", "vpc_config", 0, "subnet_ids"}, Set: []any{"subnet-of-somebody"}}}},
	{name: "code from a bucket", kind: function, stack: "replica", policy: "guard-lost", severity: review.Human, says: "its code comes from s3_bucket",
		plan: gives(function, "s3_bucket", constant("somebody"))},
	{name: "a denial", kind: permission, stack: "replica", policy: "guard-permission", severity: review.Block, says: "rds:PromoteReadReplica on everything but x is denied",
		edits: becomes("policy", grant("rds:PromoteReadReplica"), `{"Statement":{"Effect":"Deny","Action":"rds:PromoteReadReplica","NotResource":"x"}}`)},
	{name: "another notice topic", kind: function, stack: "replica", policy: "guard-policy", severity: review.Human, says: "PGDR_NOTICE_TOPIC_ARN goes from",
		edits: variable("PGDR_NOTICE_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:other")},
	{name: "no notice topic", kind: function, stack: "replica", policy: "guard-policy", severity: review.Human, says: "to nothing",
		edits: withoutVariable("PGDR_NOTICE_TOPIC_ARN")},
	{name: "a notice topic that is not known yet", kind: function, stack: "replica", policy: "guard-policy", severity: review.Human, says: "to what is known after the apply only",
		edits: join(withoutVariable("PGDR_NOTICE_TOPIC_ARN"), unknownVariable("PGDR_NOTICE_TOPIC_ARN"))},
	{name: "no mode", kind: function, stack: "replica", policy: "guard-policy", severity: review.Block, says: "PGDR_MODE is removed",
		edits: withoutVariable("PGDR_MODE")},
	{name: "a new variable", kind: function, stack: "replica", policy: "guard-policy", severity: review.Human, says: "PGDR_NEW is new",
		edits: variable("PGDR_NEW", "x")},
	{name: "variables that change unseen", kind: function, stack: "replica", policy: "guard-policy", severity: review.Human, says: "in a way that the plan does not show",
		edits: join([]plantest.Edit{act("update")}, unknownVariable("PGDR_NOTICE_TOPIC_ARN"))},
	{name: "an alarm elsewhere", kind: alarm, stack: "replica", policy: "guard-region", severity: review.Block, says: "what it measures is published in eu-west-1",
		edits: becomes("namespace", "PGDR", "PGDR"), plan: ofProvider(alarm, "aws.primary")},
	{name: "a topic elsewhere", kind: "aws_sns_topic", stack: "replica", policy: "guard-region", severity: review.Block, says: "is in us-east-1; the replica's region is eu-west-1",
		plan: ofProvider("aws_sns_topic", "aws.primary")},
	{name: "a replica elsewhere", kind: instance, stack: "replica", policy: "guard-region", severity: review.Block, says: "the replica replica-db-prod is in us-east-1",
		plan: ofProvider(instance, "aws.primary")},
	{name: "regions that differ", kind: "aws_vpc", stack: "primary", policy: "guard-region", severity: review.Block, says: "disagree on the region of the provider aws.replica: eu-central-1 and eu-west-1",
		plan: inRegion("aws.replica", "eu-central-1")},
	{name: "primary regions that differ", kind: "aws_vpc", stack: "replica", policy: "guard-region", severity: review.Block, says: "disagree on the region of the provider aws.primary",
		plan: inRegion("aws.primary", "us-west-2")},
	{name: "one region for both sites", kind: "aws_vpc", stack: "replica", policy: "guard-region", severity: review.Block, says: "Both sites are in us-east-1",
		plan: inRegion("aws.replica", "us-east-1")},
	{name: "an attached policy", kind: "aws_iam_role_policy_attachment", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "gives permissions",
		edits: actions["create anew"]},
	{name: "a grant of a key", kind: "aws_kms_grant", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "gives permissions",
		edits: actions["create anew"]},
	{name: "managed policies", kind: "aws_iam_role", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "is given policies by managed_policy_arns",
		edits: becomes("description", "a", "b"), plan: gives("aws_iam_role", "managed_policy_arns", constant([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}))},
	{name: "another call than an invocation", kind: "aws_lambda_permission", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "lets",
		edits: becomes("action", "lambda:InvokeFunction", "lambda:UpdateFunctionCode")},
	{name: "a policy that is not known yet", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Human, says: "its policy will be known after the apply only",
		edits: join([]plantest.Edit{act("update")}, unknownAfter("policy"))},
	{name: "all of RDS from the first day", kind: permission, stack: "replica", situation: "first/replica", policy: "iam-broadened", severity: review.Block, says: "the role may rds:* on",
		edits: plans("policy", grant("rds:*"))},
	{name: "everything but from the first day", kind: permission, stack: "replica", situation: "first/replica", policy: "iam-broadened", severity: review.Block, says: "the role may do everything but iam:* on x",
		edits: plans("policy", `{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"x"}}`)},
	{name: "a topic for everybody from the first day", kind: "aws_sns_topic_policy", stack: "replica", situation: "first/replica", policy: "iam-broadened", severity: review.Block, says: "* may sns:Publish",
		edits: plans("policy", everyoneJSON)},
	{name: "one thing more left out", kind: permission, stack: "replica", policy: "iam-broadened",
		edits: becomes("policy", except("iam:*"), except("iam:*", "kms:*"))},
	{name: "one thing less left out", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Block, says: "may now do everything but iam:* on x",
		edits: becomes("policy", except("iam:*", "kms:*"), except("iam:*"))},
	{name: "one thing of everything but", kind: permission, stack: "replica", policy: "iam-broadened",
		edits: becomes("policy", except("iam:*"), `{"Statement":{"Effect":"Allow","Action":"rds:PromoteReadReplica","Resource":"x"}}`)},
	{name: "what was left out", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Human, says: "may now iam:PassRole on x",
		edits: becomes("policy", except("iam:*"), `{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"x"}}`)},
	{name: "everything, and then everything but", kind: permission, stack: "replica", policy: "iam-broadened",
		edits: becomes("policy", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"x"}}`, except("iam:*"))},
	{name: "a denial of everything but, gone", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Block, says: "it no longer denies everything but sns:Publish",
		edits: becomes("policy", `{"Statement":[{"Effect":"Deny","NotAction":"sns:Publish","Resource":"*"}]}`, `{"Statement":[]}`)},
	{name: "an element twice", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Human, says: "its policy has an element twice",
		edits: becomes("policy", grant("rds:a"), `{"Statement":[{"Effect":"Allow","Action":["rds:*"],"Action":["rds:a"],"Resource":["arn:aws:rds:eu-west-1:123456789012:db:replica-db-prod"]}]}`)},
	{name: "an element in two cases", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Human, says: "its policy has an element twice",
		edits: becomes("policy", grant("rds:a"), `{"Statement":[{"Effect":"Allow","action":["rds:*"],"Action":["rds:a"],"Resource":["arn:aws:rds:eu-west-1:123456789012:db:replica-db-prod"]}]}`)},
	{name: "subnets and routes, all sensitive", kind: "aws_vpc", stack: "primary", policy: "database-exposed", plan: allSensitive("aws_vpc", "aws_subnet", "aws_route", "aws_route_table", "aws_route_table_association", "aws_db_subnet_group")},
	{name: "an instance, all sensitive", kind: "aws_vpc", stack: "primary", policy: "capacity", plan: allSensitive(instance)},
	{name: "a parameter group, all sensitive", kind: "aws_vpc", stack: "replica", policy: "engine-version", plan: allSensitive("aws_db_parameter_group")},
	{name: "the policy of a new topic", kind: "aws_vpc", stack: "replica", policy: "duplicate-identity", plan: ofNewTopic},
	{name: "RDS for this account", kind: "aws_sns_topic_policy", stack: "replica", policy: "iam-broadened", severity: review.Human, says: "Service events.rds.amazonaws.com may now sns:Publish",
		edits: becomes("policy", `{"Statement":[]}`, service("events.rds", "sns:Publish", "123456789012"))},
	{name: "RDS for another account", kind: "aws_sns_topic_policy", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "may now sns:Publish",
		edits: becomes("policy", `{"Statement":[]}`, service("events.rds", "sns:Publish", "210987654321"))},
	{name: "a key for RDS for this account", kind: "aws_kms_key", stack: "replica", policy: "iam-broadened", severity: review.Human, says: "may now kms:GenerateDataKey* on *",
		edits: becomes("policy", `{"Statement":[]}`, service("events.rds", "kms:GenerateDataKey*", "123456789012"))},
	{name: "all of a key for RDS", kind: "aws_kms_key", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "may now kms:* on *",
		edits: becomes("policy", `{"Statement":[]}`, service("events.rds", "kms:*", "123456789012"))},
	{name: "a new role of flow logs", kind: "aws_iam_role", stack: "replica", policy: "iam-broadened", severity: review.Human, says: "Service vpc-flow-logs.amazonaws.com may now sts:AssumeRole",
		edits: append(plans("assume_role_policy", service("vpc-flow-logs", "sts:AssumeRole", "123456789012")), actions["create anew"]...)},
	{name: "the guard's role for another service", kind: "aws_iam_role", stack: "replica", policy: "iam-broadened", severity: review.Block, says: "Service vpc-flow-logs.amazonaws.com may now sts:AssumeRole",
		edits: becomes("assume_role_policy", `{"Statement":[]}`, service("vpc-flow-logs", "sts:AssumeRole", "123456789012"))},
	{name: "the streams of a log", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Human, says: "may now logs:PutLogEvents",
		edits: becomes("policy", `{"Statement":[]}`, `{"Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vpc/x:log-stream:*"}]}`)},
	{name: "the streams of all logs", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Block, says: "may now logs:PutLogEvents",
		edits: becomes("policy", `{"Statement":[]}`, `{"Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:aws:logs:eu-west-1:123456789012:log-group:*"}]}`)},
	{name: "the names of all logs", kind: permission, stack: "replica", policy: "iam-broadened", severity: review.Human, says: "may now logs:DescribeLogGroups",
		edits: becomes("policy", `{"Statement":[]}`, `{"Statement":[{"Effect":"Allow","Action":"logs:DescribeLogGroups","Resource":"arn:aws:logs:eu-west-1:123456789012:log-group:*"}]}`)},
	{name: "a provider of somebody else's", kind: "aws_vpc", stack: "primary", policy: "runs-code", severity: review.Block, says: "registry.terraform.io/acme/aws",
		plan: configuration(func(c *tfjson.Config) {
			c.ProviderConfigs["acme"] = &tfjson.ProviderConfig{Name: "aws", FullName: "registry.terraform.io/acme/aws"}
		})},
	{name: "an address asked at each plan", kind: "aws_vpc", stack: "primary", policy: "runs-code", severity: review.Block, says: "asks an address on the network", plan: dataSource("http")},
	{name: "the guard called at each plan", kind: "aws_vpc", stack: "replica", policy: "runs-code", severity: review.Block, says: "calls a function at each plan", plan: dataSource("aws_lambda_invocation")},
}

// service is a policy that lets a service of AWS act for an account.
func service(name, action, account string) string {
	return `{"Statement":[{"Effect":"Allow","Principal":{"Service":"` + name + `.amazonaws.com"},"Action":["` + action + `"],"Resource":["*"],` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":"` + account + `"}}}]}`
}

func except(actions ...string) string {
	text := `{"Statement":{"Effect":"Allow","NotAction":[`
	for i, a := range actions {
		text += []string{"", ","}[min(i, 1)] + `"` + a + `"`
	}
	return text + `],"Resource":"x"}}`
}

// ofNewTopic makes a topic and its policy, whose arn is known after the apply.
func ofNewTopic(p *tfjson.Plan) {
	makes("aws_sns_topic", map[string]any{"name": "x"})(p)
	makes("aws_sns_topic_policy", map[string]any{"policy": `{"Statement":[]}`})(p)
	p.ResourceChanges[len(p.ResourceChanges)-1].Change.AfterUnknown = map[string]any{"arn": true}
	configuration(func(c *tfjson.Config) {
		c.RootModule.Resources = append(c.RootModule.Resources, &tfjson.ConfigResource{
			Address: "aws_sns_topic_policy.another", Mode: tfjson.ManagedResourceMode, Type: "aws_sns_topic_policy", Name: "another", ProviderConfigKey: "aws.replica",
			Expressions: map[string]*tfjson.Expression{"arn": reference("aws_sns_topic.another.arn", "aws_sns_topic.another")},
		})
	})(p)
}

// plans sets what is made.
func plans(attribute string, value any) []plantest.Edit {
	return []plantest.Edit{
		{At: []any{"change", "after", attribute}, Set: value},
		{At: []any{"change", "after_unknown", attribute}, Set: false},
	}
}

func withoutVariable(name string) []plantest.Edit {
	return []plantest.Edit{act("update"), {At: []any{"change", "after", "environment", 0, "variables", name}, Remove: true}}
}

func unknownVariable(name string) []plantest.Edit {
	return []plantest.Edit{{At: []any{"change", "after_unknown", "environment"}, Set: []any{map[string]any{"variables": map[string]any{name: true}}}}}
}
