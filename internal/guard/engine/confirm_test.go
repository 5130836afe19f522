package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// passable is a fence that is set and through which others get all the same.
type passable struct{ *stub }

var errPassable = errors.New("others get through the fence")

func (passable) Fence(context.Context, Member) error          { return nil }
func (passable) Fenced(context.Context, Member) (bool, error) { return false, errPassable }

// confirming is an engine whose failover of a silent region has just fenced.
func confirming(t *testing.T, req *decide.Request) (*stub, *Engine, context.Context) {
	t.Helper()
	s, e, ctx, cancel := stubbed(t.Context(), Config{Owner: "guard"})
	t.Cleanup(cancel)
	e.ports.Fencer = passable{s}
	from := Member{Site: SitePrimary, Identifier: "app-primary", ResourceID: "db-A"}
	to := Member{Site: SiteReplica, Identifier: "app-replica", ResourceID: "db-B"}
	s.ledger = State{Version: 1, Writer: from, Replica: to, Failover: &Failover{
		ID: "f-1", Epoch: 1, Step: StepConfirm, From: from, To: to, Request: req, ClaimedAt: s.now, Deadline: s.now.Add(time.Hour),
		Decision: decide.Decision{Evidence: decide.EvidenceSilent}, FenceSought: true,
		Times: map[Step]time.Time{StepClaim: s.now, StepFence: s.now},
	}}
	return s, e, ctx
}

func TestConfirm_HoldsAFailoverWhoseFenceLetsOthersThrough(t *testing.T) {
	s, e, ctx := confirming(t, nil)
	r := e.Tick(ctx, "alarm")
	if r.Refusal == nil || r.Refusal.Name != refusal.FenceUnconfirmed {
		t.Fatalf("refusal %+v", r.Refusal)
	}
	if f := s.ledger.Failover; f.Step != StepConfirm || f.MaybeSent || s.ledger.owes(DebtFence) {
		t.Fatalf("went on to %q with debts %v: a fence that is passable is not owed, it is missing", f.Step, s.ledger.Debts)
	}
}

func TestConfirm_UndoesAFailoverWhoseFenceNeverHolds(t *testing.T) {
	s, e, ctx := confirming(t, nil)
	s.ledger.Failover.Deadline = s.now.Add(-time.Second)
	s.ledger.Failover.Standing = &refusal.Refusal{Name: refusal.FenceUnconfirmed, Reason: errPassable.Error()}
	e.Tick(ctx, "alarm")
	if l := s.ledger.Last; l == nil || l.Outcome != OutcomeAborted || l.Reason.Name != refusal.DeadlinePassed || l.MaybeSent {
		t.Fatalf("last %+v", l)
	}
}

func TestConfirm_GoesOnWithAPassableFenceWhereTheOperatorSaysUnfenced(t *testing.T) {
	s, e, ctx := confirming(t, &decide.Request{Force: true, Unfenced: true})
	e.Tick(ctx, "alarm")
	if f := s.ledger.Failover; f.Step != StepPromote || f.Fence != FenceWaived || !s.ledger.owes(DebtFence) {
		t.Fatalf("failover %+v, debts %v", f, s.ledger.Debts)
	}
}

func TestSettle_OwesTheFenceThatLetsOthersThrough(t *testing.T) {
	s, e, ctx := confirming(t, nil)
	s.ledger.Writer, s.ledger.Last, s.ledger.Failover = s.ledger.Failover.To, s.ledger.Failover, nil
	s.ledger.owe(DebtFence, s.ledger.Last.From, s.now)
	e.Tick(ctx, "alarm")
	if d, owed := s.ledger.Debts[DebtFence]; !owed || d.Tries != 1 || d.LastError == "" {
		t.Fatalf("debts %v", s.ledger.Debts)
	}
}
