package pgdr.policies.destroyed

import data.pgdr.lib

policy := {
	"id": "destroyed",
	"severity": "human",
	"title": "Something is destroyed or replaced",
	"reason": "No other policy knows what goes with it.",
	"remedy": "Find out what used it.",
}

covered := {type | some type in data.pgdr.policies[_].covers}

findings contains lib.found(r, message, {}) if {
	some r in input.resources
	verb[r.action]
	not r.type in covered
	not r.type == "terraform_data" # it holds a name for the final snapshot
	message := sprintf("%s will be %s.", [r.name, verb[r.action]])
}

verb := {"delete": "DESTROYED", "forget": "taken out of the state", "replace": "REPLACED"}
