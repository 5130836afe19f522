package pgdr.policies.check_failed

policy := {
	"id": "check-failed",
	"severity": "human",
	"title": "A check of the configuration failed",
	"reason": "Terraform warns of a failed check and goes on. Its author wanted a person to read it.",
	"remedy": "Read what the check says in the output of `terraform plan`.",
}

findings contains {"stack": stack, "address": address, "message": message} if {
	some stack, s in input.stacks
	some address in s.failed_checks
	message := sprintf("The check %s of the %s stack failed.", [address, stack])
}
