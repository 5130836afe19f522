package pgdr.policies.password_after_failover

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "password-after-failover",
	"severity": "block",
	"title": "The password is changed after a failover",
	"reason": "The new password would be set on the instance that was given up, and stored in a secret that the writer's region no longer follows. Which one is right would be unknown.",
	"remedy": "Put database.password_version back. Change the writer's password by hand, in its own region's secret, until the sites are as at birth again.",
}

judges := versions

versions := {["aws_db_instance", "password_wo_version"], ["aws_secretsmanager_secret_version", "secret_string_wo_version"]}

findings contains lib.found(r, message, {"effect": {"protection": "the stored password and the writer's differ: the guard and people may be locked out"}}) if {
	some r in bumped
	facts.failed_over
	not imported(r)
	message := sprintf("%s: a new password would be set, after a failover: %s.", [r.name, concat("; ", sort(facts.failover))])
}

# An instance that was imported knows of no version yet. So it is when the data
# was moved back.
findings contains lib.found(r, message, {
	"severity": "human",
	"effect": {"protection": "a password that was changed at the other site since the failover is changed back"},
	"remedy": "Make sure that it is the instance to which the data was moved back (docs/runbook.md, After a failover).",
}) if {
	some r in bumped
	facts.failed_over
	imported(r)
	message := sprintf("%s was imported: the password that the secret of its region holds would be set.", [r.name])
}

imported(r) if {
	r.type == "aws_db_instance"
	lib.empty(lib.value(r.before, "password_wo_version"))
}

bumped := [r |
	some r in lib.planned
	r.before != null
	some version in versions
	r.type == version[0]
	version[1] in r.changed
]
