package review_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/tier"
)

// index of a block in a path.
var index = regexp.MustCompile(`\.[0-9]+`)

// harmless are constants of the stacks whose change in a plan needs no human, by
// type and path, each with its reason. What our policies allow whatever it
// becomes is not repeated here.
var harmless = map[string]string{
	"aws_db_parameter_group parameter.apply_method": "when a value takes effect, not which; of static ones RDS decides",
	"aws_lambda_function source_code_hash":          "the code is in the diff: guard-code tells, and no human is needed for it alone",
}

// Every constant of both stacks, changed by a plan: a policy that judges the
// attribute tells of it, or the one for what none judges. The attributes are
// the stacks', not those that the policies list: one that no policy knows is
// changed here too.
func TestMutations_OfEveryConstantAreFlagged(t *testing.T) {
	raw, err := recordings.Read("unchanged/as-deployed", stacks...)
	require.NoError(t, err)
	doc := planned(t, raw)
	seen := map[string]bool{}
	for i, r := range doc.Resources {
		for _, path := range slices.Sorted(maps.Keys(r.Configured)) {
			attribute, _, _ := strings.Cut(path, ".")
			key := r.Type + " " + index.ReplaceAllString(path, "")
			values := others(r.Configured[path])
			if seen[key] || harmless[key] != "" || allowed(t, r.Type, attribute) != "" {
				continue
			}
			seen[key] = true
			if !tier.Sampled(len(seen), 25, 15) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s %s", r.Stack, r.Address, path), func(t *testing.T) {
				t.Parallel()
				policies := judges(t, r.Type, attribute, "unjudged")
				for _, value := range values {
					got := withResource(t, doc, i, func(r *review.Resource) { planValue(t, r, path, value) })
					if foundBy(got, r.Address, policies) {
						return
					}
				}
				require.Fail(t, "no change of it is found", "%v, by any of %v", values, policies)
			})
		}
	}
	require.Greater(t, len(seen), 100)
}

// others are other values, for lists and maps too.
func others(value any) []any {
	switch value := value.(type) {
	case []any:
		return []any{[]any{}, append(slices.Clone(value), "mutated")}
	case map[string]any:
		return []any{map[string]any{"mutated": "x"}}
	default:
		return another(value)
	}
}

// planValue makes the plan change an attribute, and the configuration ask for
// it.
func planValue(t *testing.T, r *review.Resource, path string, value any) {
	t.Helper()
	text, err := json.Marshal(r.After)
	require.NoError(t, err)
	after := map[string]any{}
	require.NoError(t, json.Unmarshal(text, &after))
	steps := strings.Split(path, ".")
	var node any = after
	for _, step := range steps[:len(steps)-1] {
		switch inner := node.(type) {
		case map[string]any:
			node = inner[step]
		case []any:
			n, err := strconv.Atoi(step)
			require.NoError(t, err)
			node = inner[n]
		}
	}
	node.(map[string]any)[steps[len(steps)-1]] = value
	r.After, r.Action, r.Changed = after, review.ActionUpdate, steps[:1]
	r.Configured[path] = value
}

// needed is what keeps the data and the way back to it, by type and attribute,
// with the policy that has to miss it where the configuration no longer says it.
// It is kept by hand, from what this project promises, not from the policies.
var needed = map[string]string{
	"aws_db_instance storage_encrypted":                 "encryption",
	"aws_db_instance kms_key_id":                        "encryption",
	"aws_db_instance backup_retention_period":           "backups",
	"aws_db_instance multi_az":                          "multi-az",
	"aws_db_instance deletion_protection":               "deletion-protection",
	"aws_db_instance final_snapshot_identifier":         "deletion-protection",
	"aws_db_instance parameter_group_name":              "tls",
	"aws_db_instance vpc_security_group_ids":            "database-exposed",
	"aws_db_instance db_subnet_group_name":              "database-exposed",
	"aws_db_instance auto_minor_version_upgrade":        "maintenance",
	"aws_db_instance enabled_cloudwatch_logs_exports":   "logs",
	"aws_db_instance max_allocated_storage":             "capacity",
	"aws_kms_key enable_key_rotation":                   "encryption",
	"aws_kms_key multi_region":                          "encryption",
	"aws_kms_key policy":                                "guard-permission",
	"aws_kms_replica_key policy":                        "guard-permission",
	"aws_secretsmanager_secret replica":                 "secret-replica",
	"aws_secretsmanager_secret kms_key_id":              "encryption",
	"aws_secretsmanager_secret recovery_window_in_days": "deletion-protection",
	"aws_dynamodb_table point_in_time_recovery":         "backups",
	"aws_dynamodb_table server_side_encryption":         "encryption",
	"aws_dynamodb_table deletion_protection_enabled":    "deletion-protection",
	"aws_sns_topic kms_master_key_id":                   "encryption",
	"aws_lambda_function vpc_config":                    "guard-lost",
	"aws_cloudwatch_metric_alarm alarm_actions":         "alarm-lost",
	"aws_vpc enable_dns_hostnames":                      "path-lost",
	"aws_route53_zone vpc":                              "path-lost",
	"aws_route53_record weighted_routing_policy":        "dns-switch",
	"aws_route53_health_check triggers":                 "dns-switch",
}

// What protects leaves the configuration, and the plan is silent: because of
// ignore_changes, or because AWS's answer stands in for it.
func TestMutations_OfWhatIsNoLongerConfiguredAreFlagged(t *testing.T) {
	raw, err := recordings.Read("unchanged/as-deployed", stacks...)
	require.NoError(t, err)
	doc := planned(t, raw)
	seen := map[string]bool{}
	for i, r := range doc.Resources {
		for key, policy := range needed {
			kind, attribute, _ := strings.Cut(key, " ")
			of := func(path string) bool { return path == attribute || strings.HasPrefix(path, attribute+".") }
			if r.Type != kind || seen[r.Stack+key] || !gave(r, of) || empty(r.After[attribute]) && attribute != "auto_minor_version_upgrade" {
				continue
			}
			seen[r.Stack+key], seen[key] = true, true
			if !tier.Sampled(len(seen), 25, 10) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s %s", r.Stack, r.Address, attribute), func(t *testing.T) {
				t.Parallel()
				got := withResource(t, doc, i, func(r *review.Resource) {
					maps.DeleteFunc(r.Configured, func(path string, _ any) bool { return of(path) })
					maps.DeleteFunc(r.References, func(path string, _ []string) bool { return of(path) })
				})
				require.True(t, got.NoChanges())
				require.True(t, foundBy(got, r.Address, []string{policy}), page(t, got))
			})
		}
	}
	for key := range needed {
		require.True(t, seen[key], "%s is not in the stacks", key)
	}
}

func gave(r review.Resource, of func(string) bool) bool {
	for path := range r.Configured {
		if of(path) {
			return true
		}
	}
	for path := range r.References {
		if of(path) {
			return true
		}
	}
	return false
}
