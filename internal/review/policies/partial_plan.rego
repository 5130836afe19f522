package pgdr.policies.partial_plan

policy := {
	"id": "partial-plan",
	"severity": "human",
	"title": "The plan does not show everything",
	"reason": "With -target, or with changes that Terraform defers, the plan leaves out what the next one will show.",
	"remedy": "Plan again without -target.",
}

findings contains {"stack": stack, "address": "", "message": message} if {
	some stack, s in input.stacks
	not s.complete
	message := sprintf("The %s stack's plan is not complete.", [stack])
}
