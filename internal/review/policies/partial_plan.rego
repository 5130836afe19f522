package pgdr.policies.partial_plan

policy := {
	"id": "partial-plan",
	"severity": "human",
	"title": "The plan does not show everything",
	"reason": "With -target, or with changes that Terraform defers, the plan leaves out what the next one will show. What a newer Terraform says in fields of its own, this version cannot read.",
	"remedy": "Plan again without -target, with the version of Terraform that this project names.",
}

findings contains {"stack": stack, "address": "", "message": message} if {
	some stack, s in input.stacks
	not s.complete
	message := sprintf("The %s stack's plan is not complete.", [stack])
}

findings contains {"stack": stack, "address": d.address, "message": message} if {
	some stack, s in input.stacks
	some d in s.deferred
	message := sprintf("Terraform leaves %s to a later plan (%s).", [d.address, d.reason])
}

findings contains {"stack": stack, "address": "", "message": message} if {
	some stack, s in input.stacks
	some place in s.unread
	message := sprintf("The %s stack's plan has %s, which this version of the review does not know.", [stack, place])
}

# Terraform lists each resource of the configuration, also what stays as it is.
findings contains {"stack": stack, "address": address, "message": message} if {
	some stack, s in input.stacks
	some address in s.absent
	message := sprintf("The configuration has %s, and the plan does not tell what becomes of it.", [address])
}

# On a first deployment there is nothing yet that the other plan could harm.
findings contains {"stack": stack, "address": "", "message": message, "remedy": remedy, "effect": {"protection": sprintf("what comes to the %s stack is not judged", [stack])}} if {
	some stack, missing in input.missing
	not missing.first
	message := sprintf("The %s stack has no plan, although something is deployed: %s", [stack, missing.why])
}

remedy := "Apply this plan, then plan again: the other stack's plan is reviewed then. Read in the diff what it will be."
