package pgdr.policies.guard_configuration

import data.pgdr.facts

policy := {
	"id": "guard-configuration",
	"severity": "block",
	"title": "The guard would refuse its configuration",
	"reason": "The function reads its variables when it starts and stops at the first fault: no health check would run any more. The faults here are found by the function's own code.",
	"remedy": "Change the value in environments/<env>.yaml, which is checked against the same limits.",
}

findings contains {"stack": g.stack, "address": g.address, "message": message, "effect": {"rto": "no failover until a human acts", "protection": "nobody guards the primary"}} if {
	some fault in input.guard_faults
	some g in facts.guards
	message := sprintf("%s would not start: %s.", [g.name, fault])
}
