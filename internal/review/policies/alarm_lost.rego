package pgdr.policies.alarm_lost

import data.pgdr.contract
import data.pgdr.iam
import data.pgdr.lib

policy := {
	"id": "alarm-lost",
	"severity": "block",
	"title": "An alarm no longer reaches the guard or the humans",
	"reason": "An alarm wakes the guard and tells people. One that says nothing is not missed until the day on which it is needed.",
	"remedy": "Keep alarm, action, topic, policy and subscription together; change where they lead in one plan.",
}

covers := {"aws_cloudwatch_metric_alarm", "aws_sns_topic_subscription", "aws_sns_topic_policy"}

judges := lib.judged(protected)

protected := {
	"aws_cloudwatch_metric_alarm": {"actions_enabled": "on", "alarm_actions": "same", "ok_actions": "same"},
	"aws_sns_topic_subscription": {
		"endpoint": "same", "topic_arn": "same", "protocol": "same", "filter_policy": "fixed", "filter_policy_scope": "fixed",
		"raw_message_delivery": "fixed", "redrive_policy": "fixed",
	},
	"aws_lambda_function_event_invoke_config": {"destination_config": "same"},
}

effect := {"rto": "nobody is told or woken: the guard finds out at its next look, people when clients complain"}

findings contains lib.weakness(w, {"effect": effect, "severity": severity(w.resource)}) if {
	some w in lib.weakenings(protected)
	not w.resource.type == "aws_cloudwatch_metric_alarm"
}

# Actions: one more is not one less.
findings contains lib.weakness(w, {"effect": effect}) if {
	some w in lib.weakenings(protected)
	w.resource.type == "aws_cloudwatch_metric_alarm"
	not only_more(w)
}

# Hidden by ignore_changes: what is planned is not in the configuration.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_cloudwatch_metric_alarm"
	some attribute in ["alarm_actions", "ok_actions"]
	not lib.empty(lib.value(r.after, attribute))
	not lib.given(r, attribute)
	message := sprintf("%s: the configuration has no %s any more; the plan is silent, because ignore_changes hides it.", [r.name, attribute])
}

only_more(w) if {
	is_array(w.before)
	is_array(w.after)
	every action in w.before {
		action in w.after
	}
}

# A human's subscription is a human's concern.
severity(r) := "human" if human(r)

severity(r) := "block" if not human(r)

human(r) if {
	r.type == "aws_sns_topic_subscription"
	lib.value(r.before, "protocol") != "lambda"
}

findings contains lib.found(r, message, {"effect": effect, "severity": severity(r)}) if {
	some r in input.resources
	r.type in covers
	not lib.value(r.before, "metric_name") == contract.metrics.ActiveWriter # judged by dns-switch
	r.action in {"delete", "forget"}
	message := sprintf("%s will be %s.", [r.name, verb[r.action]])
}

verb := {"delete": "DESTROYED", "forget": "taken out of the state"}

findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in input.resources
	r.type in covers
	not lib.value(r.before, "metric_name") == contract.metrics.ActiveWriter
	r.action == "replace"
	message := sprintf("%s will be replaced: in between nobody is told.", [r.name])
}

# A topic that does not admit CloudWatch gets no alarm, and no error shows it.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type in {"aws_sns_topic_policy", "aws_kms_key"}
	r.before != null
	not lib.unknown(r, "policy")
	admits(r.before)
	not admits(r.after)
	message := sprintf("%s does not admit cloudwatch.amazonaws.com any more.", [r.name])
}

admits(side) if {
	some grant in iam.grants(iam.document(side, "policy"))
	grant.who == "Service cloudwatch.amazonaws.com"
}
