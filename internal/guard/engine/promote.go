package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// fence cuts the old primary off. Where AWS is silent the fence stays
// pending and the failover goes on; where AWS answers and fencing fails, it does not.
func (s *session) fence(ctx context.Context) (bool, error) {
	f := s.st.Failover
	if !f.FenceSought && !f.preflightedBy(s.token, s.e.ports.Clock.Now()) {
		return s.advance(ctx, StepFence, StepPreflight, nil)
	}
	looked, first := s.e.ports.Clock.Now(), !f.FenceSought
	err := s.act(ctx, StepFence, func(st *State, f *Failover) error {
		if first && s.e.ports.Clock.Now().Sub(looked) > preflightFresh {
			return errStale // Writing took long: look at the replica again.
		}
		// From here on this failover answers for the fence, even if an
		// earlier one had yet to lift it.
		f.FenceSought = true
		delete(st.Debts, DebtUnfence)
		return nil
	}, func(c context.Context) error { return s.tryFence(c, f.From) })
	if na := (*notActed)(nil); errors.As(err, &na) {
		return false, na.err
	}
	if err != nil {
		return s.fenceFailed(ctx, StepFence, refusal.FenceFailed, err)
	}
	return s.advance(ctx, StepFence, StepConfirm, func(_ *State, f *Failover) {
		f.FenceSought, f.FenceSet, f.SilentFrom, f.FaultyFrom = true, true, time.Time{}, time.Time{}
	})
}

// tryFence fences a member, in a silent region for fenceGlance at most.
func (s *session) tryFence(ctx context.Context, m Member) error {
	if now := s.e.ports.Clock.Now(); s.st.observation(now).RegionSilent(now) {
		short, cancel := s.boundTo(ctx, fenceGlance)
		defer cancel()
		ctx = short
	}
	return s.e.ports.Fencer.Fence(ctx, m)
}

// preflightedBy tells whether the holder of that lease has looked at the
// replica a moment ago; if not, it looks before it fences.
func (f *Failover) preflightedBy(token int64, now time.Time) bool {
	return f.Intent != nil && f.Intent.Step == StepPreflight && f.Intent.Token == token && now.Sub(f.Intent.At) <= preflightFresh
}

// confirmFence goes on only when the fence was found to hold.
func (s *session) confirmFence(ctx context.Context) (bool, error) {
	f := s.st.Failover
	c, cancel := s.bound(ctx)
	defer cancel()
	holds, err := s.e.ports.Fencer.Fenced(c, f.From)
	now := s.e.ports.Clock.Now()
	switch {
	case err != nil:
		return s.fenceFailed(ctx, StepConfirm, refusal.FenceUnconfirmed, err)
	case holds:
		return s.advance(ctx, StepConfirm, StepPromote, func(st *State, f *Failover) {
			f.Fence = FenceConfirmed
			delete(st.Debts, DebtFence)
		})
	case now.Sub(f.Times[StepFence]) > confirmPatience:
		return s.advance(ctx, StepConfirm, StepFence, nil)
	default:
		return s.hold(ctx, refusal.New(refusal.FenceUnconfirmed, "set %s ago, does not hold yet", now.Sub(f.Times[StepFence]).Truncate(time.Second)), func(_ *State, f *Failover) { f.FaultyFrom = time.Time{} })
	}
}

// fenceFailed sorts the ways in which fencing can fail.
func (s *session) fenceFailed(ctx context.Context, step Step, name refusal.Name, cause error) (bool, error) {
	f := s.st.Failover
	now := s.e.ports.Clock.Now()
	silent := errors.Is(cause, ErrSilent)
	regionSilent := silent && s.st.observation(now).RegionSilent(now)
	if f.unfenced() && !regionSilent {
		return s.goUnfenced(ctx, step, FenceWaived)
	}
	if !silent {
		r := s.fenceRefused(f, name, cause, now)
		if r == nil {
			return s.goUnfenced(ctx, step, FenceOwed)
		}
		return s.hold(ctx, *r, func(_ *State, f *Failover) {
			f.SilentFrom = time.Time{}
			f.fault(cause, now)
		})
	}
	if r := s.notSilent(f, name, now); r != nil {
		return s.hold(ctx, *r, func(_ *State, f *Failover) { f.SilentFrom = time.Time{} })
	}
	if regionSilent {
		return s.goUnfenced(ctx, step, FenceOwed)
	}
	// Only the API that fences is silent. It gets a while. Where people
	// want to be asked about silence, the failover waits for their order.
	asked := s.e.cfg.Policy.OnRegionSilent != contract.SilentAsk || f.Request != nil
	if asked && !f.SilentFrom.IsZero() && now.Sub(f.SilentFrom) >= fencePatience {
		return s.goUnfenced(ctx, step, FenceOwed)
	}
	why := fmt.Sprintf("%v; tried until it has been silent for %s", cause, fencePatience)
	if !asked {
		why = fmt.Sprintf("%v; on_region_silent is %q, so that only an order with unfenced goes on without a fence", cause, contract.SilentAsk)
	}
	return s.hold(ctx, refusal.New(name, "%s", why), func(_ *State, f *Failover) {
		if f.SilentFrom.IsZero() {
			f.SilentFrom = now
		}
	})
}

// faulty: AWS answered with a fault of its own or throttles, which says nothing
// about whether the fence is allowed or right.
func faulty(cause error) bool {
	return errors.Is(cause, ErrServerFault) || errors.Is(cause, ErrThrottled)
}

// fault notes since when AWS answers to fencing with faults of its own.
func (f *Failover) fault(cause error, now time.Time) {
	switch {
	case !faulty(cause):
		f.FaultyFrom = time.Time{}
	case f.FaultyFrom.IsZero():
		f.FaultyFrom = now
	}
}

// fenceRefused is why the failover waits where AWS answers and does not fence;
// nil where the policy has it go on without: AWS answers with nothing but faults
// of its own for faultPatience, beside a primary that is silent on both data paths.
func (s *session) fenceRefused(f *Failover, name refusal.Name, cause error, now time.Time) *refusal.Refusal {
	r := refusal.New(name, "%v", cause)
	if !faulty(cause) {
		return &r
	}
	if loud := s.notSilent(f, name, now); loud != nil {
		loud.Reason += fmt.Sprintf("; %v", cause)
		return loud
	}
	if s.e.cfg.Policy.OnFenceError != contract.FenceErrorPromote {
		r.Reason += fmt.Sprintf("; on_fence_error is %q, so that only an order with --unfenced goes on without a fence", contract.FenceErrorAsk)
		return &r
	}
	if !f.FaultyFrom.IsZero() && now.Sub(f.FaultyFrom) >= faultPatience {
		return nil
	}
	r.Reason += fmt.Sprintf("; tried until AWS has answered so for %s", faultPatience)
	return &r
}

// notSilent refuses to do without a fence beside a primary that was not found
// silent on both data paths just now: what silenced the API that fences need
// not have silenced the database.
func (s *session) notSilent(f *Failover, name refusal.Name, now time.Time) *refusal.Refusal {
	o := s.st.observation(now)
	if f.unfenced() {
		return nil
	}
	if o.PrimarySilent(now) {
		return s.tooEarly(o, name, now)
	}
	r := refusal.New(name, "AWS does not fence the primary, and the primary is not silent on both data paths (SQL: %s, WAL: %s)",
		orNone(string(o.SQL.Class)), orNone(string(o.WAL.Class)))
	return &r
}

// tooEarly refuses to do without a fence where RDS answers that the primary is
// well: such a silence must have lasted as long as that of an unreachable
// instance, though the failover was claimed for a region that was silent.
func (s *session) tooEarly(o decide.Observation, name refusal.Name, now time.Time) *refusal.Refusal {
	well := o.RDSAPI.Answers(now) && now.Sub(o.Primary.StatusAt) <= decide.StatusFresh && decide.ConditionOf(o.Primary.Status) == decide.Serving
	since, window := o.SQL.SilentSince, s.e.cfg.Policy.InstanceUnreachable
	if o.WAL.SilentSince.After(since) {
		since = o.WAL.SilentSince
	}
	if !well || now.Sub(since) >= window {
		return nil
	}
	r := refusal.New(name, "AWS does not fence the primary, and RDS reports it %q; without a fence the silence must last %s, until %s",
		o.Primary.Status, window, since.Add(window).UTC().Format(time.RFC3339))
	return &r
}

// goUnfenced goes on to the promotion with the fence as a debt, which is paid
// as soon as AWS lets us.
func (s *session) goUnfenced(ctx context.Context, step Step, as Fence) (bool, error) {
	return s.advance(ctx, step, StepPromote, func(st *State, f *Failover) {
		f.Fence, f.OwedAt = as, s.e.ports.Clock.Now()
		st.owe(DebtFence, f.From, s.e.ports.Clock.Now())
	})
}

// promote asks RDS, having written down first that it may have been asked.
func (s *session) promote(ctx context.Context) (bool, error) {
	f := s.st.Failover
	unresolved := f.MaybeSent
	if unresolved {
		// An earlier try was not answered. If RDS shows it at work, there is
		// nothing to ask for again, and an abandoned one is never asked again.
		if i, err := s.inspect(ctx, f.To); f.Abandoned != nil || err == nil && (!i.IsReplica || !decide.Untouched(i.Status)) {
			return s.advance(ctx, StepPromote, StepAwait, nil)
		}
	}
	if f.Fence == FenceOwed && s.e.ports.Clock.Now().Sub(f.OwedAt) > owedFresh {
		if ready, err := s.refence(ctx); !ready {
			return false, err
		}
	}
	now := s.e.ports.Clock.Now()
	if r := s.forbidden(&s.st, now); r != nil {
		return s.hold(ctx, *r, nil)
	}
	err := s.act(ctx, StepPromote, func(st *State, f *Failover) error {
		return s.intendPromotion(st, f, now)
	}, func(c context.Context) error { return s.e.ports.Promoter.Promote(c, f.To) })
	return s.promoted(ctx, err, unresolved, now)
}

// intendPromotion notes that the promotion may have been sent, if nothing
// speaks against it as the ledger is now.
func (s *session) intendPromotion(st *State, f *Failover, now time.Time) error {
	if f.Abandoned != nil {
		return errStale
	}
	if !f.MaybeSent {
		if st.overdue(f, now) || st.restraint(f, now) != nil || s.forbidden(st, now) != nil {
			return errStale
		}
		f.SentLoss = decide.ToldLoss(st.observation(now), f.Decision.Evidence, f.takesWritesUntil(now))
	}
	f.MaybeSent, f.SentAt = true, now
	return nil
}

// takesWritesUntil is until when the old primary may have acknowledged writes:
// until its fence was found to hold, or still.
func (f *Failover) takesWritesUntil(now time.Time) time.Time {
	if held := f.Times[StepConfirm]; f.Fence == FenceConfirmed && !held.IsZero() {
		return held
	}
	return now
}

// forbidden is what forbids to send a promotion now, though it was decided: a
// failover may have waited for long since, beside a primary that goes on.
func (s *session) forbidden(st *State, now time.Time) *refusal.Refusal {
	f := st.Failover
	if f.MaybeSent {
		return nil
	}
	if f.Fence == FenceOwed {
		if r := s.notSilent(f, refusal.FenceFailed, now); r != nil {
			return r
		}
	}
	loss := decide.EstimateLoss(st.observation(now))
	if limit := s.e.cfg.Policy.MaxDataLoss; loss.Known && loss.Upper > limit && !f.allowsLoss() {
		r := refusal.New(refusal.DataLossOverLimit, "up to %s may be lost by now, the policy accepts %s", loss.Upper.Truncate(time.Second), limit)
		return &r
	}
	return nil
}

// promoted sorts the answers to a promotion.
func (s *session) promoted(ctx context.Context, err error, unresolved bool, at time.Time) (bool, error) {
	na := (*notActed)(nil)
	switch {
	case errors.As(err, &na):
		return false, s.unsent(ctx, at, unresolved, na.err)
	case err == nil, errors.Is(err, ErrNotReplica):
		return s.advance(ctx, StepPromote, StepAwait, func(_ *State, f *Failover) {
			f.MaybeSent, f.SentAt = true, at
			if f.AcceptedAt.IsZero() {
				f.AcceptedAt = s.e.ports.Clock.Now()
			}
		})
	case errors.Is(err, ErrNotFound) && !unresolved:
		// The pre-flight tells what has become of the replica.
		return s.advance(ctx, StepPromote, StepPreflight, func(_ *State, f *Failover) { f.MaybeSent, f.SentAt = false, time.Time{} })
	case noEffect(err):
		return s.promotionRefused(ctx, err, unresolved)
	default:
		return s.hold(ctx, refusal.New(refusal.PromoteUnanswered, "%v", err), nil)
	}
}

// promotionRefused: only a first try that was refused proves that nothing was
// sent, since a refusal may as well be the effect of an earlier one. Then the
// failover waits until RDS accepts. It does not wait for a busy replica beside a
// primary that answers: its clients would be cut off for nothing.
func (s *session) promotionRefused(ctx context.Context, cause error, unresolved bool) (bool, error) {
	r := refusal.New(refusal.PromoteRefused, "%v", cause)
	if unresolved {
		return s.hold(ctx, r, nil)
	}
	if f := s.st.Failover; errors.Is(cause, ErrBusy) && f.FenceSought && s.st.primaryAnswers(s.e.ports.Clock.Now()) {
		r.Reason += "; the primary answers, so the fence is lifted"
		return s.abortWith(ctx, r, func(f *Failover) { f.MaybeSent = false })
	}
	return s.hold(ctx, r, func(_ *State, f *Failover) { f.MaybeSent = false })
}

// unsent takes the intent of a promotion back that was written down and then
// not sent, for lack of time: it was this invocation's, and it knows. Where
// that can't be written the failover only goes forward, as after a crash.
func (s *session) unsent(ctx context.Context, at time.Time, unresolved bool, cause error) error {
	if f := s.st.Failover; unresolved || !f.MaybeSent || !f.SentAt.Equal(at) {
		return cause
	}
	err := s.onStep(ctx, StepPromote, func(_ *State, f *Failover) error {
		if i := f.Intent; i == nil || i.Step != StepPromote || i.Token != s.token || !f.SentAt.Equal(at) {
			return errStale
		}
		f.MaybeSent, f.SentAt, f.SentLoss, f.Intent = false, time.Time{}, decide.Loss{}, nil
		return nil
	})
	if err != nil {
		s.e.log.Warn("a promotion that was not sent stays noted as sent", slog.Any("error", err))
	}
	return cause
}

// refence tries a pending fence once more, because something has delayed the
// promotion since. Meanwhile AWS may answer there again, and then nothing
// is promoted unfenced. It returns whether the promotion may go on.
func (s *session) refence(ctx context.Context) (bool, error) {
	f := s.st.Failover
	cause := s.act(ctx, StepPromote, nil, func(context.Context) error { return s.dischargeFence(ctx, f.From) })
	if na := (*notActed)(nil); errors.As(cause, &na) {
		return false, na.err
	}
	now := s.e.ports.Clock.Now()
	if cause != nil && !errors.Is(cause, ErrSilent) && !f.unfenced() {
		if r := s.fenceRefused(f, refusal.FenceFailed, cause, now); r != nil {
			return s.hold(ctx, *r, func(_ *State, f *Failover) { f.fault(cause, now) })
		}
	}
	err := s.onStep(ctx, StepPromote, func(st *State, f *Failover) error {
		f.OwedAt = now
		if cause == nil {
			f.Fence, f.FenceSet = FenceConfirmed, true
			delete(st.Debts, DebtFence)
		}
		return nil
	})
	return err == nil, err
}

// noEffect: the answer says that the call did nothing.
func noEffect(err error) bool {
	for _, answer := range []error{ErrThrottled, ErrBusy, ErrDenied, ErrNotFound, ErrRejected} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// await waits until RDS is done: it serves, and has no replication source. Just
// after the promotion was asked for the instance still looks as before.
func (s *session) await(ctx context.Context) (bool, error) {
	if err := s.turnEarly(ctx); err != nil {
		return false, err
	}
	i, err := s.inspect(ctx, s.st.Failover.To)
	if err == nil {
		if err := s.seeAccepted(ctx, i); err != nil {
			return false, err
		}
	}
	f, now := s.st.Failover, s.e.ports.Clock.Now()
	switch {
	case err != nil:
		return s.hold(ctx, refusal.New(refusal.WriterUnconfirmed, "%v", err), nil)
	case i.IsReplica && f.Abandoned != nil:
		return s.takeBack(ctx, i)
	case i.IsReplica && decide.Untouched(i.Status) && now.Sub(f.SentAt) > resendAfter:
		return s.advance(ctx, StepAwait, StepPromote, nil)
	case i.IsReplica:
		return s.hold(ctx, refusal.New(refusal.WriterUnconfirmed, "RDS still names a replication source (%s)", i.Status), nil)
	case !decide.Untouched(i.Status):
		return s.hold(ctx, refusal.New(refusal.WriterUnconfirmed, "RDS reports %q", i.Status), nil)
	}
	return s.advance(ctx, StepAwait, StepVerify, nil)
}

// verify lets the new writer take a write: only PostgreSQL itself knows that
// it has left recovery.
func (s *session) verify(ctx context.Context) (bool, error) {
	f := s.st.Failover
	var proof Proof
	err := s.act(ctx, StepVerify, nil, func(c context.Context) error {
		p, err := s.e.ports.Prover.Prove(c, f.To)
		proof = p
		return err
	})
	if na := (*notActed)(nil); errors.As(err, &na) {
		return false, na.err
	}
	if err != nil {
		return s.unproven(ctx, err)
	}
	return s.advance(ctx, StepVerify, StepSwitch, func(_ *State, f *Failover) { f.Proof = proof })
}

// unproven is what follows where the new writer did not take a write. Where it
// can't be asked at all and RDS reports the promotion done, operators are
// notified after provePatience, and may order the switch on RDS's word alone.
// A server that answers that it is in recovery is never switched to.
func (s *session) unproven(ctx context.Context, cause error) (bool, error) {
	f := s.st.Failover
	waits := s.e.ports.Clock.Now().Sub(f.Times[StepAwait]).Truncate(time.Second)
	if errors.Is(cause, ErrInRecovery) || !f.mayUnproven() && waits < provePatience {
		return s.hold(ctx, refusal.New(refusal.WriterUnconfirmed, "%v", cause), nil)
	}
	i, err := s.inspect(ctx, f.To)
	switch done := err == nil && i.ResourceID == f.To.ResourceID && !i.IsReplica && decide.Untouched(i.Status); {
	case !done:
		return s.hold(ctx, refusal.New(refusal.WriterUnconfirmed, "%v", cause), nil)
	case f.mayUnproven():
		return s.advance(ctx, StepVerify, StepSwitch, func(_ *State, f *Failover) { f.Unproven = true })
	default:
		return s.hold(ctx, refusal.New(refusal.WriterUnproven, "RDS reported the promotion done %s ago: %q, no replication source; PostgreSQL can't be asked: %v", waits, i.Status, cause), nil)
	}
}
