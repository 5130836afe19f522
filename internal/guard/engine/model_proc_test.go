package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// proc is one invocation of the function: a coroutine that gives the world its
// turn before and after each call. Stopping it is a crash: nothing of it runs
// any more, not even what it would do on its way out.
type proc struct {
	w        *world
	name     string
	skew     time.Duration
	wake     time.Time
	deadline time.Time
	next     func() (struct{}, bool)
	stop     func()
	yield    func(struct{}) bool
	dead     bool
	report   Report
}

type crashed struct{}

// modelPolicy has the shape of the default one on a shorter scale.
func modelPolicy() decide.Policy {
	return decide.Policy{
		Mode: decide.ModeAutomatic, OnRegionSilent: decide.SilentPromote,
		InstanceFailed: 40 * time.Second, InstanceUnreachable: 60 * time.Second, RegionSilent: 30 * time.Second,
		Arming: 60 * time.Second, Cooldown: 5 * time.Minute, MaxDataLoss: 90 * time.Second, AbortAfter: 2 * time.Minute,
	}
}

var modelTopology = Topology{Primary: Member{Identifier: "pg-primary"}, Replica: Member{Identifier: "pg-replica"}}

// setup alters an engine before it runs; only tests of the tests use it.
type setup func(*Engine)

// invoke starts an invocation by the schedule now.
func (w *world) invoke(timeout time.Duration, alter setup) { w.start(ScheduleTick, timeout, alter) }

// start starts an invocation now.
func (w *world) start(trigger string, timeout time.Duration, alter setup) *proc {
	w.started++
	p := &proc{w: w, name: fmt.Sprintf("i%d", w.started), wake: w.now, deadline: w.now.Add(timeout)}
	if w.skewed {
		p.skew = w.between(-100*time.Second, 100*time.Second)
	}
	e := p.engine()
	if alter != nil {
		alter(e)
	}
	p.next, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(crashed); !ok {
					panic(r)
				}
			}
		}()
		p.yield = yield
		ctx, cancel := p.WithDeadline(context.Background(), p.deadline.Add(p.skew))
		defer cancel()
		p.report = e.Tick(ctx, trigger)
	})
	w.procs = append(w.procs, p)
	return p
}

// engine is the one under test, on the ports of this process.
func (p *proc) engine() *Engine {
	e, err := New(Config{
		Policy: modelPolicy(), Topology: modelTopology, Environment: "test", Owner: p.name, Watch: 50 * time.Second,
	}, Ports{
		Clock: p, Ledger: modelLedger{p}, Observer: modelObserver{p}, Promoter: modelPromoter{p},
		Prover: modelProver{p}, Fencer: modelFencer{p}, Switcher: modelSwitcher{p}, Posture: modelPosture{p},
		Metrics: modelMetrics{p}, Notifier: modelNotifier{p},
	})
	if err != nil {
		panic(err)
	}
	return e
}

// console is an engine for an operator's commands, which run while nothing
// else does.
func (w *world) console() *Engine { return (&proc{w: w, name: "operator"}).engine() }

// pause gives the world its turn for at least d.
func (p *proc) pause(d time.Duration) {
	if p.yield == nil {
		p.w.advance(p.w.now.Add(d)) // An operator: nothing else runs meanwhile.
		return
	}
	p.wake = p.w.now.Add(d)
	if !p.yield(struct{}{}) {
		panic(crashed{})
	}
}

// crash kills the process where it is.
func (p *proc) crash() {
	p.dead = true
	p.stop()
}

// run drives the world to its end, or to the first violation.
func (w *world) run() {
	for w.violation == "" && w.now.Before(w.end) {
		p := w.turn()
		if p == nil {
			if len(w.events) == 0 {
				return
			}
			w.advance(w.events[0].at)
			continue
		}
		w.advance(p.wake)
		switch {
		case p.dead:
		case !w.now.Before(p.deadline), w.crashes > 0 && w.chance(w.crashes):
			p.crash()
		default:
			if _, more := p.next(); !more {
				p.dead = true
			}
		}
		w.procs = slices.DeleteFunc(w.procs, func(p *proc) bool { return p.dead })
	}
	for _, p := range w.procs {
		p.crash()
	}
	w.procs = nil
}

// turn is the process that wakes first; of several that are due, any.
func (w *world) turn() *proc {
	var first *proc
	due := 0
	for _, p := range w.procs {
		switch {
		case !p.wake.After(w.now):
			due++
			if w.rng.IntN(due) == 0 {
				first = p
			}
		case due == 0 && (first == nil || p.wake.Before(first.wake)):
			first = p
		}
	}
	if first != nil && len(w.events) > 0 && w.events[0].at.Before(first.wake) {
		w.advance(w.events[0].at)
	}
	return first
}

// The process is its own clock, which may be wrong.

func (p *proc) Now() time.Time { return p.w.now.Add(p.skew) }

func (p *proc) Sleep(ctx context.Context, d time.Duration) error {
	if end, ok := ctx.Deadline(); ok && p.Now().Add(d).After(end) {
		p.pause(end.Sub(p.Now()))
		return context.DeadlineExceeded
	}
	p.pause(d)
	return ctx.Err()
}

func (p *proc) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if end, ok := parent.Deadline(); ok && end.Before(at) {
		at = end
	}
	return &modelContext{Context: parent, p: p, at: at}, func() {}
}

// modelContext ends by the process's own clock.
type modelContext struct {
	context.Context
	p  *proc
	at time.Time
}

func (c *modelContext) Deadline() (time.Time, bool) { return c.at, true }

func (c *modelContext) Err() error {
	if !c.p.Now().Before(c.at) {
		return context.DeadlineExceeded
	}
	return nil
}
