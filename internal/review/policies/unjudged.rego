package pgdr.policies.unjudged

import data.pgdr.lib

policy := {
	"id": "unjudged",
	"severity": "human",
	"title": "A change that no policy knows to be harmless",
	"reason": "What is not known is not called harmless.",
	"remedy": "Read the change. If it is harmless every time, name it in `judges` of a policy of your own: see docs/review.md.",
}

# Harmless whatever they become, on every type and on one.
everywhere := {"tags", "tags_all", "description", "timeouts", "id", "arn"}

harmless := {
	"aws_db_instance": {
		"copy_tags_to_snapshot", "performance_insights_enabled", "performance_insights_retention_period", "monitoring_interval",
		"monitoring_role_arn", "maintenance_window", "auto_minor_version_upgrade", "apply_immediately", "latest_restorable_time",
		"database_insights_mode", "status", "engine_version_actual", "replicas", "option_group_name", "allow_major_version_upgrade",
	},
	"aws_cloudwatch_metric_alarm": {"alarm_description", "insufficient_data_actions"},
	"aws_sns_topic": {"display_name", "policy"},
	"aws_kms_key": {"rotation_period_in_days"},
	"aws_route53_zone": {"comment", "name_servers", "vpc"},
	"aws_dynamodb_table": {"on_demand_throughput", "table_class"},
	"aws_network_acl": {"tags"},
	"aws_lambda_function": {
		"last_modified", "source_code_size", "version", "qualified_arn", "qualified_invoke_arn", "ephemeral_storage",
		"tracing_config", "publish", "snap_start",
	},
	"aws_secretsmanager_secret_version": {"version_id", "version_stages", "has_secret_string_wo"},
	"aws_secretsmanager_secret": {"replica"},
	"aws_vpc_endpoint": {"prefix_list_id", "cidr_blocks", "network_interface_ids", "state"},
	"aws_eip": {"association_id", "instance", "network_interface", "private_ip", "private_dns", "public_dns"},
	"aws_cloudwatch_event_target": {"retry_policy"},
	"aws_lambda_function_event_invoke_config": {"maximum_event_age_in_seconds", "maximum_retry_attempts"},
	"terraform_data": {"input", "output", "triggers_replace"},
}

judged := {pair | some pair in data.pgdr.policies[_].judges}

findings contains lib.found(r, message, {}) if {
	some r in lib.planned
	r.action == "update"
	some attribute in r.changed
	not attribute in everywhere
	not attribute in object.get(harmless, r.type, set())
	not [r.type, attribute] in judged
	message := sprintf("%s: %s goes from %s to %s.", [r.name, attribute, lib.show(lib.value(r.before, attribute)), after(r, attribute)])
}

after(r, attribute) := "what is known after the apply only" if lib.unknown(r, attribute)

after(r, attribute) := lib.show(lib.value(r.after, attribute)) if not lib.unknown(r, attribute)
