package engine

import (
	"context"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Abandon gives a failover up that can't be undone by disarming, because its
// promotion was sent or may have been: RDS accepts and never promotes, or its
// answer was lost. The ledger notes first that nothing more is sent. What RDS
// does after all is seen through; otherwise takeBack ends it. The guard is
// disarmed at once.
func (e *Engine) Abandon(ctx context.Context, by string) error {
	now := e.ports.Clock.Now()
	return e.amend(ctx, func(st *State) error {
		f := st.Failover
		if f == nil {
			return refusal.New(refusal.NoFailover, "none is under way")
		}
		switch f.Step {
		case StepPreflight, StepFence, StepConfirm, StepPromote, StepAwait, StepAbort:
		default:
			return refusal.New(refusal.FailoverInFlight, "failover %s is at step %s: RDS has promoted the replica", f.ID, f.Step)
		}
		if f.Abandoned == nil {
			f.Abandoned = &Abandonment{By: by, At: now}
		}
		st.Arming, st.Order = decide.Arming{Held: true, HeldEpoch: st.Epoch}, nil
		return nil
	})
}

// Who abandoned it, in words.
func (a *Abandonment) Who() string {
	if a.By == "" {
		return "an operator"
	}
	return a.By
}

// takeBack waits until nothing can be left of an abandoned promotion, and then
// has the failover undone: RDS and PostgreSQL both say that the replica is as it
// was. DNS that was turned early goes back before the fence is lifted.
func (s *session) takeBack(ctx context.Context, i Instance) (bool, error) {
	f := s.st.Failover
	due := f.SentAt.Add(abandonAfter)
	if now := s.e.ports.Clock.Now(); now.Before(due) {
		return s.hold(ctx, refusal.New(refusal.Abandoned, "%s has abandoned it; nothing more is sent, and it is undone at %s if the replica is untouched then",
			f.Abandoned.Who(), due.UTC().Format(time.RFC3339)), nil)
	}
	x := s.e.ports.Observer.Sample(ctx, Target{Writer: f.From, Replica: f.To})
	if why := touched(f, i, x); why != "" {
		return s.hold(ctx, refusal.New(refusal.Abandoned, "%s has abandoned it; not undone yet: %s", f.Abandoned.Who(), why), nil)
	}
	switch waits, err := s.turnBack(ctx); {
	case err != nil:
		return false, err
	case waits != nil:
		return s.hold(ctx, *waits, nil)
	}
	return s.advance(ctx, StepAwait, StepAbort, func(st *State, f *Failover) {
		r := refusal.New(refusal.Abandoned, "%s has abandoned it; %s after the last sending the replica is untouched",
			f.Abandoned.Who(), s.e.ports.Clock.Now().Sub(f.SentAt).Truncate(time.Second))
		f.Reason, f.UntouchedAt = &r, s.e.ports.Clock.Now()
		delete(st.Debts, DebtFence)
	})
}

// touched says why the replica can't be taken to be as it was, or nothing.
func touched(f *Failover, i Instance, x Samples) string {
	switch {
	case i.ResourceID != f.To.ResourceID:
		return "RDS shows another instance of its name"
	case !decide.Untouched(i.Status):
		return "RDS reports the replica " + i.Status
	case x.Standby == nil:
		return "PostgreSQL on the replica does not say whether it is in recovery"
	case !x.Standby.InRecovery:
		return "PostgreSQL on the replica has left recovery"
	}
	return ""
}
