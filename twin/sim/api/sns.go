package api

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/recent"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

func snsService() *service {
	return &service{
		name: SNS, prefix: "sns", signing: "sns", denied: "AuthorizationError",
		protocol:   queryProtocol{namespace: "http://sns.amazonaws.com/doc/2010-03-31/", version: "2010-03-31"},
		throttled:  Error{Code: "Throttling", Message: "Rate exceeded"},
		broken:     Error{Code: "InternalError", Message: "Internal Error", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){"Publish": publish, "GetTopicAttributes": topicAttributes},
	}
}

// Message is what SNS accepted for a topic.
type Message struct {
	ID       string
	At       time.Time
	TopicARN string
	Subject  string
	Body     string
}

// Messages returns what was published, the oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Limits of a message.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const (
	maxSubject = 100
	maxMessage = 256 * 1024
)

func publish(c *call) (any, error) {
	if err := c.only("TopicArn", "Subject", "Message"); err != nil {
		return nil, err
	}
	m := Message{ID: newRequestID(), TopicARN: c.text("TopicArn"), Subject: c.text("Subject"), Body: c.text("Message")}
	arn, ok := sim.ParseARN(m.TopicARN)
	if !ok || arn.Service != "sns" || arn.Region != c.region {
		return nil, refuse("InvalidParameter", "Invalid parameter: TopicArn")
	}
	err := c.view(func(tx *sim.Tx) error {
		topic := tx.Get("aws_sns_topic", c.region, m.TopicARN)
		if err := c.mayUseTopic(tx, "SNS:Publish", m.TopicARN, topic); err != nil {
			return err
		}
		if topic == nil {
			return refuse("NotFound", "Topic does not exist")
		}
		if err := checkMessage(m, c.form.Has("Subject")); err != nil {
			return err
		}
		m.At = tx.At
		return c.encryptFor(tx, topic)
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.messages = recent.Append(c.messages, recordsKept, m)
	c.mu.Unlock()
	if c.options.OnPublish != nil {
		c.options.OnPublish(m)
	}
	return struct {
		MessageID string `xml:"MessageId"`
	}{m.ID}, nil
}

// topicAttributes tells what the guard reads of a topic: its key.
// https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
func topicAttributes(c *call) (any, error) {
	if err := c.only("TopicArn"); err != nil {
		return nil, err
	}
	arn := c.text("TopicArn")
	if parsed, ok := sim.ParseARN(arn); !ok || parsed.Service != "sns" || parsed.Region != c.region {
		return nil, refuse("InvalidParameter", "Invalid parameter: TopicArn")
	}
	type entry struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	var out struct {
		Entries []entry `xml:"Attributes>entry"`
	}
	err := c.view(func(tx *sim.Tx) error {
		topic := tx.Get("aws_sns_topic", c.region, arn)
		if err := c.mayUseTopic(tx, "SNS:GetTopicAttributes", arn, topic); err != nil {
			return err
		}
		if topic == nil {
			return refuse("NotFound", "Topic does not exist")
		}
		out.Entries = []entry{{"TopicArn", arn}, {"Policy", topic.Attrs.Str("policy")}}
		if key := topic.Attrs.Str("kms_master_key_id"); key != "" {
			out.Entries = append(out.Entries, entry{"KmsMasterKeyId", key})
		}
		return nil
	})
	return out, err
}

// mayUseTopic evaluates the caller's policies and the topic's: within an account
// either may allow, and neither may deny.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (c *call) mayUseTopic(tx *sim.Tx, action, arn string, topic *sim.Resource) error {
	docs, err := rolePolicies(tx, c.caller.Role)
	if err != nil {
		return err
	}
	r := c.request(action, arn, policy.Context{"aws:sourceowner": {c.cloud.Account()}})
	verdict := policy.Identity(docs, r)
	if topic != nil {
		doc, err := policy.Parse("topic policy", topic.Attrs.Str("policy"))
		if err != nil {
			return fmt.Errorf("topic %s: %w", arn, err)
		}
		if own := policy.Resource(doc, r); own.Effect == policy.ExplicitDeny || verdict.Effect == policy.ImplicitDeny {
			verdict = own
		}
	}
	return c.judge(verdict, r)
}

func checkMessage(m Message, withSubject bool) error {
	odd := slices.ContainsFunc([]byte(m.Subject), func(b byte) bool { return b < ' ' || b > '~' })
	switch {
	case m.Body == "":
		return refuse("InvalidParameter", "Invalid parameter: Empty message")
	case len(m.Body) > maxMessage:
		return refuse("InvalidParameter", "Invalid parameter: Message too long")
	case withSubject && (m.Subject == "" || len(m.Subject) > maxSubject || m.Subject[0] == ' ' || odd):
		return refuse("InvalidParameter", "Invalid parameter: Subject")
	}
	return nil
}

// keyCodes are SNS's refusals by the state of the topic's key.
var keyCodes = map[kms.KeyState]string{
	kms.KeyUsable: "KMSAccessDenied", kms.KeyDisabled: "KMSDisabled", kms.KeyPending: "KMSInvalidState",
	kms.KeyMissing: "KMSNotFound", kms.KeyElsewhere: "KMSNotFound",
}

// encryptFor checks that SNS may use the topic's key in the caller's name.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func (c *call) encryptFor(tx *sim.Tx, topic *sim.Resource) error {
	refusal, err := c.useKey(tx, keyUse{
		ref: topic.Attrs.Str("kms_master_key_id"), via: "sns", actions: []string{"kms:GenerateDataKey", "kms:Decrypt"},
		encryption: map[string]string{"aws:sns:topicArn": topic.ID},
	})
	if err == nil && refusal != nil {
		err = refuse(keyCodes[refusal.state], "%s (Service: AWSKMS; Status Code: 400)", refusal.text)
	}
	return err
}
