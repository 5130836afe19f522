package pgdr.policies.stateful_recreated

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "stateful-recreated",
	"severity": "block",
	"title": "Something that held state and is gone is made anew, empty",
	"reason": "The stack had it once: it was deleted, or it fell out of the state. The code makes an empty one of the same name in its place.",
	"remedy": "Find out where the old one is. Restore it (snapshot, pending deletion, recovery window) and import it, before anything is applied.",
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.action == "create"
	facts.stateful[r.type]
	was_there(r)
	not copied(r)
	message := sprintf("%s was there before and will be made anew, EMPTY.", [r.name])
	effect := object.get(effects, r.type, {"protection": sprintf("what the old one held is not in the new one: %s", [facts.stateful[r.type]])})
}

# A replica comes as a copy of its source. Whether that holds everything, a
# person has to say: since a failover the instance that is gone may have been the
# writer itself.
findings contains lib.found(r, message, {"severity": "human", "remedy": "Make sure that its source is the writer and holds everything; after a failover that is so only once the data was moved back (docs/runbook.md, After a failover)."}) if {
	some r in input.resources
	r.action == "create"
	was_there(r)
	copied(r)
	message := sprintf("%s was there before and will be made anew, as a copy of %v.", [r.name, lib.value(r.after, "replicate_source_db")])
}

copied(r) if {
	r.type == "aws_db_instance"
	r.stack == contract.roles.replica
	not lib.empty(lib.value(r.after, "replicate_source_db"))
}

# New in a stack that exists: it may be meant. A first deployment that stopped
# half-way looks the same.
findings contains lib.found(r, message, {"severity": "human", "remedy": "Make sure that it is meant to be new, and that no old one of the name is in AWS."}) if {
	some r in input.resources
	r.action == "create"
	facts.stateful[r.type]
	input.stacks[r.stack].deployed
	not was_there(r)
	message := sprintf("%s will be made, empty, in a stack that is deployed already.", [r.name])
}

was_there(r) if r.vanished

was_there(r) if {
	facts.existed(r.type, r.stack)
	known(r)
}

# Of a type with several, the outputs name one: the one with the role's mark.
known(r) if r.type != "aws_kms_key"

known(r) if {
	r.type == "aws_kms_key"
	lib.truth(lib.value(r.after, "multi_region"))
}

effects := {"aws_db_instance": {"rpo": "everything: the new instance is empty", "protection": "a replica of the old instance follows nothing"}}
