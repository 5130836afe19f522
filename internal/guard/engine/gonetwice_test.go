package engine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forgetting is RDS that does not show an instance a few times, and EC2 that
// fences.
type forgetting struct {
	*stub
	missing, fenced int
}

func (f *forgetting) Find(context.Context, Member) (Instance, error) {
	if f.missing--; f.missing >= 0 {
		return Instance{}, ErrNotFound
	}
	return Instance{Exists: true, ResourceID: "db-A", Status: "available"}, nil
}

func (f *forgetting) Fence(context.Context, Member) error          { f.fenced++; return nil }
func (f *forgetting) Fenced(context.Context, Member) (bool, error) { return true, nil }

func TestSettle_VoidsAFenceOnlyForAnInstanceThatIsMissingTwice(t *testing.T) {
	for _, c := range []struct {
		missing int
		want    Fence
	}{{1, FenceConfirmed}, {2, FenceVoid}} {
		s, e, _ := confirming(t, nil)
		rds := &forgetting{stub: s, missing: c.missing}
		e.ports.Promoter, e.ports.Fencer = rds, rds
		s.ledger.Writer, s.ledger.Last, s.ledger.Failover = s.ledger.Failover.To, s.ledger.Failover, nil
		s.ledger.owe(DebtFence, s.ledger.Last.From, s.now)
		for range 2 {
			require.True(t, s.ledger.owes(DebtFence))
			ctx, cancel := s.WithDeadline(t.Context(), s.now.Add(reserve+sampleEvery))
			e.Tick(ctx, "alarm")
			cancel()
			s.now = s.now.Add(time.Minute)
		}
		require.False(t, s.ledger.owes(DebtFence))
		require.Equal(t, c.want, s.ledger.Last.Fence)
		require.Equal(t, c.want == FenceConfirmed, rds.fenced > 0)
	}
}
