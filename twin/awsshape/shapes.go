// Package awsshape is what the real AWS provider stores and plans where the
// stand-in (twin/sim/provider) differs: data, a row a type of resource that the
// stacks have. The same configuration was applied with a real provider (6.48 of
// its main line) to an independent emulator, and the states and plans of both
// were compared.
package awsshape

// Shape is how the real provider differs for one type. An empty one: in nothing
// that was seen.
type Shape struct {
	// Zero is what it stores for an argument that is not given: the zero value
	// of the attribute's type, where the stand-in stores null.
	Zero map[string]any
	// Default is what it stores for an argument that is not given, where that is
	// no zero value.
	Default map[string]any
	// WhollyUnknown are sets, lists of sets and maps that are unknown as a whole
	// in a plan if one element is.
	WhollyUnknown []string
	// UnknownAtCreation are attributes that are known after the apply only, when
	// the resource is made.
	UnknownAtCreation []string
	// BothSides are blocks that it reads into the state even if another resource
	// set them, each with what is in it here.
	BothSides map[string]any
	// InPlace are attributes that it changes in place.
	InPlace []string
	// Replaces are attributes whose change makes the resource anew.
	Replaces []string
	// Generated are texts that it makes, each with an example.
	Generated map[string]string
}

// Shapes by type.
var Shapes = map[string]Shape{
	"aws_cloudwatch_dashboard":    {},
	"aws_cloudwatch_event_rule":   {Zero: map[string]any{"role_arn": ""}},
	"aws_cloudwatch_event_target": {Zero: map[string]any{"input": "", "input_path": "", "role_arn": ""}},
	"aws_cloudwatch_log_group":    {Zero: map[string]any{"kms_key_id": ""}},
	"aws_cloudwatch_metric_alarm": {
		Zero:          map[string]any{"datapoints_to_alarm": 0, "extended_statistic": "", "threshold_metric_id": "", "unit": ""},
		WhollyUnknown: []string{"alarm_actions", "ok_actions", "insufficient_data_actions"},
	},
	"aws_db_event_subscription": {WhollyUnknown: []string{"source_ids"}},
	"aws_db_instance": {
		Zero: map[string]any{
			"custom_iam_instance_profile": "", "customer_owned_ip_enabled": false, "domain": "", "domain_auth_secret_arn": "",
			"domain_iam_role_name": "", "domain_ou": "", "iam_database_authentication_enabled": false, "replicate_source_db": "",
		},
		WhollyUnknown: []string{"vpc_security_group_ids"},
		InPlace:       []string{"identifier", "identifier_prefix", "s3_import"},
	},
	"aws_db_parameter_group":     {},
	"aws_db_subnet_group":        {WhollyUnknown: []string{"subnet_ids"}},
	"aws_default_security_group": {},
	"aws_dynamodb_table":         {Zero: map[string]any{"stream_enabled": false}},
	"aws_eip":                    {Zero: map[string]any{"customer_owned_ipv4_pool": ""}},
	"aws_flow_log": {
		Zero: map[string]any{
			"deliver_cross_account_role": "", "eni_id": "", "subnet_id": "", "transit_gateway_attachment_id": "", "transit_gateway_id": "",
		},
	},
	"aws_iam_role":         {Zero: map[string]any{"permissions_boundary": ""}},
	"aws_iam_role_policy":  {},
	"aws_internet_gateway": {},
	"aws_kms_alias":        {},
	"aws_kms_key":          {Zero: map[string]any{"custom_key_store_id": "", "xks_key_id": ""}},
	"aws_kms_replica_key":  {Default: map[string]any{"deletion_window_in_days": 30}},
	"aws_lambda_function":  {Zero: map[string]any{"code_signing_config_arn": "", "image_uri": "", "kms_key_arn": ""}},
	"aws_lambda_function_event_invoke_config": {
		Zero: map[string]any{"qualifier": ""},
	},
	"aws_lambda_permission": {Zero: map[string]any{"qualifier": ""}},
	"aws_nat_gateway":       {Zero: map[string]any{"secondary_allocation_ids": []any{}}},
	"aws_network_acl":       {WhollyUnknown: []string{"subnet_ids"}},
	"aws_network_acl_rule":  {Zero: map[string]any{"from_port": 0, "ipv6_cidr_block": "", "to_port": 0}},
	"aws_route": {
		Zero: map[string]any{
			"carrier_gateway_id": "", "core_network_arn": "", "destination_ipv6_cidr_block": "", "destination_prefix_list_id": "",
			"egress_only_gateway_id": "", "gateway_id": "", "local_gateway_id": "", "nat_gateway_id": "", "transit_gateway_id": "",
			"vpc_endpoint_id": "", "vpc_peering_connection_id": "",
		},
	},
	"aws_route53_health_check": {
		Zero: map[string]any{
			"child_health_threshold": 0, "fqdn": "", "invert_healthcheck": false, "ip_address": "", "port": 0, "regions": []any{},
			"request_interval": 0, "resource_path": "", "routing_control_arn": "", "search_string": "",
		},
		WhollyUnknown:     []string{"triggers"},
		UnknownAtCreation: []string{"regions"},
	},
	"aws_route53_record": {
		Zero:          map[string]any{"health_check_id": "", "multivalue_answer_routing_policy": false},
		WhollyUnknown: []string{"records"},
		Replaces:      []string{"type"},
	},
	"aws_route53_zone":             {Zero: map[string]any{"delegation_set_id": ""}},
	"aws_route53_zone_association": {},
	"aws_route_table":              {},
	"aws_route_table_association":  {Zero: map[string]any{"gateway_id": ""}},
	"aws_secretsmanager_secret":    {},
	"aws_secretsmanager_secret_version": {
		Zero:      map[string]any{"secret_binary": "", "secret_string": ""},
		Generated: map[string]string{"version_id": "terraform-20261130170000000000000001"},
	},
	"aws_security_group": {},
	"aws_sns_topic": {
		Zero: map[string]any{
			"application_failure_feedback_role_arn": "", "application_success_feedback_role_arn": "", "application_success_feedback_sample_rate": 0,
			"archive_policy": "", "delivery_policy": "",
			"firehose_failure_feedback_role_arn": "", "firehose_success_feedback_role_arn": "", "firehose_success_feedback_sample_rate": 0,
			"http_failure_feedback_role_arn": "", "http_success_feedback_role_arn": "", "http_success_feedback_sample_rate": 0,
			"lambda_failure_feedback_role_arn": "", "lambda_success_feedback_role_arn": "", "lambda_success_feedback_sample_rate": 0,
			"sqs_failure_feedback_role_arn": "", "sqs_success_feedback_role_arn": "", "sqs_success_feedback_sample_rate": 0,
		},
	},
	"aws_sns_topic_policy": {},
	"aws_sns_topic_subscription": {
		Zero: map[string]any{"delivery_policy": "", "filter_policy": "", "redrive_policy": "", "replay_policy": "", "subscription_role_arn": ""},
	},
	"aws_subnet": {
		Zero: map[string]any{
			"customer_owned_ipv4_pool": "", "enable_lni_at_device_index": 0, "ipv6_cidr_block": "",
			"map_customer_owned_ip_on_launch": false, "outpost_arn": "",
		},
		UnknownAtCreation: []string{"ipv6_cidr_block"},
	},
	"aws_vpc": {Zero: map[string]any{"ipv6_ipam_pool_id": "", "ipv6_netmask_length": 0}},
	"aws_vpc_endpoint": {
		Zero:          map[string]any{"resource_configuration_arn": "", "service_network_arn": ""},
		WhollyUnknown: []string{"route_table_ids"},
	},
	"aws_vpc_peering_connection": {BothSides: map[string]any{"accepter": names(), "requester": names()}},
	// In one account it has the requester's view of vpc_id, peer_vpc_id and
	// peer_region, which the stand-in has the other way round.
	"aws_vpc_peering_connection_accepter": {BothSides: map[string]any{"accepter": names(), "requester": names()}},
	"aws_vpc_peering_connection_options":  {BothSides: map[string]any{"accepter": names(), "requester": names()}},
	"aws_vpc_security_group_egress_rule":  {},
	"aws_vpc_security_group_ingress_rule": {},
	"terraform_data":                      {},
}

// names is a side of a peering that resolves the other's names.
func names() []any { return []any{map[string]any{"allow_remote_vpc_dns_resolution": true}} }
