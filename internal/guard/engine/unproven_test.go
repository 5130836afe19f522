package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// fullAfterPromotion loses the instance, and clients take all connections of
// the promoted one for good.
func fullAfterPromotion(w *world) {
	w.at(disaster, func(w *world) { w.pg.alive = false })
	w.onCall = func(_ *process, c call, after bool) bool {
		w.pg.full = w.pg.full || c.op == "PromoteReadReplica" && after
		return false
	}
}

// TestEngine_NotifiesAboutAWriterThatCanNotBeAsked: RDS reports the promotion
// done, and no connection is left to see that.
func TestEngine_NotifiesAboutAWriterThatCanNotBeAsked(t *testing.T) {
	var early, late int
	w := plain(t, 40*time.Minute, func(w *world) {
		fullAfterPromotion(w)
		for at := disaster; at.Before(disaster.Add(40 * time.Minute)); at = at.Add(10 * time.Second) {
			w.at(at, func(w *world) {
				f := w.ledger.Failover
				if f == nil || f.Step != engine.StepVerify {
					return
				}
				if w.now.Sub(f.Times[engine.StepAwait]) < 10*time.Minute {
					early += w.told("writer-unproven")
				}
				late = w.told("writer-unproven")
			})
		}
	})
	f := w.ledger.Failover
	require.NotNil(t, f, "nothing is switched unproven unasked")
	require.Equal(t, engine.StepVerify, f.Step)
	require.Equal(t, refusal.WriterUnproven, f.Standing.Name)
	require.Contains(t, f.Standing.Reason, "53300")
	require.Zero(t, early)
	require.Equal(t, 1, late, "once")
}

func TestOrder_SwitchesToAWriterThatCanNotBeAsked(t *testing.T) {
	w := plain(t, 40*time.Minute, func(w *world) {
		fullAfterPromotion(w)
		order(t, w, disaster.Add(25*time.Minute), decide.Request{By: "ops", Unproven: true})
	})
	l := w.ledger.Last
	require.NotNil(t, l)
	require.Equal(t, engine.OutcomeDone, l.Outcome)
	require.True(t, l.Unproven)
	require.Equal(t, engine.SiteReplica, w.ledger.Writer.Site)
	require.Equal(t, 1, w.told("failover is done"))
	for _, n := range w.notices {
		if strings.Contains(n.Subject, "failover is done") {
			require.Contains(t, n.Body, "NOT PROVEN")
		}
	}
}

// TestOrder_NeverSwitchesToAServerThatSaysItIsInRecovery, whatever RDS reports.
func TestOrder_NeverSwitchesToAServerThatSaysItIsInRecovery(t *testing.T) {
	w := plain(t, 40*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) { w.pg.alive = false })
		w.onCall = func(_ *process, c call, after bool) bool {
			if c.op == "PromoteReadReplica" && after {
				w.pg.writableAt = w.end.Add(time.Hour)
			}
			return false
		}
		order(t, w, disaster.Add(25*time.Minute), decide.Request{By: "ops", Unproven: true})
	})
	require.NotNil(t, w.ledger.Failover)
	require.Equal(t, refusal.WriterUnconfirmed, w.ledger.Failover.Standing.Name)
	require.Equal(t, engine.SitePrimary, w.ledger.Writer.Site)
}
