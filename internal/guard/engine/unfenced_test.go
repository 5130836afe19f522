package engine

import (
	"context"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// mute is EC2 that does not answer.
type mute struct{ *stub }

func (mute) Fence(context.Context, Member) error          { return ErrSilent }
func (mute) Fenced(context.Context, Member) (bool, error) { return false, ErrSilent }

// heard is what is heard on the paths just now.
type heard struct{ sql, wal, apis, unseen bool }

func (h heard) watch(now time.Time) Watch {
	path := func(answers bool) decide.Path {
		p := decide.Path{LastSample: now, LastPositive: now.Add(-5 * time.Minute), SilentSince: now.Add(-5 * time.Minute), Class: decide.ClassTimeout}
		if answers {
			p = decide.Path{LastSample: now, LastPositive: now, Class: decide.ClassOK}
		}
		return p
	}
	w := Watch{SQL: path(h.sql), WAL: path(h.wal), RDSAPI: path(h.apis), OtherAPI: path(h.apis), Witness: path(true)}
	if h.unseen {
		w.WAL.LastSample = now.Add(-time.Minute)
	}
	return w
}

// TestFence_IsDoneWithoutOnlyBesideSilence: what silenced the API that fences
// need not have silenced the primary. What counts is what is heard now, not what
// was heard when the failover was claimed.
func TestFence_IsDoneWithoutOnlyBesideSilence(t *testing.T) {
	force, unfenced := &decide.Request{Force: true}, &decide.Request{Force: true, Unfenced: true}
	for name, c := range map[string]struct {
		heard heard
		req   *decide.Request
		ask   bool
		// tried is how long ago fencing was first tried in vain; zero: not yet.
		tried time.Duration
		want  Fence
	}{
		"the region is silent":                                     {want: FenceOwed},
		"the region is silent, and the operator says unfenced":     {req: unfenced, want: FenceOwed},
		"the APIs answer, for a moment":                            {heard: heard{apis: true}},
		"the APIs answer, for a while":                             {heard: heard{apis: true}, tried: fencePatience, want: FenceOwed},
		"the APIs answer, and people want to be asked":             {heard: heard{apis: true}, tried: fencePatience, ask: true},
		"the APIs answer, and people were asked":                   {heard: heard{apis: true}, tried: fencePatience, ask: true, req: force, want: FenceOwed},
		"SQL answers":                                              {heard: heard{sql: true}, tried: fencePatience},
		"WAL flows":                                                {heard: heard{wal: true}, tried: fencePatience},
		"SQL answers, and the operator says force":                 {heard: heard{sql: true}, tried: fencePatience, req: force},
		"SQL answers, and the operator says unfenced":              {heard: heard{sql: true}, req: unfenced, want: FenceWaived},
		"the WAL path was not looked at, and the region is silent": {heard: heard{unseen: true}, tried: fencePatience},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []Step{StepFence, StepConfirm} {
				s, e, ctx := confirming(t, c.req)
				e.ports.Fencer = mute{s}
				if c.ask {
					e.cfg.Policy.OnRegionSilent = contract.SilentAsk
				}
				f := s.ledger.Failover
				// It was sought and set, so that nothing but the fence is at stake.
				f.Step, f.FenceSet, s.ledger.Watch = step, true, c.heard.watch(s.now)
				if c.tried > 0 {
					f.SilentFrom = s.now.Add(-c.tried)
				}
				r := e.Tick(ctx, "alarm")
				f = s.ledger.Failover
				if c.want == "" {
					if f.Step != step || f.MaybeSent || r.Refusal == nil || r.Refusal.Name != map[Step]refusal.Name{StepFence: refusal.FenceFailed, StepConfirm: refusal.FenceUnconfirmed}[step] {
						t.Fatalf("%s: went on to %s, refusal %+v", step, f.Step, r.Refusal)
					}
					continue
				}
				if f.Step != StepPromote || f.Fence != c.want || !s.ledger.owes(DebtFence) {
					t.Fatalf("%s: at %s with fence %q, debts %v, refusal %+v", step, f.Step, f.Fence, s.ledger.Debts, r.Refusal)
				}
			}
		})
	}
}

// promoting is an engine about to send a promotion of a silent region's
// primary, its fence pending since a moment ago.
func promoting(t *testing.T, req *decide.Request) (*stub, *Engine, context.Context) {
	t.Helper()
	s, e, ctx := confirming(t, req)
	f := s.ledger.Failover
	f.Step, f.Fence, f.OwedAt, f.FenceSet = StepPromote, FenceOwed, s.now, true
	s.ledger.owe(DebtFence, f.From, s.now.Add(-time.Hour))
	s.ledger.Debts[DebtFence] = Debt{Target: f.From, NextTry: s.now.Add(time.Hour)}
	s.ledger.Watch = heard{}.watch(s.now)
	return s, e, ctx
}

func TestPromote_IsSentUnfencedBesideSilence(t *testing.T) {
	s, e, ctx := promoting(t, nil)
	e.Tick(ctx, "alarm")
	if f := s.ledger.Failover; !f.MaybeSent || f.Fence != FenceOwed {
		t.Fatalf("failover %+v", f)
	}
}

func TestPromote_IsNotSentUnfencedOnceThePrimaryIsHeardAgain(t *testing.T) {
	s, e, ctx := promoting(t, nil)
	s.ledger.Watch = heard{wal: true}.watch(s.now)
	r := e.Tick(ctx, "alarm")
	if f := s.ledger.Failover; f.MaybeSent || r.Refusal == nil || r.Refusal.Name != refusal.FenceFailed {
		t.Fatalf("sent %t, refusal %+v", f.MaybeSent, r.Refusal)
	}
}

// lossy is a replica that is behind by that much.
func lossy(s *stub, by time.Duration) {
	s.ledger.Watch.Positions = decide.Positions{At: s.now, Acked: decide.Heartbeat{At: s.now}, ReplayedCommitAt: s.now.Add(-by), ReplayLSN: 1}
}

func TestPromote_HoldsTheLimitOfLossWhenItIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		behind time.Duration
		req    *decide.Request
		sent   bool
	}{
		"behind by more than the policy accepts": {behind: 2 * time.Minute, req: &decide.Request{Force: true}},
		"behind, and the operator accepts it":    {behind: 2 * time.Minute, req: &decide.Request{Force: true, AllowDataLoss: true}, sent: true},
		"within the limit":                       {behind: 5 * time.Second, sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, e, ctx := promoting(t, c.req)
			e.cfg.Policy.MaxDataLoss = time.Minute
			lossy(s, c.behind)
			r := e.Tick(ctx, "alarm")
			f := s.ledger.Failover
			if f.MaybeSent != c.sent || !c.sent && (r.Refusal == nil || r.Refusal.Name != refusal.DataLossOverLimit) {
				t.Fatalf("sent %t, refusal %+v", f.MaybeSent, r.Refusal)
			}
			// What is told afterwards is the estimate of then, not of the claim.
			if c.sent && f.Loss().Upper != s.ledger.Watch.Positions.Acked.At.Sub(s.ledger.Watch.Positions.ReplayedCommitAt) {
				t.Fatalf("loss %+v", f.Loss())
			}
		})
	}
}

// slow is a ledger whose writes take so long that the lease runs out.
type slow struct {
	*stub
	slowly bool
}

func (l *slow) Write(ctx context.Context, st State) error {
	if l.slowly && st.Failover != nil && st.Failover.MaybeSent {
		l.now = l.now.Add(2 * leaseTerm)
	}
	return l.stub.Write(ctx, st)
}

func TestPromote_KnowsThatItWasNotSentForLackOfTime(t *testing.T) {
	s, e, _ := promoting(t, nil)
	e.ports.Ledger = &slow{s, true}
	ctx, cancel := s.WithDeadline(t.Context(), s.now.Add(reserve+sampleEvery))
	defer cancel()
	e.Tick(ctx, "alarm")
	f := s.ledger.Failover
	if f.MaybeSent || !f.SentAt.IsZero() || f.Step != StepPromote {
		t.Fatalf("noted as sent (%t) at %s", f.MaybeSent, f.Step)
	}
}

func TestPromote_TakesNoIntentBackThatWasThereBefore(t *testing.T) {
	s, e, _ := promoting(t, nil)
	s.ledger.Failover.MaybeSent, s.ledger.Failover.SentAt = true, s.now.Add(-time.Minute)
	e.ports.Ledger = &slow{s, true}
	ctx, cancel := s.WithDeadline(t.Context(), s.now.Add(reserve+sampleEvery))
	defer cancel()
	e.Tick(ctx, "alarm")
	if !s.ledger.Failover.MaybeSent {
		t.Fatal("an earlier try may have been taken, and is forgotten")
	}
}
