package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/recent"
	"github.com/pgdr/pgdr/twin/sim"
)

// service is EventBridge's principal.
const service = "events.amazonaws.com"

// Lambda takes events for functions; [lambda.Manager] does.
type Lambda interface {
	Send(from lambda.Caller, arn string, payload []byte) error
}

// Options of a Scheduler.
type Options struct {
	Cloud *sim.Cloud
	// Clock that rules run by.
	Clock  clock.Clock
	Lambda Lambda
	// Down tells that a region is lost: nothing in it runs. nil means that
	// none is.
	Down func(region string) bool
}

// Outcome of a firing.
type Outcome string

// The outcomes.
const (
	Delivered Outcome = "delivered"
	// Waiting: the target is not available, EventBridge tries again.
	Waiting     Outcome = "waiting"
	Undelivered Outcome = "undelivered"
)

// Reason says why a target did not get its event.
type Reason string

// The reasons.
const (
	// NoTarget: the rule has none.
	NoTarget Reason = "no-target"
	// TargetUnsupported: the target is not simulated.
	TargetUnsupported Reason = "target-not-simulated"
	// PermissionMissing: the function's policy does not let EventBridge invoke
	// it for this rule.
	PermissionMissing Reason = "permission-missing"
	// FunctionMissing: there is no such function.
	FunctionMissing Reason = "function-missing"
	// TargetUnavailable: Lambda is not available. Such an event waits, as long
	// as the target's retry policy permits.
	TargetUnavailable Reason = "target-unavailable"
	// TargetRefused: Lambda refused for another reason; see the detail.
	TargetRefused Reason = "target-refused"
)

// Firing is one event for one target.
type Firing struct {
	// At is when it was delivered or given up, Due when it was to be.
	At, Due      time.Time
	Region, Rule string
	// Target is its id, To its ARN; empty for a rule without targets.
	Target, To string
	Outcome    Outcome
	// Reason is "" where it was delivered at the first try.
	Reason Reason
	Detail string
}

// firingsKept bounds what is remembered.
const firingsKept = 10_000

// longestNap bounds the wait for a rule that is not made yet. No rule is due
// within a minute of its making.
const longestNap = 30 * time.Second

// Scheduler runs rules. It is safe for concurrent use.
type Scheduler struct {
	o Options

	mu sync.Mutex
	// until is up to when rules were run.
	until   time.Time
	firings []Firing
}

// New makes a scheduler; Run sets it going. Rules that were due before are not
// run.
func New(o Options) (*Scheduler, error) {
	if o.Cloud == nil || o.Clock == nil || o.Lambda == nil {
		return nil, errors.New("run schedules: cloud, clock, lambda: all three are needed")
	}
	if o.Down == nil {
		o.Down = func(string) bool { return false }
	}
	return &Scheduler{o: o, until: o.Clock.Now()}, nil
}

// Run runs the rules until the context ends, whose error it returns. Retries
// end with it.
func (s *Scheduler) Run(ctx context.Context) error {
	var retries sync.WaitGroup
	defer retries.Wait()
	for {
		next := s.run(ctx, &retries)
		if err := s.o.Clock.Sleep(ctx, max(0, next.Sub(s.o.Clock.Now()))); err != nil {
			return fmt.Errorf("wait for the next schedule: %w", err)
		}
	}
}

// run runs what has become due, and says when to look again.
func (s *Scheduler) run(ctx context.Context, retries *sync.WaitGroup) (next time.Time) {
	now := s.o.Clock.Now()
	next = now.Add(longestNap)
	s.mu.Lock()
	since := s.until
	s.until = now
	s.mu.Unlock()
	for _, j := range s.jobs() {
		last, due, after := j.due(now)
		if after.Before(next) {
			next = after
		}
		if due && last.After(since) && j.enabled && !s.o.Down(j.region) {
			s.fire(ctx, retries, j, last)
		}
	}
	return next
}

// job is a rule with its targets.
type job struct {
	rule
	targets []target
}

// jobs are the account's rules that can be run.
func (s *Scheduler) jobs() []job {
	var all []job
	// The function cannot fail, so neither can View.
	_ = s.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(typeRule, "") {
			view, err := viewRule(r)
			if err != nil {
				continue // Unsupported names it
			}
			j := job{rule: view}
			for _, t := range tx.List(typeTarget, r.Region) {
				if t.Attrs.Str("rule") == view.name {
					j.targets = append(j.targets, viewTarget(t))
				}
			}
			all = append(all, j)
		}
		return nil
	})
	return all
}

// Firings returns what became of all events, the oldest first. One that waits
// is there again when it was delivered or given up.
func (s *Scheduler) Firings() []Firing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.firings)
}

func (s *Scheduler) note(f Firing, outcome Outcome, why Reason, detail string) {
	f.At, f.Outcome, f.Reason, f.Detail = s.o.Clock.Now(), outcome, why, detail
	s.mu.Lock()
	defer s.mu.Unlock()
	s.firings = recent.Append(s.firings, firingsKept, f)
}

// Unsupported names the rules and targets of the account that are not
// simulated and so never run; nil if there are none. The error wraps
// ErrUnsupported.
func (s *Scheduler) Unsupported() error {
	var faults []error
	_ = s.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(typeRule, "") {
			if _, err := viewRule(r); err != nil {
				faults = append(faults, fmt.Errorf("rule %s in %s: %w", r.Attrs.Str("name"), r.Region, err))
			}
		}
		for _, r := range tx.List(typeTarget, "") {
			if t := viewTarget(r); t.fault != nil {
				faults = append(faults, fmt.Errorf("target %s of rule %s in %s: %w", t.id, r.Attrs.Str("rule"), r.Region, t.fault))
			}
		}
		return nil
	})
	return errors.Join(faults...)
}
