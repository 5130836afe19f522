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

# On a first deployment there is nothing yet that the other plan could harm.
findings contains {"stack": stack, "address": "", "message": message, "remedy": remedy, "effect": {"protection": sprintf("what comes to the %s stack is not judged", [stack])}} if {
	some stack, missing in input.missing
	not missing.first
	message := sprintf("The %s stack has no plan, although something is deployed: %s", [stack, missing.why])
}

remedy := "Apply this plan, then plan again: the other stack's plan is reviewed then. Read in the diff what it will be."
