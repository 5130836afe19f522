package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// full makes at least one resource of every type, in an order in which each
// finds what it refers to, and returns them in that order.
func (w *world) full() []made {
	w.t.Helper()
	var all []made
	add := func(typ, region string, a attrs) made {
		w.t.Helper()
		m := w.create(typ, region, a)
		all = append(all, m)
		return m
	}
	sites := map[string]site{}
	for region, prefix := range map[string]string{east: "10.0", west: "10.1"} {
		sites[region] = w.site(add, region, prefix)
	}
	w.connect(add, sites)
	key := add("aws_kms_key", east, attrs{"multi_region": true, "enable_key_rotation": true})
	replicaKey := add("aws_kms_replica_key", west, attrs{"primary_key_arn": key.arn()})
	add("aws_kms_alias", east, attrs{"name": "alias/db-dev", "target_key_id": key.str("key_id")})
	w.stores(add, sites, key, replicaKey)
	w.messages(add, sites)
	return all
}

type adder func(typ, region string, a attrs) made

type site struct {
	database
	table, acl made
}

func (w *world) site(add adder, region, prefix string) site {
	w.t.Helper()
	s := site{}
	s.vpc = add("aws_vpc", region, attrs{"cidr_block": prefix + ".0.0/16", "tags": attrs{"Name": "dev"}})
	add("aws_default_security_group", region, attrs{"vpc_id": s.vpc.id})
	for i, zone := range []string{"a", "b", "c"} {
		s.subnets = append(s.subnets, add("aws_subnet", region, attrs{
			"vpc_id": s.vpc.id, "cidr_block": prefix + "." + string(rune('0'+i)) + ".0/24", "availability_zone": region + zone,
		}))
	}
	gateway := add("aws_internet_gateway", region, attrs{"vpc_id": s.vpc.id})
	address := add("aws_eip", region, attrs{"domain": "vpc"})
	nat := add("aws_nat_gateway", region, attrs{"allocation_id": address.id, "subnet_id": s.subnets[0].id})
	public := add("aws_route_table", region, attrs{"vpc_id": s.vpc.id})
	add("aws_route", region, attrs{"route_table_id": public.id, "destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway.id})
	add("aws_route_table_association", region, attrs{"route_table_id": public.id, "subnet_id": s.subnets[0].id})
	s.table = add("aws_route_table", region, attrs{"vpc_id": s.vpc.id})
	add("aws_route", region, attrs{"route_table_id": s.table.id, "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": nat.id})
	add("aws_vpc_endpoint", region, attrs{"vpc_id": s.vpc.id, "service_name": "com.amazonaws." + region + ".dynamodb", "route_table_ids": list{s.table.id}})
	s.acl = add("aws_network_acl", region, attrs{"vpc_id": s.vpc.id})
	add("aws_network_acl_rule", region, attrs{
		"network_acl_id": s.acl.id, "rule_number": 100, "rule_action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/8",
	})
	add("aws_network_acl_association", region, attrs{"network_acl_id": s.acl.id, "subnet_id": s.subnets[1].id})
	s.group = add("aws_security_group", region, attrs{"vpc_id": s.vpc.id, "name": "db", "description": "Database"})
	add("aws_vpc_security_group_ingress_rule", region, attrs{
		"security_group_id": s.group.id, "cidr_ipv4": "10.0.0.0/16", "ip_protocol": "tcp", "from_port": 5432, "to_port": 5432,
	})
	add("aws_vpc_security_group_egress_rule", region, attrs{"security_group_id": s.group.id, "cidr_ipv4": "10.1.0.0/16", "ip_protocol": "-1"})
	s.subnetGroup = add("aws_db_subnet_group", region, attrs{"name": "db-dev", "subnet_ids": s.subnetIDs()})
	s.parameterGroup = add("aws_db_parameter_group", region, attrs{
		"name": "db-dev", "family": "postgres15", "parameter": list{attrs{"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}},
	})
	return s
}

func (w *world) connect(add adder, sites map[string]site) {
	w.t.Helper()
	pcx := add("aws_vpc_peering_connection", west, attrs{"vpc_id": sites[west].vpc.id, "peer_vpc_id": sites[east].vpc.id, "peer_region": east})
	add("aws_vpc_peering_connection_accepter", east, attrs{"vpc_peering_connection_id": pcx.id, "auto_accept": true})
	add("aws_vpc_peering_connection_options", west, attrs{
		"vpc_peering_connection_id": pcx.id, "requester": list{attrs{"allow_remote_vpc_dns_resolution": true}},
	})
	zone := add("aws_route53_zone", east, attrs{"name": "db-dev.internal", "vpc": list{attrs{"vpc_id": sites[east].vpc.id}}})
	add("aws_route53_zone_association", west, attrs{"zone_id": zone.id, "vpc_id": sites[west].vpc.id})
	alarm := add("aws_cloudwatch_metric_alarm", west, alarmAttrs("active-writer-dev"))
	check := add("aws_route53_health_check", east, attrs{
		"type": "CLOUDWATCH_METRIC", "cloudwatch_alarm_name": alarm.id, "cloudwatch_alarm_region": west, "insufficient_data_health_status": "LastKnownStatus",
	})
	add("aws_route53_record", east, attrs{
		"zone_id": zone.id, "name": "db", "type": "CNAME", "ttl": 5, "records": list{"primary.example.com"}, "set_identifier": "primary",
		"weighted_routing_policy": list{attrs{"weight": 100}}, "health_check_id": check.id,
	})
}

func (w *world) stores(add adder, sites map[string]site, key, replicaKey made) {
	w.t.Helper()
	secret := add("aws_secretsmanager_secret", east, attrs{
		"name": "db-credentials-dev", "kms_key_id": key.arn(), "recovery_window_in_days": 0,
		"replica": list{attrs{"region": west, "kms_key_id": replicaKey.arn()}},
	})
	add("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id, "secret_string": `{"password":"correct-horse"}`})
	primary := add("aws_db_instance", east, sites[east].primaryAttrs(key.arn()))
	add("aws_db_instance", west, sites[west].replicaAttrs(primary.arn(), replicaKey.arn()))
	add("aws_dynamodb_table", west, attrs{
		"name": "ledger-dev", "billing_mode": "PAY_PER_REQUEST", "hash_key": "pk", "attribute": list{attrs{"name": "pk", "type": "S"}},
		"point_in_time_recovery": list{attrs{"enabled": true}}, "server_side_encryption": list{attrs{"enabled": true}},
	})
}

func (w *world) messages(add adder, sites map[string]site) {
	w.t.Helper()
	topic := add("aws_sns_topic", west, attrs{"name": "alarms-dev"})
	add("aws_sns_topic_policy", west, attrs{"arn": topic.arn(), "policy": topicPolicy(topic.arn())})
	add("aws_db_event_subscription", west, attrs{
		"name": "db-events-dev", "sns_topic": topic.arn(), "source_type": "db-instance", "source_ids": list{"replica-db-dev"}, "event_categories": list{"failover"},
	})
	add("aws_cloudwatch_dashboard", east, attrs{"dashboard_name": "pgdr-dev", "dashboard_body": `{"widgets":[]}`})
	w.flowLog(add, sites[west].vpc)
	queue := add("aws_sqs_queue", west, attrs{"name": "lost-dev"})
	role := add("aws_iam_role", east, attrs{"name": "guard-dev", "assume_role_policy": trust("lambda.amazonaws.com")})
	add("aws_iam_role_policy", east, attrs{"name": "guard", "role": role.id, "policy": permit("*", "ec2:CreateNetworkInterface", "sqs:SendMessage")})
	policy := add("aws_iam_policy", east, attrs{"name": "guard-logs", "policy": permit("*", "logs:PutLogEvents")})
	add("aws_iam_role_policy_attachment", east, attrs{"role": role.id, "policy_arn": policy.arn()})
	add("aws_cloudwatch_log_group", west, attrs{"name": "/aws/lambda/guard-dev", "retention_in_days": 7})
	a := w.functionAttrs(role.arn())
	a["vpc_config"] = list{attrs{"subnet_ids": sites[west].subnetIDs(), "security_group_ids": list{sites[west].group.id}}}
	function := add("aws_lambda_function", west, a)
	add("aws_lambda_permission", west, attrs{
		"function_name": function.id, "statement_id": "sns", "action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com", "source_arn": topic.arn(),
	})
	add("aws_lambda_function_event_invoke_config", west, attrs{
		"function_name": function.id, "destination_config": list{attrs{"on_failure": list{attrs{"destination": queue.arn()}}}},
	})
	add("aws_sns_topic_subscription", west, attrs{"topic_arn": topic.arn(), "protocol": "lambda", "endpoint": function.arn()})
	add("aws_sns_topic_subscription", west, attrs{"topic_arn": topic.arn(), "protocol": "email", "endpoint": "ops@example.com"})
	rule := add("aws_cloudwatch_event_rule", west, attrs{"name": "tick-dev", "schedule_expression": "rate(1 minute)"})
	add("aws_cloudwatch_event_target", west, attrs{"rule": rule.id, "arn": function.arn()})
}

// flowLog makes the flow log of a VPC, with the group and the role that it needs.
func (w *world) flowLog(add adder, vpc made) made {
	w.t.Helper()
	group := add("aws_cloudwatch_log_group", west, attrs{"name": "/aws/vpc/dev", "retention_in_days": 7})
	role := add("aws_iam_role", east, attrs{"name": "flow-logs-dev", "assume_role_policy": trust("vpc-flow-logs.amazonaws.com")})
	add("aws_iam_role_policy", east, attrs{
		"name": "write", "role": role.id, "policy": permit(group.arn()+":log-stream:*", "logs:CreateLogStream", "logs:PutLogEvents"),
	})
	return add("aws_flow_log", west, attrs{"vpc_id": vpc.id, "traffic_type": "ALL", "iam_role_arn": role.arn(), "log_destination": group.arn()})
}

func topicPolicy(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","events.rds.amazonaws.com"]},"Action":"sns:Publish","Resource":"` + arn + `"}]}`
}

func TestDelete_LeavesNothingWhenEverythingIsDeletedInReverse(t *testing.T) {
	w := newWorld(t)
	all := w.full()
	require.Equal(t, len(all), w.cloud.Summary().Total)
	for i := len(all) - 1; i >= 0; i-- {
		w.gone(all[i])
	}
	summary := w.cloud.Summary()
	require.Empty(t, summary.Resources)
	require.Zero(t, summary.Total)
	require.Equal(t, map[string]map[string]int{"aws_kms_key": {east: 1}, "aws_kms_replica_key": {west: 1}}, summary.Retained)
}
