package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/recent"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// Type is the Terraform type of a health check.
const Type = "aws_route53_health_check"

// typeMetric is the type of a check that follows an alarm.
const typeMetric = "CLOUDWATCH_METRIC"

// ErrUnsupported is wrapped by the error for a check that is not simulated.
var ErrUnsupported = errors.New("not simulated")

// defaultEvery is the interval of Route 53's standard health checks.
const defaultEvery = 30 * time.Second

// Options of a Checker.
type Options struct {
	Cloud   *sim.Cloud
	Metrics *metrics.Store
	// Clock that checks are made by.
	Clock clock.Clock
	// Down tells that a region is lost: its metrics cannot be read. nil means
	// that none is.
	Down func(region string) bool
	// Every is the time between two checks; 0 means 30 s.
	Every time.Duration
}

// Change is one health check's change of status.
type Change struct {
	At      time.Time
	ID      string
	Healthy bool
	// Reason words what the status follows from.
	Reason string
}

// changesKept bounds what is remembered of changes.
const changesKept = 1000

// Checker checks. It is safe for concurrent use.
type Checker struct {
	o Options

	mu      sync.Mutex
	changes []Change
}

// New makes a checker; Run sets it going.
func New(o Options) (*Checker, error) {
	switch {
	case o.Cloud == nil || o.Metrics == nil || o.Clock == nil:
		return nil, errors.New("check health: cloud, metrics, clock: all three are needed")
	case o.Every < 0:
		return nil, fmt.Errorf("check health: every: found %s, want a time that is not negative", o.Every)
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if o.Down == nil {
		o.Down = func(string) bool { return false }
	}
	return &Checker{o: o}, nil
}

// Run makes all checks, again and again until the context ends, whose error it
// returns.
func (c *Checker) Run(ctx context.Context) error {
	for {
		if err := c.Tick(); err != nil {
			return err
		}
		if err := c.o.Clock.Sleep(ctx, c.o.Every); err != nil {
			return fmt.Errorf("wait for the next health checks: %w", err)
		}
	}
}

// What a check found lives in what AWS knows of it beside its attributes.
const (
	hiddenCopy   = "alarm"
	hiddenStatus = "status"
	hiddenAt     = "status_at"
)

// Tick makes all checks now. The error is the account's: that its snapshot
// cannot be written.
func (c *Checker) Tick() error {
	var changes []Change
	err := c.o.Cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List(Type, sim.Global) {
			if change, changed := c.check(tx, r); changed {
				changes = append(changes, change)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = recent.Append(c.changes, changesKept, changes...)
	return nil
}

// Changes returns all changes of status so far, the oldest first.
func (c *Checker) Changes() []Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.changes)
}

// check brings the status of one check up to date: what Route 53 found last,
// before inversion.
func (c *Checker) check(tx *sim.Tx, r *sim.Resource) (Change, bool) {
	s, err := settings(r)
	if err != nil || r.Attrs.Bool("disabled") {
		return Change{}, false
	}
	before := found(r)
	after, reason := c.look(tx, r, s, before)
	if after == before && r.Hidden.Has(hiddenStatus) {
		return Change{}, false
	}
	edited := tx.Edit(r)
	edited.Hidden.Set(sim.Attrs{hiddenStatus: after, hiddenAt: tx.At.UTC().Format(time.RFC3339Nano)})
	return Change{At: tx.At, ID: r.ID, Healthy: healthy(edited), Reason: reason}, after != before
}

// look holds the copied settings against the metric's data.
func (c *Checker) look(tx *sim.Tx, r *sim.Resource, s alarms.Settings, before bool) (ok bool, reason string) {
	region := r.Attrs.Str("cloudwatch_alarm_region")
	old := map[bool]alarms.State{true: alarms.OK, false: alarms.Alarm}[before]
	var points []metrics.Point
	if !c.o.Down(region) {
		from, to := s.Range(tx.At)
		points = c.o.Metrics.Points(s.ID(region), from, to)
	}
	state, reason := alarms.Evaluate(s, points, tx.At, old)
	if state != alarms.Insufficient {
		return state == alarms.OK, reason
	}
	switch r.Attrs.Str("insufficient_data_health_status") {
	case "Healthy":
		return true, reason
	case "Unhealthy":
		return false, reason
	}
	return before, reason // LastKnownStatus
}

// settings are those that Route 53 copied, for a check that is simulated.
func settings(r *sim.Resource) (alarms.Settings, error) {
	if typ := r.Attrs.Str("type"); typ != typeMetric {
		return alarms.Settings{}, fmt.Errorf("type: found %q, want %s: %w", typ, typeMetric, ErrUnsupported)
	}
	s, err := alarms.ParseSettings(r.Hidden.Block(hiddenCopy))
	if err != nil {
		return s, fmt.Errorf("copied alarm: %w: %w", ErrUnsupported, err)
	}
	return s, nil
}

// found is the status that was found last. A check that has found none yet is
// healthy.
func found(r *sim.Resource) bool {
	status, known := r.Hidden[hiddenStatus].(bool)
	return status || !known
}

// healthy is what Route 53 makes of the status: one that is disabled is always
// healthy, before inversion.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
func healthy(r *sim.Resource) bool {
	status := found(r) || r.Attrs.Bool("disabled")
	return status != r.Attrs.Bool("invert_healthcheck")
}

// Healthy tells the status of a health check as the data plane has it, which
// needs no region.
func (c *Checker) Healthy(id string) bool {
	status := true
	// The function cannot fail, so neither can View.
	_ = c.o.Cloud.View(func(tx *sim.Tx) error {
		if r := tx.Get(Type, sim.Global, id); r != nil {
			status = healthy(r)
		}
		return nil
	})
	return status
}

// Unsupported names the health checks of the account that are not simulated
// and so never change their status; nil if there are none. The error wraps
// ErrUnsupported.
func (c *Checker) Unsupported() error {
	var faults []error
	_ = c.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(Type, sim.Global) {
			if _, err := settings(r); err != nil {
				faults = append(faults, fmt.Errorf("health check %s: %w", r.ID, err))
			}
		}
		return nil
	})
	return errors.Join(faults...)
}
