package pgdr.policies.unjudged

import data.pgdr.lib

policy := {
	"id": "unjudged",
	"severity": "human",
	"title": "A change that no policy knows to be harmless",
	"reason": "What is not known is not called harmless.",
	"remedy": "Read the change. If it is harmless every time, name it in `judges` of a policy of your own: see docs/review.md.",
}

# Harmless whatever they become, on every type and on one, each with its reason.
everywhere := {
	"tags": "words for people and bills; nothing here acts on a tag",
	"tags_all": "as tags",
	"description": "words for people",
	"timeouts": "how long Terraform waits",
	"id": "AWS's answer",
	"arn": "AWS's answer",
}

harmless := {
	"aws_db_instance": {
		"copy_tags_to_snapshot": "tags",
		"performance_insights_enabled": "a view of queries; nothing here reads it",
		"performance_insights_retention_period": "a view of queries; nothing here reads it",
		"monitoring_interval": "metrics of the host; no alarm here is on them",
		"monitoring_role_arn": "metrics of the host; RDS lets a role only write them",
		"database_insights_mode": "a view of queries; nothing here reads it",
		"maintenance_window": "when AWS may restart, not whether; Multi-AZ and the guard's windows allow for it at any hour",
		"latest_restorable_time": "AWS's answer",
		"status": "AWS's answer",
		"engine_version_actual": "AWS's answer; engine-version judges what is asked for",
		"replicas": "AWS's answer; replica-source judges who follows whom",
		"option_group_name": "PostgreSQL has no options",
	},
	"aws_cloudwatch_metric_alarm": {
		"alarm_description": "words for people",
		"insufficient_data_actions": "a third state that nothing here is told of; missing data is treat_missing_data's concern",
	},
	"aws_sns_topic": {"display_name": "words for people"},
	"aws_kms_key": {"rotation_period_in_days": "old versions stay; whether it rotates is judged by encryption"},
	"aws_route53_zone": {"comment": "words for people", "name_servers": "AWS's answer"},
	"aws_dynamodb_table": {
		"on_demand_throughput": "some requests a minute; the least that can be set is more",
		"table_class": "a price",
	},
	"aws_lambda_function": {
		"last_modified": "AWS's answer", "source_code_size": "AWS's answer", "version": "AWS's answer",
		"qualified_arn": "AWS's answer", "qualified_invoke_arn": "AWS's answer",
		"ephemeral_storage": "the guard writes no file",
		"tracing_config": "traces of calls; nothing here reads them",
		"publish": "a numbered copy; schedule and alarms call the function itself",
		"snap_start": "not offered for what the guard is built for",
	},
	"aws_secretsmanager_secret_version": {
		"version_id": "AWS's answer", "version_stages": "AWS's answer",
		"has_secret_string_wo": "the provider's note of a write-only argument",
	},
	"aws_vpc_endpoint": {
		"prefix_list_id": "AWS's answer", "cidr_blocks": "AWS's answer", "network_interface_ids": "AWS's answer", "state": "AWS's answer",
	},
	"aws_eip": {
		"association_id": "AWS's answer", "instance": "AWS's answer", "network_interface": "AWS's answer", "private_ip": "AWS's answer",
		"private_dns": "AWS's answer", "public_dns": "AWS's answer",
	},
	"aws_cloudwatch_event_target": {"retry_policy": "a tick that is lost is made up for a minute later"},
	"aws_lambda_function_event_invoke_config": {
		"maximum_event_age_in_seconds": "an alarm is a hint to look now; the schedule looks each minute",
		"maximum_retry_attempts": "an alarm is a hint to look now; the schedule looks each minute",
	},
	"terraform_data": {
		"input": "the name of a final snapshot", "output": "the name of a final snapshot", "triggers_replace": "the name of a final snapshot",
	},
}

allowed(_, attribute) if everywhere[attribute]

allowed(type, attribute) if harmless[type][attribute]

judged := {pair | some pair in data.pgdr.policies[_].judges}

findings contains lib.found(r, message, {"attribute": attribute}) if {
	some r in lib.planned
	r.action == "update"
	some attribute in r.changed
	not allowed(r.type, attribute)
	not [r.type, attribute] in judged
	message := sprintf("%s: %s goes from %s to %s.", [r.name, attribute, lib.show(lib.value(r.before, attribute)), after(r, attribute)])
}

after(r, attribute) := "what is known after the apply only" if lib.unknown(r, attribute)

after(r, attribute) := lib.show(lib.value(r.after, attribute)) if not lib.unknown(r, attribute)

# A policy sees the mask alone.
findings contains lib.found(r, message, {"attribute": attribute}) if {
	some r in lib.planned
	r.action in {"create", "update", "replace"}
	some attribute in r.concealed
	not allowed(r.type, attribute)
	message := sprintf("%s: %s changes where it is sensitive, so that no policy can judge it.", [r.name, attribute])
}
