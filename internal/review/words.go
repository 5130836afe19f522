package review

import (
	"fmt"
	"regexp"
	"strings"
)

// nouns are what a resource is in the domain's words, and so the types that these
// stacks have: the policies know them as data.pgdr.types. {stack} is the site's
// role; other words in braces are attributes, {a|b} the first that is there.
var nouns = map[string]string{
	"aws_cloudwatch_dashboard":                "the dashboard {dashboard_name}",
	"aws_cloudwatch_event_rule":               "the guard's schedule {name}",
	"aws_cloudwatch_event_target":             "the target of the guard's schedule",
	"aws_cloudwatch_log_group":                "the log {name}",
	"aws_cloudwatch_metric_alarm":             "the alarm {alarm_name}",
	"aws_db_event_subscription":               "the subscription {name} to RDS's events",
	"aws_db_instance":                         "the {stack} {identifier}",
	"aws_db_parameter_group":                  "the {stack}'s parameter group {name}",
	"aws_db_subnet_group":                     "the {stack}'s subnet group {name}",
	"aws_default_security_group":              "the default security group of the {stack} site",
	"aws_dynamodb_table":                      "the guard's ledger {name}",
	"aws_eip":                                 "the address {tags.Name}",
	"aws_flow_log":                            "the flow log {tags.Name}",
	"aws_iam_role":                            "the role {name}",
	"aws_iam_role_policy":                     "the permissions {name|policy-name} of {role}",
	"aws_internet_gateway":                    "the internet gateway of the {stack} site",
	"aws_kms_alias":                           "the key's name {name}",
	"aws_kms_key":                             "the key {tags.Name}",
	"aws_kms_replica_key":                     "the database's key in the replica's region",
	"aws_lambda_function":                     "the guard {function_name}",
	"aws_lambda_function_event_invoke_config": "where the guard's failures go",
	"aws_lambda_permission":                   "the permission {statement_id} to wake the guard",
	"aws_nat_gateway":                         "the NAT gateway {tags.Name}",
	"aws_network_acl":                         "the network ACL of the {stack}'s database subnets",
	"aws_network_acl_rule":                    "rule {rule_number} of the {stack}'s database ACL",
	"aws_route":                               "the {stack} stack's route to {destination_cidr_block}",
	"aws_route53_health_check":                "the health check that turns DNS",
	"aws_route53_record":                      "the {stack}'s record of {name}",
	"aws_route53_zone":                        "the hosted zone {name}",
	"aws_route53_zone_association":            "the replica VPC's view of the zone",
	"aws_route_table":                         "the route table {tags.Name}",
	"aws_route_table_association":             "a subnet's place in a route table",
	"aws_secretsmanager_secret":               "the credentials {name}",
	"aws_secretsmanager_secret_version":       "the stored password",
	"aws_security_group":                      "the security group {name}",
	"aws_sns_topic":                           "the topic {name}",
	"aws_sns_topic_policy":                    "the policy of the topic {arn}",
	"aws_sns_topic_subscription":              "the subscription of {endpoint} to {topic_arn}",
	"aws_subnet":                              "the subnet {tags.Name}",
	"aws_vpc":                                 "the VPC of the {stack} site",
	"aws_vpc_endpoint":                        "the endpoint of {service_name} at the {stack} site",
	"aws_vpc_peering_connection":              "the peering of the two VPCs",
	"aws_vpc_peering_connection_accepter":     "the primary's acceptance of the peering",
	"aws_vpc_peering_connection_options":      "the name resolution across the peering",
	"aws_vpc_security_group_egress_rule":      "the rule out to {cidr_ipv4}",
	"aws_vpc_security_group_ingress_rule":     "the {stack}'s rule that admits {cidr_ipv4}",
	"terraform_data":                          "the name of the {stack}'s final snapshot",
}

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// nameOf says what a resource is, with its name where it has one.
func nameOf(r Resource) string {
	noun, known := nouns[r.Type]
	if !known {
		return r.Address
	}
	name := placeholder.ReplaceAllStringFunc(noun, func(field string) string {
		field = strings.Trim(field, "{}")
		if field == "stack" {
			return r.Stack
		}
		for _, attribute := range strings.Split(field, "|") {
			if text := textAt(r, attribute); text != "" {
				return text
			}
		}
		return ""
	})
	return strings.Join(strings.Fields(name), " ")
}

// textAt is an attribute as it will be, was, or is configured. Of an ARN only
// the end names anything.
func textAt(r Resource, attribute string) string {
	for _, side := range []map[string]any{r.After, r.Before} {
		var value any = side
		for _, step := range strings.Split(attribute, ".") {
			value = object(value)[step]
		}
		if value == nil || value == "" || value == Masked {
			continue
		}
		text := fmt.Sprint(value)
		if strings.HasPrefix(text, "arn:") {
			text = text[strings.LastIndexAny(text, ":/")+1:]
		}
		return text
	}
	return ""
}
