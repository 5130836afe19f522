package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/app"
)

var zero = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return zero.Add(time.Duration(seconds * float64(time.Second))) }

// log has a write a second, acknowledged by the server that is named for it.
func log(servers map[string][]int) app.Log {
	var l app.Log
	for second := range 1000 {
		for server, seconds := range servers {
			for _, s := range seconds {
				if s == second {
					l.Acks = append(l.Acks, app.Ack{N: int64(second), Sent: at(float64(second)), At: at(float64(second) + 0.1), Server: server})
				}
			}
		}
	}
	return l
}

func span(from, to int) (all []int) {
	for s := from; s < to; s++ {
		all = append(all, s)
	}
	return all
}

func TestOutage_IsFromTheLastWriteBeforeToTheFirstAfter(t *testing.T) {
	l := log(map[string][]int{"old": span(0, 100), "new": span(400, 450)})
	o, ok := l.Outage(at(100), at(450))
	require.True(t, ok)
	require.Equal(t, at(99.1), o.Last)
	require.Equal(t, at(400.1), o.First)
	require.Equal(t, 301*time.Second, o.Length())

	t.Run("an outage before the moment is another's", func(t *testing.T) {
		l := log(map[string][]int{"old": append(span(0, 10), span(60, 100)...), "new": span(120, 130)})
		o, ok := l.Outage(at(100), at(130))
		require.True(t, ok)
		require.Equal(t, at(99.1), o.Last)
	})
	t.Run("one that has not ended says so", func(t *testing.T) {
		o, ok := log(map[string][]int{"old": span(0, 100)}).Outage(at(100), at(900))
		require.True(t, ok)
		require.False(t, o.Over())
		require.Zero(t, o.Length())
	})
	t.Run("who never wrote has none", func(t *testing.T) {
		_, ok := app.Log{}.Outage(at(0), at(10))
		require.False(t, ok)
	})
}

func TestLost_CountsWhatWasAcknowledgedAndIsGone(t *testing.T) {
	l := log(map[string][]int{"old": span(0, 100), "new": span(400, 410)})
	there := map[int64]bool{}
	for n := range 95 {
		there[int64(n)] = true
	}
	loss := l.Lost("old", at(400), there)
	require.Equal(t, 5, loss.Rows)
	require.InDelta(t, 5, loss.Seconds, 0.01, "from the last kept, 94, to the last lost, 99")
	require.Zero(t, l.Lost("new", at(400), there).Rows, "acknowledged after the moment")

	t.Run("a row in the middle is lost too", func(t *testing.T) {
		for n := range 100 {
			there[int64(n)] = n != 50
		}
		loss := l.Lost("old", at(400), there)
		require.Equal(t, 1, loss.Rows)
		require.InDelta(t, 1, loss.Seconds, 0.01, "from 49, which was kept, to 50")
	})
	t.Run("where nothing was kept all the time is lost", func(t *testing.T) {
		loss := l.Lost("old", at(400), nil)
		require.Equal(t, 100, loss.Rows)
		require.InDelta(t, 99.1, loss.Seconds, 0.01, "from when the first was sent to when the last was acknowledged")
	})
	t.Run("of one row too", func(t *testing.T) {
		loss := log(map[string][]int{"old": {7}}).Lost("old", at(400), nil)
		require.Equal(t, 1, loss.Rows)
		require.InDelta(t, 0.1, loss.Seconds, 0.01)
	})
}

func TestAfter_MeasuresASecondWriter(t *testing.T) {
	l := log(map[string][]int{"old": append(span(0, 100), span(300, 310)...)})
	w := l.After("old", at(200))
	require.Equal(t, 10, w.Rows)
	require.Equal(t, 9*time.Second, w.Length())
	require.Zero(t, l.After("new", at(200)).Rows)
}

func TestMisled_CountsAnswersFromAMomentOn(t *testing.T) {
	l := app.Log{Answers: []app.Resolved{{At: at(1), Host: "old"}, {At: at(5), Host: "old"}, {At: at(6), Host: "new"}}}
	require.Equal(t, 1, l.Misled("old", at(5)))
	require.Equal(t, 2, l.Misled("old", at(0)))
}
