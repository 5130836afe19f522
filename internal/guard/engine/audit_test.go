package engine_test

import (
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// undo takes the fence down past the guard.
func undo(t *testing.T, w *world) {
	t.Helper()
	// What EC2 shows just after may still be what was.
	err := w.ops.Fencer.Unfence(t.Context(), awsapi.Topology(w.aws.config).Primary)
	if in, out := w.aws.passable(); !in || !out {
		t.Fatalf("the fence stands: %v", err)
	}
	w.fence = fenceTruth{}
}

// TestAudit_SetsAFenceAgainThatSomebodyTookDown, and turns the weights again.
func TestAudit_SetsAFenceAgainThatSomebodyTookDown(t *testing.T) {
	w := failedOver(t)
	undo(t, w)
	if err := w.ops.Switcher.SetWeights(t.Context(), awsapi.Topology(w.aws.config).Primary); err != nil {
		t.Fatal(err)
	}
	w.on(12 * time.Minute)
	if w.violation != "" || !w.fence.holds || len(w.ledger.Debts) != 0 || w.aws.weights() != engine.SiteReplica {
		t.Fatalf("%s fence %+v, debts %v, weights %s", w.violation, w.fence, w.ledger.Debts, w.aws.weights())
	}
	if w.told("fence was taken down") != 1 {
		t.Fatalf("told %d times", w.told("fence was taken down"))
	}
}

func TestAudit_LeavesARebuiltInstanceAlone(t *testing.T) {
	w := failedOver(t)
	w.aws.become(engine.SitePrimary, "db-C", engine.SiteReplica)
	undo(t, w)
	w.on(12 * time.Minute)
	if w.violation != "" || w.fence.some || len(w.ledger.Debts) != 0 {
		t.Fatalf("%s fence %+v, debts %v", w.violation, w.fence, w.ledger.Debts)
	}
}
