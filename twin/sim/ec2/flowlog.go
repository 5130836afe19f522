package ec2

import (
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

const typeFlowLog = "aws_flow_log"

func flowLogKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		typeFlowLog: {
			Schema:  resource.AwsFlowLogSchema,
			Traits:  flowLogTraits(),
			Example: `{"vpc_id":"vpc-1","traffic_type":"ALL","iam_role_arn":"arn:aws:iam::123456789012:role/flow-logs","log_destination":"arn:aws:logs:eu-west-1:123456789012:log-group:flow"}`,
			Service: service, CreateOp: "CreateFlowLogs", UpdateOp: "CreateTags", DeleteOp: "DeleteFlowLogs",
			MissingCode: "InvalidFlowLogId.NotFound", MissingText: "The flow log '%s' does not exist",
			Create: createFlowLog,
		},
	}
}

// flowLogTraits are of internal/service/ec2: vpc_flow_log.go.
func flowLogTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("deliver_cross_account_role destination_options eni_id iam_role_arn log_destination log_destination_type log_format " +
			"log_group_name max_aggregation_interval subnet_id traffic_type transit_gateway_attachment_id transit_gateway_id vpc_id"),
		Defaults: map[string]any{"log_destination_type": "cloud-watch-logs", "max_aggregation_interval": 600},
		Checks: []tf.Check{
			tf.IsARN("deliver_cross_account_role"), tf.IsARN("iam_role_arn"), tf.IsARN("log_destination"),
			tf.OneOf("log_destination_type", "cloud-watch-logs", "s3", "kinesis-data-firehose"), tf.OneOf("traffic_type", "ACCEPT", "REJECT", "ALL"),
			tf.NumberOf("max_aggregation_interval", 60, 600),
			tf.Conflicts("log_destination", "log_group_name"), tf.Conflicts("log_group_name", "log_destination"),
			tf.ExactlyOne("eni_id", "subnet_id", "transit_gateway_id", "transit_gateway_attachment_id", "vpc_id"),
		},
	}
}

// flowLogFormat is the default format of a record.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
const flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

// flowLogsService writes flow logs, in a role's name.
const flowLogsService = "vpc-flow-logs.amazonaws.com"

// createFlowLog simulates flow logs of VPCs to CloudWatch Logs. A group that is not
// there, and a role that may not write to it, AWS accepts: the log then shows an
// access error and stays empty.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func createFlowLog(c *sim.Call) (string, error) {
	a := c.Attrs
	if !a.Has("vpc_id") || a.Str("log_destination_type") != "" && a.Str("log_destination_type") != "cloud-watch-logs" {
		return "", c.Refuse("vpc_id", "InvalidParameter", "the simulator has flow logs of VPCs to CloudWatch Logs only")
	}
	if _, err := c.Need("vpc_id", "aws_vpc", c.Region, a.Str("vpc_id")); err != nil {
		return "", err
	}
	if !a.Has("traffic_type") {
		return "", c.Refuse("traffic_type", "MissingParameter", "The request must contain the parameter TrafficType")
	}
	destination := flowLogGroup(c)
	if err := checkFlowLogRole(c, destination); err != nil {
		return "", err
	}
	for _, other := range c.List(typeFlowLog, c.Region) {
		o := other.Attrs
		if o.Str("vpc_id") == a.Str("vpc_id") && o.Str("log_destination") == destination && o.Str("traffic_type") == a.Str("traffic_type") {
			return "", c.Refuse("vpc_id", "FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	id := c.NewID("fl")
	a.Defaults(sim.Attrs{"log_destination_type": "cloud-watch-logs", "max_aggregation_interval": 600, "log_format": flowLogFormat, "deliver_cross_account_role": ""})
	a.Set(sim.Attrs{
		"arn": c.ARN("ec2", c.Region, "vpc-flow-log/%s", id), "log_destination": destination,
		"log_group_name": destination[strings.LastIndex(destination, ":")+1:],
	})
	return id, nil
}

// flowLogGroup is the ARN of the group that a flow log goes to, without the :*
// that some write after it.
func flowLogGroup(c *sim.Call) string {
	if arn := c.Attrs.Str("log_destination"); arn != "" {
		return strings.TrimSuffix(arn, ":*")
	}
	return c.ARN("logs", c.Region, "log-group:%s", c.Attrs.Str("log_group_name"))
}

func checkFlowLogRole(c *sim.Call, destination string) error {
	arn := c.Attrs.Str("iam_role_arn")
	if arn == "" {
		return c.Refuse("iam_role_arn", "InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	}
	role := c.FindBy("aws_iam_role", sim.Global, "arn", arn)
	if role == nil {
		return c.Refuse("iam_role_arn", "InvalidParameter", "Access Denied for LogDestination: %s. Please check LogDestination permission: role %s does not exist", destination, arn)
	}
	trust, problem := sim.ParsePolicy(role.Attrs.Str("assume_role_policy"))
	if problem != "" || !trust.Allows("sts:AssumeRole", "Service", flowLogsService) {
		return c.Refuse("iam_role_arn", "InvalidParameter", "Unable to assume given IAM role")
	}
	if c.FindBy("aws_cloudwatch_log_group", c.Region, "arn", destination) == nil {
		return c.Refuse("log_destination", "InvalidParameter", "there is no log group %s in %s: AWS would accept it and write nothing", destination, c.Region)
	}
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		if !iam.RoleMay(c.Tx, arn, action, destination+":log-stream:eni-0-all") {
			return c.Refuse("iam_role_arn", "InvalidParameter", "role %s may not %s in %s: AWS would accept it and write nothing", arn, action, destination)
		}
	}
	return nil
}
