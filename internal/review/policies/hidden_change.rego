package pgdr.policies.hidden_change

import data.pgdr.facts
import data.pgdr.lib
import data.pgdr.policies.unjudged

policy := {
	"id": "hidden-change",
	"severity": "human",
	"title": "The configuration asks for something that the plan keeps silent about",
	"reason": "ignore_changes hides it from this plan and every later one, and a new resource in its place gets it.",
	"remedy": "Take the attribute out of ignore_changes, or put the configuration back to what is there.",
}

# What the guard changes at a failover, and the stacks ignore for that reason;
# each is judged by the policy that knows what it is for.
by_design := {
	["aws_db_instance", "multi_az"], ["aws_db_instance", "replicate_source_db"], ["aws_route53_record", "weighted_routing_policy"],
	["aws_route53_zone", "vpc"], ["aws_secretsmanager_secret", "replica"],
}

# Not comparable: a version's beginning stands for the version, judged by
# engine-version; blocks of a set have no order, and parameters are judged by
# name; arguments of the apply are not kept by AWS.
elsewhere := {
	["aws_db_instance", "engine_version"], ["aws_db_parameter_group", "parameter"],
	["aws_vpc_peering_connection", "auto_accept"], ["aws_vpc_peering_connection_accepter", "auto_accept"],
}

findings contains lib.found(r, message, {"attribute": path}) if {
	some r in lib.planned
	some path, configured in r.configured
	not skipped(r, lib.top(path))
	not facts.autoscaled(r, path)
	not lib.unknown(r, path)
	single(r, path)
	after := lib.value(r.after, path)
	differ(configured, after)
	message := sprintf("%s: the configuration asks for %s = %s; the plan keeps %s.", [r.name, path, lib.show(configured), lib.show(after)])
}

skipped(r, attribute) if unjudged.allowed(r.type, attribute)

skipped(r, attribute) if [r.type, attribute] in (by_design | elsewhere)

# A block that stands once has its place; of several, sets change the order.
single(_, path) if not contains(path, ".")

single(r, path) if {
	list := lib.value(r.after, lib.top(path))
	is_array(list)
	count(list) == 1
}

differ(a, b) if {
	plain(a)
	plain(b)
	a != b
}

# Texts as AWS keeps them: names in small letters, domains without the last
# dot, documents with their fields in another order.
differ(a, b) if {
	is_string(a)
	is_string(b)
	said(a) != said(b)
}

# Lists of constants, which may be sets; and what a map gives of them.
differ(a, b) if {
	is_array(a)
	is_array(b)
	constants(a)
	{said(x) | some x in a} != {said(x) | some x in b}
}

differ(a, b) if {
	is_object(a)
	is_object(b)
	some name, x in a
	constants([x])
	said(x) != said(object.get(b, name, ""))
}

constants(list) if {
	every x in list {
		is_string(x)
		not contains(x, "${")
	}
}

said(text) := json.unmarshal(text) if {
	is_string(text)
	regex.match(`^\s*[\[{]`, text)
	json.is_valid(text)
}

said(text) := trim_suffix(lower(text), ".") if {
	is_string(text)
	not regex.match(`^\s*[\[{]`, text)
}

said(text) := text if {
	is_string(text)
	regex.match(`^\s*[\[{]`, text)
	not json.is_valid(text)
}

said(x) := x if not is_string(x)

plain(x) if is_number(x)

plain(x) if is_boolean(x)
