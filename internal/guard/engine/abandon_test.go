package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// sends counts the promotions that reach RDS from now on.
func sends(w *world) *int {
	n := 0
	w.onCall = func(_ *process, c call, after bool) bool {
		if c.op == "PromoteReadReplica" && !after {
			n++
		}
		return false
	}
	return &n
}

// unheeded is a world in which the primary is cut off and fenced, and RDS
// accepts promotions and carries none of them out.
func unheeded(w *world) {
	w.swallow = 1000
	w.during(disaster, 4*time.Minute, peering, replication)
}

func abandon(t *testing.T, w *world, at time.Time) {
	t.Helper()
	w.at(at, func(w *world) {
		require.True(t, w.ledger.Failover.MaybeSent, "%+v", w.ledger.Failover)
		require.NoError(t, w.console().Abandon(t.Context(), "ann"))
	})
}

func TestAbandon_TakesBackWhatRDSAcceptsAndNeverCarriesOut(t *testing.T) {
	w := plain(t, 30*time.Minute, func(w *world) {
		unheeded(w)
		w.at(disaster.Add(6*time.Minute), func(w *world) {
			require.NoError(t, w.console().Disarm(t.Context()))
		})
		w.at(disaster.Add(8*time.Minute), func(w *world) {
			require.NotNil(t, w.ledger.Failover, "disarming does not end it")
			require.True(t, w.fence.holds)
			require.NoError(t, w.console().Abandon(t.Context(), "ann"))
			sent := sends(w)
			w.at(w.now.Add(20*time.Minute), func(*world) { require.Zero(t, *sent, "sent after it was abandoned") })
		})
		w.at(disaster.Add(14*time.Minute), func(w *world) {
			require.True(t, w.fence.holds, "15 minutes are not over")
			require.Equal(t, refusal.Abandoned, w.ledger.Failover.Standing.Name)
		})
	})
	l := w.ledger.Last
	require.NotNil(t, l, "%+v", w.ledger.Failover)
	require.Equal(t, engine.OutcomeAborted, l.Outcome)
	require.Equal(t, refusal.Abandoned, l.Reason.Name)
	require.GreaterOrEqual(t, l.EndedAt.Sub(l.SentAt), 15*time.Minute)
	require.False(t, w.fence.some)
	require.True(t, w.ledger.Arming.Held)
	require.Equal(t, engine.SitePrimary, w.ledger.Writer.Site)
	require.Equal(t, engine.SitePrimary, w.aws.weights())
	require.Equal(t, 1, w.told("failover was undone"))
}

func TestAbandon_FinishesWhatRDSCarriesOutAfterAll(t *testing.T) {
	w := armedWorld(1, func(t *lifecycle.Timing) { t.Promotion = 7 * time.Minute })
	tell(t, w, 20*time.Minute, func(w *world) {
		w.during(disaster, 10*time.Minute, peering, replication)
		abandon(t, w, disaster.Add(4*time.Minute))
	})
	require.NotNil(t, w.ledger.Last)
	require.Equal(t, engine.OutcomeDone, w.ledger.Last.Outcome)
	require.Equal(t, engine.SiteReplica, w.ledger.Writer.Site)
	require.True(t, w.fence.holds)
}

func TestAbandon_WaitsForPostgreSQLToSayThatItIsInRecovery(t *testing.T) {
	w := plain(t, 36*time.Minute, func(w *world) {
		unheeded(w)
		w.during(disaster.Add(3*time.Minute), 25*time.Minute, replicaSQL)
		abandon(t, w, disaster.Add(5*time.Minute))
		w.at(disaster.Add(27*time.Minute), func(w *world) {
			require.True(t, w.fence.holds)
			require.Contains(t, w.ledger.Failover.Standing.Reason, "PostgreSQL")
		})
	})
	require.False(t, w.fence.some)
	require.Equal(t, refusal.Abandoned, w.ledger.Last.Reason.Name)
}

func TestAbandon_UndoesAtOnceWhatWasNotSent(t *testing.T) {
	w := plain(t, 5*time.Minute, func(w *world) {
		w.during(disaster, 2*time.Minute, peering, replication)
		w.deny("promote")
		w.at(disaster.Add(100*time.Second), func(w *world) {
			require.False(t, w.ledger.Failover.MaybeSent)
			require.NoError(t, w.console().Abandon(t.Context(), ""))
		})
		w.at(disaster.Add(130*time.Second), func(w *world) { require.Nil(t, w.ledger.Failover) })
	})
	require.Equal(t, refusal.Abandoned, w.ledger.Last.Reason.Name)
	require.False(t, w.fence.some)
	require.True(t, w.ledger.Arming.Held)
}

func TestAbandon_IsRefusedWhereThereIsNothingToAbandon(t *testing.T) {
	w := healthy(t)
	wantRefusal(t, w.console().Abandon(t.Context(), "ann"), refusal.NoFailover)
	w.operator(func(s *engine.State) { s.Failover = &engine.Failover{ID: "f", Step: engine.StepVerify} })
	wantRefusal(t, w.console().Abandon(t.Context(), "ann"), refusal.FailoverInFlight)
	require.False(t, w.ledger.Arming.Held)
}

// byHand promotes the replica past the guard.
func byHand(w *world) {
	w.aws.become(engine.SiteReplica, replicaID(), "")
	w.pg.writableAt, w.sent, w.promotions, w.stale = w.now, true, 1, true
}

// TestUndo_KeepsTheFenceWhereTheReplicaWasPromotedPastTheGuard: lifting it would
// make two writers.
func TestUndo_KeepsTheFenceWhereTheReplicaWasPromotedPastTheGuard(t *testing.T) {
	w := plain(t, 8*time.Minute, func(w *world) {
		w.during(disaster, 6*time.Minute, peering, replication)
		w.deny("promote")
		w.at(disaster.Add(100*time.Second), func(w *world) {
			byHand(w)
			w.setCut(westRDS, true) // The promotion is not asked for again meanwhile.
			require.NoError(t, w.console().Disarm(t.Context()))
		})
		w.at(disaster.Add(140*time.Second), func(w *world) { w.setCut(westRDS, false) })
	})
	require.True(t, w.fence.holds)
	require.Equal(t, refusal.NotAReplica, w.ledger.Last.Reason.Name)
	require.False(t, w.ledger.Owes(engine.DebtUnfence))
}

func TestUndo_OwesNoLiftingOnceTheReplicaWasPromotedPastTheGuard(t *testing.T) {
	w := plain(t, 9*time.Minute, func(w *world) {
		w.during(disaster, 6*time.Minute, peering, replication)
		w.deny("promote")
		w.deny("unfence")
		w.at(disaster.Add(100*time.Second), func(w *world) { require.NoError(t, w.console().Disarm(t.Context())) })
		w.at(disaster.Add(3*time.Minute), func(w *world) {
			require.True(t, w.ledger.Owes(engine.DebtUnfence))
			byHand(w)
			w.grant("unfence")
		})
	})
	require.True(t, w.fence.holds)
	require.False(t, w.ledger.Owes(engine.DebtUnfence))
	require.Equal(t, 1, w.told("the fence stays"))
}

// pausing pauses the guard for a while as soon as it tries to fence.
func pausing(w *world, d time.Duration) {
	done := false
	w.onCall = func(_ *process, c call, after bool) bool {
		if c.service == "EC2" && !after && !done && w.ledger.Failover != nil {
			done = true
			w.setPause(&engine.Pause{At: w.now, Until: w.now.Add(d), Epoch: w.ledger.Epoch})
		}
		return false
	}
}

// TestEngine_OutlastsAPauseBesideASilentRegion: nothing is fenced, so nothing is
// gained by undoing it.
func TestEngine_OutlastsAPauseBesideASilentRegion(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		pausing(w, 6*time.Minute)
		heldUp(t, w, disaster.Add(5*time.Minute), refusal.Paused)
	})
	require.Equal(t, 1, w.promotions)
	require.EqualValues(t, 1, w.ledger.Epoch)
}

func TestEngine_CoolsDownForLessWhereNoFenceWasSet(t *testing.T) {
	w := plain(t, 5*time.Minute, func(w *world) {
		w.alter = func(p *process) { p.engine.Cooldown(time.Hour) }
		loseRegion(w, time.Hour)
		pausing(w, 6*time.Minute)
		w.at(disaster.Add(2*time.Minute), func(w *world) { require.NoError(t, w.console().Disarm(t.Context())) })
	})
	l := w.ledger.Last
	require.NotNil(t, l)
	require.True(t, l.FenceSought)
	require.Equal(t, 5*time.Minute, w.ledger.CooldownUntil.Sub(l.EndedAt))
}
