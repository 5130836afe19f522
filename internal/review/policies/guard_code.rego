package pgdr.policies.guard_code

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "guard-code",
	"severity": "info",
	"title": "The guard's code changes",
	"reason": "The archive is built from this repository, the same to the byte from the same source: what changes is in the diff.",
	"remedy": "Run the drill of the pull request's state before it is merged.",
}

judges := {["aws_lambda_function", attribute] | some attribute in ["source_code_hash", "filename", "code_sha256"]}

findings contains lib.found(g, message, {}) if {
	some g in facts.guards
	g.before != null
	some attribute in ["source_code_hash", "filename", "code_sha256"]
	attribute in g.changed
	message := sprintf("%s gets other code.", [g.name])
}
