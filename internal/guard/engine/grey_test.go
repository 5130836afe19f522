package engine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// fencing is EC2 with one answer, which notes how much time it was given.
type fencing struct {
	*stub
	answer error
	given  time.Duration
}

func (f *fencing) Fence(ctx context.Context, _ Member) error {
	end, _ := ctx.Deadline()
	f.given = end.Sub(f.now)
	return f.answer
}

func atFence(t *testing.T, h heard, answer error) (*stub, *Engine, context.Context, *fencing) {
	t.Helper()
	s, e, ctx := confirming(t, nil)
	ec2 := &fencing{stub: s, answer: answer}
	e.ports.Fencer = ec2
	s.ledger.Failover.Step, s.ledger.Watch = StepFence, h.watch(s.now)
	return s, e, ctx, ec2
}

func TestFence_IsTriedForThreeSecondsInASilentRegion(t *testing.T) {
	_, e, ctx, ec2 := atFence(t, heard{}, ErrSilent)
	e.Tick(ctx, "alarm")
	require.Equal(t, fenceGlance, ec2.given)

	_, e, ctx, ec2 = atFence(t, heard{apis: true}, ErrSilent)
	e.Tick(ctx, "alarm")
	require.Equal(t, callTimeout, ec2.given)
}

// TestFence_IsNotDoneWithoutWhileRDSReportsThePrimaryWell: EC2's silence is no
// shorter way to a promotion than the database's own.
func TestFence_IsNotDoneWithoutWhileRDSReportsThePrimaryWell(t *testing.T) {
	for window, want := range map[time.Duration]Fence{10 * time.Minute: "", 5 * time.Minute: FenceOwed} {
		s, e, ctx, _ := atFence(t, heard{apis: true}, ErrSilent)
		e.cfg.Policy.InstanceUnreachable = window
		s.ledger.Failover.SilentFrom = s.now.Add(-fencePatience)
		s.ledger.Watch.Primary = decide.Primary{ResourceID: "db-A", Status: "available", StatusAt: s.now}
		r := e.Tick(ctx, "alarm")
		require.Equal(t, want, s.ledger.Failover.Fence)
		if want == "" {
			require.Equal(t, refusal.FenceFailed, r.Refusal.Name)
			require.Contains(t, r.Refusal.Reason, "10m0s")
		}
	}
}

// TestFence_IsWaitedForWhereEC2FailsBesideASilentPrimary: the failover keeps
// waiting for the fence or for an operator, and is not undone for a cooldown.
func TestFence_IsWaitedForWhereEC2FailsBesideASilentPrimary(t *testing.T) {
	for _, c := range []struct {
		answer error
		heard  heard
		undone bool
	}{
		{ErrServerFault, heard{apis: true}, false},
		{ErrThrottled, heard{apis: true}, false},
		{ErrDenied, heard{apis: true}, true},
		{ErrServerFault, heard{apis: true, wal: true}, true},
	} {
		s, e, ctx, _ := atFence(t, c.heard, c.answer)
		s.ledger.Failover.FaultyFrom = s.now.Add(-time.Minute)
		if c.answer == ErrDenied { //nolint:errorlint // It is the one above.
			s.ledger.Failover.FaultyFrom = time.Time{}
		}
		s.ledger.Failover.Deadline = s.now.Add(-time.Second)
		e.Tick(ctx, "alarm")
		require.Equal(t, c.undone, s.ledger.Failover == nil, "%v", c)
		if !c.undone {
			require.Equal(t, refusal.FenceFailed, s.ledger.Failover.Standing.Name)
			require.False(t, s.ledger.Failover.FaultyFrom.IsZero())
		}
	}
}
