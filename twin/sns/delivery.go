package sns

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/recent"
)

// Outcome of a delivery.
type Outcome string

// The outcomes.
const (
	Delivered Outcome = "delivered"
	// Waiting: the endpoint is not available, SNS tries again.
	Waiting     Outcome = "waiting"
	Undelivered Outcome = "undelivered"
)

// Reason says why a message was not accepted or not delivered.
type Reason string

// Why a message was not accepted.
const (
	// ActionUnsupported: an alarm's action is no topic.
	ActionUnsupported Reason = "action-not-simulated"
	// RegionLost: the topic's region is lost.
	RegionLost Reason = "region-lost"
	// TopicMissing: there is no such topic.
	TopicMissing Reason = "topic-missing"
	// TopicPolicy: the topic's policy does not let the service publish.
	TopicPolicy Reason = "topic-policy"
	// KeyMissing: the topic's key does not exist in its region.
	KeyMissing Reason = "key-missing"
	// KeyUnusable: it is disabled or pending deletion.
	KeyUnusable Reason = "key-unusable"
	// KeyManaged: the topic's key is the one that AWS manages, whose policy
	// lets no service in.
	KeyManaged Reason = "key-aws-managed"
	// KeyPolicy: the key's policy does not let the service use it.
	KeyPolicy Reason = "key-policy"
	// PolicyUnsupported: a policy has something that is not simulated.
	PolicyUnsupported Reason = "policy-not-simulated"
)

// Why a message was not delivered.
const (
	// NoSubscription: the topic has no subscription.
	NoSubscription Reason = "no-subscription"
	// NotConfirmed: the person did not confirm the subscription.
	NotConfirmed Reason = "subscription-not-confirmed"
	// FilterUnsupported: the subscription has a filter policy.
	FilterUnsupported Reason = "filter-not-simulated"
	// ProtocolUnsupported: the subscription's protocol is not simulated.
	ProtocolUnsupported Reason = "protocol-not-simulated"
	// FunctionMissing: there is no such function.
	FunctionMissing Reason = "function-missing"
	// PermissionMissing: the function's policy does not let SNS invoke it for
	// this topic.
	PermissionMissing Reason = "permission-missing"
	// EndpointUnavailable: the function's region is lost. Such a delivery
	// waits; it is undelivered once the delivery policy is exhausted.
	EndpointUnavailable Reason = "endpoint-unavailable"
	// EndpointRefused: Lambda refused for another reason; see the detail.
	EndpointRefused Reason = "endpoint-refused"
)

// Delivery is one message to one subscription, or one that did not come so
// far.
type Delivery struct {
	At time.Time
	// Publisher is a service or "account": a caller with credentials of it.
	Publisher                       string
	Topic, MessageID, Subject, Body string
	// Protocol and To are those of the subscription; empty for a message that
	// was not accepted or has no subscription.
	Protocol, To string
	// Copy is 0, and 1 and so on for duplicates.
	Copy    int
	Outcome Outcome
	// Reason is "" where it was delivered at the first try.
	Reason Reason
	Detail string
}

// Refusal is the error of a message that was not accepted.
type Refusal struct {
	Topic  string
	Reason Reason
	Detail string
}

func (r *Refusal) Error() string {
	return "publish to " + r.Topic + ": " + string(r.Reason) + ": " + r.Detail
}

// deliveriesKept bounds what is remembered.
const deliveriesKept = 10_000

func (b *Bus) note(d Delivery, outcome Outcome, why Reason, detail string) {
	d.At, d.Outcome, d.Reason, d.Detail = b.o.Clock.Now(), outcome, why, detail
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deliveries = recent.Append(b.deliveries, deliveriesKept, d)
}

// Deliveries returns what became of all messages, the oldest first. One that
// waits is there again when it was delivered or given up.
func (b *Bus) Deliveries() []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.deliveries)
}
