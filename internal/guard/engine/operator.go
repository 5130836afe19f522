package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// View is what an operator sees: the ledger, and the decision that follows
// from it now.
type View struct {
	State    State           `json:"state"`
	Decision decide.Decision `json:"decision"`
	// NotGreen lists what keeps the guard from arming itself.
	NotGreen []string `json:"not_green,omitempty"`
	// Standing lists what blocks a failover and what it left pending.
	Standing []refusal.Refusal `json:"standing,omitempty"`
	// LedgerError says why State holds nothing but what this process saw.
	LedgerError string `json:"ledger_error,omitempty"`
}

// Status reads the ledger. It samples nothing and never waits.
func (e *Engine) Status(ctx context.Context) View {
	st, err := e.readOnce(ctx)
	if err != nil {
		return e.view(e.recall(), err, nil)
	}
	return e.view(st, nil, nil)
}

// Look samples all paths once, without writing a heartbeat or the ledger, and
// decides as if req had been ordered; nil asks what the guard would do by
// itself. A dry run is this and nothing more.
func (e *Engine) Look(ctx context.Context, req *decide.Request) View {
	st, err := e.readOnce(ctx)
	if err != nil {
		st = e.recall()
	}
	t := st.target(e.cfg.Topology, e.ports.Clock.Now())
	t.Heartbeat = nil
	x := e.ports.Observer.Sample(ctx, t)
	st.observe(e.cfg.Policy, e.cfg.Topology, x, e.ports.Clock.Now())
	return e.view(st, err, req)
}

func (e *Engine) view(st State, ledger error, req *decide.Request) View {
	now := e.ports.Clock.Now()
	o := st.observation(now)
	if req != nil {
		o.Request = req
	}
	v := View{State: st, NotGreen: decide.NotGreen(o, st.Readiness, now), Standing: st.standing()}
	if ledger != nil {
		o.Facts = decide.Facts{}
		v.LedgerError = ledger.Error()
	}
	v.Decision = e.decide(e.cfg.Policy, o, now)
	return v
}

// standing names what blocks a failover and what the last one left pending.
func (s *State) standing() []refusal.Refusal {
	var rs []refusal.Refusal
	if f := s.Failover; f != nil && f.Standing != nil {
		rs = append(rs, *f.Standing)
	}
	owed := func(kind DebtKind, as refusal.Name) {
		if d, owed := s.Debts[kind]; owed {
			rs = append(rs, refusal.New(as, "since %s, %d tries: %s", stamp(d.Since), d.Tries, d.LastError))
		}
	}
	owed(DebtFence, refusal.FencingOwed)
	owed(DebtUnfence, refusal.UnfenceFailed)
	return rs
}

func (e *Engine) readOnce(ctx context.Context) (State, error) {
	c, cancel := e.ports.Clock.WithDeadline(ctx, e.ports.Clock.Now().Add(callTimeout))
	defer cancel()
	st, err := e.ports.Ledger.Read(c)
	if err != nil {
		return State{}, refusal.New(refusal.LedgerUnavailable, "%v", err)
	}
	return st, nil
}

// Order writes an operator's failover into the ledger. The holder of the lease
// takes it up, or the next Tick if the lease is free. What can't be done now is
// refused and not written; what only lacks time waits until it expires.
func (e *Engine) Order(ctx context.Context, req decide.Request) (View, error) {
	v := e.Look(ctx, &req)
	if v.State.Failover != nil && (req.Force || req.AllowDataLoss || req.Unfenced || req.Unproven) {
		return v, e.override(ctx, v.State.Failover.ID, req)
	}
	if v.Decision.Verdict != decide.Promote && v.Decision.Verdict != decide.Wait {
		return v, firstRefusal(v.Decision)
	}
	now := e.ports.Clock.Now()
	err := e.amend(ctx, func(st *State) error {
		if st.Failover != nil {
			return refusal.New(refusal.FailoverInFlight, "failover %s is at step %s", st.Failover.ID, st.Failover.Step)
		}
		st.Order = &Order{ID: fmt.Sprintf("order-%d", now.Unix()), Request: req, At: now, Expires: now.Add(orderTerm)}
		return nil
	})
	return v, err
}

// override gives a failover under way what an operator orders in addition, as
// long as its promotion was not sent; Unproven until the switch.
func (e *Engine) override(ctx context.Context, id string, req decide.Request) error {
	return e.amend(ctx, func(st *State) error {
		f := st.Failover
		switch {
		case f == nil || f.ID != id:
			return refusal.New(refusal.FailoverInFlight, "failover %s has just ended; see status and send the order again", id)
		case !f.Overridable() && (!req.Unproven || !f.AwaitsProof()):
			return refusal.New(refusal.FailoverInFlight, "failover %s is at step %s, where there is nothing to override", f.ID, f.Step)
		}
		merged := req
		if old := f.Request; old != nil {
			merged.Force, merged.AllowDataLoss = old.Force || req.Force, old.AllowDataLoss || req.AllowDataLoss
			merged.Unfenced, merged.Unproven = old.Unfenced || req.Unfenced, old.Unproven || req.Unproven
			if old.By != req.By && old.By != "" {
				merged.By = old.By + ", " + req.By
			}
		}
		f.Request = &merged
		return nil
	})
}

func firstRefusal(d decide.Decision) error {
	if len(d.Refusals) == 0 {
		return refusal.New(refusal.EvidenceIncomplete, "the decision is %q", d.Verdict)
	}
	return d.Refusals[0]
}

// amend changes the ledger without the lease, as operators do. The holder of
// the lease notices: its next write fails and it looks again.
func (e *Engine) amend(ctx context.Context, change func(*State) error) error {
	var last error
	for range commitTries {
		st, err := e.readOnce(ctx)
		if err != nil {
			return err
		}
		st = st.Clone()
		if err := change(&st); err != nil {
			return err
		}
		c, cancel := e.ports.Clock.WithDeadline(ctx, e.ports.Clock.Now().Add(callTimeout))
		last = e.ports.Ledger.Write(c, st)
		cancel()
		if last == nil {
			return nil
		}
	}
	return refusal.New(refusal.LedgerUnavailable, "%v", last)
}

// Pause keeps the guard from starting a failover, and one that has not sent
// its promotion from going on; an order that waits is dropped. One that has sent
// it is finished: half a failover is worse than either end.
func (e *Engine) Pause(ctx context.Context, p Pause) error {
	p.At = e.ports.Clock.Now()
	if p.Until.IsZero() {
		p.Until = p.At.Add(PauseDefault)
	}
	if length := p.Until.Sub(p.At); length <= 0 || length > PauseMost {
		return refusal.New(refusal.CommandInvalid, "until: found %s, want a time to come within %s", p.Until.Format(time.RFC3339), PauseMost)
	}
	return e.amend(ctx, func(st *State) error {
		p.Epoch = st.Epoch
		st.Pause, st.Order = &p, nil
		return nil
	})
}

// Resume ends a pause.
func (e *Engine) Resume(ctx context.Context) error {
	return e.amend(ctx, func(st *State) error { st.Pause = nil; return nil })
}

// Disarm keeps the guard from promoting until an operator arms it. A failover that
// has not sent its promotion is undone, an order that waits is dropped.
func (e *Engine) Disarm(ctx context.Context) error {
	return e.amend(ctx, func(st *State) error {
		st.Arming, st.Order = decide.Arming{Held: true, HeldEpoch: st.Epoch}, nil
		return nil
	})
}

// Arm arms the guard now, without the wait, for a system that is green now.
func (e *Engine) Arm(ctx context.Context) (View, error) {
	v := e.Look(ctx, nil)
	if v.LedgerError != "" {
		return v, refusal.New(refusal.LedgerUnavailable, "%s", v.LedgerError)
	}
	if len(v.NotGreen) > 0 {
		return v, refusal.New(refusal.NotGreen, "%s", strings.Join(v.NotGreen, "; "))
	}
	now, id := e.ports.Clock.Now(), v.State.Writer.ResourceID
	err := e.amend(ctx, func(st *State) error {
		if st.Writer.ResourceID != id && st.Writer.ResourceID != "" {
			return refusal.New(refusal.WriterMismatch, "the writer has just become %q", st.Writer.ResourceID)
		}
		st.Arming = decide.Arming{ArmedFor: id, ArmedAt: now, GreenFor: id, GreenSince: now, GreenSeen: now}
		return nil
	})
	return v, err
}

// Adopt makes the instance with that DbiResourceId the writer that the guard
// watches: a primary rebuilt after a failover, or, for a blank ledger, the
// instance that took over before. It changes the ledger only; the fences and
// DNS follow as debts. The guard then arms itself as after a first deployment.
func (e *Engine) Adopt(ctx context.Context, resourceID string) error {
	at := func(m Member, by func(context.Context, Member) (Instance, error)) (Instance, error) {
		c, cancel := e.ports.Clock.WithDeadline(ctx, e.ports.Clock.Now().Add(callTimeout))
		defer cancel()
		i, err := by(c, m)
		if errors.Is(err, ErrNotFound) {
			return Instance{}, nil
		}
		return i, err
	}
	primary, err := at(e.cfg.Topology.Primary, e.ports.Promoter.Inspect)
	if err != nil {
		return refusal.New(refusal.WriterMismatch, "RDS does not tell about %q: %v", e.cfg.Topology.Primary.Identifier, err)
	}
	replica, err := at(e.cfg.Topology.Replica, e.ports.Promoter.Inspect)
	if err != nil {
		return refusal.New(refusal.WriterMismatch, "RDS does not tell about %q: %v", e.cfg.Topology.Replica.Identifier, err)
	}
	// Who fails over by hand may well have renamed the old primary. It is fenced
	// and stopped under whatever name.
	old := primary
	if was, err := e.readOnce(ctx); err == nil && !primary.Exists && was.Writer.Site == SitePrimary && was.Writer.ResourceID != "" {
		if old, err = at(was.Writer, e.ports.Promoter.Find); err != nil {
			return refusal.New(refusal.WriterMismatch, "RDS does not tell about %s: %v", was.Writer.ResourceID, err)
		}
	}
	now := e.ports.Clock.Now()
	return e.amend(ctx, func(st *State) error {
		m, err := adoptable(*st, e.cfg.Topology, resourceID, primary, replica)
		if err != nil {
			return err
		}
		st.adopt(e.cfg.Environment, m, old, replica, e.cfg.Topology, now)
		return nil
	})
}

// adoptable tells which member the instance is, or why it can't be the writer.
func adoptable(st State, top Topology, id string, primary, replica Instance) (Member, error) {
	if st.Failover != nil {
		return Member{}, refusal.New(refusal.FailoverInFlight, "failover %s is at step %s", st.Failover.ID, st.Failover.Step)
	}
	if id != "" && id == st.Writer.ResourceID {
		return Member{}, refusal.New(refusal.WriterMismatch, "%s is the writer already; to arm the guard for it, arm without a writer", id)
	}
	m, i, err := named(st, top, id, primary, replica)
	if err != nil {
		return Member{}, err
	}
	if i.IsReplica || i.Status != "available" {
		return Member{}, refusal.New(refusal.WriterMismatch, "%q is %q, replica %t", m.Identifier, i.Status, i.IsReplica)
	}
	m.ResourceID = id
	return m, nil
}

// named finds the instance of that id among the two, or tells why it can't be
// the writer beside the other.
func named(st State, top Topology, id string, primary, replica Instance) (Member, Instance, error) {
	switch {
	case id != "" && primary.Exists && id == primary.ResourceID:
		if !replica.Exists || !replica.IsReplica {
			return Member{}, Instance{}, refusal.New(refusal.WriterMismatch, "%q is no replica: it takes writes of its own", top.Replica.Identifier)
		}
		if l := st.Last; l != nil && l.Outcome == OutcomeDone && l.From.ResourceID == id {
			return Member{}, Instance{}, refusal.New(refusal.OldPrimaryExists, "%s is the instance that %s failed over from", id, l.ID)
		}
		return top.Primary, primary, nil
	case id != "" && replica.Exists && id == replica.ResourceID:
		return top.Replica, replica, nil
	default:
		return Member{}, Instance{}, refusal.New(refusal.WriterMismatch, "%q is neither %q (%s) nor %q (%s)", id,
			top.Primary.Identifier, orNone(primary.ResourceID), top.Replica.Identifier, orNone(replica.ResourceID))
	}
}

// adopt starts the ledger anew around a writer. The journal keeps the past.
func (s *State) adopt(env string, m Member, primary, replica Instance, top Topology, now time.Time) {
	seq := s.Watch.Positions.Acked.Seq
	s.Writer, s.Replica = m, Member{}
	s.Arming, s.Order, s.Told = decide.Arming{}, nil, ""
	s.Watch = Watch{Positions: decide.Positions{Acked: decide.Heartbeat{Seq: seq}}}
	s.Debts = nil
	s.owe(DebtWeights, m, now)
	if m.Site == SitePrimary {
		s.Replica = top.Replica
		s.Replica.ResourceID = replica.ResourceID
		s.owe(DebtUnfence, m, now)
	} else if primary.Exists && !primary.IsReplica {
		// The failover was made without the guard: the primary at birth may take
		// writes still.
		old := top.Primary
		old.ResourceID = primary.ResourceID
		s.owe(DebtFence, old, now)
		s.owe(DebtStop, old, now)
	}
	s.tell(newNotice(NoticeAdopted, fmt.Sprintf("adopted-%s-%d", m.ResourceID, now.Unix()), now, env, "the writer is "+m.Identifier,
		fmt.Sprintf("An operator named %s the writer. DNS follows; the guard arms itself when all has been green for its time.", name(m))))
}

// History returns up to limit entries of the journal, the newest first.
func (e *Engine) History(ctx context.Context, limit int) ([]Entry, error) {
	c, cancel := e.ports.Clock.WithDeadline(ctx, e.ports.Clock.Now().Add(callTimeout))
	defer cancel()
	entries, err := e.ports.Ledger.History(c, limit)
	if err != nil {
		return nil, refusal.New(refusal.LedgerUnavailable, "read journal: %v", err)
	}
	return entries, nil
}
