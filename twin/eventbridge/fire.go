package eventbridge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/sim"
)

// event is what EventBridge gives a target at a scheduled time.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
type event struct {
	Version    string   `json:"version"`
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     struct{} `json:"detail"`
}

// payload is the event of a rule for a target.
func (j job) payload(t target, due time.Time) ([]byte, error) {
	if t.input != "" {
		return []byte(t.input), nil
	}
	arn, _ := sim.ParseARN(j.arn)
	raw, err := json.Marshal(event{
		Version: "0", ID: newID(), DetailType: "Scheduled Event", Source: "aws.events", Account: arn.Account,
		Time: due.UTC().Format(time.RFC3339), Region: j.region, Resources: []string{j.arn},
	})
	if err != nil {
		return nil, fmt.Errorf("write the event of rule %s: %w", j.name, err)
	}
	return raw, nil
}

// newID makes an id in the form of EventBridge's.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail on the systems that this runs on
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// fire gives every target of a rule its event.
func (s *Scheduler) fire(ctx context.Context, retries *sync.WaitGroup, j job, due time.Time) {
	f := Firing{Due: due, Region: j.region, Rule: j.name}
	if len(j.targets) == 0 {
		s.note(f, Undelivered, NoTarget, "rule "+j.name+" has no target")
	}
	for _, t := range j.targets {
		f.Target, f.To = t.id, t.arn
		payload, err := j.payload(t, due)
		switch {
		case t.fault != nil:
			s.note(f, Undelivered, TargetUnsupported, t.fault.Error())
		case err != nil:
			s.note(f, Undelivered, TargetRefused, err.Error())
		default:
			if err := s.attempt(f, j, payload); err != nil {
				retries.Go(func() { s.retry(ctx, f, j, t, payload, err) })
			}
		}
	}
}

// attempt tries once; it returns the error of what is worth another try.
func (s *Scheduler) attempt(f Firing, j job, payload []byte) error {
	err := s.o.Lambda.Send(lambda.Caller{Service: service, SourceARN: j.arn}, f.To, payload)
	switch {
	case err == nil:
		s.note(f, Delivered, "", "")
	case errors.Is(err, lambda.ErrUnavailable):
		return fmt.Errorf("rule %s: %w", j.name, err)
	case errors.Is(err, lambda.ErrNotPermitted):
		s.note(f, Undelivered, PermissionMissing, err.Error())
	case errors.Is(err, lambda.ErrNoFunction):
		s.note(f, Undelivered, FunctionMissing, err.Error())
	default:
		s.note(f, Undelivered, TargetRefused, err.Error())
	}
	return nil
}

// Retries wait from the one to the other.
const shortestBackoff, longestBackoff = time.Second, 5 * time.Minute

// retry goes on with an event as long as the target's retry policy permits.
// While the rule's own region is lost nothing is tried.
func (s *Scheduler) retry(ctx context.Context, f Firing, j job, t target, payload []byte, err error) {
	backoff := shortestBackoff
	for n := 0; n < t.retries && s.o.Clock.Now().Add(backoff).Sub(f.Due) <= t.age; {
		if n == 0 && backoff == shortestBackoff {
			s.note(f, Waiting, TargetUnavailable, err.Error())
		}
		if s.o.Clock.Sleep(ctx, backoff) != nil {
			return
		}
		backoff = min(2*backoff, longestBackoff)
		if s.o.Down(j.region) {
			continue
		}
		n++
		if err = s.attempt(f, j, payload); err == nil {
			return
		}
	}
	s.note(f, Undelivered, TargetUnavailable, err.Error())
}
