package diagnose

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin/lambda/principal"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

const cloudwatch = "cloudwatch.amazonaws.com"

func keysOf(m map[string]bool) iter.Seq[string] { return maps.Keys(m) }

func topicName(arn string) string { return "topic " + arn[strings.LastIndex(arn, ":")+1:] }

// lookAtTopic: alarms may publish to it and, where it is to, it wakes the guard.
func (s *survey) lookAtTopic(arn string, wakes bool) {
	at, _ := sim.ParseARN(arn)
	topic := s.tx.Get(typeTopic, at.Region, arn)
	if topic == nil {
		return // said of the alarm
	}
	name := topicName(arn)
	// Any alarm of the account stands for all.
	said := policy.Context{
		"aws:sourceaccount": {s.tx.Account()}, "aws:sourceowner": {s.tx.Account()}, "aws:securetransport": {"true"},
		"aws:sourcearn": {sim.ARN{Partition: at.Partition, Service: "cloudwatch", Region: at.Region, Account: at.Account, Resource: "alarm:any"}.String()},
	}
	s.lookAtTopicPolicy(topic, name, said)
	s.lookAtTopicKey(topic, name, said)
	if !wakes {
		return
	}
	if problem := s.wakes(arn); problem != "" {
		s.find("topic-wakes", name, "%s", problem)
		return
	}
	s.fact(name, "wakes the guard")
}

// wakes says why messages to a topic do not get to the guard, "" if they do.
func (s *survey) wakes(arn string) string {
	at, _ := sim.ParseARN(arn)
	problem := "the guard is not subscribed to it"
	for _, sub := range s.tx.List("aws_sns_topic_subscription", at.Region) {
		a := sub.Attrs
		if a.Str("topic_arn") != arn || a.Str("protocol") != "lambda" || a.Str("endpoint") != s.guard.ARN() {
			continue
		}
		if problem = s.invokes(spec.SNSPrincipal(at.Region), arn); problem == "" && a.Has("filter_policy") {
			problem = "its subscription filters messages"
		}
	}
	return problem
}

// lookAtTopicPolicy: alarms of this account may publish, over TLS, and no other
// caller.
func (s *survey) lookAtTopicPolicy(topic *sim.Resource, name string, said policy.Context) {
	text := topic.Attrs.Str("policy")
	publish := func(ctx policy.Context) string { return s.admits(text, "topic policy", topic.ID, ctx, "SNS:Publish") }
	if problem := publish(said); problem != "" {
		s.find("topic-policy", name, "%s", problem)
	}
	const stranger = "999999999999"
	if publish(said.With("aws:SourceAccount", stranger).With("aws:SourceOwner", stranger)) == "" {
		s.find("topic-open", name, "alarms of every account may publish to it")
	}
	if publish(said.With("aws:SecureTransport", "false")) == "" {
		s.find("topic-open", name, "messages are taken without TLS")
	}
	doc, err := policy.Parse("topic policy", text)
	if err != nil {
		return // said above
	}
	for _, statement := range doc.Statements {
		if !slices.ContainsFunc(statement.Resources, func(pattern string) bool { return policy.Matches(pattern, topic.ID) }) {
			s.find("policy-dead", name, "statement %q of its policy is about %s", statement.Sid, strings.Join(statement.Resources, ", "))
		}
	}
}

// lookAtTopicKey: SNS uses the key in CloudWatch's name.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func (s *survey) lookAtTopicKey(topic *sim.Resource, name string, said policy.Context) {
	ref := topic.Attrs.Str("kms_master_key_id")
	if ref == "" {
		s.find("topic-key", name, "it is not encrypted")
		return
	}
	key, state := kms.FindKey(s.tx, topic.Region, ref)
	switch {
	case state != kms.KeyUsable:
		s.find("topic-key", name, "its key %s is %s", ref, state)
	case key == nil:
		s.find("topic-key", name, "its key is AWS's own, which CloudWatch may not use")
	default:
		ctx := said.With("kms:CallerAccount", s.tx.Account()).With("kms:EncryptionContext:aws:sns:topicArn", topic.ID)
		if problem := s.admits(key.Attrs.Str("policy"), "key policy", key.ARN(), ctx, "kms:GenerateDataKey", "kms:Decrypt"); problem != "" {
			s.find("topic-key", name, "%s", problem)
		}
		if s.admits(key.Attrs.Str("policy"), "key policy", key.ARN(), ctx.With("aws:SourceAccount", "999999999999"), "kms:GenerateDataKey") == "" {
			s.find("topic-open", name, "alarms of every account may use its key")
		}
	}
}

// admits says why a resource's policy does not let CloudWatch act, "" if it
// does.
func (s *survey) admits(text, what, resource string, ctx policy.Context, actions ...string) string {
	doc, err := policy.Parse(what, text)
	if err != nil {
		return err.Error()
	}
	for _, action := range actions {
		switch v := principal.Evaluate(doc, cloudwatch, action, resource, ctx); v.Effect {
		case policy.Allow:
		case policy.ExplicitDeny:
			return "statement " + v.Sid + " of the " + what + " denies " + cloudwatch + " " + action
		default:
			return "the " + what + " does not allow " + cloudwatch + " " + action
		}
	}
	return ""
}

// lookAtNotices: what the guard tells gets to a person.
func (s *survey) lookAtNotices() {
	arn := s.config.NoticeTopicARN
	topic := s.tx.Get(typeTopic, s.replica.region, arn)
	if topic == nil {
		s.find("notices-missing", topicName(arn), "it is not there in %s", s.replica.region)
		return
	}
	people := 0
	for _, sub := range s.tx.List("aws_sns_topic_subscription", s.replica.region) {
		a := sub.Attrs
		if a.Str("topic_arn") != arn {
			continue
		}
		if a.Str("endpoint") == s.guard.ARN() {
			s.find("topic-wakes", topicName(arn), "it wakes the guard with the guard's own notices: Lambda cuts such loops")
			continue
		}
		if a.Has("filter_policy") {
			s.find("notices-unread", topicName(arn), "the subscription of %s filters messages", a.Str("endpoint"))
		}
		people++
		if a.Bool("pending_confirmation") {
			s.fact(topicName(arn), "%s has yet to confirm", a.Str("endpoint"))
		}
	}
	if people == 0 {
		s.find("notices-unread", topicName(arn), "nobody is subscribed to it")
	}
}
