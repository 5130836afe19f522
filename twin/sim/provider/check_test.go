package provider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// configOf makes a configuration from JSON, null where nothing is said.
func configOf(t *testing.T, typeName, document string) cty.Value {
	t.Helper()
	return blockOf(t, known()[typeName].Schema().Block, document)
}

func blockOf(t *testing.T, block *tfjson.SchemaBlock, document string) cty.Value {
	t.Helper()
	var attrs map[string]any
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&attrs))
	config, err := fromAttrs(attrs, block, false)
	require.NoError(t, err)
	return config
}

// rulesOf are the traits of a type as the provider applies them.
func rulesOf(typeName string) *rules { return newRules(typeName, known()[typeName].Traits) }

func faultsOf(config cty.Value, typeName string) []*tfprotov5.Diagnostic {
	f := &tf.Faults{}
	for _, c := range rulesOf(typeName).Checks {
		c(config, f)
	}
	return diagnosticsOf(f)
}

// said renders faults as "path: summary detail", one a line.
func said(list []*tfprotov5.Diagnostic) string {
	var out []string
	for _, d := range list {
		path := ""
		if d.Attribute != nil {
			path = d.Attribute.String()
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s: %s %s", path, d.Summary, d.Detail)))
	}
	return strings.Join(out, "\n")
}

// sound is the example of a type: a configuration that nothing is wrong with.
// Each refusal below changes one argument of one.
func sound(typeName string) string { return known()[typeName].Example }

// known are the resource types.
func known() map[string]*sim.Kind { return simaws.Types().Resources }

func TestChecks_LetSoundConfigurationsPass(t *testing.T) {
	for typeName, kind := range known() {
		t.Run(typeName, func(t *testing.T) {
			require.Empty(t, said(faultsOf(configOf(t, typeName, kind.Example), typeName)))
		})
	}
}

func TestChecks_RefuseWhatTheRealProviderRefuses(t *testing.T) {
	const longName = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm"
	for _, c := range []struct{ typeName, change, where, says string }{
		{"aws_vpc", `{"cidr_block":"10.0.0.1/16"}`, "cidr_block", `did you mean "10.0.0.0/16"?`},
		{"aws_vpc", `{"cidr_block":"10.0.0.0"}`, "cidr_block", "is not a valid IPv4 CIDR block"},
		{"aws_vpc", `{"cidr_block":"10.0.0.0/8"}`, "cidr_block", "between 16 and 28 significant bits, got: 8"},
		{"aws_vpc", `{"instance_tenancy":"shared"}`, "instance_tenancy", "to be one of"},
		{"aws_subnet", `{"availability_zone":"a","availability_zone_id":"b"}`, "availability_zone", "conflicts with availability_zone_id"},
		{"aws_route", `{"nat_gateway_id":"nat-1"}`, "gateway_id", "but `gateway_id,nat_gateway_id` were specified"},
		{"aws_route", `{"destination_cidr_block":null}`, "", "one of `destination_cidr_block,"},
		{"aws_route_table_association", `{"subnet_id":null}`, "", "one of `subnet_id,gateway_id` must be specified"},
		{"aws_network_acl_rule", `{"rule_number":32767}`, "rule_number", "in the range (1 - 32766), got 32767"},
		{"aws_network_acl_rule", `{"rule_action":"permit"}`, "rule_action", "allow or deny"},
		{"aws_network_acl_rule", `{"protocol":"tpc"}`, "protocol", `got "tpc"`},
		{"aws_vpc_endpoint", `{"vpc_endpoint_type":"gateway"}`, "vpc_endpoint_type", "to be one of"},
		{"aws_security_group", `{"name":"sg-x"}`, "name", "must not begin with sg-"},
		{"aws_security_group", `{"description":"größer"}`, "description", "CreateSecurityGroup"},
		{"aws_vpc_security_group_ingress_rule", `{"cidr_ipv4":"10.0.0.1/16"}`, "cidr_ipv4", "did you mean"},
		{"aws_vpc_security_group_ingress_rule", `{"referenced_security_group_id":"sg-2"}`, "cidr_ipv4", "only one of"},
		{"aws_vpc_security_group_ingress_rule", `{"to_port":null}`, "ip_protocol", "Missing port range"},
		{"aws_kms_key", `{"deletion_window_in_days":6}`, "deletion_window_in_days", "in the range (7 - 30), got 6"},
		{"aws_kms_key", `{"policy":"{"}`, "policy", "invalid JSON"},
		{"aws_kms_alias", `{"name":"database"}`, "name", "must begin with 'alias/'"},
		{"aws_kms_alias", `{"name":"alias/aws/database"}`, "name", "reserved"},
		{"aws_secretsmanager_secret", `{"recovery_window_in_days":5}`, "recovery_window_in_days", "0 or in the range (7 - 30)"},
		{"aws_secretsmanager_secret", `{"name":"a b"}`, "name", "alphanumeric"},
		{"aws_secretsmanager_secret_version", `{"secret_string_wo_version":null}`, "secret_string_wo", "all of `secret_string_wo,secret_string_wo_version`"},
		{"aws_secretsmanager_secret_version", `{"secret_string":"y"}`, "secret_string", "conflicts with secret_string_wo"},
		{"aws_db_subnet_group", `{"name":"Database"}`, "name", "lowercase"},
		{"aws_db_parameter_group", `{"name":"a--b"}`, "name", "two consecutive hyphens"},
		{"aws_db_parameter_group", `{"parameter":[{"name":"a","value":"b","apply_method":"later"}]}`, "parameter", "pending-reboot"},
		{"aws_db_instance", `{"identifier":"Primary"}`, "identifier", "lowercase"},
		{"aws_db_instance", `{"identifier":"1primary"}`, "identifier", "first character must be a letter"},
		{"aws_db_instance", `{"identifier":"primary-"}`, "identifier", "cannot end with a hyphen"},
		{"aws_db_instance", `{"identifier":"` + longName + `"}`, "identifier", "(1 - 63)"},
		{"aws_db_instance", `{"final_snapshot_identifier":"a_b"}`, "final_snapshot_identifier", "alphanumeric"},
		{"aws_db_instance", `{"replicate_source_db":"arn:aws:rds:us-east-1:123456789012:db:primary"}`, "username", "conflicts with replicate_source_db"},
		{"aws_db_instance", `{"password_wo_version":null}`, "password_wo", "all of `password_wo,password_wo_version`"},
		{"aws_db_instance", `{"manage_master_user_password":true}`, "password_wo", "conflicts with manage_master_user_password"},
		{"aws_db_instance", `{"backup_retention_period":36}`, "backup_retention_period", "(0 - 35)"},
		{"aws_db_instance", `{"backup_window":"3:00-4:00"}`, "backup_window", "hh24:mi-hh24:mi"},
		{"aws_db_instance", `{"kms_key_id":"key"}`, "kms_key_id", "invalid ARN"},
		{"aws_db_instance", `{"enabled_cloudwatch_logs_exports":["postgres"]}`, "enabled_cloudwatch_logs_exports", "got postgres"},
		{"aws_db_instance", `{"monitoring_interval":7}`, "monitoring_interval", "to be one of [0 1 5 10 15 30 60], got 7"},
		{"aws_cloudwatch_log_group", `{"retention_in_days":8}`, "retention_in_days", "got 8"},
		{"aws_cloudwatch_metric_alarm", `{"comparison_operator":"Less"}`, "comparison_operator", "got Less"},
		{"aws_cloudwatch_metric_alarm", `{"statistic":"Max"}`, "statistic", "got Max"},
		{"aws_cloudwatch_metric_alarm", `{"treat_missing_data":"ignored"}`, "treat_missing_data", "got ignored"},
		{"aws_cloudwatch_metric_alarm", `{"period":45}`, "period", "divisible by 60, got 45"},
		{"aws_cloudwatch_metric_alarm", `{"statistic":null}`, "metric_name", "One of `statistic` or `extended_statistic`"},
		{"aws_cloudwatch_metric_alarm", `{"alarm_actions":["topic"]}`, "alarm_actions", "invalid ARN"},
		{"aws_route53_record", `{"set_identifier":null}`, "weighted_routing_policy", "all of `weighted_routing_policy,set_identifier`"},
		{"aws_route53_record", `{"failover_routing_policy":[{"type":"PRIMARY"}]}`, "weighted_routing_policy", "conflicts with failover_routing_policy"},
		{"aws_route53_record", `{"weighted_routing_policy":[{"weight":256}]}`, "weight", "(0 - 255), got 256"},
		{"aws_route53_record", `{"ttl":null}`, "ttl", "all of `records,ttl`"},
		{"aws_route53_record", `{"type":"CNAMES"}`, "type", "got CNAMES"},
		{"aws_route53_record", `{"alias":[{"name":"x","zone_id":"Z2","evaluate_target_health":true}]}`, "alias", "only one of `alias,records`"},
		{"aws_route53_health_check", `{"type":"CLOUDWATCH"}`, "type", "got CLOUDWATCH"},
		{"aws_route53_health_check", `{"insufficient_data_health_status":"Unknown"}`, "insufficient_data_health_status", "got Unknown"},
		{"aws_route53_health_check", `{"cloudwatch_alarm_region":"eu-west-1a"}`, "cloudwatch_alarm_region", "an AWS region"},
		{"aws_route53_health_check", `{"regions":["eu-west-1"]}`, "regions", "3 to 64"},
		{"aws_route53_zone", `{"delegation_set_id":"N1"}`, "delegation_set_id", "conflicts with vpc"},
		{"aws_sns_topic", `{"name":"a b"}`, "name", "only letters"},
		{"aws_sns_topic", `{"fifo_topic":true}`, "name", "must end in .fifo"},
		{"aws_sns_topic_subscription", `{"protocol":"mail"}`, "protocol", "got mail"},
		{"aws_sqs_queue", `{"name":"` + longName + longName + `"}`, "name", "up to 80"},
		{"aws_sqs_queue", `{"kms_master_key_id":"k"}`, "kms_master_key_id", "conflicts with sqs_managed_sse_enabled"},
		{"aws_iam_role", `{"name":"` + longName + `"}`, "name", "(1 - 64)"},
		{"aws_iam_role", `{"assume_role_policy":"no"}`, "assume_role_policy", "invalid JSON"},
		{"aws_lambda_function", `{"timeout":901}`, "timeout", "(1 - 900), got 901"},
		{"aws_lambda_function", `{"memory_size":64}`, "memory_size", "(128 - 10240), got 64"},
		{"aws_lambda_function", `{"architectures":["arm"]}`, "architectures", "got arm"},
		{"aws_lambda_function", `{"filename":null}`, "", "one of `filename,image_uri,s3_bucket`"},
		{"aws_lambda_function", `{"runtime":"provided.al2024"}`, "runtime", "got provided.al2024"},
		{"aws_lambda_permission", `{"action":"InvokeFunction"}`, "action", "usually starts with lambda:"},
		{"aws_lambda_function_event_invoke_config", `{"maximum_retry_attempts":3}`, "maximum_retry_attempts", "(0 - 2), got 3"},
		{"aws_cloudwatch_event_rule", `{"schedule_expression":null}`, "schedule_expression", "one of `event_pattern,schedule_expression`"},
		{"aws_cloudwatch_event_rule", `{"state":"ON"}`, "state", "got ON"},
		{"aws_dynamodb_table", `{"hash_key":"key"}`, "attribute", "all indexes must match a defined attribute"},
		{"aws_dynamodb_table", `{"attribute":[{"name":"id","type":"S"},{"name":"other","type":"S"}]}`, "attribute", "all attributes must be indexed. Unused attributes: [other]"},
	} {
		t.Run(c.typeName+c.change, func(t *testing.T) {
			got := said(faultsOf(configOf(t, c.typeName, merged(t, sound(c.typeName), c.change)), c.typeName))
			require.Contains(t, got, c.says)
			if c.where != "" {
				require.Contains(t, got, `AttributeName("`+c.where+`")`)
			}
		})
	}
}

// merged lays one JSON object over another.
func merged(t *testing.T, document, change string) string {
	t.Helper()
	attrs := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(document), &attrs))
	require.NoError(t, json.Unmarshal([]byte(change), &attrs))
	out, err := json.Marshal(attrs)
	require.NoError(t, err)
	return string(out)
}

func TestInstance_RefusesToBeDestroyedWithoutAFinalSnapshot(t *testing.T) {
	check := rulesOf("aws_db_instance").DeleteCheck
	prior := func(change string) cty.Value {
		return configOf(t, "aws_db_instance", merged(t, sound("aws_db_instance"), change))
	}
	require.ErrorIs(t, check(prior(`{}`)), rds.ErrNoFinalSnapshot)
	require.ErrorIs(t, check(prior(`{"replicate_source_db":"x"}`)), rds.ErrNoFinalSnapshot)
	require.NoError(t, check(prior(`{"skip_final_snapshot":true}`)))
	require.NoError(t, check(prior(`{"final_snapshot_identifier":"last"}`)))
}
