package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
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
