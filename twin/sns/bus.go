package sns

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

const (
	typeTopic        = "aws_sns_topic"
	typeSubscription = "aws_sns_topic_subscription"

	serviceCloudWatch = "cloudwatch.amazonaws.com"

	// byAccount publishes with credentials of the account.
	byAccount = "account"
)

// Lambda takes events for functions; [lambda.Manager] does.
type Lambda interface {
	Send(from lambda.Caller, arn string, payload []byte) error
}

// Options of a Bus.
type Options struct {
	Cloud *sim.Cloud
	// Clock that retries are timed by.
	Clock  clock.Clock
	Lambda Lambda
	// Down tells that a region is lost: its topics take and deliver nothing.
	// nil means that none is.
	Down func(region string) bool
	// Again says how many duplicates of a delivery to a function follow, as
	// "at least once" permits; nil means none.
	Again func(Delivery) int
}

// Bus delivers messages. It is safe for concurrent use.
type Bus struct {
	o      Options
	ctx    context.Context //nolint:containedctx // of deliveries, which outlive each call
	cancel context.CancelFunc

	mu         sync.Mutex
	closed     bool
	retries    sync.WaitGroup
	deliveries []Delivery
}

// New makes a bus. Close ends what it still tries to deliver.
func New(o Options) (*Bus, error) {
	if o.Cloud == nil || o.Clock == nil || o.Lambda == nil {
		return nil, errors.New("deliver messages: cloud, clock, lambda: all three are needed")
	}
	if o.Down == nil {
		o.Down = func(string) bool { return false }
	}
	if o.Again == nil {
		o.Again = func(Delivery) int { return 0 }
	}
	b := &Bus{o: o}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b, nil
}

// Close gives up what is still being tried.
func (b *Bus) Close() {
	b.mu.Lock()
	b.closed = true
	b.cancel()
	b.mu.Unlock()
	b.retries.Wait()
}

// Post is a message that a service publishes.
type Post struct {
	// Service is its principal, for example "cloudwatch.amazonaws.com".
	Service string
	// SourceARN is what it does so for: an alarm, say.
	SourceARN               string
	TopicARN, Subject, Body string
}

// Publish publishes as a service. The error is a [*Refusal]; it is written
// down with the deliveries as well.
func (b *Bus) Publish(p Post) error {
	d := Delivery{Publisher: p.Service, Topic: p.TopicARN, MessageID: newID(), Subject: p.Subject, Body: p.Body}
	if refusal := b.accept(p); refusal != nil {
		b.note(d, Undelivered, refusal.Reason, refusal.Detail)
		return refusal
	}
	b.fanOut(d)
	return nil
}

// Forward delivers a message that SNS's own face accepted, and so checked: it
// is for [api.Options].OnPublish.
func (b *Bus) Forward(m api.Message) {
	d := Delivery{Publisher: byAccount, Topic: m.TopicARN, MessageID: m.ID, Subject: m.Subject, Body: m.Body}
	if topic, _ := sim.ParseARN(m.TopicARN); b.o.Down(topic.Region) {
		b.note(d, Undelivered, RegionLost, "region "+topic.Region+" is lost")
		return
	}
	b.fanOut(d)
}

// OnAlarm publishes an action of an alarm as CloudWatch: it is for
// [alarms.Options].Notify. What comes of it is among the deliveries.
func (b *Bus) OnAlarm(a alarms.Action) {
	d := Delivery{Publisher: serviceCloudWatch, Topic: a.ActionARN, Subject: a.Subject()}
	if arn, ok := sim.ParseARN(a.ActionARN); !ok || arn.Service != "sns" {
		b.note(d, Undelivered, ActionUnsupported, "alarm "+a.Name+": found "+a.ActionARN+", want a topic")
		return
	}
	body, err := a.Message()
	if err != nil {
		b.note(d, Undelivered, ActionUnsupported, err.Error())
		return
	}
	// The refusal is among the deliveries; CloudWatch itself only writes it
	// into the alarm's history.
	_ = b.Publish(Post{Service: serviceCloudWatch, SourceARN: a.AlarmARN, TopicARN: a.ActionARN, Subject: a.Subject(), Body: body})
}

// newID makes an id in the form of SNS's.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail on the systems that this runs on
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
