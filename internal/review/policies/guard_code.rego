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

# Another archive with the old hash is not what the hash was taken of.
findings contains lib.found(g, message, {"severity": "block", "remedy": "Let source_code_hash be the hash of the archive that filename names.", "effect": {"protection": "the guard's code is another than the one that was reviewed"}}) if {
	some g in facts.guards
	g.before != null
	"filename" in g.changed
	not "source_code_hash" in g.changed
	message := sprintf("%s gets the archive %s, and keeps the hash of the old one.", [g.name, lib.show(lib.value(g.after, "filename"))])
}

findings contains lib.found(g, message, {}) if {
	some g in facts.guards
	g.before != null
	some attribute in ["source_code_hash", "filename", "code_sha256"]
	attribute in g.changed
	message := sprintf("%s gets other code.", [g.name])
}
