package pgdr.policies.duplicate_identity

import data.pgdr.lib

policy := {
	"id": "duplicate-identity",
	"severity": "block",
	"title": "Two resources of the plans are one in AWS",
	"reason": "AWS writes these by their names: a second alarm of a name takes the first one's place, a second policy of a topic replaces it. The plan shows something new, and nothing of what is lost.",
	"remedy": "Give the new one a name of its own, or change the one that is there.",
}

effect := {"protection": "what was there is overwritten; removing either removes both"}

# What AWS knows one by, within a region. A default stands for what need not be
# given.
keys := {
	"aws_cloudwatch_metric_alarm": {"alarm_name": null},
	"aws_cloudwatch_event_rule": {"name": null, "event_bus_name": "default"},
	"aws_cloudwatch_event_target": {"rule": null, "target_id": null, "event_bus_name": "default"},
	"aws_iam_role_policy": {"role": null, "name": null},
	"aws_lambda_function_event_invoke_config": {"function_name": null, "qualifier": "$LATEST"},
	"aws_lambda_permission": {"function_name": null, "statement_id": null, "qualifier": "$LATEST"},
	"aws_route53_record": {"zone_id": null, "name": null, "type": null, "set_identifier": "none"},
	"aws_sns_topic": {"name": null},
	"aws_sns_topic_policy": {"arn": null},
	"aws_dynamodb_resource_policy": {"resource_arn": null},
	"aws_secretsmanager_secret_policy": {"secret_arn": null},
}

# They have no region, or their ARN says it.
global := {
	"aws_iam_role_policy", "aws_route53_record", "aws_sns_topic_policy", "aws_dynamodb_resource_policy",
	"aws_secretsmanager_secret_policy",
}

# identity is undefined where a part is masked or not known yet.
identity(r) := {attribute: said(attribute, value) |
	some attribute, fallback in keys[r.type]
	value := part(r, attribute, fallback)
} if {
	every attribute, fallback in keys[r.type] {
		part(r, attribute, fallback)
	}
}

part(r, attribute, _) := value if {
	value := lib.value(r.after, attribute)
	not lib.empty(value)
	value != lib.masked
}

part(r, attribute, fallback) := fallback if {
	fallback != null
	lib.empty(lib.value(r.after, attribute))
	not lib.unknown(r, attribute)
}

# A function, a role or a rule may be given by its ARN. DNS knows no capitals and
# no last dot.
said("function_name", value) := regex.replace(value, `^(arn:aws[a-z-]*:lambda:[^:]*:)?([0-9]*:)?(function:)?`, "") if is_string(value)

said(attribute, value) := trim_suffix(lower(value), ".") if {
	attribute in {"name", "zone_id", "type"}
	is_string(value)
}

said(attribute, value) := value if not attribute in {"function_name", "name", "zone_id", "type"}

identified := [{"resource": r, "is": id} |
	some r in lib.planned
	id := [r.type, identity(r)]
]

findings contains lib.found(a.resource, message, {"effect": effect}) if {
	some a in identified
	some b in identified
	a.is == b.is
	later(a.resource, b.resource)
	together(a.resource, b.resource)
	message := sprintf("%s has the identity of %s in the %s stack (%s): it takes its place.", [a.resource.address, b.resource.address, b.resource.stack, shown(a.is[1])])
}

shown(id) := concat(", ", [sprintf("%s %s", [attribute, value]) | some attribute, value in id])

# A new one whose name is known after the apply only may take any other's place,
# unless it belongs to something that is new too.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in lib.planned
	r.action == "create"
	input.stacks[r.stack].deployed
	some attribute, _ in keys[r.type]
	lib.given(r, attribute)
	lib.unknown(r, attribute)
	not of_something_new(r, attribute)
	message := sprintf("%s: which one it is (%s) will be known after the apply only.", [r.address, attribute])
}

of_something_new(r, attribute) if {
	some other in lib.planned
	other.stack == r.stack
	other.action in {"create", "replace"}
	startswith(other.type, "aws_")
	lib.refers(r, attribute, sprintf("%s.", [other.address]))
}

# later is the one that comes; of two that are there, or that both come, the one
# with the later address.
later(a, b) if {
	a.before == null
	b.before != null
}

later(a, b) if {
	exists(a) == exists(b)
	[a.stack, a.address] > [b.stack, b.address]
}

exists(r) := r.before != null

# Where a region is not known, it may be the same.
together(a, _) if a.type in global

together(a, b) if a.region in {b.region, ""}

together(_, b) if b.region == ""
