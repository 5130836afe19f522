package pgdr.policies.runs_code

import data.pgdr.lib

policy := {
	"id": "runs-code",
	"severity": "block",
	"title": "Planning or applying would run code that is in no plan",
	"reason": "A provisioner, an action, a program as a data source, a foreign provider: what they do with the account's credentials is in no plan, and so in no review.",
	"remedy": "Do it in a step of its own, with rights of its own. These stacks need hashicorp/aws and nothing that runs a program.",
}

effect := {"protection": "whoever wrote the program has what the deployment may do"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	some kind in r.provisioners
	message := sprintf("%s: a provisioner runs with it (%s).", [r.address, kind])
}

# Actions (Terraform 1.14) call AWS while the plan is applied: a function, a
# topic, a command.
findings contains {"stack": stack, "address": action.address, "message": message, "effect": effect} if {
	some stack, s in input.stacks
	some action in s.invocations
	message := sprintf("%s: the action %s runs %s.", [action.address, action.type, moment(action)])
}

moment(action) := "with this apply" if {
	not action.deferred
	action.trigger == ""
}

moment(action) := sprintf("with this apply, triggered by %s", [action.trigger]) if {
	not action.deferred
	action.trigger != ""
}

moment(action) := "with a later apply" if action.deferred

# Ephemeral resources run at each plan and each apply, and no plan lists them.
# These two make and read the administrator's password.
ephemeral := {"aws_secretsmanager_random_password", "aws_secretsmanager_secret_version"}

findings contains {"stack": stack, "address": address, "message": message, "effect": effect, "severity": "human"} if {
	some stack, s in input.stacks
	some address in s.ephemeral
	not kind(address) in ephemeral
	message := sprintf("%s runs at each plan and each apply; no plan shows what it does.", [address])
}

# kind is the type in an address such as module.a.ephemeral.type.name.
kind(address) := regex.replace(address, `^.*ephemeral\.([^.]+)\..*$`, "$1")

# These run a program, or call a foreign service, while the plan is made.
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

# What a change is made with decides, whatever the configuration calls it.
findings contains lib.found(r, message, {"effect": effect, "severity": made_by(r.provider)}) if {
	some r in input.resources
	not r.provider in ours
	message := sprintf("%s is made by the provider %s, which these stacks do not use.", [r.address, lib.show(r.provider)])
}

ours := {"registry.terraform.io/hashicorp/aws", "terraform.io/builtin/terraform"}

made_by(provider) := "block" if not known(provider)

made_by(provider) := "human" if known(provider)

# Terraform has one provider built in.
findings contains {"stack": stack, "address": "", "message": message, "effect": effect, "severity": "human"} if {
	some stack, s in input.stacks
	some provider in s.providers
	startswith(provider, "terraform.io/builtin/")
	not provider in ours
	message := sprintf("The %s stack uses the provider %s, which Terraform does not have.", [stack, provider])
}
