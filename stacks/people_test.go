package stacks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
)

func TestEvents_OfEachInstanceReachTheAlarmTopicOfItsSite(t *testing.T) {
	for _, role := range roles {
		d := stack(t, "dev", role)
		s := d.named(t, "aws_db_event_subscription", "events/subscription")
		require.Equal(t, "aws."+role, s["provider"])
		require.Equal(t, "db-instance", s["source_type"])
		require.Contains(t, s["source_ids"].([]any)[0], "aws_db_instance.database_instance")
		require.Contains(t, s["sns_topic"], "aws_sns_topic.alarm-topic")
		for _, category := range []string{"availability", "failover", "failure", "low storage", "maintenance", "notification", "read replica", "recovery"} {
			require.Contains(t, s["event_categories"], category)
		}
		require.Contains(t, fmt.Sprint(s["depends_on"]), "aws_sns_topic_policy.alarm-topic", "RDS tries whether it may publish")
		publish := statementOf(t, policyOf(t, d.named(t, "aws_sns_topic_policy", "alarm-topic/policy")["policy"]), "DatabaseEventsOfThisAccount")
		require.Equal(t, "events.rds.amazonaws.com", publish["Principal"].(object)["Service"])
		require.Equal(t, []any{"sns:Publish"}, publish["Action"])
		require.Equal(t, ofThisAccount, publish["Condition"])
	}
	notices := policyOf(t, stack(t, "dev", "replica").named(t, "aws_sns_topic_policy", "notice-topic/policy")["policy"])
	require.NotContains(t, fmt.Sprint(notices), "events.rds", "RDS has no business with the guard's notices")
}

func TestFlowLogs_OfBothVPCsAreWrittenByARoleThatDoesNothingElse(t *testing.T) {
	for role, region := range map[string]string{"primary": "us-east-1", "replica": "eu-west-1"} {
		d := stack(t, "dev", role)
		log := d.named(t, "aws_flow_log", "flow-log/flow-log")
		require.Contains(t, log["vpc_id"], "aws_vpc.network_vpc")
		require.Equal(t, "ALL", log["traffic_type"], "who was kept out is asked as well")
		require.Contains(t, log["iam_role_arn"], "aws_iam_role.flow-log_role")
		require.Contains(t, log["log_destination"], "aws_cloudwatch_log_group.flow-log_log-group")
		require.Contains(t, fmt.Sprint(log["depends_on"]), "aws_iam_role_policy.flow-log_policy")
		require.Equal(t, "aws."+role, log["provider"])

		trust := policyOf(t, d.named(t, "aws_iam_role", "flow-log/role")["assume_role_policy"])[0]
		require.Equal(t, "vpc-flow-logs.amazonaws.com", trust["Principal"].(object)["Service"])
		require.Equal(t, ofThisAccount["StringEquals"], trust["Condition"].(object)["StringEquals"])
		for _, s := range policyOf(t, d.named(t, "aws_iam_role_policy", "flow-log/policy")["policy"]) {
			for _, action := range s["Action"].([]any) {
				require.NotContains(t, action, "*")
				require.NotEqual(t, "logs:CreateLogGroup", action, "a group that it makes has no retention")
			}
			for _, resource := range s["Resource"].([]any) {
				own := strings.HasPrefix(resource.(string), "${aws_cloudwatch_log_group.flow-log_log-group")
				list := resource == "arn:aws:logs:"+region+":${data.aws_caller_identity.account.account_id}:log-group:*" && s["Sid"] == "Groups"
				require.True(t, own || list, "%s on %s", s["Sid"], resource)
			}
		}
	}
}

// Who wrote to the old primary is often asked months later.
func TestLogs_OfDatabasesAndNetworksAreKeptAYearUnlessDisposable(t *testing.T) {
	for variant, days := range map[string]float64{"dev": 7, "prod": 365} {
		for _, role := range roles {
			d := stack(t, variant, role)
			for _, path := range []string{"database/log-group", "flow-log/log-group"} {
				require.InDelta(t, days, d.named(t, "aws_cloudwatch_log_group", path)["retention_in_days"], 0, "%s %s %s", variant, role, path)
			}
		}
	}
}

func TestInstances_HavePerformanceInsightsUnderTheKeyOfTheirSite(t *testing.T) {
	for _, role := range roles {
		db := stack(t, "dev", role).named(t, "aws_db_instance", "database/instance")
		require.Equal(t, true, db["performance_insights_enabled"])
		require.InDelta(t, 7, db["performance_insights_retention_period"], 0, "7 days are free")
		require.Equal(t, db["kms_key_id"], db["performance_insights_kms_key_id"])
	}
}

// dashboard is what the tests read of the dashboard's body.
type dashboard struct {
	Widgets []struct {
		Type       string
		X, Width   int
		Properties struct {
			Region      string
			Alarms      []string
			Metrics     [][]any
			Annotations struct {
				Horizontal []struct {
					Label string
					Value float64
				}
			}
		}
	}
}

func drawn(t *testing.T, variant string) dashboard {
	t.Helper()
	d := stack(t, variant, "replica").named(t, "aws_cloudwatch_dashboard", "dashboard/dashboard")
	require.Equal(t, "aws.replica", d["provider"], "not lost with the primary's region")
	var body dashboard
	require.NoError(t, json.Unmarshal([]byte(d["dashboard_body"].(string)), &body))
	require.NotEmpty(t, body.Widgets)
	return body
}

func TestDashboard_ShowsEachAlarmAndMetricOfTheTablesInItsRegion(t *testing.T) {
	regions := map[string]string{"primary": "us-east-1", "replica": "eu-west-1"}
	alarms, lines, thresholds := map[string]bool{}, map[string]bool{}, map[string]float64{}
	for _, w := range drawn(t, "dev").Widgets {
		require.LessOrEqual(t, w.X+w.Width, 24)
		if w.Type == "metric" {
			require.NotEmpty(t, w.Properties.Region, "AWS refuses a metric widget without one")
		}
		for _, arn := range w.Properties.Alarms {
			alarms[arn] = true
		}
		for _, m := range w.Properties.Metrics {
			lines[fmt.Sprint(m[0], " ", m[1], " ", m[2], " ", m[3], " ", m[4].(object)["region"])] = true
		}
		for _, a := range w.Properties.Annotations.Horizontal {
			thresholds[a.Label] = a.Value
		}
	}
	arn := func(role, name string) string {
		return "arn:aws:cloudwatch:" + regions[role] + ":${data.aws_caller_identity.account.account_id}:alarm:" + name + "-dev"
	}
	require.True(t, alarms[arn("replica", contract.ActiveWriterAlarm)])
	for _, a := range contract.Alarms {
		require.True(t, alarms[arn(a.Role, a.Name)], a.Name)
		switch a.Namespace {
		case contract.NamespaceRDS:
			require.Contains(t, thresholds, a.Name)
			for role, region := range regions {
				require.True(t, lines["AWS/RDS "+a.Metric+" DBInstanceIdentifier "+role+"-db-dev "+region], "%s of the %s", a.Metric, role)
			}
		case contract.NamespaceLambda:
			require.True(t, lines["AWS/Lambda "+a.Metric+" FunctionName failover-function-dev eu-west-1"], a.Metric)
		default:
			require.True(t, lines["PGDR/dev "+a.Metric+" Environment dev eu-west-1"], a.Metric)
		}
	}
	require.True(t, lines["PGDR/dev HeartbeatLag Environment dev eu-west-1"])
	require.InDelta(t, 60, thresholds["replica-lag"], 0)
}
