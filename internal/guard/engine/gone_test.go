package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// TestEngine_FencesARenamedPrimaryWhenItsRegionReturns: its old name is not
// found, and it takes writes all the same. Its tags permit the guard to stop it.
func TestEngine_FencesAndStopsARenamedPrimaryWhenItsRegionReturns(t *testing.T) {
	w := plain(t, 24*time.Minute, func(w *world) {
		loseRegion(w, 8*time.Minute)
		w.at(disaster.Add(8*time.Minute), func(w *world) {
			w.aws.rename(engine.SitePrimary, "primary-old")
			w.pg.alive = true
		})
	})
	require.Equal(t, 1, w.promotions)
	require.True(t, w.fence.holds)
	require.Equal(t, engine.FenceConfirmed, w.ledger.Last.Fence)
	require.Empty(t, w.ledger.Debts)
	require.True(t, w.stopped())
}
