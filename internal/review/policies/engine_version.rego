package pgdr.policies.engine_version

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "engine-version",
	"severity": "block",
	"title": "A PostgreSQL version that RDS does not support, or a change of it",
	"reason": "RDS creates no instance of a withdrawn version, so that neither replica nor restore can be made. A change restarts the database, and a replica cannot follow another major.",
	"remedy": "Name the major alone, or a newer minor, see docs/configuration.md. Plan a change of major as a project of its own, with both sites.",
}

judges := {["aws_db_instance", "engine_version"], ["aws_db_instance", "engine"]}

# The oldest minor that RDS creates, those that it withdrew later, and the end
# of standard support.
# https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
majors := {
	15: {"first": 13, "withdrawn": [16], "ends": "2028-02-29"},
	16: {"first": 9, "withdrawn": [12], "ends": "2029-02-28"},
	17: {"first": 5, "withdrawn": [8], "ends": "2030-02-28"},
	18: {"first": 1, "withdrawn": [2], "ends": "2031-02-28"},
}

# Days before the end in which a human is told.
warning := 180

# Both what is planned and what the configuration asks for behind
# ignore_changes.
asked(r) := {version |
	some side in [r.after, r.configured]
	given := lib.value(side, "engine_version")
	not lib.empty(given)
	given != lib.masked
	version := sprintf("%v", [given])
}

numbers_of(version) := [to_number(part) | some part in split(version, ".")] if regex.match(`^[0-9]+([.][0-9]+)*$`, version)

numbers_of(version) := [] if not regex.match(`^[0-9]+([.][0-9]+)*$`, version)

findings contains lib.found(r, message, {"effect": {"rto": "neither a replica nor a restore can be made"}}) if {
	some r in facts.instances
	some version in asked(r)
	not creatable(version)
	message := sprintf("%s: RDS creates no instance with PostgreSQL %s.", [r.name, version])
}

creatable(version) if {
	parts := numbers_of(version)
	count(parts) == 1
	majors[parts[0]]
}

creatable(version) if {
	parts := numbers_of(version)
	count(parts) == 2
	known := majors[parts[0]]
	parts[1] >= known.first
	not parts[1] in known.withdrawn
}

findings contains lib.found(r, message, {"severity": "human", "effect": {"protection": "no more fixes, or extended support at extra cost"}, "remedy": "Plan the upgrade of both sites."}) if {
	some r in facts.instances
	some version in asked(r)
	ends := majors[numbers_of(version)[0]].ends
	days := (time.parse_ns("2006-01-02", ends) - time.parse_ns("2006-01-02", input.today)) / (((24 * 60) * 60) * 1000000000)
	days < warning
	message := sprintf("%s: RDS's standard support of PostgreSQL %v ends on %s.", [r.name, numbers_of(version)[0], ends])
}

findings contains lib.found(r, message, {"severity": "human", "effect": {"rto": "the database restarts when it is applied", "protection": "the replica may stop following until it has the same version"}}) if {
	some r in facts.instances
	r.before != null
	r.after != null
	"engine_version" in r.changed
	before := lib.value(r.before, "engine_version")
	after := lib.value(r.after, "engine_version")
	message := sprintf("%s: PostgreSQL goes from %s to %s.", [r.name, lib.show(before), lib.show(after)])
}

findings contains lib.found(r, message, {}) if {
	some r in facts.instances
	r.after != null
	engine := lib.value(r.after, "engine")
	not lib.empty(engine)
	not engine in {"postgres", lib.masked}
	message := sprintf("%s: the engine is %s.", [r.name, engine])
}

# The two sites run one major, or the replica follows no more.
findings contains lib.found(r, message, {"effect": {"rpo": "the replica does not follow"}}) if {
	some r in lib.planned
	r.type == "aws_db_parameter_group"
	r.stack == contract.roles.replica
	some p in facts.primaries
	some version in asked(p)
	family := lib.value(r.after, "family")
	not family in {sprintf("postgres%v", [numbers_of(version)[0]]), lib.masked}
	message := sprintf("%s is for %s, and the primary runs PostgreSQL %s.", [r.name, lib.show(family), version])
}
