package clocktest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

var _ engine.Clock = (*Hand)(nil)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func TestHand_SleepsAsItIsTold(t *testing.T) {
	still := At(noon)
	require.NoError(t, still.Sleep(t.Context(), time.Hour))
	require.Equal(t, noon, still.Now())
	require.Equal(t, time.Hour, still.Slept())

	moving := New(noon, Moves)
	require.NoError(t, moving.Sleep(t.Context(), time.Hour))
	require.Equal(t, noon.Add(time.Hour), moving.Now())

	synctest.Test(t, func(t *testing.T) {
		waiting, woke := New(noon, Waits), false
		go func() {
			_ = waiting.Sleep(t.Context(), time.Hour)
			woke = true
		}()
		synctest.Wait()
		waiting.Advance(59 * time.Minute)
		synctest.Wait()
		require.False(t, woke)
		waiting.Advance(time.Minute)
		synctest.Wait()
		require.True(t, woke)
	})
}

func TestHand_ADeadlineComesWhenTheClockGetsThere(t *testing.T) {
	h := New(noon, Moves)
	ctx, cancel := h.WithDeadline(t.Context(), noon.Add(time.Minute))
	defer cancel()
	earlier, stop := h.WithDeadline(ctx, noon.Add(time.Hour))
	defer stop()
	at, ok := earlier.Deadline()
	require.True(t, ok)
	require.Equal(t, noon.Add(time.Minute), at, "the parent's comes first")
	require.NoError(t, ctx.Err())
	require.ErrorIs(t, h.Sleep(ctx, time.Minute), context.DeadlineExceeded)
	over, end := h.WithDeadline(t.Context(), noon)
	defer end()
	require.ErrorIs(t, over.Err(), context.DeadlineExceeded)
}
