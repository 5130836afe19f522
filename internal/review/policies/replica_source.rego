package pgdr.policies.replica_source

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "replica-source",
	"severity": "block",
	"title": "The replica follows something else than the primary",
	"reason": "Without its source RDS makes the replica an instance of its own, and there is nothing to fail over to. A promoted instance cannot be given a source again.",
	"remedy": "Leave replicate_source_db at the primary stack's output for the primary's ARN, and under ignore_changes.",
}

judges := {["aws_db_instance", "replicate_source_db"]}

effect := {"rpo": "unbounded: the replica holds no current data", "rto": "a restore from backup", "protection": "no replica"}

# ignore_changes hides it from the plan: the configuration tells.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.replicas
	r.after != null
	not lib.given(r, "replicate_source_db")
	message := sprintf("%s: the configuration names no replicate_source_db any more; made anew, it would be an empty database of its own.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.replicas
	source := r.configured.replicate_source_db
	not lib.empty(source)
	source != expected
	message := sprintf("%s: the configuration names the source %s, not the primary %s.", [r.name, lib.show(source), lib.show(expected)])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.replicas
	r.references.replicate_source_db
	not lib.refers(r, "replicate_source_db", sprintf(".outputs.%s", [contract.outputs.primary_database_arn]))
	message := sprintf("%s: the configuration takes the source from %s, not from the primary stack's output %s.", [r.name, concat(", ", r.references.replicate_source_db), contract.outputs.primary_database_arn])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.replicas
	r.before != null
	r.after != null
	before := lib.value(r.before, "replicate_source_db")
	after := lib.value(r.after, "replicate_source_db")
	"replicate_source_db" in r.changed
	message := sprintf("%s: replicate_source_db goes from %s to %s.%s", [r.name, lib.show(before), lib.show(after), promoted(before)])
}

promoted(before) := " It was promoted: RDS cannot make it a replica again, short of replacing it." if lib.empty(before)

promoted(before) := "" if not lib.empty(before)

# What it follows by now, even if Terraform did not change it.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in facts.replicas
	r.before != null
	before := lib.value(r.before, "replicate_source_db")
	not lib.empty(before)
	not "replicate_source_db" in r.changed
	before != expected
	message := sprintf("%s follows %s, and the primary is %s.", [r.name, lib.show(before), lib.show(expected)])
}

# The primary as a replica is how a rebuild for failing back begins.
findings contains lib.found(r, message, {"severity": "human", "remedy": "Only in the course of failing back."}) if {
	some r in facts.primaries
	r.after != null
	follows(r)
	message := sprintf("%s is to follow another instance.", [r.name])
}

follows(r) if lib.given(r, "replicate_source_db")

follows(r) if "replicate_source_db" in r.changed

expected := input.stacks.replica.reads[contract.outputs.primary_database_arn]
