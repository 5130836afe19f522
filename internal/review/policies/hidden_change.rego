package pgdr.policies.hidden_change

import data.pgdr.lib
import data.pgdr.policies.unjudged

policy := {
	"id": "hidden-change",
	"severity": "human",
	"title": "The configuration asks for something that the plan keeps silent about",
	"reason": "ignore_changes hides it from this plan and every later one, and whoever makes the resource anew gets it.",
	"remedy": "Take the attribute out of ignore_changes, or put the configuration back to what is there.",
}

# What the guard changes at a failover, and the stacks ignore for that reason.
by_design := {
	["aws_db_instance", "multi_az"], ["aws_db_instance", "replicate_source_db"], ["aws_route53_record", "weighted_routing_policy"],
	["aws_route53_zone", "vpc"], ["aws_secretsmanager_secret", "replica"],
}

# Numbers and truths only: a text may be what AWS makes of another text.
findings contains lib.found(r, message, {}) if {
	some r in lib.planned
	some path, configured in r.configured
	plain(configured)
	not harmless(r, lib.top(path))
	not lib.unknown(r, path)
	single(r, path)
	after := lib.value(r.after, path)
	plain(after)
	after != configured
	message := sprintf("%s: the configuration asks for %s = %s; the plan keeps %s.", [r.name, path, lib.show(configured), lib.show(after)])
}

plain(x) if is_number(x)

plain(x) if is_boolean(x)

harmless(_, attribute) if attribute in unjudged.everywhere

harmless(r, attribute) if attribute in object.get(unjudged.harmless, r.type, set())

harmless(r, attribute) if [r.type, attribute] in by_design

# A block that stands once has its place; of several, sets change the order.
single(_, path) if not contains(path, ".")

single(r, path) if {
	list := lib.value(r.after, lib.top(path))
	is_array(list)
	count(list) == 1
}
