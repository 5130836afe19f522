package pgdr.policies.secret_replica

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "secret-replica",
	"severity": "block",
	"title": "The credentials leave the replica's region, or are replicated anew",
	"reason": "After the loss of the primary's region the guard and the applications read the copy. A failover makes that copy a secret of its own: to replicate over it again would put the lost region's back.",
	"remedy": "Keep the block `replica` and its place in ignore_changes.",
}

judges := {["aws_secretsmanager_secret", "replica"]}

effect := {"rto": "nobody can connect after a failover until the password is set by hand", "protection": "the credentials are in the primary's region alone"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_secretsmanager_secret"
	r.action in {"update", "replace"}
	"replica" in r.changed
	message := sprintf("%s: its copies go from %s to %s%s.", [r.name, places(r.before), after(r), now])
}

after(r) := "what is known after the apply only" if lib.unknown(r, "replica")

after(r) := places(r.after) if not lib.unknown(r, "replica")

places(side) := concat(", ", sort(regions(side))) if count(regions(side)) > 0

places(side) := "none" if count(regions(side)) == 0

regions(side) := {sprintf("%v", [copy.region]) | some copy in lib.value(side, "replica")}

now := sprintf(", and a failover has happened (%s)", [concat("; ", sort(facts.failover))]) if facts.failed_over

now := "" if not facts.failed_over

# Hidden by ignore_changes, or never there.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_secretsmanager_secret"
	r.stack == contract.roles.primary
	not lib.given_at(r, "replica")
	message := sprintf("%s: the configuration replicates it nowhere; made anew, it would be in one region.", [r.name])
}
