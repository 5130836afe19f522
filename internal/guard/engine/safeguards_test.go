package engine_test

import (
	"context"
	"maps"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// missing lists every safeguard and how an engine without it is made: by other
// steps, by other ports, and by what Decide gets to see.
func missing() map[string]setup {
	all := maps.Clone(rewired)
	for _, name := range engine.Safeguards() {
		all[name] = func(p *process) { p.engine.Without(name) }
	}
	for name, alter := range blinded {
		all[name] = func(p *process) { p.engine.SeeThrough(alter) }
	}
	return all
}

// blinded take a safeguard of the decision away by what Decide gets to see.
var blinded = map[string]func(*decide.Policy, *decide.Observation){
	"isolation check": func(_ *decide.Policy, o *decide.Observation) {
		o.Witness = decide.Path{LastSample: o.SQL.LastSample, LastPositive: o.SQL.LastSample, Class: decide.ClassOK}
	},
	"WAL path": func(_ *decide.Policy, o *decide.Observation) { o.WAL = o.SQL },
	"SQL path": func(_ *decide.Policy, o *decide.Observation) { o.SQL = o.WAL },
	"arming": func(_ *decide.Policy, o *decide.Observation) {
		o.Facts.ArmedFor, o.Facts.Held = o.Primary.ResourceID, false
	},
	"cooldown":   func(_ *decide.Policy, o *decide.Observation) { o.Facts.CooldownUntil = time.Time{} },
	"pause":      func(_ *decide.Policy, o *decide.Observation) { o.Facts.Paused = false },
	"loss limit": func(p *decide.Policy, _ *decide.Observation) { p.MaxDataLoss = time.Hour },
	"RDS at work": func(_ *decide.Policy, o *decide.Observation) {
		o.Primary.Status, o.Primary.WorkAt = "available", time.Time{}
	},
	"RDS at work a moment ago": func(_ *decide.Policy, o *decide.Observation) { o.Primary.WorkAt = time.Time{} },
	"RDS recovering":           func(_ *decide.Policy, o *decide.Observation) { o.Primary.RecoveryAt = time.Time{} },
}

// rewired take a safeguard away by a port that lies.
var rewired = map[string]setup{
	// Another's lease is not seen, and no call ends for the lease's sake.
	"lease": func(p *process) {
		ports := p.engine.Ports()
		ports.Ledger = &unleased{ports.Ledger, p}
		ports.Clock = patient{p}
	},
	// What others have written since is not seen.
	"epoch check": func(p *process) {
		ports := p.engine.Ports()
		ports.Ledger = &blinkered{Ledger: ports.Ledger, p: p}
	},
	// What is about to be done is not written down.
	"intent": func(p *process) {
		ports := p.engine.Ports()
		ports.Ledger = &forgetful{ports.Ledger}
	},
	// The metric that DNS follows goes by who the writer is.
	"metric by the ledger": func(p *process) {
		ports := p.engine.Ports()
		ports.Metrics = writersOnly{ports.Metrics, p}
	},
	// A primary that is heard once the failover goes on whatever is heard, is
	// taken to be silent.
	"silence now": func(p *process) {
		ports := p.engine.Ports()
		ports.Observer = &hardOfHearing{ports.Observer, p}
	},
}

// unleased shows a lease as free that another invocation holds.
type unleased struct {
	engine.Ledger
	p *process
}

func (l *unleased) Read(ctx context.Context) (engine.State, error) {
	s, err := l.Ledger.Read(ctx)
	if s.Lease.Owner != l.p.owner() {
		s.Lease.Owner, s.Lease.Until = "", time.Time{}
	}
	return s, err
}

// patient is a clock that lets a call take its time.
type patient struct{ *process }

func (c patient) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if least := c.Now().Add(3 * time.Second); at.Before(least) {
		at = least
	}
	return c.process.WithDeadline(parent, at)
}

// blinkered shows a process what it wrote last in its invocation.
type blinkered struct {
	engine.Ledger
	p      *process
	served int
	wrote  engine.State
}

func (l *blinkered) Read(ctx context.Context) (engine.State, error) {
	s, err := l.Ledger.Read(ctx)
	if err != nil || l.served != l.p.served {
		return s, err
	}
	mine := l.wrote.Clone()
	mine.Version = s.Version
	return mine, nil
}

func (l *blinkered) Write(ctx context.Context, s engine.State) error {
	err := l.Ledger.Write(ctx, s)
	if err == nil {
		l.served, l.wrote = l.p.served, s.Clone()
	}
	return err
}

// forgetful loses what is written before a side effect.
type forgetful struct{ engine.Ledger }

func (l *forgetful) Write(ctx context.Context, s engine.State) error {
	if f := s.Failover; f != nil && f.Intent != nil && f.Intent.Step == f.Step {
		return nil
	}
	return l.Ledger.Write(ctx, s)
}

// writersOnly publishes of the writer alone where DNS is to lead.
type writersOnly struct {
	engine.Metrics
	p *process
}

func (m writersOnly) Put(ctx context.Context, at time.Time, values map[contract.Metric]float64) error {
	if _, told := values[contract.ActiveWriter]; told && m.p.w.ledger.Writer.Site == engine.SitePrimary {
		values = maps.Clone(values)
		values[contract.ActiveWriter] = 0
	}
	return m.Metrics.Put(ctx, at, values)
}

// hardOfHearing hears nothing of the primary while a failover is under way that
// its answer would not end.
type hardOfHearing struct {
	engine.Observer
	p *process
}

func (o *hardOfHearing) Sample(ctx context.Context, t engine.Target) engine.Samples {
	x := o.Observer.Sample(ctx, t)
	if f := o.p.w.ledger.Failover; f != nil && !f.MaybeSent && (f.FenceSet || f.Forced()) {
		x.SQL.Class, x.WAL = decide.ClassTimeout, decide.Sample{From: x.SQL.From, At: x.SQL.At, Class: decide.ClassReplicaSilent}
	}
	return x
}
