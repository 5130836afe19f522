package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lambdapermission"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/ptr"
)

// addSchedule looks at the databases each minute. It is made last and
// destroyed first, so that neither a first deployment nor a removal can look
// like a disaster. Only what watches over it comes later, and goes before: after
// what is returned.
func (g *guard) addSchedule(after ...cdktf.ITerraformDependable) cdktf.ITerraformDependable {
	rule := cloudwatcheventrule.NewCloudwatchEventRule(g.scope, ptr.To("schedule"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Provider:           g.provider,
		Name:               ptr.To(g.name("failover-schedule")),
		Description:        ptr.To("The guard looks at both databases"),
		ScheduleExpression: ptr.To("rate(1 minute)"),
		DependsOn:          &after,
	})
	permission := g.permit("schedule-permission", "schedule", "events.amazonaws.com", *rule.Arn())
	return cloudwatcheventtarget.NewCloudwatchEventTarget(g.scope, ptr.To("schedule-target"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Provider: g.provider,
		Rule:     rule.Name(),
		TargetId: ptr.To("guard"),
		Arn:      g.function.Arn(),
		// A tick that could not be delivered is worth nothing a minute later.
		RetryPolicy: &cloudwatcheventtarget.CloudwatchEventTargetRetryPolicy{
			MaximumEventAgeInSeconds: ptr.Num(60),
			MaximumRetryAttempts:     ptr.Num(0),
		},
		DependsOn: &[]cdktf.ITerraformDependable{permission},
	})
}

// addTopic lets alarms wake the guard: a subscription lives in its topic's
// region, wherever the function is.
// https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
func (g *guard) addTopic(topic place, topicARN string) {
	permission := g.permit(topic.role+"-alarms-permission", topic.role+"-alarms", "sns.amazonaws.com", topicARN)
	p := topic.in("guard-" + topic.role + "-alarms")
	snstopicsubscription.NewSnsTopicSubscription(p.scope, ptr.To("subscription"), &snstopicsubscription.SnsTopicSubscriptionConfig{
		Provider:  p.provider,
		TopicArn:  ptr.To(topicARN),
		Protocol:  ptr.To("lambda"),
		Endpoint:  g.function.Arn(),
		DependsOn: &[]cdktf.ITerraformDependable{permission},
	})
}

func (g *guard) permit(id, statementID, principal, sourceARN string) lambdapermission.LambdaPermission {
	return lambdapermission.NewLambdaPermission(g.scope, ptr.To(id), &lambdapermission.LambdaPermissionConfig{
		Provider:     g.provider,
		StatementId:  ptr.To(statementID),
		Action:       ptr.To("lambda:InvokeFunction"),
		FunctionName: g.function.FunctionName(),
		Principal:    ptr.To(principal),
		SourceArn:    ptr.To(sourceARN),
	})
}
