package pgdr.policies.cost_limit

policy := {
	"id": "cost-limit",
	"severity": "human",
	"title": "The plan costs more than the limit",
	"reason": "review.cost_limit_usd is the sum a month that was agreed on for one plan. What is above it is decided by a person and not by a merge.",
	"remedy": "Agree on the sum with those who pay it, or raise review.cost_limit_usd in a pull request of its own.",
}

findings contains {"stack": "", "address": "", "message": message} if {
	input.cost.limit > 0
	input.cost.monthly > input.cost.limit
	message := sprintf("The plan adds about %.0f USD a month, and review.cost_limit_usd is %d.", [input.cost.monthly, input.cost.limit])
}

# A sum that is not known may be above any limit.
findings contains {"stack": "", "address": "", "message": message} if {
	input.cost.limit > 0
	some line in input.cost.unpriced
	message := sprintf("Whether the plan stays within review.cost_limit_usd (%d) is not known: %s.", [input.cost.limit, line])
}
