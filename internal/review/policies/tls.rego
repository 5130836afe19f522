package pgdr.policies.tls

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "tls",
	"severity": "block",
	"title": "TLS is no longer forced",
	"reason": "Clients may then connect in the clear, and the peering between the regions carries their passwords.",
	"remedy": "Keep rds.force_ssl = 1 in the parameter group of each site, and that group on the instance.",
}

judges := {["aws_db_instance", "parameter_group_name"], ["aws_db_instance", "ca_cert_identifier"]}

effect := {"protection": "passwords and data can cross the network in the clear"}

forces(parameters) if {
	some p in parameters
	p.name == "rds.force_ssl"
	p.value == "1"
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_db_parameter_group"
	not lib.unknown(r, "parameter")
	not forces(lib.value(r.after, "parameter"))
	message := sprintf("%s does not force TLS: rds.force_ssl is not 1.", [r.name])
}

# Hidden by ignore_changes.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_db_parameter_group"
	forces(lib.value(r.after, "parameter"))
	some path, name in r.configured
	name == "rds.force_ssl"
	value := r.configured[sprintf("parameter.%s.value", [split(path, ".")[1]])]
	sprintf("%v", [value]) != "1"
	message := sprintf("%s: the configuration asks for rds.force_ssl = %v; the plan is silent, because ignore_changes hides it.", [r.name, value])
}

# An instance that leaves the group leaves what the group forces.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	r.after != null
	group := lib.value(r.after, "parameter_group_name")
	not lib.empty(group)
	not ours(group)
	message := sprintf("%s uses the parameter group %s, which is not in these stacks: nothing says that it forces TLS.", [r.name, lib.show(group)])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	r.after != null
	not lib.given(r, "parameter_group_name")
	message := sprintf("%s: the configuration names no parameter group; RDS's default one applies.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	group := r.configured.parameter_group_name
	not ours(group)
	group != lib.value(r.after, "parameter_group_name")
	message := sprintf("%s: the configuration names the parameter group %s, which is not in these stacks; the plan is silent, because ignore_changes hides it.", [r.name, lib.show(group)])
}

ours(group) if {
	some r in lib.planned
	r.type == "aws_db_parameter_group"
	lib.value(r.after, "name") == group
}

findings contains lib.found(r, message, {"severity": "human", "effect": {"rto": "clients that pin the old bundle cannot connect"}, "remedy": "See that every client trusts the new authority first."}) if {
	some r in facts.instances
	r.before != null
	r.after != null
	before := lib.value(r.before, "ca_cert_identifier")
	after := lib.value(r.after, "ca_cert_identifier")
	before != after
	message := sprintf("%s: the certificate authority goes from %s to %s.", [r.name, lib.show(before), lib.show(after)])
}
