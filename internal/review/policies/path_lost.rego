package pgdr.policies.path_lost

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "path-lost",
	"severity": "block",
	"title": "A way between the sites, or of the guard, is cut or narrowed",
	"reason": "The guard's look at the primary goes through the peering, its calls to AWS through NAT and endpoints, the applications' after a failover through the other region's routes and names. A path that is cut looks like a disaster, or blocks the recovery from one.",
	"remedy": "Change addresses in two plans: the new way beside the old, then the old away.",
}

covers := {
	"aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter", "aws_vpc_peering_connection_options",
	"aws_route", "aws_route_table", "aws_route_table_association", "aws_route53_zone_association", "aws_internet_gateway",
	"aws_nat_gateway", "aws_eip", "aws_vpc_endpoint", "aws_subnet", "aws_security_group",
	"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
}

protected := {
	"aws_route": {
		"vpc_peering_connection_id": "same", "nat_gateway_id": "same", "gateway_id": "same",
		"destination_cidr_block": "same", "route_table_id": "same",
	},
	"aws_route_table_association": {"route_table_id": "same", "subnet_id": "same"},
	"aws_route_table": {"route": "fixed", "propagating_vgws": "fixed"},
	"aws_vpc": {"enable_dns_support": "on", "enable_dns_hostnames": "on"},
	"aws_vpc_peering_connection": {"peer_vpc_id": "same", "vpc_id": "same", "peer_region": "same"},
	"aws_vpc_endpoint": {"route_table_ids": "same", "policy": "fixed", "service_name": "same", "vpc_id": "same"},
	"aws_vpc_security_group_egress_rule": {
		"cidr_ipv4": "same", "from_port": "same", "to_port": "same", "ip_protocol": "same",
		"security_group_id": "same", "referenced_security_group_id": "fixed", "prefix_list_id": "fixed", "cidr_ipv6": "fixed",
	},
	"aws_vpc_security_group_ingress_rule": {"security_group_id": "same", "referenced_security_group_id": "fixed"},
	"aws_db_subnet_group": {"subnet_ids": "same"},
	"aws_subnet": {"map_public_ip_on_launch": "off", "cidr_block": "same", "availability_zone": "same"},
}

judges := lib.judged(protected) | {["aws_route53_zone", "vpc"]}

effect := {"rto": "clients or the guard may not reach a database or AWS", "protection": "the guard may see a disaster where there is none, or none where there is one"}

findings contains lib.weakness(w, {"effect": effect, "severity": severity(w.resource)}) if {
	some w in lib.weakenings(protected)
	not w.resource.action == "replace"
	not moved_nat(w)
	not more_tables(w)
}

more_tables(w) if {
	w.path == "route_table_ids"
	is_array(w.before)
	is_array(w.after)
	every table in w.before {
		table in w.after
	}
}

# From one NAT gateway to another: the number of them changes, the way stays.
moved_nat(w) if {
	w.path == "nat_gateway_id"
	w.resource.action == "update"
	not lib.empty(w.after)
}

moved_nat(w) if {
	w.path == "nat_gateway_id"
	w.resource.action == "update"
	lib.unknown(w.resource, "nat_gateway_id")
}

severity(r) := "human" if r.type in milder

severity(r) := "block" if not r.type in milder

milder := {"aws_subnet", "aws_vpc_endpoint", "aws_db_subnet_group"}

findings contains lib.found(r, message, {"effect": effect, "severity": severities[r.action]}) if {
	some r in input.resources
	r.type in covers
	verb[r.action]
	not r.type in {"aws_nat_gateway", "aws_eip", "aws_vpc_peering_connection_options"}
	not facts.narrowed(r)
	message := sprintf("%s will be %s.", [r.name, verb[r.action]])
}

# The endpoint of a database that is not public resolves to its private address
# everywhere. database-exposed blocks a public one.
findings contains lib.found(r, message, {"severity": "info"}) if {
	some r in input.resources
	r.type == "aws_vpc_peering_connection_options"
	verb[r.action]
	message := sprintf("%s goes. Names of databases that are not public resolve to private addresses without it.", [r.name])
}

# Gateways may become fewer; the routes tell whether a way is lost.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in input.resources
	r.type in {"aws_nat_gateway", "aws_eip"}
	verb[r.action]
	message := sprintf("%s will be %s.", [r.name, verb[r.action]])
}

verb := {"delete": "DESTROYED", "forget": "taken out of the state", "replace": "replaced: cut until the new one stands"}

severities := {"delete": "block", "forget": "human", "replace": "human"}

# The zone is seen from both VPCs: from the primary's by its own block, from the
# replica's by an association, which that block would take away.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_zone"
	r.action == "update"
	"vpc" in r.changed
	message := sprintf("%s: the networks that see it go from %s to %s.", [r.name, viewers(r.before), viewers(r.after)])
}

viewers(side) := concat(", ", sort({sprintf("%v", [viewer.vpc_id]) | some viewer in lib.value(side, "vpc")}))

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route53_zone"
	not lib.given_at(r, "vpc")
	message := sprintf("%s: the configuration puts it into no VPC; made anew, it would be a public zone.", [r.name])
}

# Who may connect is narrowed: a range that was admitted is not any more.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in input.resources
	r.type == "aws_vpc_security_group_ingress_rule"
	r.action == "update"
	not "security_group_id" in r.changed
	admitted := lib.value(r.before, "cidr_ipv4")
	not lib.empty(admitted)
	not still(r, admitted)
	message := sprintf("%s: %s was admitted and is not any more (now %s).", [r.name, admitted, lib.show(lib.value(r.after, "cidr_ipv4"))])
}

still(r, admitted) if {
	lib.encloses(lib.value(r.after, "cidr_ipv4"), admitted)
	same_ports_or_more(r)
}

same_ports_or_more(r) if {
	lib.value(r.after, "ip_protocol") == lib.value(r.before, "ip_protocol")
	lib.value(r.after, "from_port") <= lib.value(r.before, "from_port")
	lib.value(r.after, "to_port") >= lib.value(r.before, "to_port")
}

same_ports_or_more(r) if lib.value(r.after, "ip_protocol") == "-1"

# Hidden by ignore_changes.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_vpc_security_group_ingress_rule"
	configured := r.configured.cidr_ipv4
	planned := lib.value(r.after, "cidr_ipv4")
	not lib.empty(planned)
	not lib.encloses(configured, planned)
	message := sprintf("%s: the configuration admits %s and no more; the plan keeps %s, because ignore_changes hides it.", [r.name, configured, planned])
}
