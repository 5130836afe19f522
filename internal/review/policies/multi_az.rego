package pgdr.policies.multi_az

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "multi-az",
	"severity": "human",
	"title": "Multi-AZ is taken away",
	"reason": "The loss of a zone, or of one host, is then a failover to another region or a restore, and no longer a minute's pause.",
	"remedy": "Keep multi_az, or say in the pull request why one zone is enough.",
}

judges := {["aws_db_instance", "multi_az"]}

effect := {"rto": "minutes to hours where a standby took one to two", "protection": "the loss of one zone takes the database with it"}

# The replica is made without and gets it when it is promoted: there the
# configuration says nothing about what is meant.
findings contains lib.weakness(w, {"effect": effect}) if {
	some w in lib.weakenings({"aws_db_instance": {"multi_az": "on"}})
	not by_birth(w)
}

by_birth(w) if {
	some r in facts.replicas
	r.address == w.resource.address
	r.stack == w.resource.stack
	w.before == lib.value(r.after, "multi_az")
}

findings contains lib.found(r, message, {"effect": effect, "remedy": "Look at the guard's status: it owes Multi-AZ and tries each minute. Otherwise set it by hand."}) if {
	some r in facts.replicas
	r.before != null
	lib.empty(lib.value(r.before, "replicate_source_db"))
	not lib.truth(lib.value(r.before, "multi_az"))
	"true" in facts.guard_variable(contract.variables.db_multi_az)
	message := sprintf("%s is the writer since a failover and has no standby; ignore_changes keeps it so.", [r.name])
}
