package pgdr.policies.output_removed

policy := {
	"id": "output-removed",
	"severity": "human",
	"title": "An output is removed",
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
