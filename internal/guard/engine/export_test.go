package engine

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// What this package's tests, which see it from outside, need of its inside.

// Safeguards lists the engine's own that are taken away by another step or
// another policy; those that are taken away by another port are the model's.
func Safeguards() []string { return slices.Sorted(maps.Keys(without)) }

// Without takes a safeguard away.
func (e *Engine) Without(name string) { without[name](e) }

// without makes an engine that lacks a safeguard, of what it consists of: it
// has another step in the place of the one that holds the safeguard, or a policy
// that asks for less.
var without = map[string]func(*Engine){
	"pre-flight":        replace(StepPreflight, (*session).unseenReplica),
	"fence":             replace(StepFence, straightTo(StepFence, StepPromote)),
	"fence confirmed":   replace(StepConfirm, straightTo(StepConfirm, StepPromote)),
	"writer verified":   replace(StepAwait, straightTo(StepAwait, StepSwitch)),
	"decision at claim": replace(StepClaim, (*session).claimAsDecided),
	"sent means sent": func(e *Engine) {
		replace(StepPromote, stoppable(e.steps[StepPromote]))(e)
		replace(StepAbort, (*session).undoAnyway)(e)
	},
	"DNS after acceptance":      replace(StepPromote, (*session).turnedAtSending),
	"ledger before metric":      replace(StepAwait, (*session).metricFirst),
	"DNS back before unfencing": replace(StepAwait, (*session).leavingDNS),
	"deadline":                  func(e *Engine) { e.cfg.Policy.AbortAfter = 1000 * time.Hour },
	"loss at sending": func(e *Engine) {
		limit := e.cfg.Policy.MaxDataLoss
		e.cfg.Policy.MaxDataLoss = time.Hour
		e.SeeThrough(func(p *decide.Policy, _ *decide.Observation) { p.MaxDataLoss = limit })
	},
}

func replace(step Step, by stepFunc) func(*Engine) {
	return func(e *Engine) { e.steps[step] = by }
}

// straightTo is a step that does nothing.
func straightTo(from, to Step) stepFunc {
	return func(s *session, ctx context.Context) (bool, error) { return s.advance(ctx, from, to, nil) }
}

// unseenReplica is a pre-flight that looks at nothing.
func (s *session) unseenReplica(ctx context.Context) (bool, error) {
	return s.advance(ctx, StepPreflight, StepFence, s.preflighted)
}

// claimAsDecided claims for what was decided, whatever the ledger says by now.
func (s *session) claimAsDecided(ctx context.Context) (bool, error) {
	d, now := s.report.Decision, s.e.ports.Clock.Now()
	err := s.commit(ctx, func(st *State) error {
		st.begin(s.e.cfg.Policy, d, now)
		return nil
	})
	return err == nil, err
}

// stoppable gives a failover up whose promotion may have been sent.
func stoppable(promote stepFunc) stepFunc {
	return func(s *session, ctx context.Context) (bool, error) {
		if r := s.stopped(s.st.Failover); r != nil {
			return s.abort(ctx, *r)
		}
		return promote(s, ctx)
	}
}

// undoAnyway lifts the fence though a promotion may have been sent.
func (s *session) undoAnyway(ctx context.Context) (bool, error) {
	if err := s.act(ctx, StepAbort, nil, func(context.Context) error { return s.unfence(ctx, s.st.Failover.From) }); err != nil {
		return false, err
	}
	return s.finish(ctx, OutcomeAborted)
}

// early tells whether DNS is to be turned for a failover under way, now or later.
func (s *session) early() bool {
	f := s.st.Failover
	return s.e.cfg.Policy.SwitchDNSWhen == contract.SwitchAccepted && f.TurnedAt.IsZero() && f.Abandoned == nil
}

// turnedAtSending turns DNS before RDS has accepted anything.
func (s *session) turnedAtSending(ctx context.Context) (bool, error) {
	if s.early() {
		_ = s.act(ctx, StepPromote, func(_ *State, f *Failover) error { f.TurnedAt = s.e.ports.Clock.Now(); return nil }, s.putWriter)
	}
	return s.promote(ctx)
}

// metricFirst turns DNS before the ledger says so.
func (s *session) metricFirst(ctx context.Context) (bool, error) {
	if s.early() && !s.st.Failover.AcceptedAt.IsZero() {
		_ = s.e.ports.Metrics.Put(ctx, s.e.ports.Clock.Now(), map[contract.Metric]float64{contract.ActiveWriter: 1})
	}
	return s.await(ctx)
}

// leavingDNS ends an abandoned failover with DNS at the replica.
func (s *session) leavingDNS(ctx context.Context) (bool, error) {
	if f := s.st.Failover; f.Abandoned != nil && !f.TurnedAt.IsZero() && f.BackAt.IsZero() {
		if err := s.onStep(ctx, StepAwait, func(_ *State, f *Failover) error { f.BackAt = f.ClaimedAt; return nil }); err != nil {
			return false, err
		}
	}
	return s.await(ctx)
}

// Ports are the engine's, to be wrapped.
func (e *Engine) Ports() *Ports { return &e.ports }

// SeeThrough alters what Decide gets to see.
func (e *Engine) SeeThrough(alter func(*decide.Policy, *decide.Observation)) {
	e.decide = func(p decide.Policy, o decide.Observation, now time.Time) decide.Decision {
		alter(&p, &o)
		return decide.Decide(p, o, now)
	}
}

// Cooldown sets that of the policy.
func (e *Engine) Cooldown(d time.Duration) { e.cfg.Policy.Cooldown = d }

// LogTo has the engine write its log there.
func (e *Engine) LogTo(log *slog.Logger) { e.log = log }

// Owes tells whether this work is pending.
func (s State) Owes(kind DebtKind) bool { return s.owes(kind) }

// Forced, Unfenced and AllowsLoss are what an operator ordered.
func (f *Failover) Forced() bool     { return f.forced() }
func (f *Failover) Unfenced() bool   { return f.unfenced() }
func (f *Failover) AllowsLoss() bool { return f.allowsLoss() }

// LeaseTerm is how long a killed invocation keeps others out at most.
const LeaseTerm = leaseTerm

// ModelEpoch is when the tests' worlds begin.
var ModelEpoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ModelPolicy has the shape of the default one on a shorter scale.
func ModelPolicy() decide.Policy {
	return decide.Policy{
		Mode: contract.ModeAutomatic, OnRegionSilent: contract.SilentPromote, OnFenceError: contract.FenceErrorPromote, SwitchDNSWhen: contract.SwitchProven,
		InstanceFailed: 40 * time.Second, InstanceUnreachable: 60 * time.Second, RegionSilent: 30 * time.Second,
		Arming: 60 * time.Second, Cooldown: 5 * time.Minute, MaxDataLoss: 90 * time.Second, AbortAfter: 2 * time.Minute,
	}
}
