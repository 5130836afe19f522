package review_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// dangerous are attributes that look like nothing and are not: none may be
// called harmless whatever it becomes, and each has the policy that judges it.
var dangerous = map[[2]string]string{
	{"aws_secretsmanager_secret", "replica"}:               "secret-replica",
	{"aws_route53_zone", "vpc"}:                            "path-lost",
	{"aws_lambda_function", "filename"}:                    "guard-code",
	{"aws_lambda_function", "source_code_hash"}:            "guard-code",
	{"aws_db_instance", "apply_immediately"}:               "maintenance",
	{"aws_db_instance", "auto_minor_version_upgrade"}:      "maintenance",
	{"aws_db_instance", "allow_major_version_upgrade"}:     "maintenance",
	{"aws_sns_topic", "policy"}:                            "iam-broadened",
	{"aws_cloudwatch_event_target", "input"}:               "guard-doubled",
	{"aws_db_instance", "skip_final_snapshot"}:             "deletion-protection",
	{"aws_cloudwatch_metric_alarm", "treat_missing_data"}:  "alarm-loosened",
	{"aws_lambda_function", "environment"}:                 "guard-policy",
	{"aws_vpc_security_group_ingress_rule", "cidr_ipv4"}:   "database-exposed",
	{"aws_route53_record", "weighted_routing_policy"}:      "dns-switch",
	{"aws_db_instance", "enabled_cloudwatch_logs_exports"}: "logs",
	{"aws_db_instance", "replicate_source_db"}:             "replica-source",
	{"aws_route53_health_check", "invert_healthcheck"}:     "dns-switch",
	{"aws_cloudwatch_metric_alarm", "actions_enabled"}:     "alarm-lost",
	{"aws_secretsmanager_secret_version", "secret_string"}: "secret-in-state",
	{"aws_network_acl_rule", "rule_number"}:                "fence",
	{"aws_lambda_permission", "principal"}:                 "iam-broadened",
	{"aws_dynamodb_table", "server_side_encryption"}:       "encryption",
	{"aws_dynamodb_table", "point_in_time_recovery"}:       "backups",
	{"aws_db_parameter_group", "parameter"}:                "parameters",
	{"aws_db_instance", "db_subnet_group_name"}:            "database-exposed",
}

func TestPolicies_GiveAReasonForEachAttributeThatTheyAllow(t *testing.T) {
	list, err := allowedOnce()
	require.NoError(t, err)
	count := 0
	for kind, attributes := range list {
		for attribute, reason := range attributes {
			require.Greater(t, len(reason), 3, "%s.%s", kind, attribute)
			count++
		}
	}
	require.Greater(t, count, 40)
}

func TestPolicies_AllowNothingThatIsDangerous(t *testing.T) {
	judged, err := judgedOnce()
	require.NoError(t, err)
	for pair, policy := range dangerous {
		require.Empty(t, allowed(t, pair[0], pair[1]), "%v is called harmless", pair)
		require.Contains(t, judged[policy], pair, "%s does not judge %v", policy, pair)
	}
}
