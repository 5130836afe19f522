package sns

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/sim"
)

// people's protocols; their subscriptions are confirmed by hand.
var people = []string{"email", "email-json", "http", "https"}

// subscription is what a message goes to.
type subscription struct {
	arn, protocol, endpoint string
	region                  string
	pending                 bool
	filter                  string
}

func viewSubscription(r *sim.Resource) subscription {
	return subscription{
		arn: r.ARN(), protocol: r.Attrs.Str("protocol"), endpoint: r.Attrs.Str("endpoint"), region: r.Region,
		pending: r.Attrs.Bool("pending_confirmation"), filter: r.Attrs.Str("filter_policy"),
	}
}

// fault says why a subscription is not simulated; "" if it is.
func (s subscription) fault() (Reason, string) {
	switch {
	case s.filter != "":
		return FilterUnsupported, "filter_policy: found " + s.filter + ", want none"
	case s.protocol != "lambda" && !slices.Contains(people, s.protocol):
		return ProtocolUnsupported, fmt.Sprintf("protocol: found %q, want lambda or one of %v", s.protocol, people)
	}
	return "", ""
}

// fanOut delivers an accepted message to all subscriptions of its topic.
func (b *Bus) fanOut(d Delivery) {
	var all []subscription
	_ = b.o.Cloud.View(func(tx *sim.Tx) error {
		topic, _ := sim.ParseARN(d.Topic)
		for _, r := range tx.List(typeSubscription, topic.Region) {
			if r.Attrs.Str("topic_arn") == d.Topic {
				all = append(all, viewSubscription(r))
			}
		}
		return nil
	})
	if len(all) == 0 {
		b.note(d, Undelivered, NoSubscription, "nobody subscribed to "+d.Topic)
	}
	for _, s := range all {
		d.Protocol, d.To = s.protocol, s.endpoint
		b.deliver(d, s)
	}
}

func (b *Bus) deliver(d Delivery, s subscription) {
	why, detail := s.fault()
	switch {
	case why != "":
		b.note(d, Undelivered, why, detail)
	case s.pending:
		b.note(d, Undelivered, NotConfirmed, s.endpoint+" has not confirmed the subscription")
	case s.protocol != "lambda":
		b.note(d, Delivered, "", "")
	default:
		for d.Copy = range 1 + max(0, b.o.Again(d)) {
			b.invoke(d, s)
		}
	}
}

// invoke hands a message to a function, and goes on trying where its region is
// lost.
func (b *Bus) invoke(d Delivery, s subscription) {
	payload, err := lambdaEvent(d, s, b.o.Clock.Now())
	if err != nil {
		b.note(d, Undelivered, EndpointRefused, err.Error())
		return
	}
	if b.attempt(d, payload) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.retries.Go(func() { b.retry(d, s, payload) })
	}
}

// signs is the principal that delivers from a topic.
func signs(topic string) string {
	arn, _ := sim.ParseARN(topic) // of a topic that exists
	return spec.SNSPrincipal(arn.Region)
}

// attempt tries once; done is false if it is worth another try.
func (b *Bus) attempt(d Delivery, payload []byte) (done bool) {
	err := b.o.Lambda.Send(lambda.Caller{Service: signs(d.Topic), SourceARN: d.Topic}, d.To, payload)
	switch {
	case err == nil:
		b.note(d, Delivered, "", "")
	case errors.Is(err, lambda.ErrUnavailable):
		return false
	case errors.Is(err, lambda.ErrNotPermitted):
		b.note(d, Undelivered, PermissionMissing, err.Error())
	case errors.Is(err, lambda.ErrNoFunction):
		b.note(d, Undelivered, FunctionMissing, err.Error())
	default:
		b.note(d, Undelivered, EndpointRefused, err.Error())
	}
	return true
}

// SNS's delivery policy for Lambda, which cannot be changed.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
const (
	immediateRetries = 3
	shortRetries     = 2
	backoffRetries   = 10
	longRetries      = 100_000
	allRetries       = immediateRetries + shortRetries + backoffRetries + longRetries

	shortest, longest = time.Second, 20 * time.Second
)

// pause is the wait before a retry, the first being 1.
func pause(retry int) time.Duration {
	switch i := retry - immediateRetries - shortRetries; {
	case retry <= immediateRetries:
		return 0
	case i <= 0:
		return shortest
	case i <= backoffRetries:
		growth := math.Pow(float64(longest)/float64(shortest), float64(i-1)/(backoffRetries-1))
		return time.Duration(float64(shortest) * growth)
	}
	return longest
}

// retry goes on with a delivery until it is done or given up. While the
// topic's own region is lost nothing is tried.
func (b *Bus) retry(d Delivery, s subscription, payload []byte) {
	b.note(d, Waiting, EndpointUnavailable, d.To+" is not available")
	for n := 1; n <= allRetries; n++ {
		if b.o.Clock.Sleep(b.ctx, pause(n)) != nil {
			return
		}
		for b.o.Down(s.region) {
			if b.o.Clock.Sleep(b.ctx, longest) != nil {
				return
			}
		}
		if b.attempt(d, payload) {
			return
		}
	}
	b.note(d, Undelivered, EndpointUnavailable, fmt.Sprintf("%s was not available for %d tries", d.To, allRetries+1))
}

// ConfirmPeople confirms all subscriptions that wait for it, as the people do
// who find the message in their mail, and returns how many there were.
func (b *Bus) ConfirmPeople() (int, error) {
	n := 0
	err := b.o.Cloud.Update(func(tx *sim.Tx) error {
		n = 0
		for _, r := range tx.List(typeSubscription, "") {
			if r.Attrs.Bool("pending_confirmation") {
				tx.Edit(r).Attrs.Set(sim.Attrs{"pending_confirmation": false, "confirmation_was_authenticated": false})
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("confirm subscriptions: %w", err)
	}
	return n, nil
}

// ErrUnsupported is wrapped by the error for a subscription that is not
// simulated.
var ErrUnsupported = errors.New("not simulated")

// Unsupported names the subscriptions of the account that are not simulated
// and so get nothing; nil if there are none. The error wraps ErrUnsupported.
func (b *Bus) Unsupported() error {
	var faults []error
	_ = b.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(typeSubscription, "") {
			if why, detail := viewSubscription(r).fault(); why != "" {
				faults = append(faults, fmt.Errorf("subscription %s: %s: %w", r.ID, detail, ErrUnsupported))
			}
		}
		return nil
	})
	return errors.Join(faults...)
}
