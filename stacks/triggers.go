package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lambdapermission"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// addSchedule looks at the databases each minute. It is made last and
// destroyed first, so that neither a first deployment nor a removal can look
// like a disaster. Only what watches over it comes later, and goes before: after
// what is returned.
func (g *guard) addSchedule(after ...cdktf.ITerraformDependable) cdktf.ITerraformDependable {
	rule := cloudwatcheventrule.NewCloudwatchEventRule(g.scope, new("schedule"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Provider:           g.provider,
		Name:               new(g.name(contract.Schedule)),
		Description:        new("The guard looks at both databases"),
		ScheduleExpression: new(contract.Tick),
		DependsOn:          &after,
	})
	permission := g.permit("schedule-permission", "schedule", "events.amazonaws.com", *rule.Arn())
	return cloudwatcheventtarget.NewCloudwatchEventTarget(g.scope, new("schedule-target"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Provider: g.provider,
		Rule:     rule.Name(),
		TargetId: new("guard"),
		Arn:      g.function.Arn(),
		// A tick that could not be delivered is worth nothing a minute later.
		RetryPolicy: &cloudwatcheventtarget.CloudwatchEventTargetRetryPolicy{
			MaximumEventAgeInSeconds: new(float64(60)),
			MaximumRetryAttempts:     new(float64(0)),
		},
		DependsOn: &[]cdktf.ITerraformDependable{permission},
	})
}

// addTopic lets alarms wake the guard: a subscription lives in its topic's
// region, wherever the function is.
// https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
func (g *guard) addTopic(topic place, topicARN string) {
	permission := g.permit(topic.role+"-alarms-permission", topic.role+"-alarms", spec.SNSPrincipal(topic.region), topicARN)
	p := topic.in("guard-" + topic.role + "-alarms")
	snstopicsubscription.NewSnsTopicSubscription(p.scope, new("subscription"), &snstopicsubscription.SnsTopicSubscriptionConfig{
		Provider:  p.provider,
		TopicArn:  new(topicARN),
		Protocol:  new("lambda"),
		Endpoint:  g.function.Arn(),
		DependsOn: &[]cdktf.ITerraformDependable{permission},
	})
}

func (g *guard) permit(id, statementID, principal, sourceARN string) lambdapermission.LambdaPermission {
	return lambdapermission.NewLambdaPermission(g.scope, new(id), &lambdapermission.LambdaPermissionConfig{
		Provider:     g.provider,
		StatementId:  new(statementID),
		Action:       new("lambda:InvokeFunction"),
		FunctionName: g.function.FunctionName(),
		Principal:    new(principal),
		SourceArn:    new(sourceARN),
	})
}
