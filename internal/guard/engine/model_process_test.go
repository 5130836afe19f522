package engine_test

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// process is one process of the function, with the guard's own adapters on the
// AWS SDK. It is its own clock, which may be wrong. As on Lambda it serves one
// invocation after another, and ends with one that is killed.
type process struct {
	w      *world
	name   string
	skew   time.Duration
	aws    *awsapi.Adapters
	engine *engine.Engine
	// run is the invocation under way, an operator's process has none; served
	// counts them.
	run    *invocation
	served int
	// looking: it looks at all paths at once, so time does not pass for the
	// others; each look is as far ahead of them as it has taken.
	looking bool
	ahead   time.Duration
	// checked is when it last made a readiness check.
	checked time.Time
	// writing is what it is about to write into the ledger.
	writing *engine.State
}

// invocation is a coroutine that gives the world its turn before and after
// each request that it sends. Stopping it is a crash: nothing of it runs any
// more, not even what it would do on its way out.
type invocation struct {
	*process
	wake, deadline time.Time
	next           func() (struct{}, bool)
	stop           func()
	yield          func(struct{}) bool
	dead           bool
	report         engine.Report
}

type crashed struct{}

// setup alters a process before it runs; only tests of the tests use it.
type setup func(*process)

// known are credentials that the SDK has looked up already: what it does the
// first time it does beside the coroutine.
var known = func() *aws.CredentialsCache {
	c := aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(accessKey, "secret", ""))
	must(c.Retrieve(context.Background()))
	return c
}()

func (w *world) newProcess(name string) *process {
	p := &process{w: w, name: name}
	if w.skewed {
		p.skew = w.between(-100*time.Second, 100*time.Second)
	}
	c := w.aws.config
	p.aws = must(awsapi.New(context.Background(), c, awsapi.Options{
		Clock: p, HTTPClient: line{p}, Credentials: known,
		Endpoint: func(awsapi.Service, string) string { return "https://aws.model" },
	}))
	p.engine = must(engine.New(engine.Config{
		Policy: w.policy(), Topology: awsapi.Topology(c), Environment: c.Environment, Watch: contract.GuardWatch,
		Owner: name, Invocation: func(context.Context) string { return strconv.Itoa(p.served) },
	}, engine.Ports{
		Clock: p, Ledger: ledger{p.aws.Ledger, p}, Observer: observer{p}, Promoter: p.aws.Promoter, Prover: prover{p},
		Fencer: fencer{p.aws.Fencer, p}, Switcher: p.aws.Switcher, Posture: p.aws.Posture,
		Metrics: p.aws.Metrics, Notifier: p.aws.Notifier, Activity: p.aws.Activity,
	}))
	if w.alter != nil {
		w.alter(p)
	}
	return p
}

// policy is the guard's in this world.
func (w *world) policy() decide.Policy {
	p := engine.ModelPolicy()
	if w.early {
		p.SwitchDNSWhen = contract.SwitchAccepted
	}
	return p
}

// ledger is the guard's own, and notes what is written, which is quicker than
// to read it from the account each time.
type ledger struct {
	engine.Ledger
	p *process
}

func (l ledger) Write(ctx context.Context, s engine.State) error {
	stored := s.Clone()
	stored.Version++
	l.p.writing = &stored
	defer func() { l.p.writing = nil }()
	return l.Ledger.Write(ctx, s)
}

// console is an engine for an operator's commands, which run while nothing
// else does.
func (w *world) console() *engine.Engine { return w.newProcess("operator").engine }

// invoke starts an invocation by the schedule now.
func (w *world) invoke(timeout time.Duration) { w.start(engine.ScheduleTick, timeout) }

// start starts an invocation now: in a process that is idle, or in a new one.
func (w *world) start(trigger string, timeout time.Duration) *invocation {
	var p *process
	if n := len(w.idle); n > 0 {
		p, w.idle = w.idle[n-1], w.idle[:n-1]
	} else {
		w.processes++
		p = w.newProcess(fmt.Sprintf("p%d", w.processes))
	}
	w.tally.invocations++
	if len(w.running) > 0 {
		w.tally.overlapping++
	}
	i := &invocation{process: p, wake: w.now, deadline: w.now.Add(timeout)}
	p.run = i
	p.served++
	i.next, i.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(crashed); !ok {
					panic(r)
				}
			}
		}()
		i.yield = yield
		ctx, cancel := p.WithDeadline(context.Background(), i.deadline.Add(p.skew))
		defer cancel()
		i.report = p.engine.Tick(ctx, trigger)
	})
	w.running = append(w.running, i)
	return i
}

// owner is whom the lease of its invocation belongs to.
func (p *process) owner() string { return p.name + "/" + strconv.Itoa(p.served) }

// pause gives the world its turn for at least d.
func (p *process) pause(d time.Duration) {
	if p.run == nil {
		p.w.advance(p.w.now.Add(d)) // An operator: nothing else runs meanwhile.
		return
	}
	p.run.wake = p.w.now.Add(d)
	if !p.run.yield(struct{}{}) {
		panic(crashed{})
	}
}

// crash kills the process where it is.
func (i *invocation) crash() {
	i.dead = true
	i.stop()
}

// end lets the process wait for its next invocation.
func (i *invocation) end() {
	i.dead, i.run = true, nil
	i.w.idle = append(i.w.idle, i.process)
}

// Now, Sleep and WithDeadline implement [engine.Clock].
func (p *process) Now() time.Time { return p.w.now.Add(p.skew + p.ahead) }

func (p *process) Sleep(ctx context.Context, d time.Duration) error {
	if end, ok := ctx.Deadline(); ok && p.Now().Add(d).After(end) {
		p.pass(end.Sub(p.Now()))
		return context.DeadlineExceeded
	}
	p.pass(d)
	return ctx.Err()
}

func (p *process) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if end, ok := parent.Deadline(); ok && end.Before(at) {
		at = end
	}
	return &modelContext{Context: parent, p: p, at: at}, func() {}
}

// modelContext ends by the process's own clock.
type modelContext struct {
	context.Context //nolint:containedctx // it is one
	p               *process
	at              time.Time
}

func (c *modelContext) Deadline() (time.Time, bool) { return c.at, true }

func (c *modelContext) Err() error {
	if !c.p.Now().Before(c.at) {
		return context.DeadlineExceeded
	}
	return nil
}

var over = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Done tells whether the context has ended already. Nothing waits on it, since
// time does not pass while a coroutine runs.
func (c *modelContext) Done() <-chan struct{} {
	if c.Err() != nil {
		return over
	}
	return nil
}
