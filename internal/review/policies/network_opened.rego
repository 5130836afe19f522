package pgdr.policies.network_opened

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "network-opened",
	"severity": "human",
	"title": "A new way into the two networks, or out of them",
	"reason": "The databases trust the two VPCs. A peering, a route, a rule or an association more lets another network into what they trust, a step before anything says PostgreSQL.",
	"remedy": "Say in the pull request which network it is, who can put something into it, and why it has to reach this one.",
}

effect := {"protection": "another network may come to be trusted as one of the two"}

ways := {
	"aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter", "aws_route", "aws_route_table_association",
	"aws_route53_zone_association", "aws_vpc_security_group_ingress_rule", "aws_security_group_rule", "aws_vpc_endpoint",
	"aws_internet_gateway", "aws_nat_gateway",
}

# In a first deployment every way is new; in a stack that exists none is.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type in ways
	r.action == "create"
	not facts.fresh(r.stack)
	not facts.was_admitted(r)
	message := sprintf("%s is new%s.", [r.name, towards(r)])
}

towards(r) := sprintf(": it leads to %s", [lib.value(r.after, "destination_cidr_block")]) if r.type == "aws_route"

towards(r) := sprintf(": it admits %s", [concat(", ", sort(admitted(r)))]) if r.type == "aws_vpc_security_group_ingress_rule"

towards(r) := "" if not r.type in {"aws_route", "aws_vpc_security_group_ingress_rule"}

admitted(r) := {text |
	some attribute in ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"]
	text := lib.value(r.after, attribute)
	not lib.empty(text)
}

# In a first deployment too: a peering with another network than the primary's.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_vpc_peering_connection"
	r.action != "keep"
	not lib.refers(r, "peer_vpc_id", sprintf(".outputs.%s", [contract.outputs.primary_vpc_id]))
	message := sprintf("%s is with another network than the primary's.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route"
	r.action != "keep"
	lib.given(r, "vpc_peering_connection_id")
	not facts.inside(lib.value(r.after, "destination_cidr_block"))
	message := sprintf("%s leads through a peering to what is in neither VPC.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_zone_association"
	r.action != "keep"
	not lib.refers(r, "vpc_id", "aws_vpc.network_vpc")
	message := sprintf("%s shows the databases' name to another network.", [r.name])
}
