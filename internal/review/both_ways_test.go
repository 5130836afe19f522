package review_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
)

// twoWays is a change that a policy has to find, and one that is near to it
// and must not be found.
type twoWays struct {
	// kind of resource that is changed, the first of stack.
	kind, stack   string
	found, ignore []plantest.Edit
	// plan changes what is not a resource, for what is to be found; near, for
	// what is not.
	plan, near func(*tfjson.Plan)
	situation  string
	// limit of the cost, USD a month.
	limit int
}

// becomes sets an attribute before and after.
func becomes(attribute string, before, after any) []plantest.Edit {
	return []plantest.Edit{
		{At: []any{"change", "actions"}, Set: []string{"update"}},
		{At: []any{"change", "before", attribute}, Set: before, Null: before == nil},
		{At: []any{"change", "after", attribute}, Set: after, Null: after == nil},
	}
}

func variable(name, value string) []plantest.Edit {
	return []plantest.Edit{
		{At: []any{"change", "actions"}, Set: []string{"update"}},
		{At: []any{"change", "after", "environment", 0, "variables", name}, Set: value},
	}
}

func created(kind string) []plantest.Edit {
	return []plantest.Edit{act("create"), null("before"), {At: []any{"type"}, Set: kind}}
}

var policies = map[string]twoWays{
	"adopted": {kind: "aws_db_instance", stack: "primary",
		found: []plantest.Edit{{At: []any{"previous_address"}, Set: "aws_db_instance.old"}}, ignore: becomes("copy_tags_to_snapshot", false, true)},
	"alarm-unheard": {kind: "aws_sns_topic_subscription", stack: "primary",
		found: actions["delete"], ignore: becomes("endpoint", "a@example.com", "b@example.com")},
	"check-failed":           {kind: "aws_vpc", stack: "primary", plan: checked(tfjson.CheckStatusError), near: checked(tfjson.CheckStatusPass)},
	"drifted":                {kind: "aws_vpc", stack: "primary", plan: strayed("cidr_block"), near: strayed("tags")},
	"other-region":           {kind: "aws_db_instance", stack: "primary", found: becomes("region", "us-east-1", "us-west-2"), ignore: becomes("region", "us-east-1", "us-east-1")},
	"provider-configuration": {kind: "aws_vpc", stack: "primary", plan: provided("5.99.2"), near: provided("5.99.1")},
	"alarm-loosened": {kind: "aws_cloudwatch_metric_alarm", stack: "replica",
		found: becomes("period", 60, 600), ignore: becomes("alarm_description", "a", "b")},
	"alarm-lost": {kind: "aws_cloudwatch_metric_alarm", stack: "replica",
		found: becomes("actions_enabled", true, false), ignore: becomes("actions_enabled", false, true)},
	"backups": {kind: "aws_db_instance", stack: "replica",
		found: becomes("backup_retention_period", 7, 6), ignore: becomes("backup_retention_period", 6, 7)},
	"capacity": {kind: "aws_db_instance", stack: "primary",
		found: becomes("max_allocated_storage", 500, 400), ignore: becomes("max_allocated_storage", 400, 500)},
	"cost-limit": {kind: "aws_db_instance", stack: "primary", limit: 300,
		found: becomes("instance_class", "db.r6g.large", "db.r6g.xlarge"), ignore: becomes("allocated_storage", 100, 200)},
	"database-exposed": {kind: "aws_vpc_security_group_ingress_rule", stack: "primary",
		found: becomes("cidr_ipv4", "10.10.0.0/16", "10.0.0.0/8"), ignore: becomes("cidr_ipv4", "10.10.0.0/17", "10.10.0.0/16")},
	"deletion-protection": {kind: "aws_db_instance", stack: "primary",
		found: becomes("deletion_protection", true, false), ignore: becomes("deletion_protection", false, true)},
	"destroyed": {kind: "aws_db_parameter_group", stack: "primary",
		found: actions["replace"], ignore: becomes("description", "a", "b")},
	"dns-switch": {kind: "aws_route53_record", stack: "primary",
		found: becomes("ttl", 5, 6), ignore: becomes("ttl", 6, 5)},
	"duplicate-identity": {kind: "aws_cloudwatch_metric_alarm", stack: "replica",
		plan: makes("aws_cloudwatch_metric_alarm", map[string]any{"alarm_name": "guard-silent-prod"}), near: makes("aws_cloudwatch_metric_alarm", map[string]any{"alarm_name": "guard-silent-2-prod"})},
	"encryption": {kind: "aws_kms_key", stack: "primary",
		found: becomes("enable_key_rotation", true, false), ignore: becomes("enable_key_rotation", false, true)},
	"engine-version": {kind: "aws_db_instance", stack: "primary",
		found: becomes("engine_version", "15.13", "15.12"), ignore: becomes("status", "backing-up", "available")},
	"fence": {kind: "aws_network_acl_rule", stack: "primary",
		found:  []plantest.Edit{act("create"), null("before"), {At: []any{"change", "after", "rule_number"}, Set: 99}},
		ignore: []plantest.Edit{act("create"), null("before"), {At: []any{"change", "after", "rule_number"}, Set: 101}}},
	"guard-code": {kind: "aws_lambda_function", stack: "replica",
		found: becomes("source_code_hash", "a", "b"), ignore: becomes("description", "a", "b")},
	"guard-configuration": {kind: "aws_lambda_function", stack: "replica",
		found: variable("PGDR_INSTANCE_FAILED_SECONDS", "179"), ignore: variable("PGDR_INSTANCE_FAILED_SECONDS", "181")},
	"guard-doubled": {kind: "aws_cloudwatch_event_target", stack: "replica",
		found: becomes("input", nil, `{"action":"failover"}`), ignore: becomes("retry_policy", blocks("maximum_retry_attempts", 0), blocks("maximum_retry_attempts", 1))},
	"guard-lost": {kind: "aws_cloudwatch_event_rule", stack: "replica",
		found: becomes("schedule_expression", "rate(1 minute)", "rate(2 minutes)"), ignore: becomes("schedule_expression", "rate(2 minutes)", "rate(1 minute)")},
	"guard-permission": {kind: "aws_iam_role_policy", stack: "replica",
		found: becomes("policy", grant("rds:PromoteReadReplica"), grant("rds:DescribeDBInstances")), ignore: becomes("policy", grant("rds:PromoteReadReplica"), grant("rds:PromoteReadReplica"))},
	"guard-policy": {kind: "aws_lambda_function", stack: "replica",
		found: variable("PGDR_COOLDOWN_SECONDS", "3599"), ignore: variable("PGDR_RECORD_TTL_SECONDS", "4")},
	"guard-region": {kind: "aws_route53_health_check", stack: "primary",
		found: becomes("cloudwatch_alarm_region", "eu-west-1", "us-east-1"), ignore: becomes("tags", nil, map[string]any{"a": "b"})},
	"hidden-change": {kind: "aws_cloudwatch_metric_alarm", stack: "replica",
		found: becomes("threshold", 999, 999), ignore: becomes("threshold", 999, 1000)},
	"iam-broadened": {kind: "aws_iam_role_policy", stack: "replica",
		found: becomes("policy", grant("rds:PromoteReadReplica"), grant("rds:*")), ignore: becomes("policy", grant("rds:*"), grant("rds:PromoteReadReplica"))},
	"logs": {kind: "aws_cloudwatch_log_group", stack: "replica",
		found: becomes("retention_in_days", 0, 3653), ignore: becomes("retention_in_days", 3653, 0)},
	"maintenance": {kind: "aws_db_instance", stack: "primary",
		found: becomes("apply_immediately", false, true), ignore: becomes("apply_immediately", true, false)},
	"multi-az": {kind: "aws_db_instance", stack: "primary",
		found: becomes("multi_az", true, false), ignore: becomes("multi_az", false, true)},
	"clients-narrowed": {kind: "aws_vpc_security_group_ingress_rule", stack: "primary",
		found:  append([]plantest.Edit{{At: []any{"change", "before", "cidr_ipv4"}, Set: "10.11.0.0/16"}}, actions["delete"]...),
		ignore: actions["delete"]},
	"network-opened": {kind: "aws_vpc_security_group_ingress_rule", stack: "primary",
		found: actions["create anew"], ignore: becomes("description", "a", "b")},
	"output-removed": {kind: "aws_vpc", stack: "primary", plan: vpcOutput(tfjson.ActionDelete), near: vpcOutput(tfjson.ActionCreate)},
	"parameters": {kind: "aws_db_parameter_group", stack: "primary",
		found: becomes("parameter", parameters("20480"), parameters("-1")), ignore: becomes("parameter", parameters("20480"), parameters("20480"))},
	"partial-plan": {kind: "aws_vpc", stack: "primary",
		plan: func(p *tfjson.Plan) { p.Complete = new(bool) },
		near: func(p *tfjson.Plan) { whole := true; p.Complete = &whole }},
	"password-after-failover": {kind: "aws_db_instance", stack: "primary", situation: "failed-over",
		found: becomes("password_wo_version", 1, 2), ignore: becomes("password_wo_version", 1, 1)},
	"password-changed": {kind: "aws_db_instance", stack: "primary",
		found: becomes("password_wo_version", 1, 2), ignore: becomes("password_wo_version", 1, 1)},
	"path-lost": {kind: "aws_vpc_security_group_ingress_rule", stack: "primary",
		found: becomes("cidr_ipv4", "10.10.3.0/24", "10.10.3.0/25"), ignore: becomes("cidr_ipv4", "10.10.3.0/25", "10.10.3.0/24")},
	"primary-recreated": {kind: "aws_db_instance", stack: "primary", situation: "failed-over",
		found: actions["replace"], ignore: becomes("copy_tags_to_snapshot", false, true)},
	"replica-source": {kind: "aws_db_instance", stack: "replica",
		found: becomes("replicate_source_db", primaryARN, ""), ignore: becomes("replicate_source_db", primaryARN, primaryARN)},
	"runs-code": {kind: "aws_vpc", stack: "primary",
		plan: dataSource("external"), near: dataSource("aws_region")},
	"secret-in-state": {kind: "aws_lambda_function", stack: "replica",
		found: variable("PGDR_SECRET_ARN", "hunter22"), ignore: variable("PGDR_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf")},
	"secret-replica": {kind: "aws_secretsmanager_secret", stack: "primary",
		found: becomes("replica", blocks("region", "eu-west-1"), []any{}), ignore: becomes("description", "a", "b")},
	"stateful-destroyed": {kind: "aws_kms_key", stack: "primary", found: actions["delete"], ignore: becomes("description", "a", "b")},
	"stateful-recreated": {kind: "aws_dynamodb_table", stack: "replica", found: actions["create anew"],
		ignore: []plantest.Edit{{At: []any{"change", "importing"}, Set: map[string]any{"id": "x"}}, act("no-op")}},
	"stateful-replaced": {kind: "aws_route53_zone", stack: "primary", found: actions["replace"], ignore: becomes("comment", "a", "b")},
	"tls": {kind: "aws_db_parameter_group", stack: "primary",
		found: becomes("parameter", tlsParameter("1"), tlsParameter("0")), ignore: becomes("parameter", tlsParameter("0"), tlsParameter("1"))},
	"unjudged": {kind: "aws_db_instance", stack: "primary",
		found: becomes("port", 5432, 5433), ignore: becomes("maintenance_window", "sun:08:00-sun:08:30", "mon:08:00-mon:08:30")},
	"unknown-type": {kind: "aws_eip", stack: "primary", found: created("aws_s3_bucket"), ignore: created("aws_cloudwatch_metric_alarm")},
}

const primaryARN = "arn:aws:rds:us-east-1:123456789012:db:primary-db-prod"

func grant(action string) string {
	return `{"Statement":[{"Effect":"Allow","Action":["` + action + `"],"Resource":["arn:aws:rds:eu-west-1:123456789012:db:replica-db-prod"]}]}`
}

func parameters(wal string) any { return parameter("max_slot_wal_keep_size", wal) }

func logStatement(value string) any { return parameter("log_statement", value) }

// parameter is a group with TLS forced and one more parameter.
func parameter(name, value string) any {
	return append(tlsParameter("1").([]any), map[string]any{"name": name, "value": value})
}

func tlsParameter(value string) any {
	return []any{map[string]any{"name": "rds.force_ssl", "value": value, "apply_method": "immediate"}}
}

func TestPolicies_EachFindsWhatItIsForAndLeavesWhatIsNear(t *testing.T) {
	ids := []string{}
	for i, p := range engine(t).Policies {
		ids = append(ids, p.ID)
		ways, ok := policies[p.ID]
		if !ok {
			require.Contains(t, policies, p.ID, "a policy without a test")
		}
		if !tier.Sampled(i, 8, 1) {
			continue
		}
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			situation := ways.situation
			if situation == "" {
				situation = "as-deployed"
			}
			w := newWorld(t, situation)
			target := w.first(t, ways.kind, ways.stack)
			judge := func(doc *review.Document) *review.Review {
				doc.Cost.Limit = ways.limit
				got, err := review.New(t.Context(), engine(t), doc)
				require.NoError(t, err)
				return got
			}
			got := judge(w.document(t, target, ways.plan, ways.found...))
			require.True(t, found(got, p.ID, ""), page(t, got))
			got = judge(w.document(t, target, ways.near, ways.ignore...))
			require.False(t, found(got, p.ID, ""), page(t, got))
		})
	}
	require.Len(t, policies, len(ids), "a test without a policy")
}

// Whether EC2's faults end in a promotion or in a question, and whether
// applications are led to a server that takes no writes yet, is a human's to
// decide, each way.
func TestGuardPolicy_AsksAHumanBothWays(t *testing.T) {
	w := newWorld(t, "as-deployed")
	guard := w.first(t, "aws_lambda_function", "replica")
	for _, c := range []struct {
		name, one, other, says string
	}{
		{"PGDR_ON_FENCE_ERROR", "ask", "promote", "promote accepts an unfenced primary"},
		{contract.VarSwitchDNS, "proven", "accepted", "accepted leads applications to a server that takes no writes yet"},
	} {
		for _, m := range []struct {
			before, after string
			asks          bool
		}{{c.one, c.other, true}, {c.other, c.one, true}, {c.other, c.other, false}} {
			before := plantest.Edit{At: []any{"change", "before", "environment", 0, "variables", c.name}, Set: m.before}
			got := w.reviewWith(t, guard, nil, append(variable(c.name, m.after), before)...)
			require.Equal(t, m.asks, found(got, "guard-policy", review.Human), page(t, got))
			require.Equal(t, m.asks, strings.Contains(page(t, got), c.says), page(t, got))
		}
	}
}

// vpcOutput changes one output of the plan.
func vpcOutput(action tfjson.Action) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		p.OutputChanges = maps.Clone(p.OutputChanges)
		p.OutputChanges["primary_vpc_id"] = &tfjson.Change{Actions: tfjson.Actions{action}}
	}
}

// dataSource adds one to the configuration.
func dataSource(kind string) func(*tfjson.Plan) {
	return configuration(func(c *tfjson.Config) {
		c.RootModule.Resources = append(c.RootModule.Resources, &tfjson.ConfigResource{
			Address: "data." + kind + ".made-up", Mode: tfjson.DataResourceMode, Type: kind, Name: "made-up",
		})
	})
}

// configuration changes a copy of the plan's configuration.
func configuration(change func(*tfjson.Config)) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		c, root := *p.Config, *p.Config.RootModule
		root.Resources = slices.Clone(root.Resources)
		c.RootModule, c.ProviderConfigs = &root, maps.Clone(c.ProviderConfigs)
		change(&c)
		p.Config = &c
	}
}

// checked adds the result of a check block.
func checked(status tfjson.CheckStatus) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		p.Checks = []tfjson.CheckResultStatic{{Address: tfjson.CheckStaticAddress{ToDisplay: "check.x"}, Status: status}}
	}
}

// strayed changes the VPC's range outside Terraform, in a plan that rests on
// one of its attributes.
func strayed(relevant string) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		p.ResourceDrift = []*tfjson.ResourceChange{{Address: "aws_vpc.x", Mode: tfjson.ManagedResourceMode, Type: "aws_vpc", Change: &tfjson.Change{
			Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: map[string]any{"cidr_block": "a"}, After: map[string]any{"cidr_block": "b"},
		}}}
		p.RelevantAttributes = []tfjson.ResourceAttribute{{Resource: "aws_vpc.x", Attribute: []json.RawMessage{json.RawMessage(`"` + relevant + `"`)}}}
	}
}

// provided is a plan for another version of the AWS provider.
func provided(version string) func(*tfjson.Plan) {
	return configuration(func(c *tfjson.Config) {
		p := *c.ProviderConfigs["aws.primary"]
		p.VersionConstraint = version
		c.ProviderConfigs["aws.primary"] = &p
	})
}

func (w *world) first(t *testing.T, kind, stack string) place {
	t.Helper()
	for _, p := range w.places(kind) {
		if p.stack == stack {
			return p
		}
	}
	require.Fail(t, "no "+kind+" in the "+stack+" stack")
	return place{}
}

func TestPolicies_SaySeverityReasonAndRemedy(t *testing.T) {
	for _, p := range engine(t).Policies {
		require.Contains(t, []review.Severity{review.Block, review.Human, review.Info}, p.Severity, p.ID)
		require.NotEmpty(t, p.Title+p.Reason+p.Remedy, p.ID)
	}
	require.GreaterOrEqual(t, len(engine(t).Policies), 20)
}
