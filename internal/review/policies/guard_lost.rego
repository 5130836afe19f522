package pgdr.policies.guard_lost

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "guard-lost",
	"severity": "block",
	"title": "The guard is removed, stopped, or cannot be woken",
	"reason": "Without function, schedule, permissions and role no health check runs, and there is no failover. The alarm guard-silent would say so, five minutes later.",
	"remedy": "To stop the guard for a while, pause it ({\"action\": \"pause\"}): that is on record and ends by itself.",
}

covers := {
	"aws_lambda_function", "aws_lambda_permission", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target",
	"aws_iam_role", "aws_iam_role_policy", "aws_lambda_function_event_invoke_config",
}

protected := {
	"aws_lambda_function": {
		"vpc_config.0.subnet_ids": "same", "vpc_config.0.security_group_ids": "same", "role": "same", "handler": "same",
		"timeout": "fixed", "memory_size": "not_lower", "reserved_concurrent_executions": "fixed",
		"function_name": "same", "architectures": "same", "runtime": "same", "image_uri": "fixed", "package_type": "same",
		"file_system_config": "fixed", "layers": "fixed", "logging_config.0.log_group": "same", "logging_config.0.log_format": "same",
	},
	"aws_cloudwatch_event_rule": {"state": "same", "is_enabled": "on", "schedule_expression": "same", "event_pattern": "fixed", "name": "same"},
	"aws_cloudwatch_event_target": {"arn": "same", "rule": "same", "input": "fixed", "input_path": "fixed", "input_transformer": "fixed", "role_arn": "fixed"},
	"aws_lambda_permission": {"function_name": "same", "action": "same", "source_arn": "same", "principal": "same"},
	"aws_iam_role": {"permissions_boundary": "fixed", "name": "same"},
	"aws_iam_role_policy": {"role": "same", "name": "same"},
}

judges := lib.judged(protected)

effect := {"rto": "no failover until a human acts", "protection": "nobody guards the primary"}

findings contains lib.weakness(w, {"effect": effect, "severity": severity(w)}) if {
	some w in lib.weakenings(protected)
	not more_often(w)
}

# What the guard does with less memory, or in another way, a human can judge.
severity(w) := "human" if milder(w)

severity(w) := "block" if not milder(w)

milder(w) if w.path in {"timeout", "memory_size", "runtime", "architectures", "layers", "logging_config.0.log_group", "logging_config.0.log_format", "permissions_boundary"}

milder(w) if {
	w.path == "vpc_config.0.subnet_ids"
	not lib.empty(w.after)
}

# Nothing is more often than each minute, which EventBridge has as its least.
more_often(w) if {
	w.path == "schedule_expression"
	w.after == contract.tick
}

findings contains lib.found(r, message, {"effect": effect, "severity": severities[r.action]}) if {
	some r in input.resources
	r.type in covers
	verb[r.action]
	message := sprintf("%s will be %s.", [r.name, verb[r.action]])
}

verb := {"delete": "DESTROYED", "forget": "taken out of the state", "replace": "replaced"}

severities := {"delete": "block", "forget": "human", "replace": "human"}

# Hidden by ignore_changes.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.guards
	r.after != null
	not lib.given(r, "vpc_config")
	message := sprintf("%s: the configuration does not put it into the VPC, from which alone it reaches the databases.", [r.name])
}

# A Deny on the schedule's way is as good as a removal; so is the function's
# code in an unknown place.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in facts.guards
	some attribute in ["s3_bucket", "s3_key", "image_uri"]
	lib.given(r, attribute)
	message := sprintf("%s: its code comes from %s, not from the archive that this repository builds.", [r.name, attribute])
}
