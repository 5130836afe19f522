package pgdr.policies.provider_configuration

import data.pgdr.lib

policy := {
	"id": "provider-configuration",
	"severity": "human",
	"title": "A provider is configured as these stacks do not",
	"reason": "The provider's block decides whose account is changed, as who, through which addresses, and by which program. Nothing else in a plan shows it.",
	"remedy": "Give credentials, profile, role and proxy to the run (environment variables, OIDC), not to the configuration; see docs/ci.md.",
}

# What these stacks give a provider.
ours := {"region", "default_tags"}

# Arguments that hand the deployment's calls, or its credentials, to others.
harmful := {
	"access_key": "a credential in the configuration is in the state and in every plan",
	"secret_key": "a credential in the configuration is in the state and in every plan",
	"token": "a credential in the configuration is in the state and in every plan",
	"endpoints": "calls to AWS, with the password in them, go to another address",
	"http_proxy": "calls to AWS go through another's program",
	"https_proxy": "calls to AWS go through another's program",
	"custom_ca_bundle": "another authority may vouch for what answers as AWS",
	"insecure": "anything may answer as AWS",
	"ec2_metadata_service_endpoint": "another address gives the credentials",
	"sts_region": "another region's STS says who the deployment is",
}

findings contains {"stack": stack, "address": sprintf("provider.%s", [key]), "message": message, "severity": "block", "effect": {"protection": harm}} if {
	some stack, s in input.stacks
	some key, block in s.provider_blocks
	some argument in block.arguments
	harm := harmful[argument]
	message := sprintf("The %s stack's provider %s is given %s: %s.", [stack, key, argument, harm])
}

findings contains {"stack": stack, "address": sprintf("provider.%s", [key]), "message": message} if {
	some stack, s in input.stacks
	some key, block in s.provider_blocks
	some argument in block.arguments
	not argument in ours
	not harmful[argument]
	message := sprintf("The %s stack's provider %s is given %s, which these stacks do not use.", [stack, key, argument])
}

# Where the region is not a constant, no policy knows where things are.
findings contains {"stack": stack, "address": sprintf("provider.%s", [key]), "message": message} if {
	some stack, s in input.stacks
	some key, block in s.provider_blocks
	aws(block)
	block.used
	block.region == ""
	message := sprintf("The %s stack's provider %s has no region in the configuration: where its resources are is decided by the run.", [stack, key])
}

aws(block) if endswith(block.full_name, "/aws")

# One version, and the one that the bindings and the simulator are made from.
version := "5.99.1"

findings contains {"stack": stack, "address": sprintf("provider.%s", [key]), "message": message} if {
	some stack, s in input.stacks
	some key, block in s.provider_blocks
	aws(block)
	trim_prefix(block.version, "= ") != version
	message := sprintf("The %s stack's provider %s is of the version %q; this project is built for %s.", [stack, key, block.version, version])
}

# accounts that the resources are in, as AWS says it.
accounts contains account if {
	some r in input.resources
	some side in [r.before, r.after]
	arn := lib.value(side, "arn")
	is_string(arn)
	account := split(arn, ":")[4]
	regex.match(`^[0-9]{12}$`, account)
}

findings contains {"stack": "", "address": "", "message": message, "remedy": "Plan both stacks with credentials of the same account."} if {
	count(accounts) > 1
	message := sprintf("The plans are of more than one account: %s.", [concat(" and ", sort(accounts))])
}
