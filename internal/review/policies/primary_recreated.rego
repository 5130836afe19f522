package pgdr.policies.primary_recreated

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "primary-recreated",
	"severity": "block",
	"title": "After a failover the old primary is made from the code, empty",
	"reason": "The data is at the replica site now. An empty instance of the primary's name would be watched, and may be switched to, as if it held the data.",
	"remedy": "Rebuild the primary as a replica of the new writer, promote it in a planned way, import it, and tell the guard: {\"action\": \"arm\", \"writer\": \"db-…\"}. docs/guard.md, After a failover.",
}

findings contains lib.found(r, message, {"effect": {"rpo": "everything, if anything ever switches to the empty instance", "protection": "an empty database stands where the primary was"}}) if {
	some r in facts.primaries
	r.action in {"create", "replace"}
	not r.imported
	facts.failed_over
	lib.empty(lib.value(r.after, "replicate_source_db"))
	message := sprintf("%s would be made EMPTY, after a failover: %s.", [r.name, concat("; ", sort(facts.failover))])
}
