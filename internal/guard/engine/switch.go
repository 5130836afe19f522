package engine

import (
	"context"
	"errors"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// switchWriter makes the ledger say who the writer is and publishes it. The
// metric alone flips DNS, and so do the weights, which are a debt from here
// on: one of the two is enough to go on.
func (s *session) switchWriter(ctx context.Context) (bool, error) {
	err := s.act(ctx, StepSwitch, func(st *State, f *Failover) error {
		st.takeOver(f, s)
		return nil
	}, func(c context.Context) error {
		return s.e.ports.Metrics.Put(c, s.e.ports.Clock.Now(), map[contract.Metric]float64{contract.ActiveWriter: 1})
	})
	if na := (*notActed)(nil); errors.As(err, &na) {
		return false, na.err
	}
	if err != nil && (s.st.Writer.Site != SiteReplica || s.st.owes(DebtWeights)) {
		return s.hold(ctx, refusal.New(refusal.SwitchOwed, "metric: %v; weights: %s", err, s.st.Debts[DebtWeights].LastError), nil)
	}
	return s.advance(ctx, StepSwitch, StepPosture, func(st *State, f *Failover) { st.takeOver(f, s) })
}

// takeOver records the new writer, once.
func (s *State) takeOver(f *Failover, by *session) {
	if s.Writer == f.To {
		return
	}
	s.Writer, s.Replica = f.To, Member{}
	// What was seen of the old writer says nothing of the new one. Heartbeats
	// go on counting where they were.
	s.Watch = Watch{Positions: decide.Positions{Acked: decide.Heartbeat{Seq: s.Watch.Positions.Acked.Seq}}}
	s.owe(DebtWeights, f.To, by.e.ports.Clock.Now())
}

// restorePosture and detachSecret give the new writer what a primary has. What
// fails becomes pending work; the notice is sent all the same.
func (s *session) restorePosture(ctx context.Context) (bool, error) {
	f := s.st.Failover
	return s.orOwe(ctx, StepPosture, StepSecret, DebtPosture, func(c context.Context) error {
		return s.e.ports.Posture.Restore(c, f.To)
	})
}

func (s *session) detachSecret(ctx context.Context) (bool, error) {
	return s.orOwe(ctx, StepSecret, StepNotify, DebtSecret, s.e.ports.Posture.DetachSecret)
}

// orOwe does a step whose failure becomes a debt.
func (s *session) orOwe(ctx context.Context, step, next Step, debt DebtKind, effect func(context.Context) error) (bool, error) {
	err := s.act(ctx, step, nil, effect)
	if na := (*notActed)(nil); errors.As(err, &na) {
		return false, na.err
	}
	return s.advance(ctx, step, next, func(st *State, f *Failover) {
		if err != nil {
			st.owe(debt, f.To, s.e.ports.Clock.Now())
		}
	})
}

// notify sends the summary. If that fails it waits in the outbox.
func (s *session) notify(ctx context.Context) (bool, error) {
	activity := s.activity(ctx)
	f := s.st.Failover.clone()
	activity(f)
	n := summaryNotice(s.e.cfg.Environment, *f, s.st.Debts, s.e.ports.Clock.Now())
	err := s.act(ctx, StepNotify, nil, func(c context.Context) error { return s.e.ports.Notifier.Notify(c, n) })
	if na := (*notActed)(nil); errors.As(err, &na) {
		return false, na.err
	}
	return s.advance(ctx, StepNotify, StepDone, func(st *State, f *Failover) {
		activity(f)
		if err != nil {
			st.tell(n)
		}
	})
}
