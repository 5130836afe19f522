package pgdr.policies.unknown_type

import data.pgdr.lib

policy := {
	"id": "unknown-type",
	"severity": "human",
	"title": "A kind of resource that no policy knows",
	"reason": "These stacks do not have it as they are shipped: what it can do to the databases is not known here.",
	"remedy": "Look at it, and name it in `knows` of a policy of your own if it is there to stay: see docs/review.md.",
}

known := {
	"aws_cloudwatch_dashboard", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target", "aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm",
	"aws_db_event_subscription", "aws_db_instance", "aws_db_parameter_group", "aws_db_subnet_group", "aws_default_security_group", "aws_dynamodb_table",
	"aws_eip", "aws_flow_log", "aws_iam_role", "aws_iam_role_policy", "aws_internet_gateway", "aws_kms_alias", "aws_kms_key", "aws_kms_replica_key",
	"aws_lambda_function", "aws_lambda_function_event_invoke_config", "aws_lambda_permission", "aws_nat_gateway",
	"aws_network_acl", "aws_network_acl_rule", "aws_route", "aws_route53_health_check", "aws_route53_record", "aws_route53_zone",
	"aws_route53_zone_association", "aws_route_table", "aws_route_table_association", "aws_secretsmanager_secret",
	"aws_secretsmanager_secret_version", "aws_security_group", "aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription",
	"aws_subnet", "aws_vpc", "aws_vpc_endpoint", "aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter",
	"aws_vpc_peering_connection_options", "aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule",
	"terraform_data",
}

# Users' policies may know more.
adopted := {type | some type in data.pgdr.policies[_].knows}

findings contains lib.found(r, message, {}) if {
	some r in input.resources
	r.action != "keep"
	not r.type in known
	not r.type in adopted
	message := sprintf("%s is a %s, which no policy knows.", [r.address, r.type])
}
