package pgdr.policies.runs_code

import data.pgdr.lib

policy := {
	"id": "runs-code",
	"severity": "block",
	"title": "Planning or applying would run code that is in no plan",
	"reason": "A provisioner, a program as a data source, a provider of somebody else: what they do with the account's credentials is in no plan, and so in no review.",
	"remedy": "Do it in a step of its own, with rights of its own. These stacks need hashicorp/aws and nothing that runs a program.",
}

effect := {"protection": "whoever wrote the program has what the deployment may do"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	some kind in r.provisioners
	message := sprintf("%s: a provisioner runs with it (%s).", [r.address, kind])
}

# These run, or ask somebody else, while the plan is made already.
programs := {
	"external": "runs a program at each plan",
	"http": "asks an address on the network at each plan",
	"aws_lambda_invocation": "calls a function at each plan",
}

findings contains {"stack": d.stack, "address": d.address, "message": message, "effect": effect} if {
	some d in input.data
	does := programs[d.type]
	message := sprintf("%s %s.", [d.address, does])
}

findings contains {"stack": stack, "address": "", "message": message, "effect": effect} if {
	some stack, s in input.stacks
	some provider in s.providers
	not known(provider)
	message := sprintf("The %s stack uses the provider %s, a program of somebody else's.", [stack, provider])
}

known(provider) if {
	some namespace in ["registry.terraform.io/hashicorp/", "terraform.io/builtin/"]
	startswith(provider, namespace)
}
