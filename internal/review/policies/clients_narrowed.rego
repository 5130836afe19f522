package pgdr.policies.clients_narrowed

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "clients-narrowed",
	"severity": "human",
	"title": "Narrower rules take the place of one that admitted more",
	"reason": "A client outside the ranges that remain is refused when it connects next. The guard is among those that remain.",
	"remedy": "Find out who connects: pg_stat_activity has the addresses. Name the others in network.clients before this is applied.",
}

effect := {"rto": "clients outside the ranges that remain can't connect"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	facts.narrowed(r)
	message := sprintf("%s: %s was admitted; of it %s remain.", [r.name, lib.value(r.before, "cidr_ipv4"), concat(", ", sort(facts.remaining(r)))])
}
