package pgdr.policies.stateful_replaced

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "stateful-replaced",
	"severity": "block",
	"title": "Something that holds state is replaced",
	"reason": "A replacement is a deletion: what comes after is empty, or copied anew for hours.",
	"remedy": "Undo the change of the attributes that force it, or make the new one beside the old and move over in a step of its own.",
}

covers := {type | some type, _ in facts.stateful}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.action == "replace"
	lost := facts.stateful[r.type]
	not new_password(r)
	message := sprintf("%s will be REPLACED%s: %s.", [r.name, because(r), consequence(r, lost)])
	effect := object.get(effects, [r.type, r.stack], {"protection": sprintf("%s begins anew", [r.name])})
}

# A new version beside the old one: the secret keeps both.
new_password(r) if {
	r.type == "aws_secretsmanager_secret_version"
	not "secret_id" in r.replaced_by
}

because(r) := sprintf(" (%s cannot be changed in place)", [concat(", ", r.replaced_by)]) if count(r.replaced_by) > 0

because(r) := "" if count(r.replaced_by) == 0

consequence(r, _) := sprintf("%v GiB are seeded anew across the regions, and there is no disaster recovery until that is done", [object.get(r.before, "allocated_storage", "?")]) if {
	r.type == "aws_db_instance"
	r.stack == contract.roles.replica
}

consequence(r, lost) := sprintf("%s is lost", [lost]) if not seeded(r)

seeded(r) if {
	r.type == "aws_db_instance"
	r.stack == contract.roles.replica
}

effects := {"aws_db_instance": {
	contract.roles.primary: {"rpo": "all data of the primary: the new instance is empty", "rto": "applications are down until somebody restores", "protection": "the replica follows an instance that is gone"},
	contract.roles.replica: {"rpo": "unbounded until the replica is seeded", "rto": "a restore from backup until then", "protection": "no disaster recovery until the replica is seeded and the guard has armed itself again"},
}}
