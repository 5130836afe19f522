package pgdr.policies.database_exposed

import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "database-exposed",
	"severity": "block",
	"title": "The database can be reached from outside the two VPCs",
	"reason": "PostgreSQL is for the two networks alone. Who is let in from elsewhere gets to guess passwords, and to write behind the fence's back.",
	"remedy": "Connect through the VPCs: a VPN, a bastion, or a peering of its own with a range that a human has looked at.",
}

judges := {
	["aws_db_instance", "publicly_accessible"], ["aws_db_instance", "vpc_security_group_ids"], ["aws_db_instance", "db_subnet_group_name"],
	["aws_vpc_security_group_ingress_rule", "cidr_ipv4"], ["aws_vpc_security_group_ingress_rule", "cidr_ipv6"],
	["aws_vpc_security_group_ingress_rule", "from_port"], ["aws_vpc_security_group_ingress_rule", "to_port"],
	["aws_vpc_security_group_ingress_rule", "ip_protocol"], ["aws_vpc_security_group_ingress_rule", "prefix_list_id"],
	["aws_security_group", "ingress"], ["aws_db_subnet_group", "subnet_ids"], ["aws_default_security_group", "ingress"],
}

effect := {"protection": "the database is within reach of strangers"}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	lib.truth(lib.value(r.after, "publicly_accessible"))
	message := sprintf("%s is publicly accessible.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	lib.truth(r.configured.publicly_accessible)
	not lib.truth(lib.value(r.after, "publicly_accessible"))
	message := sprintf("%s: the configuration asks for publicly_accessible; the plan is silent, because ignore_changes hides it.", [r.name])
}

# Rules as resources of their own, in the new form and the old one.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	some source in sources(r)
	not facts.inside(source)
	message := sprintf("%s admits %s, which is in neither VPC (%s).", [r.name, source, known_networks])
}

known_networks := concat(", ", sort(facts.networks))

# A list of prefixes is no range, and so in neither VPC: what is in it may
# change any day.
sources(r) := ({cidr |
	r.type == "aws_vpc_security_group_ingress_rule"
	some attribute in ["cidr_ipv4", "cidr_ipv6", "prefix_list_id"]
	some side in [r.after, r.configured]
	cidr := side[attribute]
	not lib.empty(cidr)
} | {cidr |
	r.type == "aws_security_group_rule"
	r.after.type == "ingress"
	some attribute in ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"]
	some cidr in lib.value(r.after, attribute)
}) | {cidr |
	r.type in {"aws_security_group", "aws_default_security_group"}
	r.action != "keep" # a group shows the rules that are resources of their own
	some rule in lib.value(r.after, "ingress")
	some attribute in ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"]
	some cidr in rule[attribute]
}

# A rule whose source is another group, or not known yet, admits every member of
# it: only the stacks' own groups are known.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	some attribute in group_sources[r.type]
	group := lib.value(r.after, attribute)
	not lib.empty(group)
	not ours(group)
	message := sprintf("%s admits the security group %s, which is not in these stacks: nothing says who is in it.", [r.name, group])
}

group_sources := {
	"aws_vpc_security_group_ingress_rule": ["referenced_security_group_id"],
	"aws_security_group_rule": ["source_security_group_id"],
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.action != "keep"
	some attribute in array.concat(object.get(group_sources, r.type, []), object.get(range_sources, r.type, []))
	lib.unknown(r, attribute)
	lib.given(r, attribute)
	not own_group(r, attribute)
	message := sprintf("%s: whom it admits (%s) will be known after the apply only.", [r.name, attribute])
}

range_sources := {
	"aws_vpc_security_group_ingress_rule": ["cidr_ipv4", "cidr_ipv6", "prefix_list_id"],
	"aws_security_group_rule": ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"],
	"aws_security_group": ["ingress"],
	"aws_default_security_group": ["ingress"],
}

# A group that is made in the same plan has no id yet, and a name.
own_group(r, attribute) if {
	some group in lib.planned
	group.type == "aws_security_group"
	group.stack == r.stack
	lib.refers(r, attribute, sprintf("%s.id", [group.address]))
}

# Rules that change in what else they admit.
findings contains lib.found(r, message, {"severity": "human", "effect": effect, "remedy": "PostgreSQL's port, and TCP, is all that the two VPCs need."}) if {
	some r in lib.planned
	r.type == "aws_vpc_security_group_ingress_rule"
	r.action == "update"
	some attribute in ["from_port", "to_port", "ip_protocol"]
	attribute in r.changed
	message := sprintf("%s: %s goes from %s to %s.", [r.name, attribute, lib.show(lib.value(r.before, attribute)), lib.show(lib.value(r.after, attribute))])
}

findings contains lib.found(r, message, {"severity": "human", "effect": effect, "remedy": "Rules are resources of their own here: inline ones remove them at the next apply."}) if {
	some r in lib.planned
	r.type in {"aws_security_group", "aws_default_security_group"}
	"ingress" in r.changed
	message := sprintf("%s: its inline rules are changed.", [r.name])
}

# Another place in the network.
findings contains lib.found(r, message, {"severity": "human", "effect": effect, "remedy": "Leave the instance in the database's own subnets, which have no way to the Internet."}) if {
	some r in facts.instances
	r.before != null
	"db_subnet_group_name" in r.changed
	message := sprintf("%s is moved from the subnet group %s to %s.", [r.name, lib.show(lib.value(r.before, "db_subnet_group_name")), lib.show(lib.value(r.after, "db_subnet_group_name"))])
}

# A group of another network, or one that is not in these stacks.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	r.after != null
	some group in lib.value(r.after, "vpc_security_group_ids")
	not ours(group)
	message := sprintf("%s is put into the security group %s, which is not in these stacks: nothing says whom it admits.", [r.name, group])
}

ours(group) if {
	some r in lib.planned
	r.type == "aws_security_group"
	lib.value(r.after, "id") == group
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	lib.given(r, "vpc_security_group_ids")
	r.references.vpc_security_group_ids
	not lib.refers(r, "vpc_security_group_ids", "aws_security_group.database-access")
	message := sprintf("%s: the configuration puts it into %s, not into the database's own security group.", [r.name, concat(", ", r.references.vpc_security_group_ids)])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in facts.instances
	r.after != null
	some attribute, place in by_default
	not lib.given(r, attribute)
	message := sprintf("%s: the configuration no longer gives %s; made anew, it would be in %s.", [r.name, attribute, place])
}

by_default := {
	"vpc_security_group_ids": "the network's default security group",
	"db_subnet_group_name": "the account's default network",
}

# Subnets with a way to the Internet.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_db_subnet_group"
	some id in lib.value(r.after, "subnet_ids")
	id != lib.masked # one mask is not another
	some table in tables_of(id)
	some route in lib.planned
	outward(route)
	lib.value(route.after, "route_table_id") == table
	message := sprintf("%s has the subnet %s, from which %s leads out of the VPC.", [r.name, id, route.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_db_subnet_group"
	some reference in r.references.subnet_ids
	regex.match(`aws_subnet\.network_(public|private)-`, reference)
	message := sprintf("%s: the configuration takes %s for the database.", [r.name, reference])
}

tables_of(subnet) := {table |
	some r in lib.planned
	r.type == "aws_route_table_association"
	lib.value(r.after, "subnet_id") == subnet
	table := lib.value(r.after, "route_table_id")
	not table in {null, lib.masked}
}

outward(route) if {
	route.type == "aws_route"
	not between_sites(route)
}

# The peering's routes lead to the other site, and no further.
between_sites(route) if {
	lib.given(route, "vpc_peering_connection_id")
	facts.inside(lib.value(route.after, "destination_cidr_block"))
}

# The database's own route table gets a way out, before ids are known too.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type == "aws_route"
	lib.refers(r, "route_table_id", "aws_route_table.network_database-routes")
	not between_sites(r)
	message := sprintf("%s gives the database's subnets a way out of the two VPCs.", [r.name])
}
