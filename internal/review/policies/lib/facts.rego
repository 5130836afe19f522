# What the resources are to each other.
package pgdr.facts

import data.pgdr.contract
import data.pgdr.lib

# stateful types hold what a plan cannot make again, and what is lost with them.
stateful := {
	"aws_db_instance": "every row in it",
	"aws_kms_key": "all that it encrypts: databases, backups, credentials",
	"aws_kms_replica_key": "all that it encrypts in the replica's region",
	"aws_secretsmanager_secret": "the administrator's credentials, in both regions",
	"aws_secretsmanager_secret_version": "the administrator's password",
	"aws_dynamodb_table": "what the guard knows: the writer, fences, failovers, arming",
	"aws_route53_zone": "the name that the applications connect to",
	"aws_vpc": "the network of a site, with all that is in it",
	"aws_db_subnet_group": "the place of a database in its network",
	"aws_sns_topic": "every subscription that somebody confirmed",
	"aws_cloudwatch_log_group": "the audit log in it",
}

primaries := [r | some r in instances; r.stack == contract.roles.primary]

replicas := [r | some r in instances; r.stack == contract.roles.replica]

instances := [r |
	some r in input.resources
	r.type == "aws_db_instance"
	not r.deposed
]

# guards are functions with the guard's variables, as they are or will be.
guards := [r |
	some r in input.resources
	r.type == "aws_lambda_function"
	guarding(r)
]

guarding(r) if {
	some side in [r.before, r.after]
	lib.value(side, sprintf("environment.0.variables.%s", [contract.variables.mode])) != null
}

guarding(r) if {
	r.stack == contract.roles.replica
	lib.unknown(r, "environment")
}

# variables of the guard, after the apply and before.
variables(side) := v if {
	v := lib.value(side, "environment.0.variables")
	is_object(v)
}

variables(side) := {} if not is_object(lib.value(side, "environment.0.variables"))

# guard_variable is the set of a variable's values: one, if there is one guard.
guard_variable(name) := {v |
	some g in guards
	v := variables(g.after)[name]
}

# guard_ranges are the subnets of the guard, as it knows them itself.
guard_ranges := {range |
	some list in guard_variable(contract.variables.guard_cidrs)
	some range in split(list, ",")
}

# narrowed says that narrower rules take the place of one that is deleted: for the
# guard, and for clients.
narrowed(r) if {
	r.type == "aws_vpc_security_group_ingress_rule"
	r.action == "delete"
	left := remaining(r)
	count(left - guard_ranges) > 0
	count(guard_ranges) > 0
	every range in {g | some g in guard_ranges; lib.encloses(lib.value(r.before, "cidr_ipv4"), g)} {
		some part in left
		lib.encloses(part, range)
	}
}

# remaining are the ranges within what a rule admits that its group admits after
# the apply, on the same ports.
remaining(r) := {range |
	some other in lib.planned
	other.type == r.type
	other.stack == r.stack
	alike(other.after, r.before)
	range := lib.value(other.after, "cidr_ipv4")
	lib.encloses(lib.value(r.before, "cidr_ipv4"), range)
}

# was_admitted says that another rule of the group admits already what a new one
# will.
was_admitted(r) if {
	r.type == "aws_vpc_security_group_ingress_rule"
	some other in input.resources
	other.type == r.type
	other.stack == r.stack
	alike(other.before, r.after)
	lib.encloses(lib.value(other.before, "cidr_ipv4"), lib.value(r.after, "cidr_ipv4"))
}

# alike are rules of one group, for the same ports.
alike(a, b) if {
	every attribute in ["security_group_id", "ip_protocol", "from_port", "to_port"] {
		lib.value(a, attribute) == lib.value(b, attribute)
		not lib.empty(lib.value(b, attribute))
	}
}

# own_namespace says of a condition of IAM that it binds to the namespace of this
# environment.
own_namespace(condition) if {
	bound := json.unmarshal(condition).StringEquals["cloudwatch:namespace"]
	bound == replace(contract.namespaces.environment, "{environment}", input.environment)
}

# Signs that a failover has happened, each with what shows it. Any one is
# enough: each plan shows its own side of it.
failover contains sprintf("%s has no replication source any more", [r.name]) if {
	some r in replicas
	r.before != null
	lib.empty(lib.value(r.before, "replicate_source_db"))
}

failover contains sprintf("%s has the fence: rule %v denies PostgreSQL", [r.name, rule.rule_no]) if {
	some r in input.resources
	r.type == "aws_network_acl"
	r.stack == contract.roles.primary
	r.before != null
	some rule in lib.value(r.before, "ingress")
	rule.rule_no < contract.fence_end
	rule.action in {"deny", "DENY"}
}

failover contains sprintf("%s has the weight %v", [r.name, weight]) if {
	some r in input.resources
	r.type == "aws_route53_record"
	r.before != null
	weight := lib.value(r.before, "weighted_routing_policy.0.weight")
	flipped(r.stack, weight)
}

# flipped says that a site's record has another weight than at birth.
flipped(stack, weight) if {
	stack == contract.roles.primary
	weight == contract.weights.other
}

flipped(stack, weight) if {
	stack == contract.roles.replica
	weight > contract.weights.other
}

failed_over if count(failover) > 0

# existed says that the stack once had such a thing: its outputs name it.
existed(type, stack) if once(stack, traces[stack][type])

traces := {
	contract.roles.primary: {
		"aws_db_instance": contract.outputs.primary_database_arn,
		"aws_kms_key": contract.outputs.database_key_arn,
		"aws_kms_replica_key": contract.outputs.replica_key_arn,
		"aws_secretsmanager_secret": contract.outputs.database_secret_arn,
		"aws_route53_zone": contract.outputs.route53_hosted_zone_id,
		"aws_vpc": contract.outputs.primary_vpc_id,
	},
	contract.roles.replica: {
		"aws_db_instance": contract.outputs.replica_database_arn,
		"aws_dynamodb_table": contract.outputs.failover_ledger_table,
		"aws_vpc": contract.outputs.replica_vpc_id,
	},
}

once(stack, output) if {
	before := input.stacks[stack].outputs[output].before
	not lib.empty(before)
}

# Ranges of the two sites' VPCs, and of nothing else: a third one that is planned
# beside them, or that a route leads to, is not a site.
networks contains lib.cidr(lib.value(r.after, "cidr_block")) if {
	some r in lib.planned
	site(r)
}

site(r) if {
	r.type == "aws_vpc"
	startswith(r.address, "aws_vpc.network_vpc")
}

# With one stack's plan alone the other site's range is the one that stands
# already in what is deployed, or that comes with a first deployment: in the
# primary's the rules of who may connect, in the replica's the routes of the
# peering. Only a private one of a VPC's size.
networks contains cidr if {
	not input.stacks.replica
	some r in lib.planned
	r.type == "aws_vpc_security_group_ingress_rule"
	cidr := lib.cidr(lib.value(r.after, "cidr_ipv4"))
	stands(r, "cidr_ipv4", cidr)
	sized(cidr)
}

networks contains cidr if {
	not input.stacks.primary
	some r in lib.planned
	r.type == "aws_route"
	lib.given(r, "vpc_peering_connection_id")
	cidr := lib.cidr(lib.value(r.after, "destination_cidr_block"))
	stands(r, "destination_cidr_block", cidr)
	sized(cidr)
}

sized(cidr) if {
	some private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
	lib.encloses(private, cidr)
	to_number(split(cidr, "/")[1]) >= 16
}

stands(r, attribute, cidr) if cidr == lib.value(r.before, attribute)

stands(r, _, _) if fresh(r.stack)

inside(cidr) if {
	some network in networks
	lib.encloses(network, cidr)
}

fresh(stack) if not input.stacks[stack].deployed

# autoscaled says that RDS grew a volume as the configuration lets it: the
# provider is silent about the size up to max_allocated_storage.
autoscaled(r, path) if {
	r.type == "aws_db_instance"
	path == "allocated_storage"
	bound := r.configured.max_allocated_storage
	size := lib.value(r.after, "allocated_storage")
	size == lib.value(r.before, "allocated_storage")
	size > r.configured.allocated_storage
	size <= bound
	bound == lib.value(r.after, "max_allocated_storage")
}
