package pgdr.policies.capacity

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "capacity",
	"severity": "human",
	"title": "Room or power changes, or the sites differ in it",
	"reason": "After a failover the replica carries the whole load. A disk that is full stops all writes, and a replica that replays too slowly loses more.",
	"remedy": "Change both sites together, the replica first when it grows, the primary first when it shrinks.",
}

protected := {
	"aws_db_instance": {"allocated_storage": "not_lower", "max_allocated_storage": "not_lower", "iops": "not_lower", "storage_throughput": "not_lower"},
	"aws_dynamodb_table": {"billing_mode": "same"},
}

judges := lib.judged(protected) | {["aws_db_instance", "instance_class"], ["aws_db_instance", "storage_type"]}

effect := {"rpo": "a slower replica is further behind", "rto": "the replica may not carry the load after a failover"}

findings contains lib.weakness(w, {"effect": effect, "severity": severity(w)}) if {
	some w in lib.weakenings(protected)
	not facts.autoscaled(w.resource, w.path)
	not shrunk(w)
}

# RDS cannot shrink a volume: it refuses the change, and the apply fails half-way.
findings contains lib.found(w.resource, message, {
	"severity": "block", "attribute": w.path, "effect": {"protection": "the volume stays as large as it is"},
	"remedy": "Set the size that the volume has. A smaller one needs a new instance: copy the data over with logical replication or pg_dump, then switch.",
}) if {
	some w in lib.weakenings(protected)
	not facts.autoscaled(w.resource, w.path)
	shrunk(w)
	message := sprintf("%s: the volume has %v GiB, and the configuration asks for %v. RDS cannot shrink a volume.", [w.resource.name, w.before, w.after])
}

shrunk(w) if {
	w.path == "allocated_storage"
	w.after != null
	lib.number(w.after) < lib.number(w.before)
}

severity(w) := "block" if w.path == "allocated_storage"

severity(w) := "human" if w.path != "allocated_storage"

# Whether it grew or the configuration was lowered since, a plan cannot tell: the
# provider asks for neither.
findings contains lib.found(r, message, {"severity": "info", "remedy": "Write the size that it has into the configuration: made anew, the volume has the configured one."}) if {
	some r in facts.instances
	facts.autoscaled(r, "allocated_storage")
	message := sprintf("%s: the volume has %v GiB, and the configuration says %v; RDS may grow it up to %v.", [r.name, lib.value(r.after, "allocated_storage"), r.configured.allocated_storage, r.configured.max_allocated_storage])
}

findings contains lib.found(r, message, {"effect": {"rto": "the instance restarts, in its maintenance window or at once", "protection": sprintf("capacity changes from %s to %s", [before, after])}, "attribute": attribute}) if {
	some r in facts.instances
	r.before != null
	r.after != null
	some attribute in ["instance_class", "storage_type"]
	attribute in r.changed
	before := lib.value(r.before, attribute)
	after := lib.value(r.after, attribute)
	message := sprintf("%s: %s goes from %s to %s.", [r.name, attribute, before, after])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some p in facts.primaries
	some r in facts.replicas
	one := lib.value(p.after, "instance_class")
	other := lib.value(r.after, "instance_class")
	not one in {null, lib.masked}
	not other in {null, lib.masked}
	one != other
	message := sprintf("%s is a %s, and the primary a %s.", [r.name, other, one])
}
