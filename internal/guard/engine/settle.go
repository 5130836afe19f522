package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// settle tries what is still to be done: each debt that is due, then the
// notices that wait. None of it keeps the rest from being tried.
func (s *session) settle(ctx context.Context) error {
	for _, kind := range debtOrder {
		d, owed := s.st.Debts[kind]
		if !owed || s.e.ports.Clock.Now().Before(d.NextTry) || !s.st.payable(kind) {
			continue
		}
		if err := s.pay(ctx, kind, d); err != nil {
			return err
		}
	}
	if err := s.audit(ctx); err != nil {
		return err
	}
	if err := s.watchAlarm(ctx); err != nil {
		return err
	}
	return s.deliver(ctx)
}

// payable: un-fencing and stopping wait while a failover is under way, since
// they belong to the one before.
func (s *State) payable(kind DebtKind) bool {
	switch kind {
	case DebtUnfence:
		return s.Failover == nil && s.Writer.Site == SitePrimary
	case DebtStop, DebtJournal:
		return s.Failover == nil
	default:
		return true
	}
}

// pay tries one debt. The try is written down before, its end after.
func (s *session) pay(ctx context.Context, kind DebtKind, d Debt) error {
	err := s.noteTry(ctx, kind)
	if errors.Is(err, errStale) {
		return nil
	}
	if err != nil {
		return err
	}
	cause := s.discharge(ctx, kind, d)
	gone := errors.Is(cause, errGone)
	paid, void := FenceConfirmed, errors.Is(cause, errVoid) || gone && !d.GoneAt.IsZero()
	if void {
		paid, cause = FenceVoid, nil
	}
	if cause != nil {
		s.e.log.Info("debt stands", slog.String("debt", string(kind)), slog.Any("error", cause))
	}
	return s.commit(ctx, func(st *State) error {
		owed, ok := st.Debts[kind]
		switch {
		case !ok:
			return nil
		case cause != nil:
			owed.LastError = cause.Error()
			switch {
			case gone:
				owed.GoneAt = s.e.ports.Clock.Now()
			case !errors.Is(cause, ErrSilent):
				owed.GoneAt = time.Time{}
			}
			st.Debts[kind] = owed
			return nil
		}
		delete(st.Debts, kind)
		switch now := s.e.ports.Clock.Now(); {
		case kind == DebtFence:
			st.fencePaid(s.e.cfg.Environment, owed, paid, now)
		case kind == DebtUnfence && void:
			st.tell(keptNotice(s.e.cfg.Environment, owed.Target, now))
		}
		return nil
	})
}

// noteTry writes down that a debt is about to be tried, and when the next try is
// due; errStale if there is nothing to pay any more.
func (s *session) noteTry(ctx context.Context, kind DebtKind) error {
	return s.commit(ctx, func(st *State) error {
		now := st.Debts[kind]
		if !st.owes(kind) || !st.payable(kind) {
			return errStale
		}
		now.Tries++
		now.NextTry = s.e.ports.Clock.Now().Add(debtEvery * time.Duration(min(now.Tries, debtSlowest)))
		st.Debts[kind] = now
		return nil
	})
}

// discharge does what the debt is about. Every one of these may be repeated.
func (s *session) discharge(ctx context.Context, kind DebtKind, d Debt) error {
	p := s.e.ports
	switch kind {
	case DebtFence:
		return s.dischargeFence(ctx, d.Target)
	case DebtUnfence:
		return s.unfence(ctx, d.Target)
	case DebtWeights:
		return s.dischargeWeights(ctx)
	case DebtPosture:
		return s.within(ctx, func(c context.Context) error { return p.Posture.Restore(c, d.Target) })
	case DebtSecret:
		return s.within(ctx, p.Posture.DetachSecret)
	case DebtJournal:
		return s.within(ctx, func(c context.Context) error {
			return p.Ledger.Append(c, Entry{ID: s.st.Last.ID, Failover: *s.st.Last})
		})
	case DebtStop:
		gone, err := s.gone(ctx, d.Target)
		if gone {
			return errGone
		}
		if err != nil {
			return err
		}
		return s.within(ctx, func(c context.Context) error { return p.Posture.Stop(c, d.Target) })
	default:
		return fmt.Errorf("debt %q is not known to this version", kind)
	}
}

// within makes one call within its time-out and our lease, if any of that is
// left.
func (s *session) within(ctx context.Context, call func(context.Context) error) error {
	c, cancel := s.bound(ctx)
	defer cancel()
	if err := c.Err(); err != nil {
		return fmt.Errorf("no time left in the lease: %w", err)
	}
	return call(c)
}

// errVoid: what a debt is about is over, so nothing is to be done any more.
// errGone: RDS shows the instance no more; a debt to it is void when RDS says so
// twice in a row.
var (
	errVoid = errors.New("void")
	errGone = errors.New("RDS shows no such instance, and is asked once more")
)

// dischargeFence fences the old primary, unless it is another instance by now:
// a rebuilt one of the same name has done nothing to be cut off for. RDS may
// be silent where EC2 answers, so that its silence keeps nothing from being
// fenced.
func (s *session) dischargeFence(ctx context.Context, m Member) error {
	if gone, _ := s.gone(ctx, m); gone {
		return errGone
	}
	f := s.e.ports.Fencer
	if err := s.within(ctx, func(c context.Context) error { return s.tryFence(c, m) }); err != nil {
		return fmt.Errorf("fence %q: %w", m.Identifier, err)
	}
	return s.within(ctx, func(c context.Context) error {
		holds, err := f.Fenced(c, m)
		if err != nil {
			return fmt.Errorf("look at the fence of %q: %w", m.Identifier, err)
		}
		if !holds {
			return fmt.Errorf("fence of %q: does not hold; it takes a moment to show", m.Identifier)
		}
		return nil
	})
}

// errPromoted: the replica was promoted past the guard. What it was fenced for
// stays fenced, and a debt to lift that is void.
var errPromoted = fmt.Errorf("the replica was promoted past the guard: %w", errVoid)

// unpromoted makes sure that the replica is one, before the primary is let loose
// again: RDS says so, or PostgreSQL where RDS does not answer.
func (s *session) unpromoted(ctx context.Context) error {
	to, seen := s.st.Replica, s.st.Watch.Replica
	if f := s.st.Failover; f != nil {
		to = f.To
	}
	i, err := s.find(ctx, to)
	heard := s.e.ports.Clock.Now().Sub(s.st.Watch.Positions.At) <= decide.SampleFresh
	switch {
	case heard && seen.ResourceID == to.ResourceID && seen.Exists && !seen.IsReplica:
		return errPromoted
	case errors.Is(err, ErrNotFound):
		return nil // There is none that could take writes.
	case err != nil && heard:
		return nil
	case err != nil:
		return fmt.Errorf("find out whether the replica was promoted: %w", err)
	case !i.IsReplica:
		return errPromoted
	case i.Status == "modifying" && !heard:
		return fmt.Errorf("RDS modifies %q, which may be a promotion: %w", to.Identifier, ErrBusy)
	}
	return nil
}

// unfence lifts the fence from a member. A fence that no longer holds may still
// keep some out, so the fencer's own word counts: nothing of it is left.
func (s *session) unfence(ctx context.Context, m Member) error {
	if err := s.unpromoted(ctx); err != nil {
		return fmt.Errorf("unfence %q: %w", m.Identifier, err)
	}
	if err := s.within(ctx, func(c context.Context) error { return s.e.ports.Fencer.Unfence(c, m) }); err != nil {
		return fmt.Errorf("unfence %q: %w", m.Identifier, err)
	}
	return nil
}

// gone: RDS answers that the very instance does not exist any more, under
// whatever name.
func (s *session) gone(ctx context.Context, m Member) (bool, error) {
	_, err := s.find(ctx, m)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return false, err
}

// dischargeWeights makes the records agree with the ledger.
func (s *session) dischargeWeights(ctx context.Context) error {
	w, sw := s.st.Writer, s.e.ports.Switcher
	agrees, err := s.weightsAgree(ctx, w)
	if err != nil || agrees {
		return err
	}
	if err := s.within(ctx, func(c context.Context) error { return sw.SetWeights(c, w) }); err != nil {
		return fmt.Errorf("set record weights: %w", err)
	}
	agrees, err = s.weightsAgree(ctx, w)
	if err == nil && !agrees {
		err = errors.New("record weights do not show yet")
	}
	return err
}

func (s *session) weightsAgree(ctx context.Context, w Member) (bool, error) {
	var agrees bool
	err := s.within(ctx, func(c context.Context) error {
		var err error
		agrees, err = s.e.ports.Switcher.Agrees(c, w)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read record weights: %w", err)
	}
	return agrees, nil
}

// fencePaid records that the old primary is fenced after all, or gone, and
// tells.
func (s *State) fencePaid(env string, d Debt, paid Fence, now time.Time) {
	for _, f := range []*Failover{s.Failover, s.Last} {
		if f != nil && f.From == d.Target && f.Outcome != OutcomeAborted {
			f.Fence = paid
			f.Times[StepConfirm] = now
		}
	}
	s.tell(fencedNotice(env, d, paid, now))
}

// deliver sends the notices that wait, the oldest first, and stops at the
// first that fails.
func (s *session) deliver(ctx context.Context) error {
	for len(s.st.Outbox) > 0 {
		n := s.st.Outbox[0]
		if err := s.within(ctx, func(c context.Context) error { return s.e.ports.Notifier.Notify(c, n) }); err != nil {
			s.e.log.Warn("notice not delivered", slog.Any("error", err))
			return nil
		}
		if err := s.commit(ctx, func(st *State) error {
			if len(st.Outbox) > 0 && st.Outbox[0].ID == n.ID {
				st.Outbox = st.Outbox[1:]
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// notifyDirectly is for when there is no ledger to keep a notice in.
func (s *session) notifyDirectly(ctx context.Context, n Notice) {
	c, cancel := s.bound(ctx)
	defer cancel()
	if err := s.e.ports.Notifier.Notify(c, n); err != nil {
		s.e.log.Warn("notice not delivered", slog.Any("error", err))
	}
}
