package pgdr.policies.logs

import data.pgdr.lib

policy := {
	"id": "logs",
	"severity": "human",
	"title": "A log is kept for less time, or written no more",
	"reason": "After an incident the logs tell who did what and what the guard saw. What is gone by then cannot be asked.",
	"remedy": "Keep the retention, or say in the pull request why less is enough.",
}

judges := lib.judged(protected) | {["aws_cloudwatch_log_group", "retention_in_days"]}

protected := {"aws_db_instance": {"enabled_cloudwatch_logs_exports": "same"}}

findings contains lib.weakness(w, {"effect": {"protection": "the audit log is incomplete"}}) if {
	some w in lib.weakenings(protected)
}

# 0 is for ever.
findings contains lib.found(r, message, {"effect": {"protection": "the log goes less far back"}, "attribute": "retention_in_days"}) if {
	some r in lib.planned
	r.type == "aws_cloudwatch_log_group"
	r.before != null
	before := days(lib.value(r.before, "retention_in_days"))
	after := days(lib.value(r.after, "retention_in_days"))
	after < before
	message := sprintf("%s is kept for %v days, not %v.", [r.name, after, before])
}

days(n) := 1000000 if lib.empty(n)

days(n) := n if not lib.empty(n)
