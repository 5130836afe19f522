package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/flowlog"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
)

// newFlowLog records who speaks to whom in the site's VPC, a minute at a time:
// after a failover it answers who still wrote to the old primary. The log is kept
// as long as the audit log.
func newFlowLog(at place, n *network, retentionDays int) {
	p := at.in("flow-log")
	group := cloudwatchloggroup.NewCloudwatchLogGroup(p.scope, new("log-group"), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Provider:        p.provider,
		Name:            new(contract.FlowLogGroup(p.role, p.env)),
		RetentionInDays: new(float64(retentionDays)),
	})
	role, policy := newFlowLogRole(p, group)
	flowlog.NewFlowLog(p.scope, new("flow-log"), &flowlog.FlowLogConfig{
		Provider:               p.provider,
		VpcId:                  n.vpc.Id(),
		TrafficType:            new("ALL"),
		LogDestination:         group.Arn(),
		IamRoleArn:             role.Arn(),
		MaxAggregationInterval: new(float64(60)), // seconds
		Tags:                   p.nameTag(contract.FlowLogs),
		DependsOn:              &[]cdktf.ITerraformDependable{policy},
	})
}

// newFlowLogRole makes the role by which the flow log writes into its group, and
// into nothing else. It may not make the group: one that was deleted would come
// back without retention.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func newFlowLogRole(p place, group cloudwatchloggroup.CloudwatchLogGroup) (iamrole.IamRole, iamrolepolicy.IamRolePolicy) {
	trust := allow("FlowLogs", []string{"sts:AssumeRole"}).by("vpc-flow-logs.amazonaws.com").
		when("StringEquals", "aws:SourceAccount", p.account).
		when("ArnLike", "aws:SourceArn", p.arn("ec2", "vpc-flow-log/*"))
	role := iamrole.NewIamRole(p.scope, new("role"), &iamrole.IamRoleConfig{
		Provider:         p.provider,
		Name:             new(p.siteName(contract.FlowLogsRole)),
		Description:      new("Writes the flow log of the " + p.role + " site's VPC"),
		AssumeRolePolicy: new(policyDocument(trust)),
	})
	policy := iamrolepolicy.NewIamRolePolicy(p.scope, new("policy"), &iamrolepolicy.IamRolePolicyConfig{
		Provider: p.provider,
		Name:     new("write"),
		Role:     role.Name(),
		Policy: new(policyDocument(
			allow("Group", []string{"logs:DescribeLogStreams"}, *group.Arn()),
			allow("Streams", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, *group.Arn()+":log-stream:*"),
			allow("Groups", []string{"logs:DescribeLogGroups"}, p.arn("logs", "log-group:*")),
		)),
	})
	return role, policy
}
