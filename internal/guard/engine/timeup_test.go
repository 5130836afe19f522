package engine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/contract"
)

// A pause that ends within the reserve, with a look of seconds after it, would
// leave nothing to write down what was done: the invocation would be killed.
func TestTick_DoesNotBeginAPauseThatEndsInItsReserve(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	e := &Engine{cfg: Config{Watch: time.Hour}, ports: Ports{Clock: clocktest.At(now)}}
	for left, want := range map[time.Duration]bool{
		sampleEvery + reserve + time.Second: false,
		sampleEvery + reserve:               true,
		reserve:                             true,
	} {
		s := &session{e: e, started: now, st: State{Failover: &Failover{}}}
		if got := s.timeUp(deadline{t.Context(), now.Add(left)}); got != want {
			t.Errorf("with %s left: time is up: %t, want %t", left, got, want)
		}
	}
}

// TestTick_WatchesUntilTheNextOneStandsBy: an invocation ends only after the next
// one has begun to try for the lease, in time for a pause and a look before its
// reserve, and the next one tries for long enough.
func TestTick_WatchesUntilTheNextOneStandsBy(t *testing.T) {
	const look = 5 * time.Second
	overlap := contract.GuardWatch - contract.TickEvery
	require.GreaterOrEqual(t, overlap, standByEvery)
	require.LessOrEqual(t, overlap+sampleEvery+look, leaseTerm)
	require.LessOrEqual(t, contract.GuardWatch+sampleEvery+look, contract.GuardTimeout-sampleEvery-reserve)
}

// deadline shows another deadline.
type deadline struct {
	context.Context //nolint:containedctx // it is one
	at              time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }
