package wiring_test

import "regexp"

// exempt are the changes that make no difference to a failover, each with the
// reason. They are matched with what [change.String] gives.
var exempt = []struct {
	pattern *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`^(remove|re-point) \S+ terraform_data\.database_final-snapshot\S+triggers_replace\.`),
		"It gives the final snapshot of a deletion a fresh name; a failover deletes nothing."},
	{regexp.MustCompile(`^remove \S+ aws_db_instance\.\S+final_snapshot_identifier = terraform_data\.`),
		"The name of the final snapshot: a failover deletes nothing."},
	{regexp.MustCompile(`^remove primary aws_db_instance\.\S+\.password_wo_version = `),
		"It tells Terraform when to send the password again; the first time it is sent either way."},
	{regexp.MustCompile(`^remove replica aws_lambda_function\.\S+\.source_code_hash = `),
		"It tells Terraform that the archive changed, and refers to no resource."},
	{regexp.MustCompile(`^remove replica aws_lambda_function\.\S+\.logging_config\.log_group = `),
		"Left out, Lambda writes to /aws/lambda/<name>: the very group that is named."},
	{regexp.MustCompile(`^(remove|re-point) (replica output\.|primary output\.(database_name|database_port|primary_database_identifier) )`),
		"It is printed for people; the other stack does not read it."},
	{regexp.MustCompile(`^(re-point|move|drop) \S+ aws_kms_alias\.`),
		"An alias is a name for people: every resource and policy names the key itself."},
	{regexp.MustCompile(`^re-point \S+ aws_nat_gateway\.\S+\.subnet_id = \S+public-subnet\S+ -> aws_subnet\.network_public-subnet`),
		"All public subnets follow one route table, so each leads out as well as the others."},
	{regexp.MustCompile(`^re-point \S+ aws_route_table_association\.network_private-\d-association-\d\S+\.route_table_id = \S+ -> aws_route_table\.network_private-\d-routes`),
		"With one NAT gateway the tables of the private subnets hold the same routes."},
	{regexp.MustCompile(`^misname \S+ aws_cloudwatch_metric_alarm\.\S+\.alarm_name = `),
		"Alarms but active-writer are found by what they watch; nothing refers to their names."},
	{regexp.MustCompile(`^misname replica aws_dynamodb_table\.\S+\.name = `),
		"The guard's variable and policy take the name from the table."},
	{regexp.MustCompile(`^(omit|misname) replica aws_cloudwatch_log_group\.guard_log-group\S+\.name = `),
		"The function and its policy take the name from the log group."},
	{regexp.MustCompile(`^omit \S+ (aws_route53_zone\.\S+\.vpc\.0|aws_route53_zone_association\.\S+)\.vpc_region = `),
		"Left out, it is the provider's region, which is the VPC's."},
	{regexp.MustCompile(`^omit \S+ aws_subnet\.network_\w+-subnet-1_\S+\.availability_zone = `),
		"Left out, AWS chooses a zone: the simulated account the first, which is the one meant."},
	{regexp.MustCompile(`^omit \S+ aws_vpc_endpoint\.\S+\.vpc_endpoint_type = Gateway`),
		"Gateway is what it is when left out."},
	{regexp.MustCompile(`^(omit|misname) \S+ aws_sns_topic_policy\.\S+\.policy\.Statement\.1\.Action\.\d = `),
		"Within the account the callers' own policies let them use a topic; the statement says so to readers."},
	{regexp.MustCompile(`^move \S+ (aws_route53_\w+|aws_iam_\w+)\.\S+\.provider = `),
		"IAM and Route 53 have no regions: either provider makes the same resource."},
}
