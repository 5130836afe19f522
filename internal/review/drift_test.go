package review_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/review"
)

const (
	acl          = "aws_network_acl.database-acl_515696C3"
	writerRecord = "aws_route53_record.writer-record_36E87FCE"
	lag          = "aws_cloudwatch_metric_alarm.alarms_replica-lag_2B691691"
)

// change is a resource's entry in a plan.
type change = map[string]any

// decodedPlans are a recording's plans.
func decodedPlans(t *testing.T, recording string) map[string]change {
	t.Helper()
	plans, err := recordings.Read(recording, stacks...)
	require.NoError(t, err)
	decoded := map[string]change{}
	for role, raw := range plans {
		var plan change
		require.NoError(t, json.Unmarshal(raw, &plan))
		decoded[role] = plan
	}
	return decoded
}

func entry(t *testing.T, plan change, address string) change {
	t.Helper()
	for _, r := range plan["resource_changes"].([]any) {
		if r.(change)["address"] == address {
			return r.(change)["change"].(change)
		}
	}
	require.Fail(t, "no such resource", address)
	return nil
}

// strayedFrom has the drift in plans that Terraform shows at the first plan after what
// made the second recording of the first one: their states' differences.
func strayedFrom(t *testing.T, from, to string) map[string]change {
	t.Helper()
	before, after := decodedPlans(t, from), decodedPlans(t, to)
	for role, plan := range after {
		list := []any{}
		for _, r := range plan["resource_changes"].([]any) {
			one := r.(change)
			was := entry(t, before[role], one["address"].(string))["before"]
			is := one["change"].(change)["before"]
			if !reflect.DeepEqual(was, is) {
				list = append(list, stray(one, was, is))
			}
		}
		plan["resource_drift"] = list
	}
	return after
}

func stray(resource change, was, is any) change {
	action := "update"
	if is == nil {
		action = "delete"
	}
	return change{
		"address": resource["address"], "mode": "managed", "type": resource["type"], "name": resource["name"],
		"change": change{"actions": []string{action}, "before": was, "after": is},
	}
}

// strays adds a change of an attribute outside Terraform, which the next plan puts
// back unless ignore_changes hides it.
func strays(t *testing.T, plan change, address, attribute string, is any, ignored bool) {
	t.Helper()
	for _, r := range plan["resource_changes"].([]any) {
		one := r.(change)
		if one["address"] != address {
			continue
		}
		c := one["change"].(change)
		was := c["before"].(change)
		now := change{}
		for name, value := range was {
			now[name] = value
		}
		now[attribute] = is
		list, _ := plan["resource_drift"].([]any)
		plan["resource_drift"] = append(list, stray(one, was, now))
		c["before"] = now
		if ignored {
			c["after"] = now
		} else {
			c["actions"] = []string{"update"}
		}
		return
	}
	require.Fail(t, "no such resource", address)
}

// sorts are the report's differences, each as "class: message".
func sorts(t *testing.T, plans map[string]change, check review.Check) (list []string, report *review.DriftReport) {
	t.Helper()
	raw := map[string][]byte{}
	for role, plan := range plans {
		text, err := json.Marshal(plan)
		require.NoError(t, err)
		raw[role] = text
	}
	report, err := review.NewDrift(t.Context(), engine(t), planned(t, raw), check)
	require.NoError(t, err)
	for _, d := range report.Drift {
		list = append(list, string(d.Class)+": "+d.Message)
		require.NotEmpty(t, d.Class)
	}
	return list, report
}

var well = review.Check{Findings: []readiness.Finding{{Check: readiness.CheckRecords, Verdict: readiness.OK, Reason: "as they should be"}}}

func TestDrift_IsNoneWhereAWSIsAsTheConfigurationSays(t *testing.T) {
	list, report := sorts(t, decodedPlans(t, "unchanged/as-deployed"), well)
	require.Empty(t, list)
	require.Zero(t, report.ExitCode)
	page, err := report.Render("markdown")
	require.NoError(t, err)
	require.Contains(t, string(page), "## Drift of prod: none\n")
}

// The first plan after a failover shows all of it as drift.
func TestDrift_TellsWhatAFailoverLeft(t *testing.T) {
	list, report := sorts(t, strayedFrom(t, "unchanged/as-deployed", "unchanged/failed-over"), well)
	require.Equal(t, 2, report.ExitCode)
	require.NotEmpty(t, report.FailedOver)
	for _, line := range list {
		require.True(t, strings.HasPrefix(line, "left by a failover: "), line)
	}
	text := strings.Join(list, "\n")
	require.Contains(t, text, "the replica replica-db-prod: replicate_source_db was arn:aws:rds:us-east-1:")
	require.Contains(t, text, "the replica replica-db-prod: multi_az was false and is true now")
	require.Contains(t, text, "the network ACL of the primary's database subnets: ingress was ")
	require.Contains(t, text, "weighted_routing_policy.weight was 100 and is 0 now")
	require.Contains(t, text, "weighted_routing_policy.weight was 0 and is 100 now")
	require.Len(t, list, 5, text)
	page, err := report.Render("markdown")
	require.NoError(t, err)
	require.Contains(t, string(page), "### Left by a failover\n")
	require.Contains(t, string(page), "What to do: Nothing to undo. Rebuild the other site")
}

// Later plans show no drift, as the state has it; the signs stay.
func TestDrift_TellsTheSignsOfAFailoverThatTheStateHas(t *testing.T) {
	list, report := sorts(t, decodedPlans(t, "unchanged/failed-over"), well)
	require.Equal(t, 2, report.ExitCode)
	require.Len(t, list, 4, list)
	for _, line := range list {
		require.True(t, strings.HasPrefix(line, "left by a failover: "), line)
	}
	require.Contains(t, list, "left by a failover: the replica replica-db-prod has no replication source any more")
}

// A failover excuses what the guard does, and nothing beside it.
func TestDrift_BlamesNoFailoverForWhatTheGuardDoesNotDo(t *testing.T) {
	plans := strayedFrom(t, "unchanged/as-deployed", "unchanged/failed-over")
	for _, r := range plans[review.Primary]["resource_drift"].([]any) {
		if one := r.(change); one["address"] == acl {
			after := one["change"].(change)["after"].(change)
			after["ingress"] = append(after["ingress"].([]any), change{"rule_no": 120, "action": "allow", "cidr_block": "203.0.113.0/24"})
		}
	}
	strays(t, plans[review.Replica], db, "backup_retention_period", 1, false)
	list, _ := sorts(t, plans, well)
	text := strings.Join(list, "\n")
	require.Contains(t, text, "changed by someone: the network ACL of the primary's database subnets: ingress was")
	require.Contains(t, text, "protection decayed: the replica replica-db-prod: backup_retention_period was 7 and is 1 now")

	// And without a failover the same promotion is someone's.
	lone := decodedPlans(t, "unchanged/as-deployed")
	strays(t, lone[review.Primary], writerRecord, "weighted_routing_policy", []any{change{"weight": 50}}, true)
	list, _ = sorts(t, lone, well)
	require.Equal(t, []string{"changed by someone: the primary's record of db.db-prod.internal: weighted_routing_policy.weight was 100 and is 50 now"}, list)
}

func TestDrift_SortsWhatDecayedFromWhatWasChanged(t *testing.T) {
	for name, tt := range map[string]struct {
		stack, address, attribute string
		is                        any
		ignored                   bool
		want                      string
	}{
		"fewer backups":      {review.Primary, db, "backup_retention_period", 1, false, "protection decayed: the primary primary-db-prod: backup_retention_period was 7 and is 1 now"},
		"more backups":       {review.Primary, db, "backup_retention_period", 14, false, "changed by someone: the primary primary-db-prod: backup_retention_period was 7 and is 14 now"},
		"no standby, hidden": {review.Primary, db, "multi_az", false, true, "protection decayed: the primary primary-db-prod: multi_az was true and is false now"},
		"another window":     {review.Primary, db, "maintenance_window", "mon:01:00-mon:01:30", false, "changed by someone: the primary primary-db-prod: maintenance_window was sun:"},
		"a tag":              {review.Primary, db, "tags", change{"Owner": "x"}, false, "changed by someone: the primary primary-db-prod: tags"},
		"a deaf alarm":       {review.Replica, lag, "threshold", 9999, false, "changed by someone: the alarm replica-lag-prod: threshold was 60 and is 9999 now"},
		"AWS's own answer":   {review.Primary, db, "latest_restorable_time", "2026-11-30T00:00:00Z", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			plans := decodedPlans(t, "unchanged/as-deployed")
			strays(t, plans[tt.stack], tt.address, tt.attribute, tt.is, tt.ignored)
			list, report := sorts(t, plans, well)
			if tt.want == "" {
				require.Empty(t, list)
				return
			}
			require.NotEmpty(t, list)
			require.True(t, strings.HasPrefix(list[0], tt.want), list)
			require.Equal(t, 2, report.ExitCode)
		})
	}
}

// In the state already, or never applied: the plan alone shows it.
func TestDrift_TellsWhatAPlanWouldChange(t *testing.T) {
	for recording, want := range map[string]string{
		"bad/backups-shorter":     "changed by someone: the primary primary-db-prod: backup_retention_period is 7, and the configuration asks for 1",
		"harmless/backups-longer": "protection decayed: the primary primary-db-prod: backup_retention_period is 7, and the configuration asks for 14",
		"harmless/new-alarm":      "changed by someone: the alarm ",
		"bad/multi-az-hidden":     "protection decayed: the primary primary-db-prod: the configuration asks for multi_az = false",
	} {
		t.Run(recording, func(t *testing.T) {
			list, _ := sorts(t, decodedPlans(t, recording), well)
			require.Len(t, list, 1)
			require.True(t, strings.HasPrefix(list[0], want), list)
		})
	}
}

func TestDrift_TellsWhatWasDeleted(t *testing.T) {
	plans := decodedPlans(t, "unchanged/as-deployed")
	for _, r := range plans[review.Replica]["resource_changes"].([]any) {
		if one := r.(change); one["address"] == lag {
			c := one["change"].(change)
			plans[review.Replica]["resource_drift"] = []any{stray(one, c["before"], nil)}
			c["before"], c["actions"] = nil, []string{"create"}
		}
	}
	list, _ := sorts(t, plans, well)
	require.Equal(t, []string{"protection decayed: the alarm replica-lag-prod was deleted"}, list)
}

func TestDrift_TakesTheGuardsCheckIn(t *testing.T) {
	check := review.Check{Findings: []readiness.Finding{
		{Check: readiness.CheckRecords, Verdict: readiness.Failed, Reason: "two records differ", Remedy: "look at them"},
		{Check: readiness.CheckPermissions, Verdict: readiness.Unknown, Reason: "IAM gave no answer"},
		{Check: readiness.CheckAudit, Verdict: readiness.Warning, Reason: "no pgaudit"},
		{Check: readiness.CheckPrimaryKey, Verdict: readiness.OK, Reason: "enabled"},
	}}
	list, report := sorts(t, decodedPlans(t, "unchanged/as-deployed"), check)
	require.Equal(t, []string{
		"protection decayed: check records (failed): two records differ",
		"protection decayed: check permissions (unknown): IAM gave no answer",
		"protection decayed: check audit-extension (warning): no pgaudit",
	}, list)
	require.Equal(t, "look at them", report.Drift[0].Next)

	// After a failover the records are as they should be then; permissions are not.
	list, _ = sorts(t, decodedPlans(t, "unchanged/failed-over"), check)
	require.Contains(t, list, "left by a failover: check records (failed): two records differ")
	require.Contains(t, list, "protection decayed: check permissions (unknown): IAM gave no answer")

	list, _ = sorts(t, decodedPlans(t, "unchanged/as-deployed"), review.Check{Fault: "timed out"})
	require.Equal(t, []string{"protection decayed: the guard gave no answer to a check: timed out"}, list)
}

// A secret's value is in no report, and no markup of a plan works in it.
func TestDrift_ShowsNoSecretAndNoMarkup(t *testing.T) {
	plans := decodedPlans(t, "unchanged/as-deployed")
	strays(t, plans[review.Primary], db, "username", "hunter22-hunter22", false)
	strays(t, plans[review.Primary], db, "character_set_name", "</sub> @acme/dba", false)
	for _, r := range plans[review.Primary]["resource_drift"].([]any) {
		r.(change)["change"].(change)["after_sensitive"] = change{"username": true}
	}
	for _, format := range review.DriftFormats {
		_, report := sorts(t, plans, well)
		out, err := report.Render(format)
		require.NoError(t, err)
		require.NotContains(t, string(out), "hunter22")
		if format == "markdown" {
			require.Contains(t, string(out), "`@acme/dba`")
			require.Equal(t, strings.Count(string(out), "<sub>"), strings.Count(string(out), "</sub>"))
		}
	}
}
