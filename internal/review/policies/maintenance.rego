package pgdr.policies.maintenance

import data.pgdr.lib

policy := {
	"id": "maintenance",
	"severity": "human",
	"title": "A database is changed outside its window, or by itself",
	"reason": "What is applied immediately restarts the writer in the middle of the day. What upgrades by itself may upgrade the primary before its replica, which RDS does not undo.",
	"remedy": "Let changes wait for the window, upgrade the replica first, and by a plan that a person reads.",
}

protected := {"aws_db_instance": {
	"apply_immediately": "off",
	"auto_minor_version_upgrade": "off",
	"allow_major_version_upgrade": "off",
}}

judges := lib.judged(protected)

findings contains lib.weakness(w, {"effect": {"rto": "the writer may restart at any hour", "protection": "the sites may come to differ in their version"}}) if {
	some w in lib.weakenings(protected)
}

# AWS's own choice is on.
findings contains lib.found(r, message, {"effect": {"protection": "the sites may come to differ in their version"}}) if {
	some r in lib.planned
	r.type == "aws_db_instance"
	not lib.given(r, "auto_minor_version_upgrade")
	message := sprintf("%s: the configuration does not turn auto_minor_version_upgrade off, and AWS turns it on where nothing is said.", [r.name])
}
