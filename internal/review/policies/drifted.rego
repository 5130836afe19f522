package pgdr.policies.drifted

import data.pgdr.lib

policy := {
	"id": "drifted",
	"severity": "human",
	"title": "What was changed outside Terraform is taken over",
	"reason": "A change in the console has no review. A refresh-only apply writes it into the state, where it looks as if it were meant; and a plan that rests on it spreads it.",
	"remedy": "Find out who changed it and why. Put it back, or put it into the configuration; then plan again.",
}

findings contains {"stack": stack, "address": d.address, "message": message} if {
	some stack, s in input.stacks
	some d in s.drift
	message := sprintf("%s %s outside Terraform; %s.", [d.address, what(d), then(s)])
}

what(d) := "was deleted" if d.action == "delete"

what(d) := "has another address than in the state, and nothing was changed" if d.action == "keep"

what(d) := sprintf("was changed (%s)", [concat(", ", d.attributes)]) if not d.action in {"delete", "keep"}

then(s) := "this refresh-only plan writes that into the state" if s.refresh_only

then(s) := "this plan rests on it" if not s.refresh_only

# Without any drift too: outputs may change, and nothing else of the stack is in
# such a plan.
findings contains {"stack": stack, "address": "", "message": message, "remedy": "Plan again without -refresh-only to see what the configuration asks for."} if {
	some stack, s in input.stacks
	s.refresh_only
	message := sprintf("The %s stack's plan is refresh-only: it changes the state and nothing in AWS.", [stack])
}

# What leaves the state because AWS has it no more is made anew by the next plan.
findings contains lib.found(r, message, {"effect": {"protection": "the next plan makes it anew, empty"}}) if {
	some r in input.resources
	input.stacks[r.stack].refresh_only
	r.vanished
	message := sprintf("%s is gone and leaves the state.", [r.name])
}
