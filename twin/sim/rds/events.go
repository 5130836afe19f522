package rds

import (
	"regexp"
	"slices"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// TypeEvents is the Terraform type of subscriptions to RDS's events, EventsService
// what RDS publishes them as.
const (
	TypeEvents    = "aws_db_event_subscription"
	EventsService = "events.rds.amazonaws.com"
)

func eventKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		TypeEvents: {
			Schema:  resource.AwsDbEventSubscriptionSchema,
			Traits:  eventTraits(),
			Example: `{"name":"db-events","sns_topic":"arn:aws:sns:eu-west-1:123456789012:alarms","source_type":"db-instance","event_categories":["failover"]}`,
			Service: service, CreateOp: "CreateEventSubscription", UpdateOp: "ModifyEventSubscription", DeleteOp: "DeleteEventSubscription",
			MissingCode: "SubscriptionNotFound", MissingText: "Event Subscription %s not found.",
			Create: createEvents, Update: checkEvents,
		},
	}
}

// eventTraits are of internal/service/rds: event_subscription.go.
func eventTraits() *tf.Traits {
	name := regexp.MustCompile(`^[0-9A-Za-z-]+$`)
	const nameSays = "only alphanumeric characters and hyphens allowed"
	return &tf.Traits{
		Replace:  tf.Words("name name_prefix"),
		Defaults: map[string]any{"enabled": true},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"), tf.IsARN("sns_topic"),
			tf.Length("name", 1, 255), tf.Matches("name", name, nameSays), tf.Length("name_prefix", 1, 255-26), tf.Matches("name_prefix", name, nameSays),
			tf.OneOf("source_type", "db-instance", "db-parameter-group", "db-security-group", "db-snapshot", "db-cluster", "db-cluster-snapshot",
				"custom-engine-version", "db-proxy", "blue-green-deployment"),
		},
	}
}

// instanceCategories are the categories of the events of instances.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
var instanceCategories = []string{
	"availability", "backtrack", "backup", "configuration change", "creation", "deletion", "failover", "failure", "low storage", "maintenance",
	"notification", "read replica", "recovery", "restoration", "security", "security patching",
}

func createEvents(c *sim.Call) (string, error) {
	name := c.Name(255)
	if c.Get(TypeEvents, c.Region, name) != nil {
		return "", c.Refuse("name", "SubscriptionAlreadyExist", "Event Subscription already exists: %s", name)
	}
	if err := checkEvents(c); err != nil {
		return "", err
	}
	c.Attrs.Default("enabled", true)
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("rds", c.Region, "es:%s", name), "customer_aws_id": c.Account()})
	return name, nil
}

// checkEvents refuses what CreateEventSubscription refuses, with its codes.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html
func checkEvents(c *sim.Call) error {
	a := c.Attrs
	kind, sources := a.Str("source_type"), a.Strings("source_ids")
	if kind != "" && kind != "db-instance" {
		return c.Refuse("source_type", "InvalidParameterValue", "the simulator has events of instances only, not of %s", kind)
	}
	if len(sources) > 0 && kind == "" {
		return c.Refuse("source_ids", "InvalidParameterCombination", "SourceType must be provided with SourceIds")
	}
	for _, id := range sources {
		if c.FindBy("aws_db_instance", c.Region, "identifier", id) == nil {
			return c.Refuse("source_ids", "SourceNotFound", "Source %s could not be found", id)
		}
	}
	for _, category := range a.Strings("event_categories") {
		if !slices.Contains(instanceCategories, category) {
			return c.Refuse("event_categories", "SubscriptionCategoryNotFound", "The supplied category %q does not exist for %s", category, kind)
		}
	}
	return checkEventTopic(c)
}

// checkEventTopic: RDS refuses a topic that it may not publish to. A key that does
// not admit it AWS accepts, and each event is then lost.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html
func checkEventTopic(c *sim.Call) error {
	ref := c.Attrs.Str("sns_topic")
	arn, ok := sim.ParseARN(ref)
	if !ok || arn.Service != "sns" || arn.Region != c.Region {
		return c.Refuse("sns_topic", "SNSInvalidTopic", "SNS has responded that there is a problem with the SNS topic specified: %s is no topic of %s", ref, c.Region)
	}
	topic := c.Get("aws_sns_topic", c.Region, ref)
	if topic == nil {
		return c.Refuse("sns_topic", "SNSTopicArnNotFound", "The SNS topic ARN does not exist: %s", ref)
	}
	doc, problem := sim.ParsePolicy(topic.Attrs.Str("policy"))
	if problem != "" || !doc.Allows("sns:Publish", "Service", EventsService) {
		return c.Refuse("sns_topic", "SNSNoAuthorization", "You do not have permission to publish to the SNS topic ARN %s: its policy does not admit %s", ref, EventsService)
	}
	keyRef := topic.Attrs.Str("kms_master_key_id")
	if keyRef == "" {
		return nil
	}
	key, problemOfKey := kms.FindKey(c.Tx, c.Region, keyRef)
	if problemOfKey != kms.KeyUsable || key == nil || !kms.Admits(key, "kms:GenerateDataKey", EventsService) || !kms.Admits(key, "kms:Decrypt", EventsService) {
		return c.Refuse("sns_topic", "SNSInvalidTopic", "the key %s of topic %s does not admit %s: AWS would accept it and lose each event", keyRef, ref, EventsService)
	}
	return nil
}
