// Package awsshape is where the real AWS provider's states and plans have a shape
// that its published schema does not tell: data, a row for each type of resource
// that the stacks have. The stand-in (twin/sim/provider) stores and plans in these
// shapes.
//
// The same configuration was applied with a real provider (6.48 of its main line)
// and with the stand-in, and the states and plans of both were compared. The rows
// of aws_flow_log and aws_db_event_subscription are from its source.
package awsshape

import "strings"

// Shape is what was seen for one type. An empty one: nothing.
type Shape struct {
	// Zero are arguments that are stored as the zero value of their type ("", 0,
	// false, []) where they are not given. Others are null then.
	Zero []string
	// WhollyUnknown are sets, lists of sets and maps that are unknown as a whole
	// in a plan if one element is.
	WhollyUnknown []string
	// UnknownAtCreation are arguments that are known after the apply only, when
	// the resource is made without them.
	UnknownAtCreation []string
}

// Shapes by type.
var Shapes = map[string]Shape{
	"aws_cloudwatch_event_rule": {
		Zero: words("role_arn"),
	},
	"aws_cloudwatch_event_target": {
		Zero: words("input input_path role_arn"),
	},
	"aws_cloudwatch_log_group": {
		Zero: words("kms_key_id"),
	},
	"aws_cloudwatch_dashboard": {},
	"aws_cloudwatch_metric_alarm": {
		Zero:          words("datapoints_to_alarm extended_statistic threshold_metric_id unit"),
		WhollyUnknown: words("alarm_actions ok_actions insufficient_data_actions"),
	},
	"aws_db_event_subscription": {
		WhollyUnknown: words("source_ids"),
	},
	"aws_db_instance": {
		Zero: words("custom_iam_instance_profile customer_owned_ip_enabled domain domain_auth_secret_arn domain_iam_role_name " +
			"domain_ou iam_database_authentication_enabled replicate_source_db"),
		WhollyUnknown: words("vpc_security_group_ids"),
	},
	"aws_db_parameter_group": {},
	"aws_db_subnet_group": {
		WhollyUnknown: words("subnet_ids"),
	},
	"aws_default_security_group": {},
	"aws_dynamodb_table": {
		Zero: words("stream_enabled"),
	},
	"aws_eip": {
		Zero: words("customer_owned_ipv4_pool"),
	},
	"aws_flow_log": {
		Zero: words("deliver_cross_account_role eni_id subnet_id transit_gateway_attachment_id transit_gateway_id"),
	},
	"aws_iam_role": {
		Zero: words("permissions_boundary"),
	},
	"aws_iam_role_policy":  {},
	"aws_internet_gateway": {},
	"aws_kms_alias":        {},
	"aws_kms_key": {
		Zero: words("custom_key_store_id xks_key_id"),
	},
	"aws_kms_replica_key": {},
	"aws_lambda_function": {
		Zero: words("code_signing_config_arn image_uri kms_key_arn"),
	},
	"aws_lambda_function_event_invoke_config": {
		Zero: words("qualifier"),
	},
	"aws_lambda_permission": {
		Zero: words("qualifier"),
	},
	"aws_nat_gateway": {
		Zero: words("secondary_allocation_ids"),
	},
	"aws_network_acl": {
		WhollyUnknown: words("subnet_ids"),
	},
	"aws_network_acl_rule": {
		Zero: words("from_port ipv6_cidr_block to_port"),
	},
	"aws_route": {
		Zero: words("carrier_gateway_id core_network_arn destination_ipv6_cidr_block destination_prefix_list_id " +
			"egress_only_gateway_id gateway_id local_gateway_id nat_gateway_id transit_gateway_id vpc_endpoint_id " +
			"vpc_peering_connection_id"),
	},
	"aws_route53_health_check": {
		Zero: words("child_health_threshold fqdn invert_healthcheck ip_address port regions request_interval resource_path " +
			"routing_control_arn search_string"),
		WhollyUnknown:     words("triggers"),
		UnknownAtCreation: words("regions"),
	},
	"aws_route53_record": {
		Zero:          words("health_check_id multivalue_answer_routing_policy"),
		WhollyUnknown: words("records"),
	},
	"aws_route53_zone": {
		Zero: words("delegation_set_id"),
	},
	"aws_route53_zone_association": {},
	"aws_route_table":              {},
	"aws_route_table_association": {
		Zero: words("gateway_id"),
	},
	"aws_secretsmanager_secret": {},
	"aws_secretsmanager_secret_version": {
		Zero: words("secret_binary secret_string"),
	},
	"aws_security_group": {},
	"aws_sns_topic": {
		Zero: words("application_failure_feedback_role_arn application_success_feedback_role_arn " +
			"application_success_feedback_sample_rate archive_policy delivery_policy firehose_failure_feedback_role_arn " +
			"firehose_success_feedback_role_arn firehose_success_feedback_sample_rate http_failure_feedback_role_arn " +
			"http_success_feedback_role_arn http_success_feedback_sample_rate lambda_failure_feedback_role_arn " +
			"lambda_success_feedback_role_arn lambda_success_feedback_sample_rate sqs_failure_feedback_role_arn " +
			"sqs_success_feedback_role_arn sqs_success_feedback_sample_rate"),
	},
	"aws_sns_topic_policy": {},
	"aws_sns_topic_subscription": {
		Zero: words("delivery_policy filter_policy redrive_policy replay_policy subscription_role_arn"),
	},
	"aws_subnet": {
		Zero: words("customer_owned_ipv4_pool enable_lni_at_device_index ipv6_cidr_block map_customer_owned_ip_on_launch " +
			"outpost_arn"),
		UnknownAtCreation: words("ipv6_cidr_block"),
	},
	"aws_vpc": {
		Zero: words("ipv6_ipam_pool_id ipv6_netmask_length"),
	},
	"aws_vpc_endpoint": {
		Zero:          words("resource_configuration_arn service_network_arn"),
		WhollyUnknown: words("route_table_ids"),
	},
	"aws_vpc_peering_connection":          {},
	"aws_vpc_peering_connection_accepter": {},
	"aws_vpc_peering_connection_options":  {},
	"aws_vpc_security_group_egress_rule":  {},
	"aws_vpc_security_group_ingress_rule": {},
	"terraform_data":                      {},
}

func words(s string) []string { return strings.Fields(s) }
