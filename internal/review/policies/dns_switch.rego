package pgdr.policies.dns_switch

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "dns-switch",
	"severity": "block",
	"title": "What turns DNS at a failover is changed, or turned back",
	"reason": "The metric, its alarm, the health check and the two weighted records are one mechanism. If one part differs, the name stays with a lost primary, or goes back to an old one.",
	"remedy": "Leave weights to the guard (ignore_changes), the health check on the primary's record only, and change the active-writer alarm only together with the health check's triggers.",
}

covers := {"aws_route53_record", "aws_route53_health_check"}

judges := ({
	["aws_route53_record", "weighted_routing_policy"], ["aws_route53_record", "health_check_id"], ["aws_route53_record", "set_identifier"],
	["aws_route53_record", "records"], ["aws_route53_record", "name"], ["aws_route53_record", "type"], ["aws_route53_record", "zone_id"],
	["aws_route53_record", "ttl"], ["aws_route53_record", "alias"],
} | {["aws_route53_health_check", attribute] | some attribute in check_attributes}) | {["aws_cloudwatch_metric_alarm", attribute] | some attribute in alarm_attributes}

effect := {"rto": "the name may stay with the lost primary until somebody changes it by hand", "protection": "clients may be led to the wrong writer"}

# Attributes that each keep the mechanism from working, or reverse it.
check_attributes := [
	"type", "cloudwatch_alarm_name", "cloudwatch_alarm_region", "insufficient_data_health_status",
	"invert_healthcheck", "disabled", "triggers",
]

alarm_attributes := [
	"namespace", "metric_name", "dimensions", "statistic", "extended_statistic", "comparison_operator", "threshold", "period",
	"evaluation_periods", "datapoints_to_alarm", "treat_missing_data", "metric_query", "alarm_name",
]

parts := {"aws_route53_record", "aws_route53_health_check"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	part(r)
	r.action in {"delete", "replace", "forget"}
	message := sprintf("%s will be %s%s.", [r.name, verb[r.action], now])
}

part(r) if r.type in parts

part(r) if active_writer(r)

verb := {"delete": "DESTROYED", "replace": "REPLACED", "forget": "taken out of the state"}

now := sprintf(", and a failover has happened (%s)", [concat("; ", sort(facts.failover))]) if facts.failed_over

now := "" if not facts.failed_over

# Made anew in a stack that is deployed: begins as at birth.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in input.resources
	part(r)
	r.action == "create"
	input.stacks[r.stack].deployed
	message := sprintf("%s will be made, in the state that it has before any failover%s.", [r.name, now])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_route53_record"
	r.action == "update"
	some attribute in ["weighted_routing_policy", "health_check_id", "set_identifier", "name", "type", "zone_id", "alias"]
	attribute in r.changed
	message := sprintf("%s: %s goes from %s to %s%s.", [r.name, attribute, shown(r.before, attribute), shown(r.after, attribute), now])
}

shown(side, attribute) := lib.show(lib.value(side, attribute))

# Where the name points: an endpoint that changes with its instance is judged
# there. One that is written down is not an instance's.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_record"
	constant := r.configured.records
	message := sprintf("%s is written down as %s and does not follow the instance's endpoint.", [r.name, lib.show(constant)])
}

findings contains lib.found(r, message, {"effect": {"rto": "clients are led to another endpoint, within the TTL"}, "severity": "human", "remedy": "An endpoint changes with its instance: decide about that, and the record follows."}) if {
	some r in input.resources
	r.type == "aws_route53_record"
	r.action == "update"
	"records" in r.changed
	message := sprintf("%s points elsewhere.", [r.name])
}

findings contains lib.found(r, message, {"severity": "human", "effect": {"rto": sprintf("%v s more until every client asks again", [after - before])}, "remedy": "Each second of TTL is a second of recovery time; queries of a private zone cost cents."}) if {
	some r in input.resources
	r.type == "aws_route53_record"
	r.action == "update"
	before := lib.number(lib.value(r.before, "ttl"))
	after := lib.number(lib.value(r.after, "ttl"))
	after > before
	message := sprintf("%s: clients may keep the old answer for %v s, not %v s.", [r.name, after, before])
}

# Weights as they are at birth: all on the primary's record. ignore_changes hides
# them from a plan, and a first deployment has nothing to compare with.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_record"
	weight := r.configured["weighted_routing_policy.0.weight"]
	facts.flipped(r.stack, weight)
	message := sprintf("%s: the configuration gives it the weight %v; made with that, the name leads to the wrong site.", [r.name, weight])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_record"
	not lib.given_at(r, "weighted_routing_policy.0.weight")
	message := sprintf("%s: the configuration gives it no weight: it would be the only record of its name.", [r.name])
}

# The records as a whole: the check is on the primary's alone.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_record"
	r.stack == contract.roles.replica
	lib.given(r, "health_check_id")
	message := sprintf("%s has a health check; without one it counts as healthy and answers whenever the primary's does not.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_record"
	r.stack == contract.roles.primary
	not lib.given(r, "health_check_id")
	message := sprintf("%s has no health check: the guard's metric can no longer take it out of DNS.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_route53_health_check"
	r.action == "update"
	some attribute in check_attributes
	attribute in r.changed
	not with_alarm(attribute)
	message := sprintf("%s: %s goes from %s to %s%s.", [r.name, attribute, shown(r.before, attribute), shown(r.after, attribute), now])
}

# The triggers may change, and must, where the alarm does.
with_alarm("triggers") if alarm_changes != set()

alarm_changes := {attribute |
	some r in input.resources
	active_writer(r)
	some attribute in alarm_attributes
	attribute in r.changed
}

active_writer(r) if {
	r.type == "aws_cloudwatch_metric_alarm"
	some side in [r.before, r.after]
	lib.value(side, "metric_name") == contract.metrics.ActiveWriter
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	active_writer(r)
	some attribute in alarm_attributes
	attribute in r.changed
	not triggers_change
	message := sprintf("%s: %s goes from %s to %s, and the health check's triggers do not change with it: Route 53 keeps the old copy.", [r.name, attribute, shown(r.before, attribute), shown(r.after, attribute)])
}

findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in input.resources
	active_writer(r)
	some attribute in alarm_attributes
	attribute in r.changed
	triggers_change
	message := sprintf("%s: %s goes from %s to %s.", [r.name, attribute, shown(r.before, attribute), shown(r.after, attribute)])
}

triggers_change if {
	some r in input.resources
	r.type == "aws_route53_health_check"
	"triggers" in r.changed
}

# Without triggers later edits of the alarm go unseen for ever.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_health_check"
	not lib.given(r, "triggers")
	message := sprintf("%s has no triggers: Route 53 would keep its copy of an alarm that was changed.", [r.name])
}
