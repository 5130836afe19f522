package contract

// Output is one output of a stack: what another stack, an operator or a tool
// reads.
type Output struct {
	// Field of stacks.PrimaryOutputs or stacks.ReplicaOutputs that has the value.
	Field       string
	Name        string
	Description string
}

// Outputs by which a plan is recognized, or by which the review knows that
// something once existed.
const (
	OutputPrimaryDatabase = "primary_database_arn"
	OutputPrimaryACL      = "primary_network_acl_id"
	OutputReplicaDatabase = "replica_database_arn"
	OutputFunction        = "failover_function_arn"
)

// Outputs of both stacks, by role. A new one is a row here and a field of
// stacks.PrimaryOutputs or stacks.ReplicaOutputs.
var Outputs = map[string][]Output{
	RolePrimary: {
		{"DatabaseEndpoint", "primary_database_endpoint", "Host name of the primary; applications use database_cname"},
		{"DatabaseARN", OutputPrimaryDatabase, "ARN of the primary, the replica's source"},
		{"DatabaseIdentifier", "primary_database_identifier", "RDS identifier of the primary"},
		{"DatabaseResourceID", "primary_database_resource_id", "DbiResourceId, which a rebuilt instance of the same name does not have"},
		{"ParameterGroupARN", "primary_parameter_group_arn", "ARN of the primary's parameter group"},
		{"DatabasePort", "database_port", "TCP port of the database"},
		{"DatabaseName", "database_name", "Name of the database in the instance"},
		{"DatabaseCNAME", "database_cname", "The one name that applications connect to, wherever the writer is"},
		{"SecretARN", "database_secret_arn", "ARN of the administrator's credentials in the primary's region"},
		{"KeyARN", "database_key_arn", "ARN of the database's key in the primary's region"},
		{"ReplicaKeyARN", "replica_key_arn", "ARN of the database's key in the replica's region"},
		{"ZoneID", "route53_hosted_zone_id", "Private zone of the database's name"},
		{"HealthCheckID", "health_check_id", "Health check that takes the primary's record out of DNS"},
		{"VPCID", "primary_vpc_id", "VPC of the primary site"},
		{"RouteTableIDs", "primary_route_table_ids", "Every route table of the primary site"},
		{"NetworkACLID", OutputPrimaryACL, "Network ACL of the primary's database subnets, where the guard fences"},
		{"AlarmTopicARN", "primary_alarm_topic_arn", "Topic of the primary region's alarms"},
	},
	RoleReplica: {
		{"DatabaseEndpoint", "replica_database_endpoint", "Host name of the replica; applications use database_cname"},
		{"DatabaseIdentifier", "replica_database_identifier", "RDS identifier of the replica"},
		{"DatabaseARN", OutputReplicaDatabase, "ARN of the replica"},
		{"SecretARN", "replica_secret_arn", "ARN of the administrator's credentials in the replica's region"},
		{"VPCID", "replica_vpc_id", "VPC of the replica site"},
		{"AlarmTopicARN", "replica_alarm_topic_arn", "Topic of the replica region's alarms"},
		{"NoticeTopicARN", "notice_topic_arn", "Topic of the guard's notices to humans"},
		{"FunctionARN", OutputFunction, "ARN of the guard"},
		{"FunctionName", "failover_function_name", "Name of the guard, for operators to invoke"},
		{"LedgerTable", "failover_ledger_table", "Table in which the guard keeps its ledger"},
	},
}
