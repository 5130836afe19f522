package pgdr.policies.password_changed

import data.pgdr.facts
import data.pgdr.policies.password_after_failover

policy := {
	"id": "password-changed",
	"severity": "info",
	"title": "The administrator's password is made anew",
	"reason": "That is what raising database.password_version is for.",
	"remedy": "Clients that log in as the administrator read the secret again; others notice nothing.",
}

findings contains {"stack": r.stack, "address": r.address, "message": message} if {
	some r in password_after_failover.bumped
	not facts.failed_over
	message := sprintf("%s: a new password is made.", [r.name])
}
