package review_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/review"
)

// upgrade are the plans that bring what the last release deployed to these stacks
// (tests/review_upgrade_test.go, docs/upgrade.md).
const upgrade = "released/as-deployed"

func upgradePlans(t *testing.T) map[string][]byte {
	t.Helper()
	plans, err := recordings.Read(upgrade, stacks...)
	require.NoError(t, err)
	return plans
}

func TestUpgrade_NeedsAHumanAndIsNotBlocked(t *testing.T) {
	got := reviewed(t, upgradePlans(t))
	require.Equal(t, review.NeedsHuman, got.Verdict, page(t, got))
	require.Empty(t, policiesThatBlock(got), page(t, got))

	counts := map[string]int{}
	for _, f := range got.Findings {
		counts[fmt.Sprintf("`%s` (%s)", f.Policy, f.Severity)]++
	}
	var rows [][]string
	for _, policy := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, []string{policy, fmt.Sprint(counts[policy]), ""})
	}
	docpage.Rows(t, "../../docs/upgrade.md", "findings", []string{"Policy", "Findings", "What it is"}, rows)
}

// What holds state stays: data, keys, credentials, the guard's memory, the name,
// the networks, and confirmed subscriptions.
func TestUpgrade_ReplacesNothingThatHoldsState(t *testing.T) {
	stateful := []string{
		"aws_db_instance", "aws_db_subnet_group", "aws_db_parameter_group", "aws_kms_key", "aws_kms_replica_key", "aws_secretsmanager_secret",
		"aws_secretsmanager_secret_version", "aws_dynamodb_table", "aws_route53_zone", "aws_vpc", "aws_subnet", "aws_sns_topic",
		"aws_sns_topic_subscription", "aws_cloudwatch_log_group", "aws_network_acl", "aws_network_acl_rule", "aws_lambda_function",
		"aws_vpc_peering_connection", "aws_security_group", "aws_iam_role",
	}
	seen := map[string]bool{}
	for stack, raw := range upgradePlans(t) {
		for address, r := range changesIn(t, raw) {
			kind, change := r["type"].(string), r["change"].(map[string]any)
			if change["before"] == nil || !slices.Contains(stateful, kind) {
				continue
			}
			seen[kind] = true
			actions := fmt.Sprint(change["actions"])
			require.Contains(t, []string{"[no-op]", "[update]"}, actions, "%s %s", stack, address)
		}
	}
	require.Len(t, seen, len(stateful), "%v", seen)
}

// The name stays where it is: records do not change. The alarm and the health
// check change in what they watch alone, and keep their state while there is no
// data (twin/alarms, twin/health).
func TestUpgrade_DoesNotMoveDNS(t *testing.T) {
	changed := map[string]string{}
	for _, raw := range upgradePlans(t) {
		for address, r := range changesIn(t, raw) {
			change := r["change"].(map[string]any)
			before, _ := change["before"].(map[string]any)
			after, _ := change["after"].(map[string]any)
			if before == nil || after == nil {
				continue
			}
			var names []string
			for name := range before {
				if fmt.Sprint(before[name]) != fmt.Sprint(after[name]) && !strings.HasPrefix(name, "tags") {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			switch kind := r["type"].(string); {
			case kind == "aws_route53_record", kind == "aws_route53_zone", kind == "aws_route53_zone_association":
				require.Empty(t, names, address)
				changed[kind] = ""
			case kind == "aws_route53_health_check":
				require.Equal(t, "LastKnownStatus", after["insufficient_data_health_status"])
				changed[kind] = strings.Join(names, " ")
			case strings.HasPrefix(address, "aws_cloudwatch_metric_alarm.active-writer"):
				require.Equal(t, "ignore", before["treat_missing_data"])
				require.Equal(t, "ignore", after["treat_missing_data"])
				changed["active-writer"] = strings.Join(names, " ")
			}
		}
	}
	require.Equal(t, map[string]string{
		"aws_route53_record": "", "aws_route53_zone": "", "aws_route53_zone_association": "",
		"aws_route53_health_check": "triggers", "active-writer": "namespace",
	}, changed)
}

// Rules for the ranges of clients take the place of those for whole networks. The
// guard and the clients have to be among them.
func TestUpgrade_IsBlockedWhereItCutsTheGuardOrTheClients(t *testing.T) {
	for name, left := range map[string]string{"the guard": "postgres-replica-guard", "clients": "postgres-replica-private"} {
		t.Run("without "+name, func(t *testing.T) {
			plans := upgradePlans(t)
			for stack, raw := range plans {
				plans[stack] = withoutRules(t, raw, left)
			}
			got := reviewed(t, plans)
			require.Contains(t, policiesThatBlock(got), "path-lost", page(t, got))
		})
	}
}

// What the guard's role gains and loses with this release is named: the namespace
// of its environment, and a look at the databases of a region. Nothing near it
// passes with it.
func TestUpgrade_IsBlockedWhereTheRoleGetsMore(t *testing.T) {
	const look = `"rds:DescribeDBInstances"`
	for name, edit := range map[string][2]string{
		"another environment's namespace": {`"cloudwatch:namespace":"PGDR/prod"`, `"cloudwatch:namespace":"PGDR/dev"`},
		"the namespaces of all":           {`"cloudwatch:namespace":"PGDR/prod"`, `"cloudwatch:namespace":"PGDR*"`},
		"another environment's databases": {`"rds:db-tag/Environment":"prod"`, `"rds:db-tag/Environment":"dev"`},
		"more than a look":                {look, `"rds:DeleteDBInstance"`},
		"a look at what is in it":         {look, `"rds:DownloadDBLogFilePortion"`},
		"a look at everything":            {look + `],"Resource":["arn:aws:rds:us-east-1:123456789012:db:*"`, look + `],"Resource":["*"`},
	} {
		t.Run(name, func(t *testing.T) {
			plans, count := upgradePlans(t), 0
			plan := decodedPlan(t, plans[review.Replica])
			for _, entry := range plan["resource_changes"].([]any) {
				r := entry.(map[string]any)
				if after, _ := r["change"].(map[string]any)["after"].(map[string]any); after != nil && r["type"] == "aws_iam_role_policy" {
					policy, _ := after["policy"].(string)
					count += strings.Count(policy, edit[0])
					after["policy"] = strings.ReplaceAll(policy, edit[0], edit[1])
				}
			}
			require.Positive(t, count)
			var err error
			plans[review.Replica], err = json.Marshal(plan)
			require.NoError(t, err)
			got := reviewed(t, plans)
			require.Contains(t, policiesThatBlock(got), "iam-broadened", page(t, got))
		})
	}
}

// withoutRules is a plan that does not make the rules whose name has a text.
func withoutRules(t *testing.T, raw []byte, text string) []byte {
	t.Helper()
	plan := decodedPlan(t, raw)
	count := 0
	drop := func(list any) []any {
		return slices.DeleteFunc(list.([]any), func(entry any) bool {
			gone := strings.Contains(entry.(map[string]any)["address"].(string), text)
			if gone {
				count++
			}
			return gone
		})
	}
	plan["resource_changes"] = drop(plan["resource_changes"])
	root := plan["configuration"].(map[string]any)["root_module"].(map[string]any)
	root["resources"] = drop(root["resources"])
	require.Positive(t, count)
	without, err := json.Marshal(plan)
	require.NoError(t, err)
	return without
}
