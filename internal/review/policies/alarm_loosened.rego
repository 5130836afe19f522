package pgdr.policies.alarm_loosened

import data.pgdr.contract
import data.pgdr.lib

policy := {
	"id": "alarm-loosened",
	"severity": "human",
	"title": "An alarm goes off later, or on something else",
	"reason": "The fault is then worse by the time the alarm reports it.",
	"remedy": "Say in the pull request why the old threshold was wrong.",
}

attributes := [
	"threshold", "comparison_operator", "metric_name", "namespace", "dimensions", "statistic", "extended_statistic", "period",
	"evaluation_periods", "datapoints_to_alarm", "treat_missing_data", "metric_query", "unit",
]

judges := {["aws_cloudwatch_metric_alarm", attribute] | some attribute in attributes}

effect := {"rto": "trouble is known later"}

findings contains lib.found(r, message, {"effect": effect, "attribute": attribute}) if {
	some r in lib.planned
	r.type == "aws_cloudwatch_metric_alarm"
	not lib.value(r.before, "metric_name") == contract.metrics.ActiveWriter # judged by dns-switch
	some attribute in attributes
	attribute in r.changed
	before := lib.value(r.before, attribute)
	after := lib.value(r.after, attribute)
	not tighter(r, attribute, before, after)
	message := sprintf("%s: %s goes from %s to %s.", [r.name, attribute, lib.show(before), lib.show(after)])
}

# tighter goes off earlier, on the same thing.
tighter(r, "threshold", before, after) if {
	lib.value(r.after, "comparison_operator") in {"GreaterThanThreshold", "GreaterThanOrEqualToThreshold"}
	after <= before
}

tighter(r, "threshold", before, after) if {
	lib.value(r.after, "comparison_operator") in {"LessThanThreshold", "LessThanOrEqualToThreshold"}
	after >= before
}

tighter(_, attribute, before, after) if {
	attribute in {"evaluation_periods", "datapoints_to_alarm"}
	after <= before
}
