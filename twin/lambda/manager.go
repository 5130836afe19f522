package lambda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/sim"
)

// sandboxes run a function; [lambdaruntime.Function] does.
type sandboxes interface {
	InvokeAs(ctx context.Context, id string, event []byte) (lambdaruntime.Result, error)
	Redeploy(cfg lambdaruntime.Config) error
	Kill()
	Close()
}

// Manager runs the functions of an account. It is safe for concurrent use.
type Manager struct {
	o     Options
	start func(lambdaruntime.Config) (sandboxes, error)
	// ctx ends with Close, queued what works off the queue.
	ctx    context.Context //nolint:containedctx // of the queue, which outlives each call
	cancel context.CancelFunc
	queued sync.WaitGroup

	mu     sync.Mutex
	closed bool
	byARN  map[string]*function
	// journal of each function that ever was, by ARN.
	journals map[string]*journal
}

// New makes a manager. Nothing runs before the first invocation.
func New(o Options) (*Manager, error) {
	return newManager(o, func(cfg lambdaruntime.Config) (sandboxes, error) { return lambdaruntime.New(cfg) })
}

func newManager(o Options, start func(lambdaruntime.Config) (sandboxes, error)) (*Manager, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("run functions: %w", err)
	}
	if o.Down == nil {
		o.Down = func(string) bool { return false }
	}
	m := &Manager{o: o, start: start, byARN: map[string]*function{}, journals: map[string]*journal{}}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m, nil
}

// Close ends all functions and forgets what is queued.
func (m *Manager) Close() {
	m.mu.Lock()
	m.closed = true
	m.cancel()
	for arn := range m.byARN {
		m.forget(arn)
	}
	m.mu.Unlock()
	m.queued.Wait()
}

// Reconcile makes what runs what is applied: functions that are new or were
// changed are deployed, those that are gone are ended. Each invocation does
// the same for its function. The error names each function that cannot be run
// here; the others run.
func (m *Manager) Reconcile() error {
	applied := map[string]sim.Resource{}
	for _, r := range m.o.Cloud.Resources(Type) {
		applied[r.ARN()] = r
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var faults []error
	for arn := range m.byARN {
		if _, ok := applied[arn]; !ok {
			m.forget(arn)
		}
	}
	for _, r := range applied {
		if _, err := m.deploy(r); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// forget ends a function. The lock is held.
func (m *Manager) forget(arn string) {
	if f := m.byARN[arn]; f != nil {
		f.run.Close()
		delete(m.byARN, arn)
	}
}

// find returns a function as it is applied now.
func (m *Manager) find(arn string) (*function, error) {
	var applied *sim.Resource
	// The function cannot fail, so neither can View.
	_ = m.o.Cloud.View(func(tx *sim.Tx) error {
		at, _ := sim.ParseARN(arn)
		if r := tx.FindBy(Type, at.Region, "arn", arn); r != nil {
			found := *r
			found.Attrs, found.Hidden = r.Attrs.Clone(), r.Hidden.Clone()
			applied = &found
		}
		return nil
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return nil, ErrClosed
	case applied == nil:
		m.forget(arn)
		return nil, fmt.Errorf("function %s: %w", arn, ErrNoFunction)
	case m.o.Down(applied.Region):
		return nil, fmt.Errorf("function %s: region %s is lost: %w", arn, applied.Region, ErrUnavailable)
	}
	return m.deploy(*applied)
}

// Functions returns the ARNs of the functions that run here, sorted.
func (m *Manager) Functions() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]string, 0, len(m.byARN))
	for arn := range m.byARN {
		out = append(out, arn)
	}
	slices.Sort(out)
	return out
}

// Kill ends a function's sandboxes now, in the midst of what they do: each
// invocation under way fails as if its program had crashed.
func (m *Manager) Kill(arn string) error {
	m.mu.Lock()
	f := m.byARN[arn]
	m.mu.Unlock()
	if f == nil {
		return fmt.Errorf("kill function %s: %w", arn, ErrNoFunction)
	}
	f.run.Kill()
	return nil
}

// KillRegion ends the sandboxes of all functions of a region, as its loss
// does.
func (m *Manager) KillRegion(region string) {
	m.mu.Lock()
	var all []*function
	for _, f := range m.byARN {
		if f.region == region {
			all = append(all, f)
		}
	}
	m.mu.Unlock()
	for _, f := range all {
		f.run.Kill()
	}
}
