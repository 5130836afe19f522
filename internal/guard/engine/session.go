package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// session is one invocation at work.
type session struct {
	e       *Engine
	owner   string
	started time.Time
	// token is that of our lease; zero while we hold none.
	token int64
	// writes counts the writes of this invocation, for their stamps.
	writes int
	// heldUntil is when the lease that kept us out would end.
	heldUntil time.Time
	// st is the ledger as of our last successful read or write.
	st State
	// recalled: st began as what an earlier invocation of this process knew.
	recalled bool
	// published is when the gauges were last put.
	published time.Time
	// alarmRead is when the alarm that flips DNS was last read.
	alarmRead time.Time
	report    Report
}

// errStale: the ledger does not say any more what this step rests on. The next
// round looks again.
var errStale = errors.New("the ledger has moved on")

// bound gives one call its time-out. Nothing that we do outlives our lease.
func (s *session) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.boundTo(ctx, callTimeout)
}

func (s *session) boundTo(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	end := s.e.ports.Clock.Now().Add(timeout)
	if last := s.st.Lease.Until.Add(-leaseMargin); s.token != 0 && last.Before(end) {
		end = last
	}
	return s.e.ports.Clock.WithDeadline(ctx, end)
}

// leaseEnd is when a lease taken or renewed now ends: never later than its
// owner.
func (s *session) leaseEnd(ctx context.Context, now time.Time) time.Time {
	end := now.Add(leaseTerm)
	if own, ok := ctx.Deadline(); ok && own.Before(end) {
		return own
	}
	return end
}

// read reads the ledger within its time-out.
func (s *session) read(ctx context.Context) (State, error) {
	c, cancel := s.e.ports.Clock.WithDeadline(ctx, s.e.ports.Clock.Now().Add(callTimeout))
	defer cancel()
	st, err := s.e.ports.Ledger.Read(c)
	if err != nil {
		return State{}, fmt.Errorf("read ledger: %w", err)
	}
	return st, nil
}

// write stores the state under the next version and makes it ours. When the
// answer is lost it looks whether the write was stored all the same.
func (s *session) write(ctx context.Context, st State) error {
	s.writes++
	st.Stamp = fmt.Sprintf("%s/%d/%d", s.owner, st.Lease.Token, s.writes)
	c, cancel := s.e.ports.Clock.WithDeadline(ctx, s.e.ports.Clock.Now().Add(callTimeout))
	defer cancel()
	err := s.e.ports.Ledger.Write(c, st)
	if errors.Is(err, ErrSilent) {
		if stored, rerr := s.read(ctx); rerr == nil && stored.Stamp == st.Stamp {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	st.Version++
	s.st = st
	return nil
}

// acquire takes the lease, or tells who has it.
func (s *session) acquire(ctx context.Context) error {
	var last error
	for range commitTries {
		st, err := s.read(ctx)
		if err != nil {
			return refusal.New(refusal.LedgerUnavailable, "%v", err)
		}
		now := s.e.ports.Clock.Now()
		free := st.Lease.Owner == "" || st.Lease.Owner == s.owner || !now.Before(st.Lease.Until)
		if !free {
			s.heldUntil = st.Lease.Until
			return refusal.New(refusal.LeaseHeld, "%s is at work until %s", st.Lease.Owner, st.Lease.Until.Format(time.RFC3339))
		}
		st.Lease = Lease{Owner: s.owner, Token: st.Lease.Token + 1, Until: s.leaseEnd(ctx, now)}
		if last = s.write(ctx, st); last == nil {
			s.token = st.Lease.Token
			return nil
		}
	}
	return refusal.New(refusal.LedgerUnavailable, "%v", last)
}

// standBy tries again until the lease that another holds now would end, and
// takes it as soon as it is given back or has run out. One that is renewed all
// the time belongs to an owner who is at work.
func (s *session) standBy(ctx context.Context, held error) error {
	end := s.heldUntil.Add(leaseMargin / 2)
	if end.Sub(s.e.ports.Clock.Now()) > leaseTerm+leaseMargin {
		return held
	}
	for {
		left := end.Sub(s.e.ports.Clock.Now())
		if left <= 0 {
			return held
		}
		if err := s.e.ports.Clock.Sleep(ctx, min(left, standByEvery)); err != nil {
			return held
		}
		err := s.acquire(ctx)
		if !errors.Is(err, refusal.Refusal{Name: refusal.LeaseHeld}) {
			return err
		}
		held = err
	}
}

// release gives the lease back. If that fails it ends by itself.
func (s *session) release(ctx context.Context) {
	if s.token == 0 {
		return
	}
	err := s.commit(ctx, func(*State) error { return nil })
	if err != nil {
		s.e.log.Warn("release lease", slog.Any("error", err))
		return
	}
	st := s.st.Clone()
	st.Lease.Owner, st.Lease.Until = "", time.Time{}
	if err := s.write(ctx, st); err != nil {
		s.e.log.Warn("release lease", slog.Any("error", err))
		return
	}
	s.token = 0
}

// commit reads the ledger, checks that we are still the ones to act, changes
// what was read and writes it back under the version that was read. The change
// may run more than once and must not mind.
func (s *session) commit(ctx context.Context, change func(*State) error) error {
	var last error
	for range commitTries {
		st, err := s.read(ctx)
		if err != nil {
			last = err
			continue
		}
		if st, err = s.ours(st); err != nil {
			return err
		}
		if err := change(&st); err != nil {
			return err
		}
		st.Lease.Until = s.leaseEnd(ctx, s.e.ports.Clock.Now())
		if last = s.write(ctx, st); last == nil {
			return nil
		}
	}
	return refusal.New(refusal.LedgerUnavailable, "%v", last)
}

// ours checks that no other process has taken the lease since.
func (s *session) ours(st State) (State, error) {
	if st.Lease.Token != s.token {
		return st, refusal.New(refusal.LeaseLost, "%s has taken over", st.Lease.Owner)
	}
	return st.Clone(), nil
}

// onStep changes the failover if it is still at that step, ours to act on.
func (s *session) onStep(ctx context.Context, step Step, change func(*State, *Failover) error) error {
	id := s.st.Failover.ID
	return s.commit(ctx, func(st *State) error {
		f := st.Failover
		if f == nil || f.ID != id || f.Step != step {
			return errStale
		}
		return change(st, f)
	})
}

// act does the one side effect of a step: the intent is written first, on the
// ledger as it is now, then the effect happens within our lease.
func (s *session) act(ctx context.Context, step Step, intend func(*State, *Failover) error, effect func(context.Context) error) error {
	now := s.e.ports.Clock.Now()
	err := s.onStep(ctx, step, func(st *State, f *Failover) error {
		f.Intent = &Intent{Step: step, At: now, Token: s.token}
		if intend == nil {
			return nil
		}
		return intend(st, f)
	})
	if err != nil {
		return &notActed{err}
	}
	c, cancel := s.bound(ctx)
	defer cancel()
	if c.Err() != nil {
		return &notActed{fmt.Errorf("%s: no time left in the lease: %w", step, c.Err())}
	}
	return effect(c)
}

// notActed wraps what kept a side effect from being tried at all.
type notActed struct{ err error }

func (n *notActed) Error() string { return n.err.Error() }
func (n *notActed) Unwrap() error { return n.err }

// advance completes a step.
func (s *session) advance(ctx context.Context, from, to Step, change func(*State, *Failover)) (bool, error) {
	now := s.e.ports.Clock.Now()
	err := s.onStep(ctx, from, func(st *State, f *Failover) error {
		f.Step, f.Standing, f.Intent = to, nil, nil
		if f.Times == nil {
			f.Times = map[Step]time.Time{}
		}
		f.Times[from] = now
		if change != nil {
			change(st, f)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.report.Steps = append(s.report.Steps, from)
	s.log("step completed", slog.String("step", string(from)), slog.String("next", string(to)))
	return true, nil
}

// hold leaves the failover where it is and records the refusal. It sends a notice
// each time the refusal changes.
func (s *session) hold(ctx context.Context, r refusal.Refusal, change func(*State, *Failover)) (bool, error) {
	step := s.st.Failover.Step
	s.log("step held", slog.String("step", string(step)), slog.String("refusal", string(r.Name)), slog.String("reason", r.Reason))
	err := s.onStep(ctx, step, func(st *State, f *Failover) error {
		if f.Standing == nil || f.Standing.Name != r.Name {
			st.tell(heldNotice(s.e.cfg.Environment, *f, r, s.e.ports.Clock.Now()))
		}
		f.Standing = &r
		if change != nil {
			change(st, f)
		}
		return nil
	})
	return false, err
}

// log writes a line about the failover under way.
func (s *session) log(msg string, attrs ...any) {
	if f := s.st.Failover; f != nil {
		attrs = append(attrs, slog.String("failover", f.ID))
	}
	s.e.log.Info(msg, attrs...)
}
