package pgdr.policies.other_region

import data.pgdr.lib

policy := {
	"id": "other-region",
	"severity": "human",
	"title": "A resource is not in the region of its site",
	"reason": "Since version 6 of the AWS provider each resource may name a region of its own. What is outside its site is lost with another region, or does not guard this one.",
	"remedy": "Take the argument `region` away: the provider, aws.primary or aws.replica, says where a resource is.",
}

findings contains lib.found(r, message, {}) if {
	some r in lib.planned
	r.region != r.provider_region
	message := sprintf("%s is in %s; its provider is for %s.", [r.name, r.region, shown(r.provider_region)])
}

shown("") := "no known region"

shown(region) := region if region != ""

# Known after the apply only.
findings contains lib.found(r, message, {}) if {
	some r in lib.planned
	lib.given(r, "region")
	lib.unknown(r, "region")
	message := sprintf("%s: the region that it will be in is known after the apply only.", [r.name])
}

# Hidden by ignore_changes.
findings contains lib.found(r, message, {}) if {
	some r in lib.planned
	some side in [r.configured.region]
	side != r.region
	message := sprintf("%s: the configuration asks for the region %s; the plan keeps %s.", [r.name, side, r.region])
}
