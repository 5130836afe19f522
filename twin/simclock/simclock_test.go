package simclock_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/simclock"
)

var _ engine.Clock = simclock.Clock{}

func newClock(t *testing.T, scale float64) simclock.Clock {
	t.Helper()
	now := time.Now()
	c, err := simclock.New(now, now.Add(time.Hour), scale)
	require.NoError(t, err)
	return c
}

func TestClock_PassesScaleTimesAsMuch(t *testing.T) {
	c := newClock(t, 1000)
	began := c.Now()
	require.NoError(t, c.Sleep(t.Context(), 20*time.Second))
	require.GreaterOrEqual(t, c.Now().Sub(began), 20*time.Second)
	require.Equal(t, time.Second, c.Elapsed(time.Millisecond))
	require.Equal(t, time.Millisecond, c.Real(time.Second))
}

func TestClock_IsTheSameInAnotherProcess(t *testing.T) {
	c := newClock(t, 12.5).Patient(1.5)
	other, err := simclock.Parse(c.String())
	require.NoError(t, err)
	require.Equal(t, c, other)
}

func TestClock_DeadlinesAreShownOnItAndEndOnTheMachines(t *testing.T) {
	c := newClock(t, 1000)
	at := c.Now().Add(30 * time.Second)
	ctx, cancel := c.WithDeadline(t.Context(), at)
	defer cancel()
	end, ok := ctx.Deadline()
	require.True(t, ok)
	require.Equal(t, at, end)
	<-ctx.Done() // after 30 ms, not 30 s: the test's own time-out would say so
	require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
	require.False(t, c.Now().Before(at))
}

func TestClock_AChildsDeadlineIsNeverAfterItsParents(t *testing.T) {
	c := newClock(t, 1000)
	at := c.Now().Add(30 * time.Second)
	parent, cancel := c.WithDeadline(t.Context(), at)
	defer cancel()
	child, cancelChild := c.WithDeadline(parent, at.Add(time.Hour))
	defer cancelChild()
	end, _ := child.Deadline()
	require.Equal(t, at, end)
	<-child.Done()
	require.ErrorIs(t, child.Err(), context.DeadlineExceeded)
}

func TestClock_EndsWithItsContext(t *testing.T) {
	c := newClock(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	bound, release := c.WithDeadline(ctx, c.Now().Add(time.Hour))
	defer release()
	cancel()
	require.ErrorIs(t, c.Sleep(bound, time.Hour), context.Canceled)
}

func TestNew_RefusesByNameWhatMakesNoClock(t *testing.T) {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	for text, name := range map[string]string{
		"":                                     "two moments",
		now + " " + now + " 2":                 "two moments",
		"x " + now + " 2 1":                    "real",
		"0001-01-01T00:00:00Z " + now + " 1 1": "real",
		now + " x 2 1":                         "start",
		now + " 2001-01-01T00:00:00Z 2 1":      "start",
		now + " " + now + " x 1":               "scale",
		now + " " + now + " 0 1":               "scale",
		now + " " + now + " 0.5 1":             "scale",
		now + " " + now + " 1001 1":            "scale",
		now + " " + now + " NaN 1":             "scale",
		now + " " + now + " 2 x":               "patience",
		now + " " + now + " 2 0.5":             "patience",
	} {
		_, err := simclock.Parse(text)
		require.ErrorIs(t, err, simclock.ErrClock, text)
		require.ErrorContains(t, err, name, text)
	}
}

func TestPatient_LetsDeadlinesComeLateButNotThoseThatHavePassed(t *testing.T) {
	c := newClock(t, 1000).Patient(1000)
	soon, cancel := c.WithDeadline(t.Context(), c.Now().Add(time.Second))
	defer cancel()
	past, cancelPast := c.WithDeadline(t.Context(), c.Now().Add(-time.Second))
	defer cancelPast()
	require.ErrorIs(t, past.Err(), context.DeadlineExceeded)
	time.Sleep(20 * time.Millisecond) // twenty times what is left of soon
	require.NoError(t, soon.Err())
}
