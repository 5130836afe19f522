package pgdr.policies.fence

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "fence",
	"severity": "block",
	"title": "The fence is taken down, or gets a gap",
	"reason": "After a failover the network ACL of the primary's database subnets is what keeps the old primary from taking writes. Its rules below 100 are the guard's; Terraform never makes, changes or removes one.",
	"remedy": "Leave the ACL, its subnets and the rules below 100 alone. The guard lifts the fence itself when the primary has been rebuilt.",
}

covers := {"aws_network_acl", "aws_network_acl_rule", "aws_network_acl_association", "aws_default_network_acl"}

judges := {
	["aws_network_acl", "ingress"], ["aws_network_acl", "egress"], ["aws_network_acl", "subnet_ids"], ["aws_network_acl", "vpc_id"],
	["aws_network_acl_rule", "rule_number"], ["aws_network_acl_rule", "rule_action"], ["aws_network_acl_rule", "egress"],
	["aws_network_acl_rule", "protocol"], ["aws_network_acl_rule", "cidr_block"], ["aws_network_acl_rule", "ipv6_cidr_block"],
	["aws_network_acl_rule", "from_port"], ["aws_network_acl_rule", "to_port"], ["aws_network_acl_rule", "network_acl_id"],
}

effect := {"protection": "two writers are possible: the old primary takes writes that the new one never sees"}

# The ACL itself.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_network_acl"
	r.action in {"delete", "replace", "forget"}
	message := sprintf("%s will be %s%s.", [r.name, verb[r.action], now])
}

verb := {"delete": "DESTROYED, and the fence with it", "replace": "REPLACED: a new one has no fence, and the guard does not know it", "forget": "taken out of the state"}

now := sprintf("; the fence is UP (%s)", [concat("; ", sort(facts.failover))]) if facts.failed_over

now := "" if not facts.failed_over

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_network_acl"
	r.action == "update"
	some attribute in ["ingress", "egress", "subnet_ids", "vpc_id"]
	attribute in r.changed
	message := sprintf("%s: its %s is changed%s.", [r.name, attribute, now])
}

# Rules inline would take the guard's for drift and remove them.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_network_acl"
	some attribute in ["ingress", "egress"]
	lib.given(r, attribute)
	message := sprintf("%s: the configuration has %s rules inline; the next apply would remove the guard's as drift.", [r.name, attribute])
}

# Rules of the guard's numbers.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_network_acl_rule"
	r.action != "keep"
	some side in [r.before, r.after]
	number := lib.value(side, "rule_number")
	is_number(number) # null is less than any number
	number < contract.fence_end
	message := sprintf("%s has the number %v; those below %v are the guard's.", [r.name, number, contract.fence_end])
}

# Terraform's own rule admits all; without it no client connects.
findings contains lib.found(r, message, {"severity": "human", "effect": {"rto": "nobody connects to the database, and replication may stop"}, "remedy": "Keep the one rule each way that admits all: who may connect is the security group's concern."}) if {
	some r in input.resources
	r.type == "aws_network_acl_rule"
	r.action in {"delete", "replace", "forget", "update"}
	lib.value(r.before, "rule_number") >= contract.fence_end
	message := sprintf("%s, which admits all but what the guard denies, is %s.", [r.name, done[r.action]])
}

done := {"delete": "destroyed", "replace": "replaced", "forget": "taken out of the state", "update": "changed"}

# Another ACL for a database subnet takes the subnet out of the fenced one.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type in {"aws_network_acl_association", "aws_default_network_acl"}
	r.action in {"create", "update", "replace", "delete"}
	message := sprintf("%s decides which ACL a subnet has: it can take the database's subnets out of the one that is fenced.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_network_acl"
	r.action == "create"
	input.stacks[r.stack].deployed
	message := sprintf("%s is new: a subnet has one ACL, and what this one takes leaves the fence.", [r.name])
}
