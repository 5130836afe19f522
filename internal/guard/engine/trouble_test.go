package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// TestEngine_NotifiesOnceOfAPrimaryThatHangsWhileItsWALFlows, after five
// minutes, and of its end.
func TestEngine_NotifiesOnceOfAPrimaryThatHangsWhileItsWALFlows(t *testing.T) {
	const hangs, over = "the primary does not answer, and its WAL flows", "nothing stands in the way any more"
	early, late := -1, -1
	w := plain(t, 20*time.Minute, func(w *world) {
		w.during(disaster, 12*time.Minute, peering)
		w.at(disaster.Add(4*time.Minute+50*time.Second), func(w *world) { early = w.told(hangs) })
		w.at(disaster.Add(7*time.Minute), func(w *world) { late = w.told(hangs) })
	})
	require.Equal(t, 0, early)
	require.Equal(t, 1, late)
	require.Equal(t, 1, w.told(hangs), "once")
	require.Equal(t, 1, w.told(over))
	require.Zero(t, w.promotions)
}

// TestEngine_NotifiesOfASilentPrimaryThatRDSIsAtWorkOn: the window would have
// operators wait for twenty minutes.
func TestEngine_NotifiesOfASilentPrimaryThatRDSIsAtWorkOn(t *testing.T) {
	silent := 0
	w := plain(t, 12*time.Minute, func(w *world) {
		w.alter = func(p *process) {
			p.engine.SeeThrough(func(p *decide.Policy, _ *decide.Observation) { p.InstanceUnreachable = 20 * time.Minute })
		}
		w.at(disaster, func(w *world) { w.aws.force(engine.SitePrimary, upgrading) })
		w.during(disaster, time.Hour, peering, replication)
		w.at(disaster.Add(4*time.Minute), func(w *world) { silent = w.told("RDS is at work on it") })
	})
	require.Zero(t, silent)
	require.Equal(t, 1, w.told("RDS is at work on it"))
}

// notArmed is the metric's last value, -1 where there is none.
func (w *world) notArmed() float64 {
	points := w.aws.metric(contract.NotArmed)
	if len(points) == 0 {
		return -1
	}
	return points[len(points)-1].Value
}

func TestEngine_PublishesWhetherItWouldAct(t *testing.T) {
	at := map[string]float64{}
	note := func(w *world, after time.Duration, what string) {
		w.at(disaster.Add(after), func(w *world) { at[what] = w.notArmed() })
	}
	plain(t, 14*time.Minute, func(w *world) {
		note(w, 0, "armed")
		w.at(disaster.Add(time.Second), func(w *world) {
			require.NoError(t, w.console().Pause(t.Context(), engine.Pause{By: "ops", Until: w.now.Add(3 * time.Minute)}))
		})
		note(w, 2*time.Minute, "paused")
		note(w, 5*time.Minute, "pause over")
		w.at(disaster.Add(5*time.Minute+time.Second), func(w *world) { require.NoError(t, w.console().Disarm(t.Context())) })
		note(w, 8*time.Minute, "disarmed")
	})
	require.Equal(t, map[string]float64{"armed": 0, "paused": 1, "pause over": 0, "disarmed": 1}, at)
}

func TestPause_AlwaysEnds(t *testing.T) {
	plain(t, 2*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) {
			c := w.console()
			require.NoError(t, c.Pause(t.Context(), engine.Pause{By: "ops"}))
			p := w.aws.ledger().Pause
			require.Equal(t, p.At.Add(engine.PauseDefault), p.Until)
			for _, length := range []time.Duration{-time.Second, engine.PauseMost + time.Minute} {
				wantRefusal(t, c.Pause(t.Context(), engine.Pause{By: "ops", Until: w.now.Add(length)}), refusal.CommandInvalid)
			}
			require.NoError(t, c.Pause(t.Context(), engine.Pause{By: "ops", Until: w.now.Add(engine.PauseMost)}))
			old := engine.Pause{At: w.now}
			require.True(t, old.Active(w.now.Add(engine.PauseMost-time.Second)), "written by a version before this one")
			require.False(t, old.Active(w.now.Add(engine.PauseMost)))
		})
	})
}
