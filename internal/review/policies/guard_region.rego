package pgdr.policies.guard_region

import data.pgdr.contract
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

here := {
	"aws_lambda_function", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target", "aws_dynamodb_table", "aws_lambda_permission",
	"aws_sns_topic", "aws_sns_topic_policy", "aws_lambda_function_event_invoke_config", "aws_cloudwatch_log_group",
}

# Namespaces of what the guard publishes, with the environment or as it was
# before, and of what Lambda says of it.
ours(namespace) if namespace in {contract.namespaces.guard, contract.namespaces.lambda}

ours(namespace) if {
	is_string(namespace)
	startswith(namespace, sprintf("%s/", [contract.namespaces.guard]))
}

# regions of a site, as the stacks' providers say it: one, if they agree.
regions(site) := {region |
	some stack in input.stacks
	region := stack.regions[site]
}

elsewhere(region) if {
	some known in regions(contract.roles.replica)
	region != known
}

places := concat(" and ", sort(regions(contract.roles.replica)))

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type in here
	r.stack == contract.roles.replica
	elsewhere(r.region)
	message := sprintf("%s is in %s; the replica's region is %s.", [r.name, r.region, places])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_cloudwatch_metric_alarm"
	ours(lib.value(r.after, "namespace"))
	elsewhere(r.region)
	message := sprintf("%s is in %s; what it measures is published in %s.", [r.name, r.region, places])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_health_check"
	region := lib.value(r.after, "cloudwatch_alarm_region")
	region != null
	elsewhere(region)
	message := sprintf("%s follows an alarm in %s; the guard publishes in %s.", [r.name, region, places])
}

# The stacks' providers of one name are for one region.
findings contains {"stack": contract.roles.replica, "address": "", "message": message, "effect": effect} if {
	some site in contract.roles
	count(regions(site)) > 1
	message := sprintf("The two stacks disagree on the region of the provider aws.%s: %s.", [site, concat(" and ", sort(regions(site)))])
}

# Both sites in one region protect from nothing.
findings contains {"stack": contract.roles.replica, "address": "", "message": message, "effect": effect} if {
	some region in (regions(contract.roles.primary) & regions(contract.roles.replica))
	message := sprintf("Both sites are in %s.", [region])
}

# The replica itself, and its own view of where it is.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.replicas
	r.after != null
	elsewhere(r.region)
	message := sprintf("%s is in %s; the replica's region is %s.", [r.name, r.region, places])
}
