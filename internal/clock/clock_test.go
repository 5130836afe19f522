package clock_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

var (
	_ clock.Clock  = clock.System{}
	_ engine.Clock = clock.System{}
)

func TestSystem_TellsTheMachinesTimeInUTC(t *testing.T) {
	before := time.Now()
	now := clock.System{}.Now()
	require.WithinRange(t, now, before, time.Now())
	require.Equal(t, time.UTC, now.Location())
}

func TestSystem_SleepsAsLongAsAsked(t *testing.T) {
	before := time.Now()
	require.NoError(t, clock.System{}.Sleep(t.Context(), time.Millisecond))
	require.GreaterOrEqual(t, time.Since(before), time.Millisecond)
}

func TestSystem_SleepEndsWithItsContext(t *testing.T) {
	over, cancel := clock.System{}.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	require.ErrorIs(t, over.Err(), context.DeadlineExceeded)
	require.ErrorIs(t, clock.System{}.Sleep(over, time.Hour), context.DeadlineExceeded)
	require.ErrorIs(t, clock.System{}.Sleep(over, 0), context.DeadlineExceeded, "also where there is nothing to wait for")
}
