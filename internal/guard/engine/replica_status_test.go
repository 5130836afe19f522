package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// TestEngine_PromotesAReplicaWhoseStorageIsOptimized, which it is for hours,
// before the promotion and after it.
func TestEngine_PromotesAReplicaWhoseStorageIsOptimized(t *testing.T) {
	for _, status := range []string{lifecycle.Optimizing, "storage-initialization", "configuring-log-exports", "a-status-of-tomorrow"} {
		t.Run(status, func(t *testing.T) {
			w := plain(t, 12*time.Minute, func(w *world) {
				w.at(modelEpoch, func(w *world) { w.aws.force(engine.SiteReplica, status) })
				loseRegion(w, time.Hour)
			})
			require.Equal(t, 1, w.promotions)
			require.Equal(t, engine.SiteReplica, w.ledger.Writer.Site)
			require.Equal(t, engine.OutcomeDone, w.ledger.Last.Outcome)
		})
	}
}

// TestEngine_AsksAgainForAPromotionThatWasLostWhileStorageIsOptimized: RDS
// accepted the first and forgot it.
func TestEngine_AsksAgainForAPromotionThatWasLostWhileStorageIsOptimized(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		w.swallow = 1
		w.at(modelEpoch, func(w *world) { w.aws.force(engine.SiteReplica, lifecycle.Optimizing) })
		loseRegion(w, time.Hour)
	})
	require.Equal(t, engine.SiteReplica, w.ledger.Writer.Site)
}

// TestEngine_LiftsTheFenceAtOnceWhereThePrimaryAnswersAndRDSRefuses: the
// replica begins a backup between the look at it and the promotion. The clients
// of a living primary must not be cut off until the deadline for it.
func TestEngine_LiftsTheFenceAtOnceWhereThePrimaryAnswersAndRDSRefuses(t *testing.T) {
	var fenced, lifted time.Time
	w := plain(t, 12*time.Minute, func(w *world) {
		w.onCall = func(_ *process, c call, after bool) bool {
			switch {
			case c.op == "PromoteReadReplica" && !after:
				w.backUp(10 * time.Minute)
			case c.op == "CreateNetworkAclEntry" && after && fenced.IsZero():
				fenced = w.now
			case c.op == "DeleteNetworkAclEntry" && after:
				lifted = w.now
			}
			return false
		}
		order(t, w, disaster, decide.Request{By: "ops", Force: true})
	})
	l := w.ledger.Last
	require.NotNil(t, l)
	require.Equal(t, engine.OutcomeAborted, l.Outcome)
	require.Equal(t, refusal.PromoteRefused, l.Reason.Name)
	require.Zero(t, w.promotions)
	require.False(t, w.fence.some, "the primary serves its clients again")
	require.False(t, fenced.IsZero())
	require.Less(t, lifted.Sub(fenced), 2*time.Minute, "at once, not at the deadline")
}
