package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// round looks once and does what follows from it. It returns true when this
// invocation has nothing more to do.
func (s *session) round(ctx context.Context) bool {
	s.report.Rounds++
	if s.token == 0 {
		err := s.acquire(ctx)
		if errors.Is(err, refusal.Refusal{Name: refusal.LeaseHeld}) && s.report.Trigger == ScheduleTick {
			err = s.standBy(ctx, err)
		}
		switch {
		case errors.Is(err, refusal.Refusal{Name: refusal.LeaseHeld}):
			s.note(err)
			return true
		case err != nil:
			return s.blind(ctx, err)
		}
	}
	if err := s.look(ctx); err != nil {
		return s.failed(ctx, err)
	}
	s.publish(ctx)
	if s.st.Failover == nil {
		if err := s.consider(ctx); err != nil {
			return s.failed(ctx, err)
		}
	}
	for s.st.Failover != nil && !s.ending(ctx) {
		s.report.Failover = s.st.Failover.ID
		progress, err := s.step(ctx)
		if err != nil {
			return s.failed(ctx, err)
		}
		if !progress {
			break
		}
	}
	if err := s.settle(ctx); err != nil {
		return s.failed(ctx, err)
	}
	return false
}

// failed sorts what interrupted a round: a lost lease ends the invocation, a
// lost ledger leaves it looking, anything else is tried again.
func (s *session) failed(ctx context.Context, err error) bool {
	s.e.log.Warn("round interrupted", slog.Any("error", err))
	switch {
	case errors.Is(err, refusal.Refusal{Name: refusal.LeaseLost}):
		s.note(err)
		s.token = 0
		return true
	case errors.Is(err, refusal.Refusal{Name: refusal.LedgerUnavailable}):
		return s.blind(ctx, err)
	default:
		return false
	}
}

func (s *session) note(err error) {
	var r refusal.Refusal
	if errors.As(err, &r) {
		s.report.Refusal = &r
	}
}

// look samples the paths and writes down what they add up to. Once a promotion
// may have been sent, evidence changes nothing any more: looking would only
// cost time.
func (s *session) look(ctx context.Context) error {
	var x Samples
	if f := s.st.Failover; f == nil || !f.MaybeSent || f.Step == StepAbort {
		x = s.e.ports.Observer.Sample(ctx, s.st.target(s.e.cfg.Topology, s.e.ports.Clock.Now()))
	}
	return s.commit(ctx, func(st *State) error {
		st.observe(s.e.cfg.Policy, s.e.cfg.Topology, x, s.e.ports.Clock.Now())
		return nil
	})
}

// consider decides, and claims a failover if that is the decision.
func (s *session) consider(ctx context.Context) error {
	now := s.e.ports.Clock.Now()
	d := s.e.decide(s.e.cfg.Policy, s.st.observation(now), now)
	s.report.Decision = d
	if s.st.Writer.Site == "" {
		return s.considerBlank(ctx)
	}
	switch d.Verdict {
	case decide.Promote:
		_, err := s.e.steps[StepClaim](s, ctx)
		return err
	case decide.Ask, decide.Refuse:
		return s.tellOnce(ctx, d)
	default:
		if err := s.tellTrouble(ctx, d, now); err != nil {
			return err
		}
	}
	return s.dropExpiredOrder(ctx, now)
}

// considerBlank: the ledger does not know who the writer is. If the instances
// are as at birth the samples tell; if not, a person must.
func (s *session) considerBlank(ctx context.Context) error {
	r := s.st.Watch.Replica
	if r.StatusAt.IsZero() || !r.Exists || r.IsReplica {
		return nil
	}
	d := s.report.Decision
	d.Verdict = decide.Refuse
	d.Refusals = []refusal.Refusal{refusal.New(refusal.LedgerBlank, "the ledger knows no writer and %q is no replica", s.e.cfg.Topology.Replica.Identifier)}
	s.report.Decision, s.report.Refusal = d, &d.Refusals[0]
	return s.tellOnce(ctx, d)
}

func (s *session) dropExpiredOrder(ctx context.Context, now time.Time) error {
	if s.st.Order == nil || now.Before(s.st.Order.Expires) {
		return nil
	}
	return s.commit(ctx, func(st *State) error {
		if st.Order != nil && !now.Before(st.Order.Expires) {
			st.Order = nil
		}
		return nil
	})
}

// tellOnce tells people of a decision, once a change. An order that was
// refused is done with.
func (s *session) tellOnce(ctx context.Context, d decide.Decision) error {
	key := toldKey(d)
	if len(d.Refusals) > 0 && d.Verdict != decide.Nothing {
		s.report.Refusal = &d.Refusals[0]
	}
	if key == s.st.Told && s.st.Order == nil {
		return nil
	}
	now := s.e.ports.Clock.Now()
	return s.commit(ctx, func(st *State) error {
		if st.Told != key {
			st.tell(decisionNotice(s.e.cfg.Environment, d, st.Watch, now))
		}
		st.Told, st.Order = key, nil
		return nil
	})
}

// toldKey is what makes two decisions the same news.
func toldKey(d decide.Decision) string {
	if d.Verdict != decide.Ask && d.Verdict != decide.Refuse {
		return ""
	}
	names := make([]string, 0, len(d.Refusals))
	for _, r := range d.Refusals {
		names = append(names, string(r.Name))
	}
	slices.Sort(names)
	return string(d.Verdict) + ":" + strings.Join(slices.Compact(names), ",")
}

// claim begins a failover, if the ledger as it is now still permits it.
func (s *session) claim(ctx context.Context) (bool, error) {
	now := s.e.ports.Clock.Now()
	err := s.commit(ctx, func(st *State) error {
		if f := st.Failover; f != nil && f.ClaimedAt.Equal(now) {
			return nil // Our own write, whose answer was lost.
		}
		d := s.e.decide(s.e.cfg.Policy, st.observation(now), now)
		if d.Verdict != decide.Promote {
			return errStale
		}
		st.begin(s.e.cfg.Policy, d, now)
		st.tell(claimNotice(s.e.cfg.Environment, *st.Failover, now))
		return nil
	})
	if err != nil {
		return false, err
	}
	s.report.Steps = append(s.report.Steps, StepClaim)
	s.log("failover claimed", slog.String("evidence", string(s.st.Failover.Decision.Evidence)))
	return true, nil
}

// begin writes a new failover into the state.
func (s *State) begin(p decide.Policy, d decide.Decision, now time.Time) {
	s.Epoch++
	f := &Failover{
		ID: failoverID(s.Epoch, now), Epoch: s.Epoch, Step: StepPreflight,
		From: s.Writer, To: s.Replica, Decision: d, Saw: s.Watch,
		ClaimedAt: now, Deadline: now.Add(p.AbortAfter),
		Times: map[Step]time.Time{StepClaim: now},
	}
	if s.Order != nil {
		r := s.Order.Request
		f.Request = &r
	}
	s.Failover, s.Order, s.Told = f, nil, ""
}

// blind is a round without the ledger. Nothing can be done for lack of a
// lease; what can be seen is still published and, if it looks like a loss,
// told. The writer is not published, since it is not known for certain.
func (s *session) blind(ctx context.Context, cause error) bool {
	s.token = 0
	s.note(cause)
	st := s.st
	if st.Version == 0 && !s.recalled {
		st, s.recalled = s.e.recall(), true
	}
	now := s.e.ports.Clock.Now()
	t := st.target(s.e.cfg.Topology, now)
	t.Heartbeat = nil
	x := s.e.ports.Observer.Sample(ctx, t)
	now = s.e.ports.Clock.Now()
	st.observe(s.e.cfg.Policy, s.e.cfg.Topology, x, now)
	s.st = st
	o := st.observation(now)
	o.Facts = decide.Facts{}
	d := s.e.decide(s.e.cfg.Policy, o, now)
	s.report.Decision = d
	s.put(ctx, now, st.gauges(now))
	if key := toldKey(d); key != "" && key != st.Told {
		s.notifyDirectly(ctx, decisionNotice(s.e.cfg.Environment, d, st.Watch, now))
		s.st.Told = key
	}
	return false
}
