package pgdr.policies.stateful_destroyed

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "stateful-destroyed",
	"severity": "block",
	"title": "Something that holds state is destroyed",
	"reason": "What it holds cannot be made again from the code: rows, keys, credentials, the guard's memory.",
	"remedy": "Put the resource back into the configuration. To remove an environment for good, declare it disposable, deploy that, and destroy it by its name.",
}

covers := {type | some type, _ in facts.stateful}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.action == "delete"
	lost := facts.stateful[r.type]
	message := sprintf("%s will be DESTROYED: %s is lost.", [r.name, lost])
	effect := object.get(effects, [r.type, r.stack], {"protection": sprintf("%s is gone for good", [r.name])})
}

# Out of the state it lives on in AWS, where no plan protects it any more.
findings contains lib.found(r, message, {"severity": "human", "remedy": "Say in the pull request who looks after it from now on."}) if {
	some r in input.resources
	r.action == "forget"
	facts.stateful[r.type]
	message := sprintf("%s leaves the state and stays in AWS: Terraform protects and repairs it no longer.", [r.name])
}

effects := {"aws_db_instance": {
	contract.roles.primary: {"rpo": "all data of the primary, but for backups and the replica", "rto": "applications are down when it is applied", "protection": "no primary"},
	contract.roles.replica: {"rpo": "unbounded: there is nothing to fail over to", "rto": "a restore from backup instead of a failover", "protection": "no replica"},
}}
