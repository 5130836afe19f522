package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// step does the next step of the failover under way. It returns whether the
// failover moved on; if not, it waits for the next round.
func (s *session) step(ctx context.Context) (bool, error) {
	f := s.st.Failover
	if f.Overridable() {
		if f.Abandoned != nil {
			return s.abort(ctx, refusal.New(refusal.Abandoned, "%s has abandoned it; no promotion was sent", f.Abandoned.Who()))
		}
		if r := s.stopped(f); r != nil {
			return s.abort(ctx, *r)
		}
		if r := s.st.restraint(f, s.e.ports.Clock.Now()); r != nil && r.Name == refusal.Disarmed {
			return s.abort(ctx, *r)
		} else if r != nil {
			return s.hold(ctx, *r, nil)
		}
	}
	do, known := s.e.steps[f.Step]
	if !known {
		return false, fmt.Errorf("failover %s is at step %q, which this version does not know", f.ID, f.Step)
	}
	return do(s, ctx)
}

// stepFunc does one step. It returns whether the failover moved on.
type stepFunc func(*session, context.Context) (bool, error)

// steps is what is done at each step.
func steps() map[Step]stepFunc {
	return map[Step]stepFunc{
		StepClaim:     (*session).claim,
		StepPreflight: (*session).preflight,
		StepFence:     (*session).fence,
		StepConfirm:   (*session).confirmFence,
		StepPromote:   (*session).promote,
		StepAwait:     (*session).await,
		StepVerify:    (*session).verify,
		StepSwitch:    (*session).switchWriter,
		StepPosture:   (*session).restorePosture,
		StepSecret:    (*session).detachSecret,
		StepNotify:    (*session).notify,
		StepDone:      (*session).complete,
		StepAbort:     (*session).undo,
	}
}

// Overridable tells whether no promotion was sent: the failover can still be
// undone, and an operator's order can give it overrides.
func (f *Failover) Overridable() bool {
	switch f.Step {
	case StepPreflight, StepFence, StepConfirm, StepPromote:
		return !f.MaybeSent
	default:
		return false
	}
}

// AwaitsProof tells whether an operator's order may still have the switch go on
// unproven: the promotion may have been sent, and no write was seen yet.
func (f *Failover) AwaitsProof() bool {
	return f.Step == StepPromote || f.Step == StepAwait || f.Step == StepVerify
}

func (f *Failover) forced() bool      { return f.Request != nil && f.Request.Force }
func (f *Failover) unfenced() bool    { return f.Request != nil && f.Request.Unfenced }
func (f *Failover) allowsLoss() bool  { return f.Request != nil && f.Request.AllowDataLoss }
func (f *Failover) mayUnproven() bool { return f.Request != nil && f.Request.Unproven }

// restraint is an operator's word that keeps a failover from being sent: a
// pause, or that the guard was disarmed. A forced failover was ordered in spite
// of what was said before it, not of what was said since.
func (s *State) restraint(f *Failover, now time.Time) *refusal.Refusal {
	since := func(epoch int64) bool { return !f.forced() || epoch >= f.Epoch }
	var r refusal.Refusal
	switch {
	case s.Arming.Held && since(s.Arming.HeldEpoch):
		r = refusal.New(refusal.Disarmed, "an operator has disarmed the guard; failover %s is undone", f.ID)
	case s.Pause.Active(now) && since(s.Pause.Epoch):
		r = refusal.New(refusal.Paused, "an operator has paused the guard; failover %s waits until its deadline", f.ID)
	default:
		return nil
	}
	return &r
}

// stopped says why an unpromoted failover is to be given up, if it is.
func (s *session) stopped(f *Failover) *refusal.Refusal {
	now := s.e.ports.Clock.Now()
	if s.st.overdue(f, now) {
		r := refusal.New(refusal.DeadlinePassed, "not promoted by %s", f.Deadline.Format(time.RFC3339))
		if f.Standing != nil {
			r.Reason += "; held by " + f.Standing.Error()
		}
		return &r
	}
	// Once a fence was set the failover goes forward: the primary's clients
	// are cut off already, and un-fencing has to wait for the deadline.
	if !f.FenceSet && f.Fence != FenceConfirmed && !f.forced() && s.st.primaryAnswers(now) {
		r := refusal.New(refusal.PrimaryReturned, "SQL: %s, WAL: %s", s.st.Watch.SQL.Class, s.st.Watch.WAL.Class)
		return &r
	}
	return nil
}

// overdue tells whether the time is up in which the failover had to be sent.
// That is for the sake of a primary that is fenced for nothing, so it does not
// end a failover that fenced nothing yet, unless the primary is heard: what
// has kept it from fencing, and from going on, is over when it is over.
func (s *State) overdue(f *Failover, now time.Time) bool {
	owing := !f.FenceSet && (f.Fence == FenceOwed || !f.SilentFrom.IsZero() || !f.FaultyFrom.IsZero())
	// A look that was missed says nothing: only a primary that is heard ends it.
	return now.After(f.Deadline) && (!owing || s.primaryAnswers(now))
}

func (s *State) primaryAnswers(now time.Time) bool {
	o := s.observation(now)
	return o.SQL.Answers(now) || o.WAL.Answers(now)
}

// preflight looks at the replica once more: fencing a primary for a replica
// that can't be promoted would be an outage for nothing.
func (s *session) preflight(ctx context.Context) (bool, error) {
	f := s.st.Failover
	i, err := s.inspect(ctx, f.To)
	switch {
	case errors.Is(err, ErrNotFound):
		return s.abort(ctx, refusal.New(refusal.ReplicaMissing, "RDS knows no instance %q", f.To.Identifier))
	case err != nil:
		return s.hold(ctx, refusal.New(refusal.ReplicaStateUnknown, "%v", err), nil)
	case i.ResourceID != f.To.ResourceID:
		return s.abort(ctx, refusal.New(refusal.WriterMismatch, "%q is %s now, not %s", f.To.Identifier, i.ResourceID, f.To.ResourceID))
	case !i.IsReplica:
		return s.abort(ctx, refusal.New(refusal.NotAReplica, "RDS names no replication source for %q", f.To.Identifier))
	case !decide.Promotable(i.Status):
		return s.hold(ctx, refusal.New(refusal.ReplicaBusy, "RDS reports the replica %q", i.Status), nil)
	}
	return s.advance(ctx, StepPreflight, StepFence, s.preflighted)
}

// preflighted notes who looked: a fence that another process finds not begun
// is pre-flighted anew.
func (s *session) preflighted(_ *State, f *Failover) {
	f.Intent = &Intent{Step: StepPreflight, At: s.e.ports.Clock.Now(), Token: s.token}
}

// inspect is Promoter.Inspect with its time-out, and with an instance that
// does not exist as an error.
func (s *session) inspect(ctx context.Context, m Member) (Instance, error) {
	return s.lookUp(ctx, m, s.e.ports.Promoter.Inspect)
}

// find is the same by Promoter.Find.
func (s *session) find(ctx context.Context, m Member) (Instance, error) {
	return s.lookUp(ctx, m, s.e.ports.Promoter.Find)
}

func (s *session) lookUp(ctx context.Context, m Member, by func(context.Context, Member) (Instance, error)) (Instance, error) {
	c, cancel := s.boundTo(ctx, inspectTimeout)
	defer cancel()
	i, err := by(c, m)
	if err == nil && !i.Exists {
		err = ErrNotFound
	}
	if err != nil {
		return Instance{}, fmt.Errorf("inspect %q: %w", m.Identifier, err)
	}
	return i, nil
}

// abort gives an unpromoted failover up.
func (s *session) abort(ctx context.Context, why refusal.Refusal) (bool, error) {
	return s.abortWith(ctx, why, func(*Failover) {})
}

func (s *session) abortWith(ctx context.Context, why refusal.Refusal, change func(*Failover)) (bool, error) {
	return s.advance(ctx, s.st.Failover.Step, StepAbort, func(st *State, f *Failover) {
		f.Reason = &why
		change(f)
		// The primary stays the writer: this failover must not fence it any more.
		delete(st.Debts, DebtFence)
	})
}

// undo lifts the fence of an aborted failover, if one may have been set, and
// ends it. Nothing is lifted where a promotion may have been sent, unless an
// operator has abandoned the failover and the replica was found untouched; nor
// where the replica has been promoted past the guard.
func (s *session) undo(ctx context.Context) (bool, error) {
	f := s.st.Failover
	if !f.FenceSought {
		return s.finish(ctx, OutcomeAborted)
	}
	err := s.act(ctx, StepAbort, func(_ *State, f *Failover) error {
		if f.MaybeSent && (f.Abandoned == nil || f.UntouchedAt.IsZero()) {
			return errStale
		}
		return nil
	}, func(context.Context) error { return s.unfence(ctx, f.From) })
	if na := (*notActed)(nil); errors.As(err, &na) {
		return false, na.err
	}
	if errors.Is(err, errPromoted) {
		return s.finishWith(ctx, OutcomeAborted, func(_ *State, f *Failover) {
			r := refusal.New(refusal.NotAReplica, "%q was promoted past the guard, so the fence stays on %q", f.To.Identifier, f.From.Identifier)
			f.Reason = &r
		})
	}
	if err != nil {
		// The fence is a debt then: an abort that could not end would keep
		// the next failover from starting.
		s.log("unfence owed")
		return s.finishWith(ctx, OutcomeAborted, func(st *State, f *Failover) {
			st.owe(DebtUnfence, f.From, s.e.ports.Clock.Now())
		})
	}
	return s.finish(ctx, OutcomeAborted)
}

// complete ends a failover that was seen through.
func (s *session) complete(ctx context.Context) (bool, error) { return s.finish(ctx, OutcomeDone) }

// cooldown is how long none is started after this one.
func (e *Engine) cooldown(f *Failover) time.Duration {
	if f.FenceSet || f.MaybeSent {
		return e.cfg.Policy.Cooldown
	}
	return min(e.cfg.Policy.Cooldown, calmCooldown)
}

// finish ends the failover.
func (s *session) finish(ctx context.Context, outcome Outcome) (bool, error) {
	return s.finishWith(ctx, outcome, nil)
}

func (s *session) finishWith(ctx context.Context, outcome Outcome, change func(*State, *Failover)) (bool, error) {
	now := s.e.ports.Clock.Now()
	step := s.st.Failover.Step
	err := s.onStep(ctx, step, func(st *State, f *Failover) error {
		if change != nil {
			change(st, f)
		}
		f.Outcome, f.EndedAt, f.Standing, f.Intent = outcome, now, nil, nil
		f.Times[step] = now
		st.CooldownUntil = now.Add(s.e.cooldown(f))
		st.owe(DebtJournal, f.To, now)
		if outcome == OutcomeAborted {
			st.tell(abortNotice(s.e.cfg.Environment, *f, st.Debts, now))
		} else {
			st.owe(DebtStop, f.From, now)
		}
		st.Last, st.Failover = f, nil
		return nil
	})
	if err != nil {
		return false, err
	}
	s.report.Steps = append(s.report.Steps, step)
	s.e.log.Info("failover ended", "failover", s.st.Last.ID, "outcome", string(outcome))
	return true, nil
}
