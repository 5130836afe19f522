package sns

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

// snsEvent is what Lambda gives a function that SNS invokes.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
type snsEvent struct {
	Records []snsRecord
}

type snsRecord struct {
	EventSource          string
	EventVersion         string
	EventSubscriptionArn string
	Sns                  snsMessage
}

type snsMessage struct {
	Type             string
	MessageID        string `json:"MessageId"`
	TopicArn         string
	Subject          *string
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string `json:"SigningCertUrl"`
	UnsubscribeURL   string `json:"UnsubscribeUrl"`
	// MessageAttributes: empty, since the account sends none.
	MessageAttributes struct{}
}

// snsTime is the form of SNS's moments.
const snsTime = "2006-01-02T15:04:05.000Z"

// unsigned is base64 for "not signed".
const unsigned = "bm90IHNpZ25lZA=="

func lambdaEvent(d Delivery, s subscription, at time.Time) ([]byte, error) {
	topic, _ := sim.ParseARN(d.Topic)
	host := "https://sns." + topic.Region + ".amazonaws.com/"
	m := snsMessage{
		Type: "Notification", MessageID: d.MessageID, TopicArn: d.Topic, Message: d.Body, Timestamp: at.UTC().Format(snsTime),
		SignatureVersion: "1", Signature: unsigned, SigningCertURL: host + "SimpleNotificationService-0000000000000000000000000000000.pem",
		UnsubscribeURL: host + "?Action=Unsubscribe&SubscriptionArn=" + s.arn,
	}
	if d.Subject != "" {
		m.Subject = &d.Subject
	}
	raw, err := json.Marshal(snsEvent{Records: []snsRecord{{EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: s.arn, Sns: m}}})
	if err != nil {
		return nil, fmt.Errorf("write the event: %w", err)
	}
	return raw, nil
}
