package pgdr.policies.output_removed

import data.pgdr.contract
import data.pgdr.lib

policy := {
	"id": "output-removed",
	"severity": "human",
	"title": "An output is removed, or says something else",
	"reason": "The replica stack reads the primary's outputs, and operators and applications read both: without one the other stack cannot even be planned.",
	"remedy": "Keep the output, or change who reads it first.",
}

# Where a whole stack is destroyed, its resources tell more.
findings contains {"stack": stack, "address": sprintf("output.%s", [name]), "message": message} if {
	some stack, s in input.stacks
	some name, output in s.outputs
	output.action == "delete"
	some r in input.resources
	r.stack == stack
	r.after != null
	message := sprintf("The output %s of the %s stack is removed.", [name, stack])
}

# What the replica stack reads becomes what it is made of: another endpoint, key
# or table here is a change there that only its next plan shows.
findings contains {"stack": contract.roles.primary, "address": sprintf("output.%s", [name]), "message": message} if {
	some name, output in input.stacks.primary.outputs
	output.action == "update"
	message := sprintf("The output %s of the primary stack goes from %s to %s; the replica stack reads it.", [name, lib.show(output.before), after(output)])
}

after(output) := "what is known after the apply only" if output.after == null

after(output) := lib.show(output.after) if output.after != null
