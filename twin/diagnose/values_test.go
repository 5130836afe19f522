package diagnose_test

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// wired are the numbers, booleans and words that say how a wire works: through
// which port, in which order, from when on, for how long, whether at all.
var wired = []*regexp.Regexp{
	regexp.MustCompile(`^aws_cloudwatch_event_target \S+ retry_policy`),
	regexp.MustCompile(`^aws_cloudwatch_metric_alarm \S+ (period|evaluation_periods|datapoints_to_alarm|threshold|statistic|treat_missing_data)`),
	regexp.MustCompile(`^aws_db_instance \S+ (port|multi_az|storage_encrypted|publicly_accessible|backup_retention_period|deletion_protection|allocated_storage|engine|engine_version|ca_cert_identifier)$`),
	regexp.MustCompile(`^aws_db_parameter_group \S+ parameter \d+ apply_method`),
	regexp.MustCompile(`^aws_dynamodb_table \S+ (point_in_time_recovery|server_side_encryption|billing_mode)`),
	regexp.MustCompile(`^aws_iam_role \S+ assume_role_policy Statement \d+ Effect`),
	regexp.MustCompile(`^aws_(iam_role_policy|kms_key|kms_replica_key|sns_topic_policy) \S+ policy Statement \d+ Effect`),
	regexp.MustCompile(`^aws_kms_key \S+ multi_region`),
	regexp.MustCompile(`^aws_lambda_function \S+ (timeout|memory_size|runtime|handler|architectures)`),
	regexp.MustCompile(`^aws_lambda_function \S+ environment variables PGDR_\S+_SECONDS`),
	regexp.MustCompile(`^aws_lambda_function_event_invoke_config \S+ maximum`),
	regexp.MustCompile(`^aws_network_acl_rule \S+ (egress|protocol|rule_action|rule_number)`),
	regexp.MustCompile(`^aws_route53_record \S+ (ttl|type|set_identifier|weighted_routing_policy)`),
	regexp.MustCompile(`^aws_vpc \S+ enable_dns`),
	regexp.MustCompile(`^aws_vpc_peering_connection(_accepter)? \S+ auto_accept`),
	regexp.MustCompile(`^aws_vpc_security_group_(in|e)gress_rule \S+ (from|to)_port`),
}

// value is an edge with what stands there.
type value struct {
	edge
	was any
}

// values lists what is wired by a value.
func values(d simstacks.Documents) []value {
	var out []value
	leaves(d, func(e edge, leaf any) {
		text := toText(leaf)
		where := e.words()
		if strings.Contains(text, "${") || !slices.ContainsFunc(wired, func(r *regexp.Regexp) bool { return r.MatchString(where) }) {
			return
		}
		e.ref = text
		out = append(out, value{edge: e, was: leaf})
	})
	return out
}

// others are words that AWS knows in the place of some.
var others = map[string]string{
	"Allow": "Deny", "Deny": "Allow", "allow": "deny", "-1": "17", "CNAME": "A",
	"Average": "SampleCount", "Maximum": "Minimum", "Minimum": "Maximum", "Sum": "SampleCount",
	"breaching": "notBreaching", "notBreaching": "breaching", "ignore": "breaching", "missing": "ignore",
	"pending-reboot": "immediate", "immediate": "pending-reboot", "PAY_PER_REQUEST": "PROVISIONED",
	"arm64": "x86_64", "provided.al2023": "python3.13", "postgres": "mysql", "15": "14", "rds-ca-rsa2048-g1": "rds-ca-ecc384-g1",
}

// otherValue is another value that may stand in the place of one.
func otherValue(e edge, was any) any {
	switch x := was.(type) {
	case bool:
		return !x
	case float64:
		return otherNumber(toText(e.path[len(e.path)-1]), x)
	}
	text := was.(string)
	if other, ok := others[text]; ok {
		return other
	}
	if numberText.MatchString(text) {
		return text + "0"
	}
	return text + "x"
}

// otherNumber keeps to what AWS takes, so that it is the wiring that notices.
func otherNumber(argument string, was float64) float64 {
	switch argument {
	case "period":
		return 86400
	case "from_port":
		return was + 1
	case "to_port":
		return was - 1
	case "rule_number":
		return 50
	case "weight":
		return 100 - was
	case "timeout":
		return 3
	case "memory_size":
		return 128
	case "backup_retention_period":
		return 0
	case "threshold", "evaluation_periods":
		return was*1000 + 1000
	case "datapoints_to_alarm":
		return was + 1
	}
	return was + 1
}

// switching is an edge and what it is switched to.
type switching struct {
	edge
	to any
}

// off is what is on, and not said, in resources of a type.
var off = map[string]map[string]any{
	"aws_cloudwatch_metric_alarm": {"actions_enabled": false},
	"aws_cloudwatch_event_rule":   {"state": "DISABLED"},
	"aws_cloudwatch_event_target": {"input": "{}"},
	"aws_route53_health_check":    {"disabled": true, "invert_healthcheck": true},
	"aws_sns_topic_subscription":  {"filter_policy": `{"x":["y"]}`},
	"aws_lambda_function":         {"reserved_concurrent_executions": 0.0},
	"aws_lambda_permission":       {"qualifier": "1", "source_account": "999999999999"},
	"aws_kms_key":                 {"is_enabled": false},
	"aws_kms_replica_key":         {"enabled": false},
	"aws_route53_record":          {"weighted_routing_policy": nil},
	"aws_vpc_peering_connection":  {"auto_accept": true},
	"aws_network_acl":             {"subnet_ids": []any{}},
	"aws_default_security_group":  {"ingress": []any{map[string]any{"protocol": "-1", "from_port": 0.0, "to_port": 0.0, "cidr_blocks": []any{"0.0.0.0/0"}}}},
	"aws_vpc_endpoint":            {"policy": `{"Version":"2012-10-17","Statement":[]}`},
}

// switches lists what can be switched off by an argument that is not there.
func switches(d simstacks.Documents) []switching {
	var out []switching
	for _, e := range providers(d) {
		for argument, to := range off[e.typ] {
			e.path, e.ref = []any{argument}, "its default"
			out = append(out, switching{edge: e, to: to})
		}
	}
	return out
}

// orders lists what must be there before something, without being referred to.
func orders(d simstacks.Documents) []edge {
	var out []edge
	for stack, doc := range map[string]simstacks.Document{"primary": d.Primary, "replica": d.Replica} {
		for typ, named := range doc.Resource {
			for name, body := range named {
				list, _ := body["depends_on"].([]any)
				for i, on := range list {
					out = append(out, edge{stack: stack, section: "resource", typ: typ, name: name, path: []any{"depends_on", i}, ref: toText(on)})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b edge) int { return strings.Compare(a.String(), b.String()) })
	return out
}
