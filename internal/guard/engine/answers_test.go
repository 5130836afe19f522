package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// answering is RDS that has one answer to a promotion, beside an untouched
// replica, or none.
type answering struct {
	*stub
	answer  error
	missing bool
}

func (a answering) Promote(context.Context, Member) error { return fmt.Errorf("promote: %w", a.answer) }

func (a answering) Inspect(context.Context, Member) (Instance, error) {
	if a.missing {
		return Instance{}, ErrNotFound
	}
	return Instance{Exists: true, ResourceID: "db-B", Status: "available", IsReplica: true}, nil
}

// TestPromote_TellsWhatHadNoEffectFromWhatMayHaveHad: what was surely not sent
// can be undone, and holds no fenced primary for ever.
func TestPromote_TellsWhatHadNoEffectFromWhatMayHaveHad(t *testing.T) {
	for _, c := range []struct {
		answer error
		sent   bool
		want   refusal.Name
	}{
		{ErrRejected, false, refusal.PromoteRefused},
		{ErrBusy, false, refusal.PromoteRefused},
		{ErrDenied, false, refusal.PromoteRefused},
		{ErrThrottled, false, refusal.PromoteRefused},
		{ErrServerFault, true, refusal.PromoteUnanswered},
		{ErrSilent, true, refusal.PromoteUnanswered},
	} {
		t.Run(c.answer.Error(), func(t *testing.T) {
			s, e, ctx := promoting(t, nil)
			e.ports.Promoter = answering{s, c.answer, false}
			r := e.Tick(ctx, "alarm")
			require.Equal(t, c.sent, s.ledger.Failover.MaybeSent)
			require.Equal(t, c.want, r.Refusal.Name)

			s, e, ctx = promoting(t, nil)
			s.ledger.Failover.MaybeSent, s.ledger.Failover.SentAt = true, s.now
			e.ports.Promoter = answering{s, c.answer, false}
			e.Tick(ctx, "alarm")
			require.True(t, s.ledger.Failover.MaybeSent, "an earlier try may have been taken")
		})
	}
}

func TestPromote_GivesUpWhereThereIsNoReplica(t *testing.T) {
	s, e, ctx := promoting(t, nil)
	e.ports.Promoter = answering{s, ErrNotFound, true}
	e.Tick(ctx, "alarm")
	require.Nil(t, s.ledger.Failover)
	require.Equal(t, refusal.ReplicaMissing, s.ledger.Last.Reason.Name)
	require.False(t, s.ledger.Last.MaybeSent)
}

func TestPromote_IsNeverSentAgainOnceItIsAbandoned(t *testing.T) {
	for _, step := range []Step{StepPromote, StepAwait} {
		s, e, ctx := promoting(t, nil)
		p := &counting{answering: answering{s, ErrSilent, false}}
		e.ports.Promoter = p
		f := s.ledger.Failover
		f.Step, f.MaybeSent, f.SentAt, f.Abandoned = step, true, s.now.Add(-resendAfter-time.Minute), &Abandonment{}
		e.Tick(ctx, "alarm")
		require.Zero(t, p.sent, step)
		require.Equal(t, refusal.Abandoned, s.ledger.Failover.Standing.Name)
	}
}

type counting struct {
	answering
	sent int
}

func (c *counting) Promote(ctx context.Context, m Member) error {
	c.sent++
	return c.answering.Promote(ctx, m)
}

// meddled is a ledger to which an operator does something before its nth read.
type meddled struct {
	*stub
	n  int
	do func(*State)
}

func (l *meddled) Read(ctx context.Context) (State, error) {
	if l.n--; l.n == 0 {
		l.do(&l.ledger)
		l.ledger.Version++
	}
	return l.stub.Read(ctx)
}

// TestPromote_IsNotSentOverWhatAnOperatorSaysAtTheLastMoment: between the look at
// what restrains the failover and the intent of its promotion.
func TestPromote_IsNotSentOverWhatAnOperatorSaysAtTheLastMoment(t *testing.T) {
	for name, do := range map[string]func(*State){
		"pause":   func(st *State) { st.Pause = &Pause{Epoch: st.Epoch, Until: st.Lease.Until.Add(time.Hour)} },
		"disarm":  func(st *State) { st.Arming = decide.Arming{Held: true, HeldEpoch: st.Epoch} },
		"abandon": func(st *State) { st.Failover.Abandoned = &Abandonment{} },
	} {
		t.Run(name, func(t *testing.T) {
			s, e, ctx := promoting(t, nil)
			s.ledger.Epoch = 1
			p := &counting{answering: answering{s, ErrBusy, false}}
			// The lease, the look, the intent.
			e.ports.Promoter, e.ports.Ledger = p, &meddled{s, 3, do}
			e.Tick(ctx, "alarm")
			require.Zero(t, p.sent)
			require.False(t, s.ledger.Failover != nil && s.ledger.Failover.MaybeSent)
		})
	}
}

func TestTakeOver_ForgetsWhatWasSeenOfTheOldWriter(t *testing.T) {
	s, e, _ := promoting(t, nil)
	st := s.ledger.Clone()
	st.Watch = heard{sql: true, wal: true, apis: true}.watch(s.now)
	st.Watch.Primary = decide.Primary{ResourceID: "db-A", Status: "available", StatusAt: s.now}
	st.Watch.Replica = decide.Replica{ResourceID: "db-B", Exists: true, IsReplica: true, Status: "available", StatusAt: s.now}
	st.Watch.Positions = decide.Positions{At: s.now, Acked: decide.Heartbeat{Seq: 41, At: s.now}}
	st.takeOver(st.Failover, &session{e: e})
	require.Equal(t, Watch{Positions: decide.Positions{Acked: decide.Heartbeat{Seq: 41}}}, st.Watch)
	require.Zero(t, st.gauges(s.now)[contract.PrimaryReachable], "the old writer's answer is not the new one's")
}

// A look that was missed at the deadline tells nothing of the primary: what
// fenced nothing is not undone for it.
func TestOverdue_UndoesNothingForALookThatWasMissed(t *testing.T) {
	now := time.Now()
	missed := decide.Path{LastSample: now.Add(-time.Minute), SilentSince: now.Add(-time.Hour)}
	st, f := State{Watch: Watch{SQL: missed, WAL: missed}}, &Failover{Deadline: now.Add(-time.Minute), Fence: FenceOwed}
	require.False(t, st.overdue(f, now))
	st.Watch.WAL = decide.Path{LastSample: now, LastPositive: now}
	require.True(t, st.overdue(f, now), "the primary is heard")
	require.True(t, st.overdue(&Failover{Deadline: f.Deadline, FenceSet: true}, now), "clients are cut off")
}
