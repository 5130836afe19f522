package stacks

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmsalias"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmskey"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"

	"github.com/pgdr/pgdr/internal/contract"
)

// newTopicKey makes the key of a region's topics. It must be the customer's:
// the AWS-managed key admits no service, and CloudWatch then fails to publish
// without a word.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func newTopicKey(at place) kmskey.KmsKey {
	p := at.in("topic-key")
	publishers := statement{
		Sid:      "AlarmsPublish",
		Effect:   "Allow",
		Action:   []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Resource: []string{"*"}, // in a key policy: this key
	}.by("cloudwatch.amazonaws.com").
		when("StringEquals", "aws:SourceAccount", p.account)
	events := publishers
	events.Sid = "DatabaseEventsPublish"
	events = events.by(rdsEvents)
	key := kmskey.NewKmsKey(p.scope, new("key"), &kmskey.KmsKeyConfig{
		Provider:             p.provider,
		Description:          new("Alarm and notice topics of " + p.env),
		EnableKeyRotation:    true,
		DeletionWindowInDays: new(float64(p.deletionWindow())),
		Policy:               new(policyDocument(accountAdministers(p.account), publishers, events)),
		Tags:                 p.nameTag("topic-key"),
	})
	kmsalias.NewKmsAlias(p.scope, new("alias"), &kmsalias.KmsAliasConfig{
		Provider:    p.provider,
		Name:        new("alias/" + p.siteName("topic-key")),
		TargetKeyId: key.KeyId(),
	})
	return key
}

// newAlarmTopic makes the topic of a region's database alarms, to which RDS
// publishes its events too.
func newAlarmTopic(at place, key kmskey.KmsKey, emails []string) alarmTopic {
	topic, policy := newTopic(at, "alarm-topic", contract.AlarmTopic, "Database alarms "+at.region, key, emails, func(arn string) statement {
		return allow("DatabaseEventsOfThisAccount", []string{"sns:Publish"}, arn).
			by(rdsEvents).
			when("StringEquals", "aws:SourceAccount", at.account)
	})
	return alarmTopic{topic, policy}
}

// newNoticeTopic makes the topic of what the guard says, to which it does not
// listen.
func newNoticeTopic(at place, key kmskey.KmsKey, emails []string) snstopic.SnsTopic {
	topic, _ := newTopic(at, "notice-topic", contract.NoticeTopic, "Failover notices "+at.env, key, emails)
	return topic
}

// newTopic makes an encrypted topic that alarms of this account may publish
// to, and who else is given, over TLS only, and subscribes the humans.
func newTopic(at place, id, what, display string, key kmskey.KmsKey, emails []string, more ...func(arn string) statement) (snstopic.SnsTopic, snstopicpolicy.SnsTopicPolicy) {
	p := at.in(id)
	topic := snstopic.NewSnsTopic(p.scope, new("topic"), &snstopic.SnsTopicConfig{
		Provider:       p.provider,
		Name:           new(p.siteName(what)),
		DisplayName:    new(display),
		KmsMasterKeyId: key.Arn(),
		Tags:           p.nameTag(what),
	})
	arn := *topic.Arn()
	alarms := allow("AlarmsOfThisAccount", []string{"sns:Publish"}, arn).
		by("cloudwatch.amazonaws.com").
		when("StringEquals", "aws:SourceAccount", p.account)
	account := allow("ThisAccount", []string{"sns:Publish", "sns:Subscribe", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"}, arn)
	account.Principal = map[string]string{"AWS": "arn:aws:iam::" + p.account + ":root"}
	clear := allow("OnlyOverTLS", []string{"sns:Publish"}, arn).
		when("Bool", "aws:SecureTransport", "false")
	clear.Effect, clear.Principal = "Deny", "*"
	statements := []statement{alarms, account, clear}
	for _, publisher := range more {
		statements = append(statements, publisher(arn))
	}
	policy := snstopicpolicy.NewSnsTopicPolicy(p.scope, new("policy"), &snstopicpolicy.SnsTopicPolicyConfig{
		Provider: p.provider,
		Arn:      topic.Arn(),
		Policy:   new(policyDocument(statements...)),
	})
	for i, email := range emails {
		snstopicsubscription.NewSnsTopicSubscription(p.scope, new(fmt.Sprintf("email-%d", i+1)), &snstopicsubscription.SnsTopicSubscriptionConfig{
			Provider: p.provider,
			TopicArn: topic.Arn(),
			Protocol: new("email"),
			Endpoint: new(email),
		})
	}
	return topic, policy
}
