package review_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
)

// special are the values that weaken an attribute where the general rule would
// strengthen it, or say nothing. By policy, type and attribute.
var special = map[string]any{
	"maintenance aws_db_instance allow_major_version_upgrade":               true,
	"guard-doubled aws_cloudwatch_event_target input_transformer":           blocks("input_template", `{"action":"failover","force":true}`),
	"alarm-loosened aws_cloudwatch_metric_alarm threshold":                  loosened,
	"alarm-loosened aws_cloudwatch_metric_alarm evaluation_periods":         30,
	"alarm-loosened aws_cloudwatch_metric_alarm datapoints_to_alarm":        30,
	"backups aws_db_instance delete_automated_backups":                      true,
	"backups aws_dynamodb_table point_in_time_recovery":                     blocks("enabled", false),
	"encryption aws_dynamodb_table server_side_encryption":                  blocks("enabled", false),
	"capacity aws_db_instance instance_class":                               "db.t4g.medium",
	"database-exposed aws_db_instance vpc_security_group_ids":               []string{"sg-of-somebody"},
	"database-exposed aws_db_subnet_group subnet_ids":                       publicSubnets,
	"database-exposed aws_default_security_group ingress":                   []any{rule("0.0.0.0/0")},
	"database-exposed aws_security_group ingress":                           []any{rule("0.0.0.0/0")},
	"database-exposed aws_route gateway_id":                                 "igw-mutated",
	"database-exposed aws_vpc_security_group_ingress_rule cidr_ipv4":        "0.0.0.0/0",
	"database-exposed aws_vpc_security_group_ingress_rule cidr_ipv6":        "::/0",
	"database-exposed aws_vpc_security_group_ingress_rule ip_protocol":      "-1",
	"dns-switch aws_route53_record ttl":                                     300,
	"dns-switch aws_route53_record weighted_routing_policy":                 blocks("weight", 50),
	"engine-version aws_db_instance engine_version":                         "15.12",
	"fence aws_network_acl_rule rule_number":                                20,
	"guard-lost aws_lambda_function memory_size":                            128,
	"guard-lost aws_lambda_function vpc_config":                             []any{},
	"guard-lost aws_lambda_function logging_config":                         []any{},
	"guard-lost aws_cloudwatch_event_target input_transformer":              blocks("input_template", "{}"),
	"guard-lost aws_lambda_function file_system_config":                     blocks("arn", "arn:aws:efs:x"),
	"guard-lost aws_lambda_function layers":                                 []string{"arn:aws:lambda:eu-west-1:1:layer:x"},
	"guard-policy aws_lambda_function environment":                          manual,
	"iam-broadened aws_iam_role assume_role_policy":                         everybody,
	"iam-broadened aws_iam_role_policy policy":                              everything,
	"iam-broadened aws_kms_key policy":                                      everybody,
	"iam-broadened aws_kms_replica_key policy":                              everybody,
	"iam-broadened aws_sns_topic policy":                                    everybody,
	"iam-broadened aws_sns_topic_policy policy":                             everybody,
	"iam-broadened aws_secretsmanager_secret policy":                        everybody,
	"iam-broadened aws_secretsmanager_secret_policy policy":                 everybody,
	"iam-broadened aws_dynamodb_resource_policy policy":                     everybody,
	"iam-broadened aws_iam_policy policy":                                   everything,
	"iam-broadened aws_sqs_queue policy":                                    everybody,
	"iam-broadened aws_lambda_permission source_arn":                        nil,
	"iam-broadened aws_lambda_permission principal":                         "*",
	"iam-broadened aws_lambda_permission action":                            "lambda:*",
	"logs aws_cloudwatch_log_group retention_in_days":                       1,
	"parameters aws_db_parameter_group parameter":                           []any{map[string]any{"name": "rds.force_ssl", "value": "1"}},
	"path-lost aws_route_table route":                                       []any{map[string]any{"cidr_block": "10.0.0.0/8"}},
	"secret-in-state aws_db_instance manage_master_user_password":           true,
	"deletion-protection aws_db_instance skip_final_snapshot":               true,
	"replica-source aws_db_instance replicate_source_db":                    "arn:aws:rds:us-east-1:123456789012:db:other",
	"alarm-loosened aws_cloudwatch_metric_alarm metric_query":               blocks("id", "m1"),
	"dns-switch aws_cloudwatch_metric_alarm metric_query":                   blocks("id", "m1"),
	"dns-switch aws_route53_record alias":                                   blocks("name", "elsewhere.example.com"),
	"deletion-protection aws_db_instance final_snapshot_identifier":         nil,
	"path-lost aws_route nat_gateway_id":                                    nil,
	"path-lost aws_route_table propagating_vgws":                            []string{"vgw-1"},
	"alarm-lost aws_lambda_function_event_invoke_config destination_config": []any{},
}

// givenByConfiguration are found by what the configuration has, not by a value.
var givenByConfiguration = []string{
	"iam-broadened aws_iam_role managed_policy_arns", "iam-broadened aws_iam_role inline_policy",
	"secret-in-state aws_iam_access_key user", "secret-in-state random_password length", "secret-in-state tls_private_key algorithm",
}

// onlyOnSome are the resources that an attribute of a type matters on.
var onlyOnSome = map[string]func(values map[string]any) bool{
	"alarm-loosened": func(v map[string]any) bool { return v["metric_name"] != "ActiveWriter" },
	"dns-switch":     func(v map[string]any) bool { return v["alarm_name"] == nil || v["metric_name"] == "ActiveWriter" },
	"encryption":     func(v map[string]any) bool { return v["retention_in_days"] == nil || v["kms_key_id"] != "" },
	"password-after-failover": func(v map[string]any) bool {
		return v["password_wo_version"] != nil || v["secret_string_wo_version"] != nil
	},
}

func blocks(name string, value any) any { return []any{map[string]any{name: value}} }

func rule(cidr string) any {
	return map[string]any{"cidr_blocks": []string{cidr}, "from_port": 5432, "to_port": 5432, "protocol": "tcp"}
}

func loosened(v map[string]any) any {
	if v["comparison_operator"] == "LessThanThreshold" {
		return -1
	}
	return 1000000000000
}

const everyoneJSON = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["sns:Publish","kms:Decrypt"],"Resource":["*"]}]}`

func everybody(map[string]any) any { return everyoneJSON }

func everything(map[string]any) any {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}`
}

func manual(v map[string]any) any {
	variables := maps.Clone(v["environment"].([]any)[0].(map[string]any)["variables"].(map[string]any))
	variables["PGDR_MODE"] = "manual"
	return blocks("variables", variables)
}

// publicSubnets is filled in by the test, which knows the plans.
func publicSubnets(v map[string]any) any { return v["public subnet of the test"] }

// weaker is another value of an attribute, the less protective one.
func weaker(key string, values map[string]any, attribute string) any {
	if value, ok := special[key]; ok {
		if by, ok := value.(func(map[string]any) any); ok {
			return by(values)
		}
		return value
	}
	switch value := values[attribute].(type) {
	case bool:
		return !value
	case json.Number:
		return json.Number("0")
	case []any:
		return []any{}
	case map[string]any:
		return map[string]any{"mutated": "yes"}
	case nil:
		if attribute == "filter_policy" {
			return "{}"
		}
		return "mutated"
	default:
		return "mutated"
	}
}

// Every attribute that a policy says it judges, weakened: by that policy.
func TestMutations_OfWhatIsProtectedAreFlagged(t *testing.T) {
	judged, err := review.Judged(t.Context())
	require.NoError(t, err)
	count := 0
	for _, id := range slices.Sorted(maps.Keys(judged)) {
		w := newWorld(t, situationOf(id))
		for _, pair := range judged[id] {
			key := fmt.Sprintf("%s %s %s", id, pair[0], pair[1])
			if slices.Contains(givenByConfiguration, key) {
				continue
			}
			for _, p := range targets(w, id, pair[0], pair[1]) {
				count++
				if !tier.Sampled(count, 40, 20) {
					continue
				}
				t.Run(key+" "+p.address, func(t *testing.T) {
					t.Parallel()
					requireFlagged(t, w, p, id, pair[1], key)
				})
			}
		}
	}
	require.Greater(t, count, 200)
}

func situationOf(policy string) string {
	if policy == "password-after-failover" {
		return "failed-over"
	}
	return "as-deployed"
}

// targets are one resource of a type in each stack, on which the attribute
// matters; a made-up one, if there is none.
func targets(w *world, policy, kind, attribute string) []place {
	var list []place
	had := map[string]bool{}
	for _, p := range w.places(kind) {
		values := w.before(p)
		matters := onlyOnSome[policy]
		if had[p.stack] || matters != nil && !matters(values) || neverSet[kind+" "+attribute] && empty(values[attribute]) {
			continue
		}
		had[p.stack] = true
		list = append(list, p)
	}
	if len(list) == 0 {
		list = append(list, w.makeUp(kind))
	}
	return list
}

// neverSet are attributes whose taking away is what matters: only where they
// are set.
var neverSet = map[string]bool{
	"aws_route nat_gateway_id": true, "aws_route gateway_id": true, "aws_route vpc_peering_connection_id": true,
	"aws_kms_key multi_region": true, "aws_cloudwatch_metric_alarm alarm_actions": true, "aws_cloudwatch_metric_alarm ok_actions": true,
	"aws_db_instance multi_az": true, "aws_route53_record health_check_id": true,
}

func empty(value any) bool {
	list, isList := value.([]any)
	return value == nil || value == "" || value == false || isList && len(list) == 0
}

func requireFlagged(t *testing.T, w *world, p place, id, attribute, key string) {
	t.Helper()
	values := maps.Clone(w.before(p))
	values["public subnet of the test"] = []any{w.publicSubnet(p.stack)}
	after := weaker(key, values, attribute)
	got := w.review(t, p,
		plantest.Edit{At: []any{"change", "actions"}, Set: []string{"update"}},
		plantest.Edit{At: []any{"change", "after", attribute}, Set: after, Null: after == nil},
	)
	require.True(t, found(got, id, ""), "%s becomes %v\n%s", attribute, after, page(t, got))
}

// publicSubnet is the id of one of the site's public subnets.
func (w *world) publicSubnet(stack string) string {
	for _, p := range w.places("aws_route") {
		route := w.before(p)
		if p.stack != stack || empty(route["gateway_id"]) {
			continue
		}
		for _, q := range w.places("aws_route_table_association") {
			if association := w.before(q); association["route_table_id"] == route["route_table_id"] {
				return association["subnet_id"].(string)
			}
		}
	}
	return ""
}
