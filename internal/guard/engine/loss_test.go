package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// TestEngine_TellsWhatALivingPrimaryMayHaveAcknowledgedUntilItsFence: both ways
// to the data are cut, the APIs are fine, and the primary serves its own region.
func TestEngine_TellsWhatALivingPrimaryMayHaveAcknowledgedUntilItsFence(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) { w.during(disaster, time.Hour, peering, replication) })
	l := w.ledger.Last
	require.NotNil(t, l)
	require.Equal(t, decide.EvidenceUnreachable, l.Decision.Evidence)
	fenced := l.Times[engine.StepConfirm]
	require.GreaterOrEqual(t, l.Loss().Upper, fenced.Sub(disaster), "it took writes from the cut to the fence")
	require.Less(t, l.Loss().Upper, fenced.Sub(disaster)+time.Minute)
	require.Zero(t, l.Loss().Lower, "whether anybody wrote is not known")
	for _, n := range w.notices {
		if strings.Contains(n.Subject, "failover has begun") {
			require.Contains(t, n.Body, "acknowledge writes until it is fenced")
		}
	}
}

// A silent region is told as before: what an unfenced primary takes is measured
// when it returns.
func TestEngine_TellsOfASilentRegionWhatWasHeardOfIt(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) { loseRegion(w, time.Hour) })
	require.NotNil(t, w.ledger.Last)
	require.Less(t, w.ledger.Last.Loss().Upper, 20*time.Second)
}

// seenAt publishes what RDS publishes of the primary in that minute.
func seenAt(w *world, minute time.Time, writes, connections float64) {
	for name, value := range map[string]float64{contract.MetricWrites: writes, contract.MetricConnections: connections} {
		w.aws.server.Metrics().Put(metrics.ID{
			Region: w.aws.config.Primary.Region, Namespace: contract.NamespaceRDS, Name: name,
			Dimensions: metrics.Dimensions(map[string]string{contract.DimensionInstance: w.aws.config.Primary.Identifier}),
		}, metrics.Point{At: minute, Received: minute.Add(time.Minute), Value: value, Count: 1})
	}
}

func summaryOf(t *testing.T, w *world) string {
	t.Helper()
	for _, n := range w.notices {
		if strings.Contains(n.Subject, "failover is done") {
			return n.Body
		}
	}
	t.Fatal("there is no summary")
	return ""
}

// TestEngine_TellsUntilWhenCloudWatchSawThePrimaryTakeWrites: both ways to the
// data are cut, the APIs are fine, and an operator goes on without the fence that
// IAM denies. The primary takes writes past the promotion.
func TestEngine_TellsUntilWhenCloudWatchSawThePrimaryTakeWrites(t *testing.T) {
	last := modelEpoch.Add(3 * time.Minute)
	left := func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
		for minute := range 4 {
			seenAt(w, modelEpoch.Add(time.Duration(minute)*time.Minute), 35, 12)
		}
		seenAt(w, last.Add(time.Minute), 0, 0)
	}
	t.Run("fenced", func(t *testing.T) {
		w := tell(t, armedWorld(1, slowly), 12*time.Minute, left)
		l := w.ledger.Last
		require.NotNil(t, l.Activity)
		require.True(t, l.Activity.WritesAt.After(l.Times[engine.StepConfirm]), "%s", l.Activity.WritesAt)
		require.Less(t, l.Loss().Upper, l.Times[engine.StepConfirm].Sub(disaster)+time.Minute, "what is written behind the fence is acknowledged to no client")
		require.Contains(t, summaryOf(t, w), "it was still taking writes at "+l.Activity.WritesAt.Format("2006-01-02 15:04:05Z")+". CloudWatch shows 35.0 a second")
	})
	t.Run("unfenced", func(t *testing.T) {
		w := tell(t, armedWorld(1, slowly), 12*time.Minute, func(w *world) {
			left(w)
			w.deny("fence")
			w.at(disaster.Add(70*time.Second), func(w *world) {
				w.operator(func(s *engine.State) {
					s.Order = &engine.Order{ID: "o", Request: decide.Request{By: "ann", Unfenced: true}, At: w.now, Expires: w.now.Add(2 * time.Minute)}
					if f := s.Failover; f != nil {
						r := s.Order.Request
						f.Request, s.Order = &r, nil
					}
				})
			})
		})
		l := w.ledger.Last
		require.NotNil(t, l)
		require.Equal(t, engine.FenceWaived, l.Fence)
		require.True(t, l.SentAt.Before(last), "%s", l.SentAt)
		require.GreaterOrEqual(t, l.Loss().Upper, last.Add(time.Minute).Sub(disaster), "it was seen taking writes until then")
	})
	t.Run("CloudWatch does not tell", func(t *testing.T) {
		w := plain(t, 12*time.Minute, func(w *world) {
			left(w)
			w.during(disaster, time.Hour, east+" CloudWatch")
		})
		require.Equal(t, engine.OutcomeDone, w.ledger.Last.Outcome)
		require.Contains(t, summaryOf(t, w), "CloudWatch does not tell whether it went on taking writes")
	})
	t.Run("not asked where the region is silent", func(t *testing.T) {
		w := plain(t, 12*time.Minute, func(w *world) { left(w); loseRegion(w, time.Hour) })
		require.Nil(t, w.ledger.Last.Activity)
		require.Empty(t, w.ledger.Last.ActivityError)
	})
}
