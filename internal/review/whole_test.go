package review_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
)

// whole is a change of a plan that no resource's own entry shows.
type whole struct {
	name  string
	stack string
	edits []plantest.Edit
	// policy that has to find it, with a severity and words of its message; with
	// no policy: nothing may need a human.
	policy   string
	severity review.Severity
	says     string
}

const (
	db     = "aws_db_instance.database_instance_D7FC2283"
	guard  = "aws_lambda_function.guard_function_DA6E1370"
	rule1  = "aws_vpc_security_group_ingress_rule.database-access_postgres-primary-private-1_BEA5DACF"
	stored = "module.credentials.aws_secretsmanager_secret_version.this"
)

func at(path ...any) []any { return path }

func put(value any, path ...any) plantest.Edit { return plantest.Edit{At: path, Set: value} }

func unset(path ...any) plantest.Edit { return plantest.Edit{At: path, Remove: true} }

// both sets an attribute before and after.
func both(address, attribute string, value any) []plantest.Edit {
	return []plantest.Edit{
		{At: at("resource_changes", address, "change", "before", attribute), Set: value, Null: value == nil},
		{At: at("resource_changes", address, "change", "after", attribute), Set: value, Null: value == nil},
	}
}

func argument(key, name string, expression any) []plantest.Edit {
	return []plantest.Edit{put(expression, "configuration", "provider_config", key, "expressions", name)}
}

func is(value any) map[string]any { return map[string]any{"constant_value": value} }

func refersTo(names ...string) map[string]any { return map[string]any{"references": names} }

// given sets what the configuration gives an argument of a resource.
func given(address, name string, expression any) plantest.Edit {
	return put(expression, "configuration", "root_module", "resources", address, "expressions", name)
}

func invocation(extra map[string]any) map[string]any {
	a := map[string]any{
		"address": "action.aws_lambda_invoke.now", "type": "aws_lambda_invoke", "name": "now", "provider_name": "registry.terraform.io/hashicorp/aws",
		"config_values": map[string]any{"payload": `{"action":"failover","force":true}`},
	}
	for name, value := range extra {
		a[name] = value
	}
	return a
}

func drift(actions []string, before, after any) map[string]any {
	return map[string]any{"address": db, "mode": "managed", "type": "aws_db_instance", "name": "x", "change": map[string]any{"actions": actions, "before": before, "after": after}}
}

var (
	protectionOff = drift([]string{"update"}, map[string]any{"deletion_protection": true, "status": "a"}, map[string]any{"deletion_protection": false, "status": "b"})
	deleted       = drift([]string{"delete"}, map[string]any{"deletion_protection": true}, nil)
)

func drifted(d map[string]any, relevant ...any) []plantest.Edit {
	edits := []plantest.Edit{put(d, "resource_drift", db)}
	if len(relevant) > 0 {
		edits = append(edits, put(relevant, "relevant_attributes"))
	}
	return edits
}

func relevant(resource string, attribute ...any) map[string]any {
	return map[string]any{"resource": resource, "attribute": attribute}
}

// refreshOnly is a plan of `terraform plan -refresh-only`.
func refreshOnly(edits ...plantest.Edit) []plantest.Edit {
	return append([]plantest.Edit{unset("resource_changes")}, edits...)
}

var wholes = []whole{
	// False alarms.
	{name: "a secret that is empty", stack: "primary", edits: join(both(stored, "secret_string", ""), both(stored, "secret_binary", ""))},
	{name: "a volume that RDS grew", stack: "primary", edits: both(db, "allocated_storage", 150)},
	{name: "a volume that RDS grew to its bound", stack: "primary", edits: both(db, "allocated_storage", 500)},
	{name: "a key with a bracket", stack: "primary", edits: []plantest.Edit{put(rule1+`["a]b"]`, "resource_changes", rule1, "address")}},
	{name: "a key with brackets and a dot", stack: "primary", edits: []plantest.Edit{put(rule1+`["[a.b[0]"]`, "resource_changes", rule1, "address")}},
	{name: "a key with quotes", stack: "primary", edits: []plantest.Edit{put(rule1+`["a\"]\\"]`, "resource_changes", rule1, "address")}},
	{name: "a number as a key", stack: "primary", edits: []plantest.Edit{put(rule1+`[0]`, "resource_changes", rule1, "address")}},
	{name: "the guard, all sensitive", stack: "replica", edits: []plantest.Edit{put(true, "resource_changes", guard, "change", "after_sensitive")}},
	{name: "the guard's variables, all sensitive", stack: "replica", edits: []plantest.Edit{put([]any{map[string]any{"variables": true}}, "resource_changes", guard, "change", "after_sensitive", "environment")}},
	{name: "the guard's environment, sensitive", stack: "replica", edits: []plantest.Edit{
		put(true, "resource_changes", guard, "change", "after_sensitive", "environment"), put(true, "resource_changes", guard, "change", "before_sensitive", "environment")}},
	{name: "the region of the provider, repeated", stack: "primary", edits: both(db, "region", "us-east-1")},
	{name: "arguments that are empty", stack: "primary", edits: join(argument("aws.primary", "access_key", is("")), argument("aws.primary", "profile", is(nil)), argument("aws.primary", "endpoints", []any{}), argument("aws.primary", "assume_role", []any{map[string]any{"role_arn": is("")}}))},
	{name: "new fields that are empty", stack: "primary", edits: []plantest.Edit{put([]any{}, "query_results"), put("", "resource_changes", db, "new_field"), put(map[string]any{}, "configuration", "root_module", "actions"), {At: at("action_invocations"), Null: true}}},
	{name: "drift that the plan does not rest on", stack: "primary", edits: drifted(protectionOff, relevant(db, "address"))},
	{name: "checks that pass", stack: "primary", edits: []plantest.Edit{put([]any{check("pass"), check("unknown")}, "checks")}},

	// What was masked or hidden stays judged.
	{name: "a password", stack: "primary", edits: both(stored, "secret_string", "hunter22"), policy: "secret-in-state", severity: review.Block, says: "secret_string would be stored"},
	{name: "a volume beyond its bound", stack: "primary", edits: both(db, "allocated_storage", 501), policy: "capacity", severity: review.Block, says: "asks for 100"},
	{name: "a volume that RDS may not grow", stack: "primary", edits: append(both(db, "allocated_storage", 150), unset("configuration", "root_module", "resources", db, "expressions", "max_allocated_storage")), policy: "capacity", severity: review.Block, says: "asks for 100"},
	{name: "a volume that RDS grew, told", stack: "primary", edits: both(db, "allocated_storage", 150), policy: "capacity", severity: review.Info, says: "the volume has 150 GiB"},
	{name: "the guard's mode, changed where it is sensitive", stack: "replica", edits: []plantest.Edit{
		put([]string{"update"}, "resource_changes", guard, "change", "actions"),
		put("x", "resource_changes", guard, "change", "after", "environment", 0, "variables", "PGDR_MODE"),
		put([]any{map[string]any{"variables": true}}, "resource_changes", guard, "change", "after_sensitive", "environment"),
	}, policy: "unjudged", severity: review.Human, says: "environment changes where it is sensitive"},
	{name: "a variable that the guard refuses, and that is sensitive", stack: "replica", edits: []plantest.Edit{
		put("hunter22", "resource_changes", guard, "change", "after", "environment", 0, "variables", "PGDR_MODE"),
		put(true, "resource_changes", guard, "change", "after_sensitive"),
	}, policy: "guard-configuration", severity: review.Block, says: "its value is sensitive and not shown"},

	// Actions.
	{name: "an action", stack: "replica", edits: []plantest.Edit{put([]any{invocation(map[string]any{"invoke_action_trigger": map[string]any{}})}, "action_invocations")}, policy: "runs-code", severity: review.Block, says: "aws_lambda_invoke runs with this apply"},
	{name: "an action with a resource", stack: "primary", edits: []plantest.Edit{put([]any{invocation(map[string]any{"lifecycle_action_trigger": map[string]any{"triggering_resource_address": db}})}, "action_invocations")}, policy: "runs-code", severity: review.Block, says: "triggered by " + db},
	{name: "an action of a later apply", stack: "primary", edits: []plantest.Edit{put([]any{map[string]any{"reason": "unknown", "action_invocation": invocation(nil)}}, "deferred_action_invocations")}, policy: "runs-code", severity: review.Block, says: "with a later apply"},
	{name: "an action that is not invoked", stack: "primary", edits: []plantest.Edit{put([]any{map[string]any{"type": "aws_lambda_invoke"}}, "configuration", "root_module", "actions")}, policy: "partial-plan", severity: review.Human, says: "configuration.root_module.actions"},
	{name: "an ephemeral resource that calls a function", stack: "primary", edits: []plantest.Edit{given(db, "username", refersTo("ephemeral.aws_lambda_invocation.x.result", "ephemeral.aws_lambda_invocation.x"))}, policy: "runs-code", severity: review.Human, says: "ephemeral.aws_lambda_invocation.x runs at each plan"},
	{name: "an ephemeral resource that is listed", stack: "primary", edits: []plantest.Edit{put(map[string]any{"address": "ephemeral.http.x", "mode": "ephemeral", "type": "http", "name": "x"}, "configuration", "root_module", "resources", "ephemeral.http.x")}, policy: "runs-code", severity: review.Human, says: "ephemeral.http.x runs"},

	// Refresh-only plans and drift.
	{name: "a refresh-only plan with drift", stack: "primary", edits: refreshOnly(drifted(protectionOff)...), policy: "drifted", severity: review.Human, says: "was changed (deletion_protection, status) outside Terraform; this refresh-only plan writes"},
	{name: "a refresh-only plan that loses a database", stack: "primary", edits: refreshOnly(drifted(deleted)...), policy: "drifted", severity: review.Human, says: "is gone and leaves the state"},
	{name: "a refresh-only plan without drift", stack: "replica", edits: refreshOnly(), policy: "drifted", severity: review.Human, says: "plan is refresh-only"},
	{name: "a refresh-only plan that moves", stack: "primary", edits: refreshOnly(drifted(map[string]any{"address": db, "previous_address": "aws_db_instance.old", "mode": "managed", "type": "aws_db_instance", "name": "x", "change": map[string]any{"actions": []string{"no-op"}, "before": map[string]any{}, "after": map[string]any{}}})...), policy: "drifted", severity: review.Human, says: "has another address than in the state"},
	{name: "drift that the plan rests on", stack: "primary", edits: drifted(protectionOff, relevant(db, "deletion_protection")), policy: "drifted", severity: review.Human, says: "this plan rests on it"},
	{name: "drift of all that the plan rests on", stack: "primary", edits: drifted(protectionOff, relevant(db+`["a]"]`)), policy: "drifted", severity: review.Human, says: "this plan rests on it"},
	{name: "a deletion that the plan rests on", stack: "primary", edits: drifted(deleted, relevant(db, "address")), policy: "drifted", severity: review.Human, says: "was deleted outside Terraform"},

	// What the plan leaves out.
	{name: "a deferred change", stack: "primary", edits: []plantest.Edit{put([]any{map[string]any{"reason": "provider_config_unknown", "resource_change": map[string]any{"address": db}}}, "deferred_changes")}, policy: "partial-plan", severity: review.Human, says: "leaves " + db + " to a later plan (provider_config_unknown)"},
	{name: "not complete", stack: "replica", edits: []plantest.Edit{put(false, "complete")}, policy: "partial-plan", severity: review.Human, says: "is not complete"},
	{name: "a field that is new", stack: "primary", edits: []plantest.Edit{put([]any{1}, "query_results")}, policy: "partial-plan", severity: review.Human, says: "has query_results, which"},
	{name: "a field of a change that is new", stack: "primary", edits: []plantest.Edit{put(map[string]any{"x": 1}, "resource_changes", db, "change", "side_effects")}, policy: "partial-plan", severity: review.Human, says: "].change.side_effects"},
	{name: "a field of a module that is new", stack: "primary", edits: []plantest.Edit{put("x", "configuration", "root_module", "module_calls", "credentials", "module", "policies")}, policy: "partial-plan", severity: review.Human, says: "module_calls.credentials.module.policies"},
	{name: "a check that failed", stack: "primary", edits: []plantest.Edit{put([]any{check("fail")}, "checks")}, policy: "check-failed", severity: review.Human, says: "The check check.x of the primary stack failed"},

	// Providers.
	{name: "a key in the configuration", stack: "primary", edits: argument("aws.primary", "access_key", is("hunter22")), policy: "provider-configuration", severity: review.Block, says: "is given access_key"},
	{name: "a key from a file", stack: "primary", edits: argument("aws.primary", "secret_key", map[string]any{}), policy: "provider-configuration", severity: review.Block, says: "is given secret_key"},
	{name: "a token from a variable", stack: "replica", edits: argument("aws.replica", "token", refersTo("var.token")), policy: "provider-configuration", severity: review.Block, says: "is given token"},
	{name: "endpoints", stack: "primary", edits: argument("aws.primary", "endpoints", []any{map[string]any{"rds": is("https://rds.example.org")}}), policy: "provider-configuration", severity: review.Block, says: "is given endpoints"},
	{name: "a proxy", stack: "replica", edits: argument("aws.replica", "http_proxy", is("http://proxy.example.org")), policy: "provider-configuration", severity: review.Block, says: "is given http_proxy"},
	{name: "a proxy for TLS", stack: "replica", edits: argument("aws.primary", "https_proxy", is("http://proxy.example.org")), policy: "provider-configuration", severity: review.Block, says: "is given https_proxy"},
	{name: "an authority", stack: "primary", edits: argument("aws.replica", "custom_ca_bundle", is("ca.pem")), policy: "provider-configuration", severity: review.Block, says: "is given custom_ca_bundle"},
	{name: "a role", stack: "primary", edits: argument("aws.primary", "assume_role", []any{map[string]any{"role_arn": is("arn:aws:iam::210987654321:role/x")}}), policy: "provider-configuration", severity: review.Human, says: "is given assume_role"},
	{name: "a profile", stack: "primary", edits: argument("aws.primary", "profile", is("other")), policy: "provider-configuration", severity: review.Human, says: "is given profile"},
	{name: "accounts", stack: "primary", edits: argument("aws.primary", "allowed_account_ids", is([]any{"210987654321"})), policy: "provider-configuration", severity: review.Human, says: "is given allowed_account_ids"},
	{name: "checks that are skipped", stack: "primary", edits: argument("aws.primary", "skip_credentials_validation", is(true)), policy: "provider-configuration", severity: review.Human, says: "is given skip_credentials_validation"},
	{name: "a style of S3", stack: "replica", edits: argument("aws.replica", "s3_use_path_style", is(true)), policy: "provider-configuration", severity: review.Human, says: "is given s3_use_path_style"},
	{name: "the provider without an alias", stack: "replica", edits: []plantest.Edit{put(map[string]any{"profile": is("other")}, "configuration", "provider_config", "aws", "expressions")}, policy: "provider-configuration", severity: review.Human, says: "provider aws is given profile"},
	{name: "a region of the run", stack: "primary", edits: argument("aws.primary", "region", refersTo("var.region")), policy: "provider-configuration", severity: review.Human, says: "aws.primary has no region"},
	{name: "a range of versions", stack: "primary", edits: []plantest.Edit{put(">= 5.99.1", "configuration", "provider_config", "aws", "version_constraint")}, policy: "provider-configuration", severity: review.Human, says: `is of the version ">= 5.99.1"`},
	{name: "another version", stack: "replica", edits: []plantest.Edit{put("6.48.0", "configuration", "provider_config", "aws.replica", "version_constraint")}, policy: "provider-configuration", severity: review.Human, says: `is of the version "6.48.0"`},
	{name: "no version", stack: "replica", edits: []plantest.Edit{unset("configuration", "provider_config", "aws.replica", "version_constraint")}, policy: "provider-configuration", severity: review.Human, says: `is of the version ""`},

	// Regions of resources.
	{name: "the guard in the primary's region", stack: "replica", edits: append(both(guard, "region", "us-east-1"), given(guard, "region", is("us-east-1"))), policy: "guard-region", severity: review.Block, says: "is in us-east-1"},
	{name: "the primary in another region", stack: "primary", edits: both(db, "region", "us-west-2"), policy: "other-region", severity: review.Human, says: "is in us-west-2; its provider is for us-east-1"},
	{name: "a rule in another region, new", stack: "primary", edits: []plantest.Edit{put("us-west-2", "resource_changes", rule1, "change", "after", "region")}, policy: "other-region", severity: review.Human, says: "is in us-west-2"},
	{name: "a region that is not known yet", stack: "primary", edits: []plantest.Edit{given(db, "region", refersTo("var.region")), put(true, "resource_changes", db, "change", "after_unknown", "region")}, policy: "other-region", severity: review.Human, says: "known after the apply only"},
	{name: "a region behind ignore_changes", stack: "primary", edits: append(both(db, "region", "us-east-1"), given(db, "region", is("us-west-2"))), policy: "other-region", severity: review.Human, says: "asks for the region us-west-2"},
	{name: "a region where the provider has none", stack: "primary", edits: append(both(db, "region", "us-west-2"), argument("aws.primary", "region", refersTo("var.region"))...), policy: "other-region", severity: review.Human, says: "its provider is for no known region"},

	// What AWS writes by its name.
	{name: "a second alarm of a name", stack: "replica", edits: adds("aws_cloudwatch_metric_alarm", map[string]any{"alarm_name": "active-writer-prod"}), policy: "duplicate-identity", severity: review.Block, says: "has the identity of aws_cloudwatch_metric_alarm.active-writer_alarm_ED6E5491 in the primary stack"},
	{name: "a second policy of a topic", stack: "replica", edits: adds("aws_sns_topic_policy", map[string]any{"arn": "arn:aws:sns:eu-west-1:123456789012:replica-db-notice-topic-prod", "policy": `{"Statement":[]}`}), policy: "duplicate-identity", severity: review.Block, says: "takes its place"},
	{name: "a second destination of failures, by the ARN", stack: "replica", edits: adds("aws_lambda_function_event_invoke_config", map[string]any{"function_name": "arn:aws:lambda:eu-west-1:123456789012:function:failover-function-prod"}), policy: "duplicate-identity", severity: review.Block, says: "function_name failover-function-prod, qualifier $LATEST"},
	{name: "a second target of the schedule", stack: "replica", edits: adds("aws_cloudwatch_event_target", map[string]any{"rule": "failover-schedule-prod", "target_id": "guard"}), policy: "duplicate-identity", severity: review.Block, says: "event_bus_name default"},
	{name: "a second policy of a name", stack: "replica", edits: adds("aws_iam_role_policy", map[string]any{"role": "failover-function-role-prod", "name": "act"}), policy: "duplicate-identity", severity: review.Block, says: "takes its place"},
	{name: "a second permission of a name", stack: "replica", edits: adds("aws_lambda_permission", map[string]any{"function_name": "failover-function-prod", "statement_id": "schedule"}), policy: "duplicate-identity", severity: review.Block, says: "takes its place"},
	{name: "a second record, with a dot", stack: "replica", edits: adds("aws_route53_record", map[string]any{"zone_id": "ZACJIT8LQC9TMRCT9QONH", "name": "DB.db-prod.internal.", "type": "CNAME", "set_identifier": "replica-prod"}), policy: "duplicate-identity", severity: review.Block, says: "takes its place"},

	{name: "two new alarms of a name", stack: "replica", edits: append(adds("aws_cloudwatch_metric_alarm", map[string]any{"alarm_name": "x"}), put(map[string]any{
		"address": "aws_cloudwatch_metric_alarm.a-second", "mode": "managed", "type": "aws_cloudwatch_metric_alarm", "name": "a-second", "provider_name": "registry.terraform.io/hashicorp/aws",
		"change": map[string]any{"actions": []string{"create"}, "after": map[string]any{"alarm_name": "x"}},
	}, "resource_changes", "aws_cloudwatch_metric_alarm.a-second")), policy: "duplicate-identity", severity: review.Block, says: "has the identity of aws_cloudwatch_metric_alarm.a-second"},
	{name: "a topic's policy, by another region's provider", stack: "replica", edits: adds("aws_sns_topic_policy", map[string]any{"arn": "arn:aws:sns:us-east-1:123456789012:primary-db-alarm-topic-prod", "policy": `{"Statement":[]}`}), policy: "duplicate-identity", severity: review.Block, says: "takes its place"},
	{name: "an alarm whose name is known later", stack: "replica", edits: append(adds("aws_cloudwatch_metric_alarm", map[string]any{}), put(true, "resource_changes", "aws_cloudwatch_metric_alarm.another", "change", "after_unknown", "alarm_name"),
		given("aws_cloudwatch_metric_alarm.another", "alarm_name", refersTo("terraform_data.x.output"))), policy: "duplicate-identity", severity: review.Human, says: "(alarm_name) will be known after the apply only"},

	// A second policy of the guard's role.
	{name: "a denial in a policy of its own", stack: "replica", edits: adds("aws_iam_role_policy", map[string]any{"role": "failover-function-role-prod", "name": "z", "policy": `{"Statement":{"Effect":"Deny","Action":"rds:PromoteReadReplica","Resource":"*"}}`}), policy: "guard-permission", severity: review.Block, says: "rds:PromoteReadReplica on * is denied"},
	{name: "another policy", stack: "replica", edits: adds("aws_iam_role_policy", map[string]any{"role": "failover-function-role-prod", "name": "z", "policy": `{"Statement":[]}`}), policy: "guard-permission", severity: review.Human, says: "one more policy of the role"},

	// What a change is made with, and what is missing or strange.
	{name: "a database by a foreign provider", stack: "primary", edits: []plantest.Edit{put("registry.example.org/hashicorp/aws", "resource_changes", db, "provider_name")}, policy: "runs-code", severity: review.Block, says: "is made by the provider"},
	{name: "a database by another provider of hashicorp", stack: "primary", edits: []plantest.Edit{put("registry.terraform.io/hashicorp/awscc", "resource_changes", db, "provider_name")}, policy: "runs-code", severity: review.Human, says: "is made by the provider"},
	{name: "a provider that is not built in", stack: "primary", edits: []plantest.Edit{put(map[string]any{"name": "x", "full_name": "terraform.io/builtin/x"}, "configuration", "provider_config", "x")}, policy: "runs-code", severity: review.Human, says: "which Terraform does not have"},
	{name: "a database that the plan leaves out", stack: "primary", edits: []plantest.Edit{unset("resource_changes", db)}, policy: "partial-plan", severity: review.Human, says: "The configuration has " + db},
	{name: "a mode that is new", stack: "replica", edits: append(adds("aws_lambda_invocation", map[string]any{}), put("quux", "resource_changes", "aws_lambda_invocation.another", "mode")), policy: "partial-plan", severity: review.Human, says: `of the mode "quux", which the apply is to create`},
	{name: "an ephemeral resource that is made", stack: "replica", edits: append(adds("aws_lambda_invocation", map[string]any{}), put("ephemeral", "resource_changes", "aws_lambda_invocation.another", "mode")), policy: "partial-plan", severity: review.Human, says: `of the mode "ephemeral"`},
	{name: "a data source that is changed", stack: "primary", edits: []plantest.Edit{put("data", "resource_changes", db, "mode"), put([]string{"update"}, "resource_changes", db, "change", "actions")}, policy: "partial-plan", severity: review.Human, says: `of the mode "data", which the apply is to update`},
	{name: "two accounts", stack: "replica", edits: both(guard, "arn", "arn:aws:lambda:eu-west-1:210987654321:function:failover-function-prod"), policy: "provider-configuration", severity: review.Human, says: "more than one account: 123456789012 and 210987654321"},

	// Outputs.
	{name: "an output that is marked and new", stack: "primary", edits: output("pw", "create", true), policy: "secret-in-state", severity: review.Block, says: "The output pw is sensitive"},
	{name: "an output that is marked and stays", stack: "primary", edits: output("pw", "no-op", true), policy: "secret-in-state", severity: review.Block, says: "The output pw is sensitive"},
	{name: "an output by its name", stack: "replica", edits: output("db_password", "create", false), policy: "secret-in-state", severity: review.Block, says: "The output db_password would hold a secret"},

	// Imports and moves.
	{name: "an import", stack: "primary", edits: []plantest.Edit{put(map[string]any{"id": "some-other-db"}, "resource_changes", db, "change", "importing")}, policy: "adopted", severity: review.Human, says: `"some-other-db" is imported`},
	{name: "an import by identity", stack: "replica", edits: []plantest.Edit{put(map[string]any{"identity": map[string]any{"name": "x"}}, "resource_changes", guard, "change", "importing")}, policy: "adopted", severity: review.Human, says: "is imported as " + guard},
	{name: "an import of what is not known", stack: "replica", edits: []plantest.Edit{put(map[string]any{"unknown": true}, "resource_changes", guard, "change", "importing")}, policy: "adopted", severity: review.Human, says: `"(known after apply)" is imported`},
	{name: "a move", stack: "primary", edits: []plantest.Edit{put("aws_db_instance.old", "resource_changes", db, "previous_address")}, policy: "adopted", severity: review.Human, says: "what was aws_db_instance.old becomes"},

	// Humans.
	{name: "no addresses", stack: "primary", edits: []plantest.Edit{unset("resource_changes", email), unset("configuration", "root_module", "resources", email)}, policy: "alarm-unheard", severity: review.Human, says: "primary-db-alarm-topic-prod has no subscription but the guard's"},
	{name: "addresses for one topic", stack: "replica", edits: []plantest.Edit{unset("resource_changes", notice), unset("configuration", "root_module", "resources", notice)}, policy: "alarm-unheard", severity: review.Human, says: "replica-db-notice-topic-prod has no"},
	{name: "an address for the ARN of a topic", stack: "primary", edits: []plantest.Edit{put(is("arn:aws:sns:us-east-1:123456789012:primary-db-alarm-topic-prod"), "configuration", "root_module", "resources", email, "expressions", "topic_arn")}},
	{name: "a queue in place of an address", stack: "primary", edits: both(email, "protocol", "sqs"), policy: "alarm-unheard", severity: review.Human, says: "primary-db-alarm-topic-prod has no"},
	{name: "no addresses where nothing is protected", stack: "primary", edits: []plantest.Edit{unset("resource_changes", email), unset("configuration", "root_module", "resources", email),
		put(false, "resource_changes", db, "change", "before", "deletion_protection"), put(false, "resource_changes", db, "change", "after", "deletion_protection"), given(db, "deletion_protection", is(false))}},
}

const (
	email  = "aws_sns_topic_subscription.alarm-topic_email-1_BC17E9A5"
	notice = "aws_sns_topic_subscription.notice-topic_email-1_726070DA"
)

// adds makes a resource in a stack that is deployed.
func adds(kind string, after map[string]any) []plantest.Edit {
	address := kind + ".another"
	return []plantest.Edit{
		put(map[string]any{
			"address": address, "mode": "managed", "type": kind, "name": "another", "provider_name": "registry.terraform.io/hashicorp/aws",
			"change": map[string]any{"actions": []string{"create"}, "before": nil, "after": after, "after_unknown": map[string]any{}},
		}, "resource_changes", address),
		put(map[string]any{"address": address, "mode": "managed", "type": kind, "name": "another", "provider_config_key": "aws.replica", "expressions": map[string]any{}},
			"configuration", "root_module", "resources", address),
	}
}

// output is one with a value, which is a secret where it is marked.
func output(name, action string, sensitive bool) []plantest.Edit {
	value := "hunter21hunter21"
	if sensitive {
		value = "hunter22"
	}
	return []plantest.Edit{put(map[string]any{"actions": []string{action}, "after": value, "after_sensitive": sensitive, "before_sensitive": sensitive}, "output_changes", name)}
}

func check(status string) map[string]any {
	return map[string]any{"address": map[string]any{"kind": "check", "name": "x", "to_display": "check.x"}, "status": status}
}

func (w whole) plans(t *testing.T) map[string][]byte {
	t.Helper()
	plans := map[string][]byte{}
	for _, stack := range stacks {
		base, err := recordings.Base(stack)
		require.NoError(t, err)
		var document any = base
		if stack == w.stack {
			document, err = plantest.Apply(document, w.edits)
			require.NoError(t, err)
		}
		plans[stack], err = plantest.Expand(document.(map[string]any))
		require.NoError(t, err)
	}
	return plans
}

func TestReview_JudgesAPlanAsAWhole(t *testing.T) {
	for i, w := range wholes {
		if !tier.Sampled(i, 8, 1) {
			continue
		}
		t.Run(w.policy+" "+w.name, func(t *testing.T) {
			t.Parallel()
			got := reviewed(t, w.plans(t))
			require.NotContains(t, page(t, got), "hunter22")
			if w.policy == "" {
				require.Zero(t, got.ExitCode, page(t, got))
				return
			}
			if w.severity != review.Info {
				require.NotZero(t, got.ExitCode)
			}
			for _, f := range got.Findings {
				if f.Policy == w.policy && f.Severity == w.severity && strings.Contains(f.Message, w.says) {
					return
				}
			}
			require.Fail(t, "not found for the right reason", "want %s (%s): %s\n%s", w.policy, w.severity, w.says, page(t, got))
		})
	}
}

// What Terraform marks as sensitive as a whole is no reason to block a plan that
// changes nothing.
func TestReview_IsAsQuietWhereAResourceIsSensitive(t *testing.T) {
	// TLS has to be seen to be forced: by the instance's group, and in it.
	needed := []string{"aws_db_instance", "aws_db_parameter_group"}
	w := newWorld(t, "as-deployed")
	for i, kind := range w.kinds() {
		if slices.Contains(needed, kind) || !tier.Sampled(i, 10, 5) {
			continue
		}
		for _, p := range w.places(kind)[:1] {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				got := w.review(t, p, put(true, "change", "after_sensitive"))
				require.Zero(t, got.ExitCode, page(t, got))
			})
		}
	}
}

// A plan with an import, a move, an action or a refresh of the state changes
// something.
func TestReview_SaysThatAPlanOfTheStateAloneIsNotEmpty(t *testing.T) {
	for name, says := range map[string]string{
		"an import": "primary: 1 imported", "a move": "primary: 1 moved in the state", "an action with a resource": "primary: 1 actions run",
		"a refresh-only plan without drift": "replica: the state is refreshed",
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range wholes {
				if w.name == name {
					got := reviewed(t, w.plans(t))
					require.False(t, got.NoChanges())
					require.Contains(t, page(t, got), says)
					return
				}
			}
			require.Fail(t, "no such change")
		})
	}
}

// The verdict is that of the same plan with the password, and no one takes it for
// one that can be applied.
func TestReview_NotesAPlanThatWasMadeWithoutThePassword(t *testing.T) {
	const note = "was made without opening the password"
	for value, noted := range map[any]bool{"false": true, false: true, "true": false, true: false} {
		plans := whole{stack: review.Primary, edits: []plantest.Edit{put(map[string]any{"value": value}, "variables", "open_secrets")}}.plans(t)
		got := reviewed(t, plans)
		require.Equal(t, review.Clean, got.Verdict, "%v", value)
		require.Equal(t, noted, strings.Contains(page(t, got), note), "%v", value)
	}
}
