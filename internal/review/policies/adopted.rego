package pgdr.policies.adopted

import data.pgdr.lib

policy := {
	"id": "adopted",
	"severity": "human",
	"title": "The state takes something over, or has it in another place",
	"reason": "An import or a move changes nothing in AWS, and decides what every later plan acts on: with the wrong instance imported, or two swapped, the next plan changes or destroys the wrong one.",
	"remedy": "Compare the id in AWS with what the address stands for, and make sure that the next plan is empty.",
}

findings contains lib.found(r, message, {}) if {
	some r in input.resources
	r.imported
	message := sprintf("%s: %q is imported as %s.", [r.name, r.import_id, r.address])
}

findings contains lib.found(r, message, {}) if {
	some r in input.resources
	r.previous_address != ""
	message := sprintf("%s: what was %s becomes %s.", [r.name, r.previous_address, r.address])
}
