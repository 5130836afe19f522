package pgdr.policies.unknown_type

import data.pgdr.lib
import data.pgdr.types

policy := {
	"id": "unknown-type",
	"severity": "human",
	"title": "A kind of resource that no policy knows",
	"reason": "These stacks do not have it as they are shipped: what it can do to the databases is not known here.",
	"remedy": "Look at it, and name it in `knows` of a policy of your own if it is there to stay: see docs/review.md.",
}

# Users' policies may know more.
adopted := {type | some type in data.pgdr.policies[_].knows}

findings contains lib.found(r, message, {}) if {
	some r in input.resources
	r.action != "keep"
	not types[r.type]
	not r.type in adopted
	message := sprintf("%s is a %s, which no policy knows.", [r.address, r.type])
}
