package pgdr.policies.guard_doubled

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "guard-doubled",
	"severity": "block",
	"title": "Something else acts as the guard, or can command it",
	"reason": "One guard decides, by what it sees, and operators command it. A second one promotes on evidence of its own. An event with an order in it, a call from a plan or a row in the ledger is a failover without a decision.",
	"remedy": "Command the guard with drctl, which leaves a record. What has to look at the databases gets a role of its own, which can only look.",
}

effect := {"protection": "a failover can happen that neither the guard nor a human decided"}

judges := {["aws_cloudwatch_event_target", "input"], ["aws_cloudwatch_event_target", "input_path"], ["aws_cloudwatch_event_target", "input_transformer"]}

# The schedule brings no words: what an event says to the guard is a command.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_cloudwatch_event_target"
	some attribute in ["input", "input_path", "input_transformer"]
	says(r, attribute)
	message := sprintf("%s brings words of its own (%s): to the guard they are a command.", [r.name, attribute])
}

says(r, attribute) if lib.given(r, attribute)

says(r, attribute) if not lib.empty(lib.value(r.after, attribute))

# Commands that are carried out by the apply itself.
commands := {
	"aws_lambda_invocation": "calls a function as it is applied",
	"aws_dynamodb_table_item": "writes a row that the guard may take for its own memory",
	"aws_lambda_function_url": "lets a function be called over HTTP",
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	does := commands[r.type]
	r.action != "keep"
	message := sprintf("%s %s.", [r.name, does])
}

# A second guard, by its variables or by the guard's rights.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in second
	message := sprintf("%s is a second function with %s.", [r.name, as_guard(r)])
}

second := [r |
	some r in lib.planned
	r.type == "aws_lambda_function"
	r.action == "create"
	as_guard(r)
	some other in lib.planned
	other.type == "aws_lambda_function"
	other.stack == r.stack
	other.address != r.address
]

as_guard(r) := "the guard's role" if guards_role(r)

as_guard(r) := "the guard's variables" if {
	not guards_role(r)
	some name, _ in facts.variables(r.after)
	startswith(name, contract.variable_prefix)
}

guards_role(r) if lib.refers(r, "role", "aws_iam_role.guard_role")

guards_role(r) if {
	some g in facts.guards
	g.address != r.address
	role := lib.value(g.after, "role")
	role != null
	role == lib.value(r.after, "role")
}

# What may call the guard, and what calls it, is new in a stack that exists.
findings contains lib.found(r, message, {"severity": "human", "effect": effect}) if {
	some r in lib.planned
	r.type in {"aws_lambda_function", "aws_lambda_permission", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"}
	r.action == "create"
	not facts.fresh(r.stack)
	message := sprintf("%s is new: it acts, or makes something act, beside the guard's own schedule and alarms.", [r.name])
}

# Mail to humans is theirs to ask for; everything else is a program, or out of
# the account.
findings contains lib.found(r, message, {"severity": "human", "effect": {"protection": "what the alarms and the guard tell goes to somebody else too"}}) if {
	some r in lib.planned
	r.type == "aws_sns_topic_subscription"
	r.action == "create"
	not lib.value(r.after, "protocol") == "email"
	not to_guard(r)
	message := sprintf("%s is new: %s.", [r.name, lib.show(lib.value(r.after, "endpoint"))])
}

to_guard(r) if {
	facts.fresh(r.stack)
	lib.value(r.after, "protocol") == "lambda"
	lib.refers(r, "endpoint", "aws_lambda_function.guard_function")
}
