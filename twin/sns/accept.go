package sns

import (
	"fmt"

	"github.com/pgdr/pgdr/twin/lambda/principal"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// accept checks whether SNS takes a message of a service; nil means that it
// does.
func (b *Bus) accept(p Post) *Refusal {
	refuse := func(why Reason, format string, args ...any) *Refusal {
		return &Refusal{Topic: p.TopicARN, Reason: why, Detail: fmt.Sprintf(format, args...)}
	}
	at, _ := sim.ParseARN(p.TopicARN)
	if b.o.Down(at.Region) {
		return refuse(RegionLost, "region %s is lost", at.Region)
	}
	var refusal *Refusal
	// The function cannot fail, so neither can View.
	_ = b.o.Cloud.View(func(tx *sim.Tx) error {
		topic := tx.Get(typeTopic, at.Region, p.TopicARN)
		if topic == nil {
			refusal = refuse(TopicMissing, "there is no topic %s", p.TopicARN)
			return nil
		}
		if refusal = mayPublish(tx, topic, p, refuse); refusal == nil {
			refusal = mayEncrypt(tx, topic, p, refuse)
		}
		return nil
	})
	return refusal
}

type refuser func(why Reason, format string, args ...any) *Refusal

// said is what a service's request says of itself.
func said(tx *sim.Tx, p Post) policy.Context {
	return policy.Context{"aws:sourceaccount": {tx.Account()}, "aws:sourcearn": {p.SourceARN}, "aws:securetransport": {"true"}}
}

// mayPublish evaluates the topic's policy.
func mayPublish(tx *sim.Tx, topic *sim.Resource, p Post, refuse refuser) *Refusal {
	doc, err := policy.Parse("topic policy", topic.Attrs.Str("policy"))
	if err != nil {
		return refuse(PolicyUnsupported, "%v", err)
	}
	ctx := said(tx, p)
	if p.Service == serviceCloudWatch {
		// By it the policy that a topic has unless given another lets alarms
		// of the owner's account in.
		ctx = ctx.With("aws:SourceOwner", tx.Account())
	}
	if v := principal.Evaluate(doc, p.Service, "SNS:Publish", topic.ID, ctx); v.Effect != policy.Allow {
		return refuse(TopicPolicy, "%s may not publish: %s", p.Service, verdict(v))
	}
	return nil
}

// mayEncrypt evaluates the policy of the topic's key: SNS uses it in the name
// of the service that publishes.
func mayEncrypt(tx *sim.Tx, topic *sim.Resource, p Post, refuse refuser) *Refusal {
	ref := topic.Attrs.Str("kms_master_key_id")
	if ref == "" {
		return nil
	}
	key, state := kms.FindKey(tx, topic.Region, ref)
	switch {
	case state == kms.KeyMissing || state == kms.KeyElsewhere:
		return refuse(KeyMissing, "key %s is %s", ref, state)
	case state != kms.KeyUsable:
		return refuse(KeyUnusable, "key %s is %s", ref, state)
	case key == nil:
		return refuse(KeyManaged, "%s has a policy of AWS's own, which does not let in %s", ref, p.Service)
	}
	doc, err := policy.Parse("key policy", key.Attrs.Str("policy"))
	if err != nil {
		return refuse(PolicyUnsupported, "key %s: %v", key.ARN(), err)
	}
	ctx := said(tx, p).With("kms:CallerAccount", tx.Account()).With("kms:EncryptionContext:aws:sns:topicArn", topic.ID)
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		if v := principal.Evaluate(doc, p.Service, action, key.ARN(), ctx); v.Effect != policy.Allow {
			return refuse(KeyPolicy, "%s may not %s with key %s: %s", p.Service, action, key.ARN(), verdict(v))
		}
	}
	return nil
}

func verdict(v policy.Verdict) string {
	if v.Effect == policy.ExplicitDeny {
		return fmt.Sprintf("statement %q denies it", v.Sid)
	}
	return "no statement allows it"
}
