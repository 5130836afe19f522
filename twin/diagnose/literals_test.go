package diagnose_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// named are the arguments that name something by a text that is written out: a
// region, a range, a metric, another resource, who may do what.
var named = []*regexp.Regexp{
	regexp.MustCompile(`^aws_cloudwatch_metric_alarm \S+ (alarm_name|namespace|metric_name|dimensions|comparison_operator)`),
	regexp.MustCompile(`^aws_cloudwatch_event_rule \S+ schedule_expression`),
	regexp.MustCompile(`^aws_cloudwatch_log_group \S+ name`),
	regexp.MustCompile(`^aws_db_instance \S+ (identifier|db_name|username|instance_class|enabled_cloudwatch_logs_exports)`),
	regexp.MustCompile(`^aws_db_parameter_group \S+ parameter \d+ (name|value)`),
	regexp.MustCompile(`^aws_dynamodb_table \S+ (name|hash_key|range_key|attribute)`),
	regexp.MustCompile(`^aws_iam_role \S+ assume_role_policy Statement \d+ (Principal|Action)`),
	regexp.MustCompile(`^aws_iam_role_policy \S+ policy Statement \d+ (Action|Resource|Condition)`),
	regexp.MustCompile(`^aws_(kms_key|kms_replica_key|sns_topic_policy) \S+ policy Statement \d+ (Principal|Action|Condition)`),
	regexp.MustCompile(`^aws_lambda_function \S+ (function_name|environment)`),
	regexp.MustCompile(`^aws_lambda_permission \S+ (action|principal)`),
	regexp.MustCompile(`^aws_network_acl_rule \S+ cidr_block`),
	regexp.MustCompile(`^aws_route \S+ destination_cidr_block`),
	regexp.MustCompile(`^aws_route53_health_check \S+ (cloudwatch_alarm_region|insufficient_data_health_status|type|triggers)`),
	regexp.MustCompile(`^aws_route53_record \S+ name`),
	regexp.MustCompile(`^aws_route53_zone \S+ (name|vpc)`),
	regexp.MustCompile(`^aws_route53_zone_association \S+ vpc_region`),
	regexp.MustCompile(`^aws_sns_topic_subscription guard\S+ protocol`),
	regexp.MustCompile(`^aws_subnet \S+ (availability_zone|cidr_block)`),
	regexp.MustCompile(`^aws_vpc \S+ cidr_block`),
	regexp.MustCompile(`^aws_vpc_endpoint \S+ (service_name|vpc_endpoint_type)`),
	regexp.MustCompile(`^aws_vpc_peering_connection \S+ peer_region`),
	regexp.MustCompile(`^aws_vpc_security_group_(in|e)gress_rule \S+ (cidr_ipv4|ip_protocol)`),
	regexp.MustCompile(`^module credentials (username|replica_region)`),
}

// seconds are the guard's measures, which name nothing. The record's TTL is the
// record's.
var seconds = regexp.MustCompile(`variables PGDR_(ABORT|ARMING|COOLDOWN|INSTANCE|MAX|REGION)\S*_SECONDS$`)

// literals lists the names that are written out.
func literals(d simstacks.Documents) []edge {
	var out []edge
	each(d, func(e edge, text string) {
		where := e.words()
		if seconds.MatchString(where) {
			return
		}
		if !strings.Contains(text, "${") && slices.ContainsFunc(named, func(r *regexp.Regexp) bool { return r.MatchString(where) }) {
			e.ref = text
			out = append(out, e)
		}
	})
	return out
}

// words are where an edge is, for patterns to match.
func (e edge) words() string {
	words := []string{e.typ, e.name}
	if e.section != "resource" {
		words[0] = e.section
	}
	for _, p := range slices.Concat(e.path, e.inside) {
		words = append(words, strings.ReplaceAll(toText(p), " ", "_"))
	}
	return strings.Join(words, " ")
}

var (
	regionText = regexp.MustCompile(`^[a-z]{2}-[a-z]+-\d$`)
	cidrText   = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+/\d+$`)
	numberText = regexp.MustCompile(`^\d+$`)
)

// misname is a wrong name in the place of one.
func misname(text string) string {
	switch {
	case regionText.MatchString(text):
		return "eu-central-1"
	case cidrText.MatchString(text):
		return "192.168.77.0/24"
	case numberText.MatchString(text):
		return text + "1"
	case text == "true":
		return "false"
	case text == "false":
		return "true"
	case strings.HasSuffix(text, "Threshold"):
		return map[bool]string{true: "GreaterThanThreshold", false: "LessThanThreshold"}[strings.HasPrefix(text, "Less")]
	}
	return text + "x"
}

// providers lists, for each resource, in which region it says it is.
func providers(d simstacks.Documents) []edge {
	var out []edge
	for stack, doc := range map[string]simstacks.Document{"primary": d.Primary, "replica": d.Replica} {
		for _, typ := range slices.Sorted(maps.Keys(doc.Resource)) {
			for _, name := range slices.Sorted(maps.Keys(doc.Resource[typ])) {
				if alias, ok := doc.Resource[typ][name]["provider"].(string); ok {
					out = append(out, edge{stack: stack, section: "resource", typ: typ, name: name, path: []any{"provider"}, ref: alias})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b edge) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// elsewhere is the other provider.
func elsewhere(alias string) string {
	return map[string]string{"aws.primary": "aws.replica", "aws.replica": "aws.primary"}[alias]
}
