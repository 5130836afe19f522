package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// alarmPeriod is that of the alarm that DNS follows. It takes the maximum of it.
const alarmPeriod = time.Minute

// turned tells whether DNS leads to the replica before the ledger names it the
// writer.
func (s *State) turned() bool { return s.Failover != nil && !s.Failover.TurnedAt.IsZero() }

// turnEarly turns DNS once RDS is known to have accepted the promotion, where the
// policy says so. The ledger says it first, and the metric follows the ledger at
// each look, so that it does not flap. The weights wait for the proof.
// Applications get an answer that no writes are taken yet (25006), and no
// time-out. Nothing waits for this: what fails is published again.
func (s *session) turnEarly(ctx context.Context) error {
	f, now := s.st.Failover, s.e.ports.Clock.Now()
	wanted := func(f *Failover) bool {
		return !f.AcceptedAt.IsZero() && f.TurnedAt.IsZero() && f.Abandoned == nil
	}
	if s.e.cfg.Policy.SwitchDNSWhen != contract.SwitchAccepted || !wanted(f) {
		return nil
	}
	err := s.act(ctx, f.Step, func(_ *State, f *Failover) error {
		if !wanted(f) {
			return errStale
		}
		f.TurnedAt = now
		return nil
	}, s.putWriter)
	if na := (*notActed)(nil); errors.As(err, &na) {
		return na.err
	}
	if err != nil {
		s.e.log.Warn("turn DNS early", slog.Any("error", err))
		s.published = time.Time{}
	}
	return nil
}

// putWriter publishes the metric that DNS follows, as the ledger has it.
func (s *session) putWriter(ctx context.Context) error {
	return s.e.ports.Metrics.Put(ctx, s.e.ports.Clock.Now(), s.st.writerGauge())
}

// seeAccepted notes that RDS has accepted the promotion where its answer was
// lost: it shows the instance at work on it, or without a source.
func (s *session) seeAccepted(ctx context.Context, i Instance) error {
	f := s.st.Failover
	if !f.AcceptedAt.IsZero() || i.ResourceID != f.To.ResourceID || i.IsReplica && !decide.Promoting(i.Status) {
		return nil
	}
	now := s.e.ports.Clock.Now()
	if err := s.onStep(ctx, StepAwait, func(_ *State, f *Failover) error { f.AcceptedAt = now; return nil }); err != nil {
		return err
	}
	return s.turnEarly(ctx)
}

// turnBack takes DNS back from the replica of an abandoned failover, the ledger
// first. It returns what is waited for; nothing once DNS leads to the primary. A
// value counts from the minute after the last one in which the ledger said
// otherwise, since the alarm takes the maximum, and then for dnsSettles.
func (s *session) turnBack(ctx context.Context) (waits *refusal.Refusal, err error) {
	f, now := s.st.Failover, s.e.ports.Clock.Now()
	switch {
	case f.TurnedAt.IsZero() && f.BackFrom.IsZero(), !f.BackAt.IsZero() && now.Sub(f.BackAt) >= dnsSettles:
		return nil, nil //nolint:nilnil // nothing is waited for
	case f.BackAt.IsZero():
		err := s.act(ctx, StepAwait, func(_ *State, f *Failover) error {
			if !f.TurnedAt.IsZero() {
				f.TurnedAt, f.BackFrom = time.Time{}, now
			}
			return nil
		}, s.putWriter)
		if na := (*notActed)(nil); errors.As(err, &na) {
			return nil, na.err
		}
		if err != nil {
			r := refusal.New(refusal.SwitchOwed, "DNS leads to %q still, and the fence stays until it leads back; metric: %v", f.To.Identifier, err)
			return &r, nil
		}
		if now.Truncate(alarmPeriod).After(s.st.Failover.BackFrom.Truncate(alarmPeriod)) {
			err = s.onStep(ctx, StepAwait, func(_ *State, f *Failover) error { f.BackAt = now; return nil })
		}
		if err != nil {
			return nil, err
		}
	}
	r := refusal.New(refusal.Abandoned, "%s has abandoned it; DNS is being turned back to %q, and the fence is lifted after that", f.Abandoned.Who(), f.From.Identifier)
	return &r, nil
}
