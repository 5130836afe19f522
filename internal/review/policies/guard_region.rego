package pgdr.policies.guard_region

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "guard-region",
	"severity": "block",
	"title": "The guard, or what it needs, is outside the replica's region",
	"reason": "What guards a region must not be lost with it, and must reach the replica without it: function, schedule, ledger, notices and the alarm that turns DNS are in the replica's region.",
	"remedy": "Give it the provider aws.replica, and the two sites different regions.",
}

effect := {"protection": "the guard may be lost with the region that it guards", "rto": "no failover when that region fails"}

here := {"aws_lambda_function", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target", "aws_dynamodb_table", "aws_lambda_permission"}

replica_region := region if {
	some stack in ["replica", "primary"]
	region := input.stacks[stack].regions.replica
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type in here
	r.stack == "replica"
	r.region != replica_region
	message := sprintf("%s is in %s; the replica's region is %s.", [r.name, r.region, replica_region])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_cloudwatch_metric_alarm"
	lib.value(r.after, "namespace") in {"PGDR", "AWS/Lambda"}
	r.region != replica_region
	message := sprintf("%s is in %s; what it measures is published in %s.", [r.name, r.region, replica_region])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_health_check"
	region := lib.value(r.after, "cloudwatch_alarm_region")
	region != null
	region != replica_region
	message := sprintf("%s follows an alarm in %s; the guard publishes in %s.", [r.name, region, replica_region])
}

# Both sites in one region protect from nothing.
findings contains {"stack": stack, "address": "", "message": message, "effect": effect} if {
	some stack, s in input.stacks
	s.regions.primary == s.regions.replica
	message := sprintf("Both sites are in %s.", [s.regions.primary])
}

# The replica itself, and its own view of where it is.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.replicas
	r.after != null
	r.region != replica_region
	message := sprintf("%s is in %s; the replica's region is %s.", [r.name, r.region, replica_region])
}
