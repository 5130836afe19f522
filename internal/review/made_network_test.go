package review_test

import (
	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

const (
	ingress  = "aws_vpc_security_group_ingress_rule"
	instance = "aws_db_instance"
	alarm    = "aws_cloudwatch_metric_alarm"
	record   = "aws_route53_record"
)

var made = append(append(madeOfNetworks, madeOfDatabases...), madeOfGuards...)

// madeOfNetworks are changes of who reaches whom.
var madeOfNetworks = []madeUp{
	{name: "a rule by a group of the same plan", kind: ingress, stack: "replica", policy: "database-exposed",
		edits: join(actions["create anew"], unknownAfter("referenced_security_group_id"), []plantest.Edit{{At: []any{"change", "after", "cidr_ipv4"}, Null: true}}),
		plan:  gives(ingress, "referenced_security_group_id", reference("aws_security_group.guard_access_security-group_9B9F4474.id"))},
	{name: "a rule by a group that a data source will tell", kind: ingress, stack: "replica", policy: "database-exposed", severity: review.Block, says: "whom it admits (referenced_security_group_id) will be known",
		edits: join(actions["create anew"], unknownAfter("referenced_security_group_id")),
		plan:  gives(ingress, "referenced_security_group_id", reference("data.aws_security_group.partner.id"))},
	{name: "a rule of the old form for a foreign group", kind: "aws_security_group_rule", stack: "replica", policy: "database-exposed", severity: review.Block, says: "admits the security group sg-of-somebody",
		edits: []plantest.Edit{act("create"), null("before"), {At: []any{"change", "after"}, Set: map[string]any{"type": "ingress", "source_security_group_id": "sg-of-somebody"}}}},
	{name: "another port", kind: ingress, stack: "primary", policy: "database-exposed", severity: review.Human, says: "to_port goes from 5432 to 5433",
		edits: becomes("to_port", 5432, 5433)},
	{name: "inline rules", kind: "aws_default_security_group", stack: "primary", policy: "database-exposed", severity: review.Human, says: "its inline rules are changed",
		edits: becomes("ingress", []any{}, []any{rule("10.10.0.0/16")})},
	{name: "another subnet group", kind: instance, stack: "primary", policy: "database-exposed", severity: review.Human, says: "is moved from the subnet group",
		edits: becomes("db_subnet_group_name", "a", "b")},
	{name: "a foreign group on the instance", kind: instance, stack: "primary", policy: "database-exposed", severity: review.Block, says: "into the security group sg-of-somebody",
		edits: becomes("vpc_security_group_ids", []any{}, []any{"sg-of-somebody"})},
	{name: "a group from elsewhere, hidden", kind: instance, stack: "primary", policy: "database-exposed", severity: review.Block, says: "the configuration puts it into data.aws_security_group.partner.id",
		plan: gives(instance, "vpc_security_group_ids", reference("data.aws_security_group.partner.id"))},
	{name: "public, hidden", kind: instance, stack: "primary", policy: "database-exposed", severity: review.Block, says: "asks for publicly_accessible",
		plan: gives(instance, "publicly_accessible", constant(true))},
	{name: "a zone in no network, hidden", kind: "aws_route53_zone", stack: "primary", policy: "path-lost", severity: review.Block, says: "it would be a public zone",
		plan: gives("aws_route53_zone", "vpc", nil)},
	{name: "a zone seen by one network more", kind: "aws_route53_zone", stack: "primary", policy: "path-lost", severity: review.Block, says: "the networks that see it go from vpc-a to vpc-a, vpc-b",
		edits: becomes("vpc", blocks("vpc_id", "vpc-a"), []any{map[string]any{"vpc_id": "vpc-a"}, map[string]any{"vpc_id": "vpc-b"}})},
	{name: "all protocols for whom it admitted", kind: ingress, stack: "primary", policy: "path-lost",
		edits: becomes("ip_protocol", "tcp", "-1")},
	{name: "a health check, made anew", kind: "aws_route53_health_check", stack: "primary", policy: "dns-switch", severity: review.Human, says: "will be made, in the state that it has before any failover",
		edits: actions["create anew"]},
	{name: "a range narrowed, hidden", kind: ingress, stack: "primary", policy: "path-lost", severity: review.Block, says: "the configuration admits 10.10.3.0/25 and no more",
		plan: gives(ingress, "cidr_ipv4", constant("10.10.3.0/25"))},
	{name: "one route table more of an endpoint", kind: "aws_vpc_endpoint", stack: "primary", policy: "path-lost",
		edits: becomes("route_table_ids", []any{"rtb-a"}, []any{"rtb-a", "rtb-b"})},
	{name: "another NAT gateway", kind: "aws_route", stack: "primary", policy: "path-lost",
		edits: becomes("nat_gateway_id", "nat-a", "nat-b")},
	{name: "another NAT gateway that is new", kind: "aws_route", stack: "primary", policy: "path-lost",
		edits: join([]plantest.Edit{act("update")}, unknownAfter("nat_gateway_id"))},
	{name: "another ACL for a subnet", kind: "aws_network_acl_association", stack: "primary", policy: "fence", severity: review.Block, says: "decides which ACL a subnet has",
		edits: actions["create anew"]},
	{name: "a new ACL", kind: "aws_network_acl", stack: "primary", policy: "fence", severity: review.Block, says: "what this one takes leaves the fence",
		edits: actions["create anew"]},
	{name: "a record without a weight, hidden", kind: record, stack: "primary", policy: "dns-switch", severity: review.Block, says: "gives it no weight",
		plan: gives(record, "weighted_routing_policy", nil)},
	{name: "a record's target written down", kind: record, stack: "primary", policy: "dns-switch", severity: review.Block, says: "is written down as",
		plan: gives(record, "records", constant([]any{"10.10.0.9"}))},
	{name: "a record that points elsewhere", kind: record, stack: "primary", policy: "dns-switch", severity: review.Human, says: "points elsewhere",
		edits: becomes("records", []any{"a"}, []any{"b"})},
	{name: "alarm and triggers together", kind: alarm, stack: "primary", policy: "dns-switch", severity: review.Human, says: "threshold goes from 1 to 2",
		edits: becomes("threshold", 1, 2), plan: also("aws_route53_health_check", "triggers", map[string]any{"alarm": "new"})},
	{name: "weights before any deployment", kind: record, stack: "replica", situation: "first/replica", policy: "dns-switch", severity: review.Block, says: "gives it the weight 100",
		plan: gives(record, "weighted_routing_policy", block("weight", constant(100.0)))},
}
