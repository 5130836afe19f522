package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// gap is the longest time between two looks that may pass in a calm world: the
// pause, a try to take the lease that comes just too early, and what a look and
// the ledger's writes take.
const gap = 8 * time.Second

// unwatched are the longest pause between two looks, and which share of the time
// lies beyond gap after one.
func unwatched(looks []time.Time) (longest time.Duration, share float64) {
	var beyond time.Duration
	for i := 1; i < len(looks); i++ {
		d := looks[i].Sub(looks[i-1])
		longest, beyond = max(longest, d), beyond+max(0, d-gap)
	}
	return longest, beyond.Seconds() / looks[len(looks)-1].Sub(looks[0]).Seconds()
}

// TestEngine_LooksWithoutAGapThroughTenCalmMinutes: one invocation watches until
// the next takes the lease over, also where the schedule is late.
func TestEngine_LooksWithoutAGapThroughTenCalmMinutes(t *testing.T) {
	for name, late := range map[string]time.Duration{"punctual": 0, "3 s late now and then": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			w := armedWorld(1)
			w.end = modelEpoch.Add(11 * time.Minute)
			for minute := range 11 {
				at := modelEpoch.Add(time.Duration(minute) * time.Minute)
				if minute%3 == 2 {
					at = at.Add(late)
				}
				w.at(at, func(w *world) { w.invoke(contract.GuardTimeout) })
			}
			w.run()
			require.Empty(t, w.violation)
			require.Zero(t, w.promotions)
			longest, share := unwatched(w.looks)
			t.Logf("%d looks, the longest pause %s; unwatched %.0f %%", len(w.looks), longest.Truncate(100*time.Millisecond), 100*share)
			require.LessOrEqual(t, longest, gap)
			require.Greater(t, w.looks[len(w.looks)-1].Sub(w.looks[0]), 10*time.Minute)
		})
	}
}

// TestEngine_WatchesOnWhereAnInvocationIsKilled: the one that stands by takes
// the lease when it has run out, and does not wait for the next event.
func TestEngine_WatchesOnWhereAnInvocationIsKilled(t *testing.T) {
	w := armedWorld(1)
	w.end = modelEpoch.Add(4 * time.Minute)
	w.tick()
	w.at(modelEpoch.Add(62*time.Second), func(w *world) {
		require.Len(t, w.running, 2, "one watches, one stands by")
		w.running[0].crash()
	})
	w.run()
	require.Empty(t, w.violation)
	longest, _ := unwatched(w.looks)
	require.LessOrEqual(t, longest, engine.LeaseTerm+gap)
}
