package pgdr.policies.secret_in_state

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "secret-in-state",
	"severity": "block",
	"title": "A secret would enter the state",
	"reason": "State, plans and logs are read by many and kept for long. The password passes through ephemeral values and write-only arguments, so that it is in none of them.",
	"remedy": "Use password_wo, secret_string_wo and the ephemeral forms; see modules/credentials.",
}

# Arguments whose value is stored, by type.
stored := {
	"aws_db_instance": ["password"],
	"aws_secretsmanager_secret_version": ["secret_string", "secret_binary"],
	"aws_ssm_parameter": ["value"],
	"aws_iam_access_key": ["user"],
	"random_password": ["length"],
	"tls_private_key": ["algorithm"],
}

judges := {[type, attribute] |
	some type, attributes in stored
	some attribute in attributes
} | {["aws_db_instance", "manage_master_user_password"]}

effect := {"protection": "whoever reads the state has the administrator's password"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	some attribute in stored[r.type]
	in_use(r, attribute)
	message := sprintf("%s: %s would be stored in the state.", [r.name, attribute])
}

in_use(r, attribute) if lib.given(r, attribute)

in_use(r, attribute) if not lib.empty(lib.value(r.after, attribute))

# Data sources that read a secret store what they read. The provider has none
# that reads an instance's password.
readers := {
	"aws_secretsmanager_secret_version", "aws_secretsmanager_random_password", "aws_ssm_parameter", "aws_ssm_parameters_by_path",
	"aws_kms_secrets", "aws_kms_secret", "aws_ecr_authorization_token", "aws_eks_cluster_auth",
}

findings contains {"stack": d.stack, "address": d.address, "message": message, "effect": effect} if {
	some d in input.data
	d.type in readers
	message := sprintf("%s reads a secret into the state; its ephemeral form does not.", [d.address])
}

# RDS's own management of the password: not in the state, but a source that has
# it can have no replica.
findings contains lib.found(r, message, {"effect": {"protection": "RDS refuses a replica of such a source"}, "remedy": "Keep password_wo: with manage_master_user_password an instance can have no replica."}) if {
	some r in facts.instances
	some side in [r.after, r.configured]
	lib.truth(lib.value(side, "manage_master_user_password"))
	message := sprintf("%s: manage_master_user_password is on.", [r.name])
}

# Variables of the function are shown in the console, in the plan and in the
# state.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.guards
	some name, text in facts.variables(r.after)
	regex.match(secret_name, name)
	not startswith(sprintf("%v", [text]), "arn:aws:")
	message := sprintf("%s: the variable %s would hold a secret, readable by whoever sees the function.", [r.name, name])
}

findings contains {"stack": stack, "address": sprintf("output.%s", [name]), "message": message, "effect": effect} if {
	some stack, s in input.stacks
	some name, output in s.outputs
	output.sensitive
	stores(output)
	message := sprintf("The output %s is sensitive, and outputs are stored in the state.", [name])
}

stores(output) if output.action in {"create", "update"}

stores(output) if not lib.empty(output.after)

# A name that says so is enough: the configuration forgot the mark.
findings contains {"stack": stack, "address": sprintf("output.%s", [name]), "message": message, "effect": effect} if {
	some stack, s in input.stacks
	some name, output in s.outputs
	not output.sensitive
	regex.match(secret_name, name)
	is_string(output.after)
	not lib.empty(output.after)
	not startswith(output.after, "arn:aws")
	message := sprintf("The output %s would hold a secret, and outputs are stored in the state.", [name])
}

secret_name := `(?i)(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|ACCESS_KEY|CREDENTIAL)`
