package pgdr.policies.parameters

import data.pgdr.lib

policy := {
	"id": "parameters",
	"severity": "human",
	"title": "A parameter of the database is changed",
	"reason": "The parameters force TLS, write the audit log, and bound the WAL that a dead replica can hold back: without that bound it fills the primary's disk. Static ones wait for a restart, which a failover brings at the worst moment.",
	"remedy": "Change both sites' groups alike, and restart the replica first.",
}

judges := {["aws_db_parameter_group", "parameter"]}

findings contains lib.found(r, message, {"effect": effect(name, new), "attribute": sprintf("parameter.%s", [name])}) if {
	some r in lib.planned
	r.type == "aws_db_parameter_group"
	r.before != null
	before := values(r.before)
	after := values(r.after)
	some name in (object.keys(before) | object.keys(after))
	old := object.get(before, name, null)
	new := object.get(after, name, null)
	old != new
	not name == "rds.force_ssl" # judged by tls
	message := sprintf("%s: %s goes from %s to %s.", [r.name, name, lib.show(old), lib.show(new)])
}

# values of each name: a set, since a name may stand twice.
values(side) := {name: vs |
	some p in lib.value(side, "parameter")
	name := p.name
	is_string(name)
	vs := concat(", ", sort({sprintf("%v", [q.value]) | some q in lib.value(side, "parameter"); q.name == name}))
}

effect("max_slot_wal_keep_size", _) := {"protection": "a replica that is away can fill the primary's disk, or loses its slot sooner"}

effect(name, _) := less if {
	regex.match(`^(pgaudit\.|log_|shared_preload_libraries)`, name)
	name != "log_statement"
}

effect("log_statement", new) := less if new in {null, "none"}

# Each other value logs CREATE and ALTER ROLE as they are typed.
effect("log_statement", new) := {"protection": "the log holds statements whole, with the passwords in them"} if not new in {null, "none"}

less := {"protection": "the audit log tells less of who did what"}

effect(name, _) := {} if not regex.match(`^(pgaudit\.|log_|shared_preload_libraries|max_slot_wal_keep_size)`, name)
