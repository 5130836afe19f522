package alarms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/recent"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// Options of an Evaluator.
type Options struct {
	Cloud   *sim.Cloud
	Metrics *metrics.Store
	// Clock that alarms are evaluated by.
	Clock clock.Clock
	// Down tells that a region is lost: nothing in it is evaluated. nil means
	// that none is.
	Down func(region string) bool
	// Notify gets each action, one after the other, outside of any access to
	// the account. nil drops them.
	Notify func(Action)
	// Offset is how long after each full minute alarms are evaluated, less
	// than a minute.
	Offset time.Duration
}

// Change is one alarm's change of state.
type Change struct {
	At           time.Time
	Region, Name string
	Old, New     State
	Reason       string
}

// changesKept bounds what is remembered of changes.
const changesKept = 10_000

// Evaluator evaluates the alarms of an account. It is safe for concurrent use.
type Evaluator struct {
	o Options

	mu      sync.Mutex
	changes []Change
}

// New makes an evaluator; Run sets it going.
func New(o Options) (*Evaluator, error) {
	var faults []error
	if o.Cloud == nil || o.Metrics == nil || o.Clock == nil {
		faults = append(faults, errors.New("cloud, metrics, clock: all three are needed"))
	}
	if o.Offset < 0 || o.Offset >= time.Minute {
		faults = append(faults, fmt.Errorf("offset: found %s, want 0 or more and less than a minute", o.Offset))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("evaluate alarms: %w", err)
	}
	if o.Down == nil {
		o.Down = func(string) bool { return false }
	}
	if o.Notify == nil {
		o.Notify = func(Action) {}
	}
	return &Evaluator{o: o}, nil
}

// Run evaluates all alarms once a minute until the context ends, whose error
// it returns.
func (e *Evaluator) Run(ctx context.Context) error {
	for {
		now := e.o.Clock.Now()
		next := now.Truncate(time.Minute).Add(e.o.Offset)
		if !next.After(now) {
			next = next.Add(time.Minute)
		}
		if err := e.o.Clock.Sleep(ctx, next.Sub(now)); err != nil {
			return fmt.Errorf("wait for the next evaluation of alarms: %w", err)
		}
		if err := e.Tick(); err != nil {
			return err
		}
	}
}

// Tick evaluates all alarms now. The error is the account's: that its snapshot
// cannot be written.
func (e *Evaluator) Tick() error {
	var changes []Change
	var todo []Action
	err := e.o.Cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List(Type, "") {
			c, changed := e.evaluate(tx, r)
			if !changed {
				continue
			}
			changes = append(changes, c)
			todo = append(todo, actions(r, c, regionTitle(tx, c.Region))...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("evaluate alarms: %w", err)
	}
	e.remember(changes)
	for _, a := range todo {
		e.o.Notify(a)
	}
	return nil
}

// The state of an alarm lives in what AWS knows of it beside its attributes.
const (
	hiddenState  = "state"
	hiddenReason = "state_reason"
	hiddenAt     = "state_at"
)

// evaluate brings one alarm up to date.
func (e *Evaluator) evaluate(tx *sim.Tx, r *sim.Resource) (Change, bool) {
	s, err := ParseSettings(r.Attrs)
	if err != nil || e.o.Down(r.Region) {
		return Change{}, false
	}
	old := State(r.Hidden.Str(hiddenState))
	from, to := s.Range(tx.At)
	state, reason := Evaluate(s, e.o.Metrics.Points(s.ID(r.Region), from, to), tx.At, old)
	if state == old {
		return Change{}, false
	}
	tx.Edit(r).Hidden.Set(sim.Attrs{hiddenState: string(state), hiddenReason: reason, hiddenAt: tx.At.UTC().Format(time.RFC3339Nano)})
	return Change{At: tx.At, Region: r.Region, Name: r.Attrs.Str("alarm_name"), Old: old, New: state, Reason: reason}, true
}

// regionTitle is a region's name in words.
func regionTitle(tx *sim.Tx, region string) string {
	resp, err := tx.Do(simapi.OpData, simapi.Request{Type: "aws_region", Region: region})
	if err != nil {
		return ""
	}
	return sim.Attrs(resp.Attrs).Str("description")
}

func (e *Evaluator) remember(changes []Change) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes = recent.Append(e.changes, changesKept, changes...)
}

// Changes returns all changes of state so far, the oldest first.
func (e *Evaluator) Changes() []Change {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.changes)
}

// State returns an alarm's state, "" if there is no such alarm.
func (e *Evaluator) State(region, name string) State {
	var state State
	// The function cannot fail, so neither can View.
	_ = e.o.Cloud.View(func(tx *sim.Tx) error {
		if r := tx.FindBy(Type, region, "alarm_name", name); r != nil {
			state = State(r.Hidden.Str(hiddenState))
		}
		return nil
	})
	return state
}

// Unsupported names the alarms of the account that are not simulated and so
// never change their state; nil if there are none. The error wraps
// ErrUnsupported.
func (e *Evaluator) Unsupported() error {
	var faults []error
	_ = e.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(Type, "") {
			if _, err := ParseSettings(r.Attrs); err != nil {
				faults = append(faults, fmt.Errorf("alarm %s in %s: %w", r.Attrs.Str("alarm_name"), r.Region, err))
			}
		}
		return nil
	})
	return errors.Join(faults...)
}
