package sns

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.SNS, Prefix: "sns", Signing: "sns", Denied: "AuthorizationError",
		Protocol:   api.QueryProtocol{Namespace: "http://sns.amazonaws.com/doc/2010-03-31/", Version: "2010-03-31"},
		Throttled:  api.Error{Code: "Throttling", Message: "Rate exceeded"},
		Broken:     api.Error{Code: "InternalError", Message: "Internal Error", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){"Publish": publish, "GetTopicAttributes": topicAttributes},
	}
}

// Limits of a message.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const (
	maxSubject = 100
	maxMessage = 256 * 1024
)

func publish(c *api.Call) (any, error) {
	if err := c.Only("TopicArn", "Subject", "Message"); err != nil {
		return nil, err
	}
	m := api.Message{ID: api.NewRequestID(), TopicARN: c.Text("TopicArn"), Subject: c.Text("Subject"), Body: c.Text("Message")}
	arn, ok := sim.ParseARN(m.TopicARN)
	if !ok || arn.Service != "sns" || arn.Region != c.Region {
		return nil, api.Refuse("InvalidParameter", "Invalid parameter: TopicArn")
	}
	err := c.View(func(tx *sim.Tx) error {
		topic := tx.Get("aws_sns_topic", c.Region, m.TopicARN)
		if err := mayUseTopic(c, tx, "SNS:Publish", m.TopicARN, topic); err != nil {
			return err
		}
		if topic == nil {
			return api.Refuse("NotFound", "Topic does not exist")
		}
		if err := checkMessage(m, c.Form.Has("Subject")); err != nil {
			return err
		}
		m.At = tx.At
		return encryptFor(c, tx, topic)
	})
	if err != nil {
		return nil, err
	}
	c.Accept(m)
	return struct {
		MessageID string `xml:"MessageId"`
	}{m.ID}, nil
}

// topicAttributes tells what the guard reads of a topic: its key.
// https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
func topicAttributes(c *api.Call) (any, error) {
	if err := c.Only("TopicArn"); err != nil {
		return nil, err
	}
	arn := c.Text("TopicArn")
	if parsed, ok := sim.ParseARN(arn); !ok || parsed.Service != "sns" || parsed.Region != c.Region {
		return nil, api.Refuse("InvalidParameter", "Invalid parameter: TopicArn")
	}
	type entry struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	var out struct {
		Entries []entry `xml:"Attributes>entry"`
	}
	err := c.View(func(tx *sim.Tx) error {
		topic := tx.Get("aws_sns_topic", c.Region, arn)
		if err := mayUseTopic(c, tx, "SNS:GetTopicAttributes", arn, topic); err != nil {
			return err
		}
		if topic == nil {
			return api.Refuse("NotFound", "Topic does not exist")
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
func mayUseTopic(c *api.Call, tx *sim.Tx, action, arn string, topic *sim.Resource) error {
	docs, err := api.RolePolicies(tx, c.Caller.Role)
	if err != nil {
		return err
	}
	r := c.Request(action, arn, policy.Context{"aws:sourceowner": {c.Cloud.Account()}})
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
	return c.Judge(verdict, r)
}

func checkMessage(m api.Message, withSubject bool) error {
	odd := slices.ContainsFunc([]byte(m.Subject), func(b byte) bool { return b < ' ' || b > '~' })
	switch {
	case m.Body == "":
		return api.Refuse("InvalidParameter", "Invalid parameter: Empty message")
	case len(m.Body) > maxMessage:
		return api.Refuse("InvalidParameter", "Invalid parameter: Message too long")
	case withSubject && (m.Subject == "" || len(m.Subject) > maxSubject || m.Subject[0] == ' ' || odd):
		return api.Refuse("InvalidParameter", "Invalid parameter: Subject")
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
func encryptFor(c *api.Call, tx *sim.Tx, topic *sim.Resource) error {
	refusal, err := kms.UseKey(c, tx, kms.KeyUse{
		Ref: topic.Attrs.Str("kms_master_key_id"), Via: "sns", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"},
		Encryption: map[string]string{"aws:sns:topicArn": topic.ID},
	})
	if err == nil && refusal != nil {
		err = api.Refuse(keyCodes[refusal.State], "%s (Service: AWSKMS; Status Code: 400)", refusal.Text)
	}
	return err
}
