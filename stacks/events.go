package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbeventsubscription"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
)

// rdsEvents is RDS as it publishes its events.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html
const rdsEvents = "events.rds.amazonaws.com"

// newEventSubscription sends what RDS says of the site's instance to its alarm
// topic: the humans read it, and the guard looks.
func newEventSubscription(at place, instance string, to alarmTopic) {
	p := at.in("events")
	dbeventsubscription.NewDbEventSubscription(p.scope, new("subscription"), &dbeventsubscription.DbEventSubscriptionConfig{
		Provider:        p.provider,
		Name:            new(p.siteName(contract.EventSubscription)),
		SnsTopic:        to.topic.Arn(),
		SourceType:      new("db-instance"),
		SourceIds:       pointers(instance),
		EventCategories: pointers(contract.EventCategories...),
		Tags:            p.nameTag(contract.EventSubscription),
		DependsOn:       &[]cdktf.ITerraformDependable{to.policy}, // RDS tries whether it may publish
	})
}

// alarmTopic is a topic that RDS may publish to.
type alarmTopic struct {
	topic  snstopic.SnsTopic
	policy cdktf.ITerraformDependable
}
