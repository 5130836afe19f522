package stacks_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
)

func TestDNS_OnlyThePrimarysRecordHasAHealthCheck(t *testing.T) {
	primary := stack(t, "dev", "primary").named(t, "aws_route53_record", "writer-record/record")
	replica := stack(t, "dev", "replica").named(t, "aws_route53_record", "writer-record/record")
	require.Contains(t, primary["health_check_id"], "aws_route53_health_check")
	require.NotContains(t, replica, "health_check_id", "a record without one counts as healthy, which the switch depends on")
	for _, r := range []object{primary, replica} {
		require.Equal(t, "db.db-dev.internal", r["name"])
		require.Equal(t, "CNAME", r["type"])
		require.InDelta(t, 5, r["ttl"], 0)
	}
	require.InDelta(t, 100, primary["weighted_routing_policy"].(object)["weight"], 0)
	require.InDelta(t, 0, replica["weighted_routing_policy"].(object)["weight"], 0)
	require.NotEqual(t, primary["set_identifier"], replica["set_identifier"])
	require.Contains(t, primary["records"].([]any)[0], ".address}", "an endpoint, not an identifier")
}

func TestHealthCheck_FollowsTheAlarmOfTheSurvivingRegion(t *testing.T) {
	d := stack(t, "dev", "primary")
	check := d.named(t, "aws_route53_health_check", "active-writer-check/health-check")
	alarm := d.named(t, "aws_cloudwatch_metric_alarm", "active-writer/alarm")
	require.Equal(t, "CLOUDWATCH_METRIC", check["type"])
	require.Equal(t, "eu-west-1", check["cloudwatch_alarm_region"])
	require.Equal(t, "aws.replica", alarm["provider"])
	require.Equal(t, "LastKnownStatus", check["insufficient_data_health_status"])
	require.Equal(t, "ignore", alarm["treat_missing_data"])
	require.Equal(t, "Maximum", alarm["statistic"])
	require.InDelta(t, 60, alarm["period"], 0)
	require.InDelta(t, 1, alarm["evaluation_periods"], 0)
	require.Equal(t, []any{"regions"}, check["lifecycle"].(object)["ignore_changes"], "Route 53 fills them in")
	triggers := check["triggers"].(object)
	require.Equal(t, fmt.Sprint(alarm["period"]), triggers["period"])
	require.Equal(t, fmt.Sprint(alarm["threshold"]), triggers["threshold"])
}

func TestFunction_RunsInTheSurvivingRegion(t *testing.T) {
	d := stack(t, "dev", "replica")
	f := d.named(t, "aws_lambda_function", "guard/function")
	require.Equal(t, "aws.replica", f["provider"])
	require.Equal(t, "provided.al2023", f["runtime"])
	require.Equal(t, []any{"arm64"}, f["architectures"])
	require.InDelta(t, contract.GuardTimeout.Seconds(), f["timeout"], 0)
	require.NotContains(t, f, "reserved_concurrent_executions")
	require.Len(t, f["vpc_config"].(object)["subnet_ids"], 3)
	for _, id := range f["vpc_config"].(object)["subnet_ids"].([]any) {
		require.Contains(t, id, "guard-subnet", "where the fence lets nobody else through")
	}
	require.Contains(t, f["source_code_hash"], f["filename"])
	for name, value := range f["environment"].(object)["variables"].(object) {
		require.NotContains(t, strings.ToLower(name), "password")
		require.NotContains(t, value, "module.credentials")
	}
	for _, section := range []string{"aws_lambda_function", "aws_cloudwatch_event_rule", "aws_dynamodb_table"} {
		require.Empty(t, stack(t, "dev", "primary").all(section), "lost with the region that it guards")
	}
}

func TestSchedule_IsMadeLastAndDestroyedFirst(t *testing.T) {
	d := stack(t, "dev", "replica")
	rule := d.named(t, "aws_cloudwatch_event_rule", "guard/schedule")
	require.Equal(t, "rate(1 minute)", rule["schedule_expression"])
	depends := fmt.Sprint(rule["depends_on"])
	for _, before := range []string{"aws_db_instance.", "aws_dynamodb_table.", "aws_vpc_peering_connection_accepter.", "aws_lambda_function."} {
		require.Contains(t, depends, before)
	}
	// But for what would call a guard silent that is not there yet, or is removed
	// on purpose.
	silent := d.named(t, "aws_cloudwatch_metric_alarm", "guard-alarms/guard-silent")
	require.Contains(t, fmt.Sprint(silent["depends_on"]), "aws_cloudwatch_event_target.")
}

func TestGuardPolicies_AllowAllResourcesInOnePlaceOnlyAndBounded(t *testing.T) {
	d := stack(t, "dev", "replica")
	policies := d.all("aws_iam_role_policy")
	delete(policies, "flow-log/policy") // not the guard's
	require.Len(t, policies, 5)
	require.Empty(t, d.all("aws_iam_role_policy_attachment"), "managed policies allow more than is needed")
	for path, p := range policies {
		for _, s := range policyOf(t, p["policy"]) {
			for _, action := range s["Action"].([]any) {
				require.NotContains(t, action, "*", "%s %s", path, s["Sid"])
			}
			if s["Effect"] == "Deny" || !slices.Contains(s["Resource"].([]any), any("*")) {
				continue
			}
			require.Equal(t, "guard/policy-exceptions", path, "%s allows all resources", s["Sid"])
			require.NotEmpty(t, s["Condition"], "%s is unbounded", s["Sid"])
		}
	}
}

func TestGuardPolicies_ChangeNothingButTheWritersRecord(t *testing.T) {
	act := policyOf(t, stack(t, "dev", "replica").named(t, "aws_iam_role_policy", "guard/policy-act")["policy"])
	weights := statementOf(t, act, "Weights")["Condition"].(object)["ForAllValues:StringEquals"].(object)
	require.Equal(t, object{
		"route53:ChangeResourceRecordSetsNormalizedRecordNames": []any{"db.db-dev.internal"},
		"route53:ChangeResourceRecordSetsRecordTypes":           []any{"CNAME"},
		"route53:ChangeResourceRecordSetsActions":               []any{"UPSERT"},
	}, weights)
	fence := statementOf(t, act, "Fence")
	require.Equal(t, []any{"arn:aws:ec2:us-east-1:${data.aws_caller_identity.account.account_id}:network-acl/${data.terraform_remote_state.primary.outputs.primary_network_acl_id}"}, fence["Resource"])
}

// ofThisAccount bounds a service to what it does for the account.
var ofThisAccount = object{"StringEquals": object{"aws:SourceAccount": "${data.aws_caller_identity.account.account_id}"}}

func TestTopics_AreEncryptedWithAKeyThatAlarmsMayUse(t *testing.T) {
	for role, topics := range map[string][]string{"primary": {"alarm-topic"}, "replica": {"alarm-topic", "notice-topic"}} {
		d := stack(t, "dev", role)
		key := d.named(t, "aws_kms_key", "topic-key/key")
		for sid, service := range map[string]string{"AlarmsPublish": "cloudwatch.amazonaws.com", "DatabaseEventsPublish": "events.rds.amazonaws.com"} {
			publish := statementOf(t, policyOf(t, key["policy"]), sid)
			require.Equal(t, service, publish["Principal"].(object)["Service"])
			require.Equal(t, ofThisAccount, publish["Condition"])
			require.Equal(t, []any{"kms:Decrypt", "kms:GenerateDataKey*"}, publish["Action"])
		}
		require.Len(t, d.all("aws_sns_topic"), len(topics))
		for _, topic := range topics {
			require.Contains(t, d.named(t, "aws_sns_topic", topic+"/topic")["kms_master_key_id"], "aws_kms_key.topic-key")
			policy := policyOf(t, d.named(t, "aws_sns_topic_policy", topic+"/policy")["policy"])
			require.Equal(t, "cloudwatch.amazonaws.com", statementOf(t, policy, "AlarmsOfThisAccount")["Principal"].(object)["Service"])
		}
	}
}

func TestTopics_TellTheConfiguredHumans(t *testing.T) {
	for role, topics := range map[string]int{"primary": 1, "replica": 2} {
		emails := map[any]int{}
		for _, s := range stack(t, "humans", role).all("aws_sns_topic_subscription") {
			if s["protocol"] == "email" {
				emails[s["endpoint"]]++
			}
		}
		require.Equal(t, map[any]int{"oncall@example.com": topics, "dba@example.com": topics}, emails)
	}
}

// What the guard tells goes to a topic that does not wake it.
func TestGuard_DoesNotHearItself(t *testing.T) {
	d := stack(t, "dev", "replica")
	f := d.named(t, "aws_lambda_function", "guard/function")["environment"].(object)["variables"].(object)
	destination := d.named(t, "aws_lambda_function_event_invoke_config", "guard/failure-destination")["destination_config"].(object)["on_failure"].(object)["destination"]
	require.Equal(t, f["PGDR_NOTICE_TOPIC_ARN"], destination)
	for path, s := range d.all("aws_sns_topic_subscription") {
		if s["protocol"] == "lambda" {
			require.NotEqual(t, destination, s["topic_arn"], path)
		}
	}
}

func TestAlarms_NoneTakesIdlenessOrSilenceForALostDatabase(t *testing.T) {
	for _, role := range roles {
		for path, a := range stack(t, "dev", role).all("aws_cloudwatch_metric_alarm") {
			if a["metric_name"] == "DatabaseConnections" {
				require.Equal(t, "GreaterThanThreshold", a["comparison_operator"], path)
			}
			if a["treat_missing_data"] == "breaching" {
				require.Equal(t, "guard-alarms/guard-silent", path, "silence is evidence about the guard only")
			}
		}
	}
}

func TestAlarms_WatchReplicationWhereItsMetricIs(t *testing.T) {
	d := stack(t, "dev", "replica")
	for _, what := range []string{"alarms/replica-lag", "alarms/replication-stopped"} {
		a := d.named(t, "aws_cloudwatch_metric_alarm", what)
		require.Equal(t, "ReplicaLag", a["metric_name"])
		require.Equal(t, "aws.replica", a["provider"])
		require.Contains(t, a["dimensions"].(object)["DBInstanceIdentifier"], "aws_db_instance.database_instance")
	}
	require.InDelta(t, 60, d.named(t, "aws_cloudwatch_metric_alarm", "alarms/replica-lag")["threshold"], 0)
}

// docs/monitoring.md has one row an alarm: region, who is told, what to do.
func TestAlarms_AreAllInTheDocumentation(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "docs", "monitoring.md"))
	require.NoError(t, err)
	documented := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.HasPrefix(line, "| `") {
			documented[strings.Trim(cells[1], " `")] = strings.Trim(cells[2], " `")
		}
	}
	deployed := map[string]string{}
	for _, role := range roles {
		for _, a := range stack(t, "dev", role).all("aws_cloudwatch_metric_alarm") {
			region := map[any]string{"aws.primary": "us-east-1", "aws.replica": "eu-west-1"}[a["provider"]]
			deployed[strings.TrimSuffix(a["alarm_name"].(string), "-dev")] = region
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(deployed)), slices.Sorted(maps.Keys(documented)))
	require.Equal(t, deployed, documented)
}

// IAM bounds PutMetricData by namespace only: with one for all environments, the
// guard of each could turn the DNS of every other.
func TestMetrics_OfAnEnvironmentHaveANamespaceOfTheirOwn(t *testing.T) {
	for variant, env := range map[string]string{"dev": "dev", "other": "other"} {
		want := "PGDR/" + env
		replica := stack(t, variant, "replica")
		exceptions := policyOf(t, replica.named(t, "aws_iam_role_policy", "guard/policy-exceptions")["policy"])
		require.Equal(t, object{"StringEquals": object{"cloudwatch:namespace": want}}, statementOf(t, exceptions, "Metrics")["Condition"])
		variables := replica.named(t, "aws_lambda_function", "guard/function")["environment"].(object)["variables"].(object)
		require.Equal(t, want, variables["PGDR_METRIC_NAMESPACE"])
		alarm := stack(t, variant, "primary").named(t, "aws_cloudwatch_metric_alarm", "active-writer/alarm")
		require.Equal(t, want, alarm["namespace"])
		require.Equal(t, want, replica.named(t, "aws_cloudwatch_metric_alarm", "guard-alarms/guard-silent")["namespace"])
	}
}

func TestGuardPolicies_LetRDSEncryptTheStandbyAndNobodyElse(t *testing.T) {
	act := policyOf(t, stack(t, "dev", "replica").named(t, "aws_iam_role_policy", "guard/policy-act")["policy"])
	grant := statementOf(t, act, "RestoreMultiAZ")
	require.Equal(t, []any{"kms:CreateGrant"}, grant["Action"])
	require.Equal(t, []any{"${data.terraform_remote_state.primary.outputs.replica_key_arn}"}, grant["Resource"])
	require.Equal(t, object{
		"Bool":         object{"kms:GrantIsForAWSResource": "true"},
		"StringEquals": object{"kms:ViaService": "rds.eu-west-1.amazonaws.com"},
	}, grant["Condition"])
}

// SNS signs as another principal where a region has to be asked for.
func TestTopics_OfAnOptInRegionWakeTheGuard(t *testing.T) {
	d := stack(t, "far", "replica")
	require.Equal(t, "sns.me-south-1.amazonaws.com", d.named(t, "aws_lambda_permission", "guard/primary-alarms-permission")["principal"])
	require.Equal(t, "sns.amazonaws.com", d.named(t, "aws_lambda_permission", "guard/replica-alarms-permission")["principal"])
}
