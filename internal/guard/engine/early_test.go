package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// slowly has RDS take three minutes for a promotion, of which it shows nothing
// in the first ten seconds.
func slowly(t *lifecycle.Timing) { t.Noticed, t.Promotion = 10*time.Second, 3*time.Minute }

// turnedAt is when the metric first turned DNS; zero for never.
func (w *world) turnedAt() time.Time {
	for _, p := range w.aws.activeWriter() {
		if p.Value >= 1 {
			return p.At
		}
	}
	return time.Time{}
}

func TestEarly_DNSTurnsOnceRDSHasAcceptedThePromotion(t *testing.T) {
	for _, early := range []bool{false, true} {
		w := armedWorld(1, slowly)
		w.early = early
		var weightsAt time.Time
		w.onCall = func(_ *process, c call, after bool) bool {
			if c.op == "ChangeResourceRecordSets" && after && weightsAt.IsZero() {
				weightsAt = w.now
			}
			return false
		}
		tell(t, w, 12*time.Minute, func(w *world) { loseRegion(w, time.Hour) })
		l := w.ledger.Last
		require.Equal(t, engine.OutcomeDone, l.Outcome)
		require.True(t, weightsAt.After(w.pg.writableAt), "the weights wait for the proof")
		if !early {
			require.True(t, w.turnedAt().After(w.pg.writableAt))
			require.Zero(t, l.TurnedAt)
			continue
		}
		require.False(t, w.turnedAt().Before(l.AcceptedAt))
		require.Less(t, w.turnedAt().Sub(l.AcceptedAt), 2*time.Second)
		require.Greater(t, w.pg.writableAt.Sub(w.turnedAt()), 2*time.Minute)
		require.Contains(t, summaryOf(t, w), "DNS: turned at "+l.TurnedAt.UTC().Format("2006-01-02 15:04:05Z"))
	}
}

// A lost answer proves nothing; that RDS shows the instance at work does.
func TestEarly_DNSWaitsForRDSToShowWhatItDidNotAnswer(t *testing.T) {
	w := armedWorld(1, slowly)
	w.early = true
	tell(t, w, 12*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.at(disaster, func(w *world) { w.deaf["PromoteReadReplica"] = true })
	})
	l := w.ledger.Last
	require.Equal(t, engine.OutcomeDone, l.Outcome)
	require.GreaterOrEqual(t, w.turnedAt().Sub(l.SentAt), 0*time.Second)
	require.True(t, w.turnedAt().Before(w.pg.writableAt))
	require.False(t, w.turnedAt().Before(l.AcceptedAt))
}

func TestEarly_DNSStaysWhereThePromotionWasMerelySent(t *testing.T) {
	w := armedWorld(1)
	w.early = true
	tell(t, w, 8*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.onCall = func(_ *process, c call, after bool) bool {
			if c.op == "PromoteReadReplica" && !after {
				w.setCut(westRDS, true)
			}
			return false
		}
	})
	require.True(t, w.ledger.Failover.MaybeSent)
	require.Zero(t, w.turnedAt())
	require.Zero(t, w.ledger.Failover.TurnedAt)
}

// TestEarly_AbandonTurnsDNSBackBeforeTheFence: the fence is lifted only once the
// alarm that DNS follows has seen that.
func TestEarly_AbandonTurnsDNSBackBeforeTheFence(t *testing.T) {
	w := armedWorld(1)
	w.early = true
	fencedTo, backTo := time.Time{}, time.Time{}
	tell(t, w, 40*time.Minute, func(w *world) {
		unheeded(w)
		abandon(t, w, disaster.Add(5*time.Minute))
		w.at(disaster.Add(10*time.Minute), func(w *world) {
			require.True(t, w.aws.alarmed(), "RDS may still carry it out, and then DNS is right")
			// CloudWatch fails for a while: DNS can't be turned back, so the fence stays.
			w.during(disaster.Add(15*time.Minute), 6*time.Minute, cloudwatch)
		})
		w.at(disaster.Add(20*time.Minute), func(w *world) {
			require.True(t, w.fence.holds)
			require.Equal(t, refusal.SwitchOwed, w.ledger.Failover.Standing.Name)
		})
		w.onCall = func(_ *process, c call, after bool) bool {
			if c.op == "DeleteNetworkAclEntry" && !after && fencedTo.IsZero() {
				fencedTo, backTo = w.now, w.ledger.Failover.BackAt
			}
			return false
		}
	})
	require.NotNil(t, w.ledger.Last)
	require.Equal(t, engine.OutcomeAborted, w.ledger.Last.Outcome)
	require.Equal(t, refusal.Abandoned, w.ledger.Last.Reason.Name)
	require.False(t, backTo.IsZero())
	require.GreaterOrEqual(t, fencedTo.Sub(backTo), 2*time.Minute)
	require.False(t, w.fence.some)
	require.False(t, w.aws.alarmed())
	require.Equal(t, engine.SitePrimary, w.aws.weights())
}

// What RDS carries out while DNS is being turned back is seen through.
func TestEarly_AnAbandonedFailoverThatRDSCarriesOutLateTurnsDNS(t *testing.T) {
	w := armedWorld(1, func(t *lifecycle.Timing) { t.Noticed, t.Promotion = 16*time.Minute, 17*time.Minute })
	w.early = true
	tell(t, w, 40*time.Minute, func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
		abandon(t, w, disaster.Add(5*time.Minute))
	})
	require.Equal(t, engine.OutcomeDone, w.ledger.Last.Outcome)
	require.Equal(t, engine.SiteReplica, w.ledger.Writer.Site)
	require.True(t, w.aws.alarmed())
}
