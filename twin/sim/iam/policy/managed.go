package policy

import (
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
)

// managedPolicies are the policies of AWS's own that the simulator knows, with
// what they allow.
var managedPolicies = map[string]string{
	"service-role/AWSLambdaBasicExecutionRole":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	"service-role/AWSLambdaVPCAccessExecutionRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents","ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses"],"Resource":"*"}]}`,
	"service-role/AmazonRDSEnhancedMonitoringRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:PutRetentionPolicy","logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogStreams","logs:GetLogEvents"],"Resource":["arn:aws:logs:*:*:log-group:RDS*","arn:aws:logs:*:*:log-group:RDS*:log-stream:*"]}]}`,
}

// Managed returns the text of a policy of AWS's own that the account
// knows, "" for another.
func Managed(arn string) string {
	name, ok := strings.CutPrefix(arn, "arn:"+sim.Partition+":iam::aws:policy/")
	if !ok {
		return ""
	}
	return managedPolicies[name]
}
