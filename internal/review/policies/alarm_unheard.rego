package pgdr.policies.alarm_unheard

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "alarm-unheard",
	"severity": "human",
	"title": "An alarm of a protected environment reaches no human",
	"reason": "The guard is woken, and decides alone. A failover that it refuses, or that it cannot finish, waits for a human who was never told.",
	"remedy": "Add addresses to monitoring.emails, and confirm the message that AWS sends to each.",
}

findings contains lib.found(r, message, {"effect": {"rto": "people find out when clients complain"}}) if {
	some r in lib.planned
	r.type == "aws_sns_topic"
	protected(r.stack)
	not heard(r)
	message := sprintf("%s has no subscription but the guard's.", [r.name])
}

# A disposable environment has no deletion protection.
protected(stack) if {
	some i in facts.instances
	i.stack == stack
	some side in [i.after, i.configured]
	lib.truth(lib.value(side, "deletion_protection"))
}

heard(topic) if {
	some s in lib.planned
	s.type == "aws_sns_topic_subscription"
	s.stack == topic.stack
	not lib.value(s.after, "protocol") in machines
	of_topic(s, topic)
}

machines := {"lambda", "sqs", "firehose"}

of_topic(s, topic) if lib.refers(s, "topic_arn", topic.address)

of_topic(s, topic) if {
	not lib.empty(lib.value(topic.after, "arn"))
	lib.value(s.after, "topic_arn") == lib.value(topic.after, "arn")
}
