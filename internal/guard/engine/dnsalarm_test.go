package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
)

const disagrees, agrees = "the DNS alarm disagrees with the ledger", "the DNS alarm agrees with the ledger again"

// alarm gives the alarm that flips DNS a state, as SetAlarmState does.
func (w *world) alarm(state string) {
	err := w.aws.cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List("aws_cloudwatch_metric_alarm", "") {
			if r.Attrs.Str("alarm_name") == contract.Name(contract.ActiveWriterAlarm, "dev") {
				tx.Edit(r).Hidden.Set(sim.Attrs{"state": state})
			}
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
}

// TestEngine_NotifiesOnceOfAnAlarmThatMovesDNSWithoutATakeover: the ledger never
// ordered one. Nothing is promoted for it.
func TestEngine_NotifiesOnceOfAnAlarmThatMovesDNSWithoutATakeover(t *testing.T) {
	early, late := -1, -1
	w := plain(t, 25*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) { w.alarm("ALARM") })
		w.at(disaster.Add(4*time.Minute), func(w *world) { early = w.told(disagrees) })
		w.at(disaster.Add(8*time.Minute), func(w *world) { late = w.told(disagrees) })
		w.at(disaster.Add(12*time.Minute), func(w *world) { w.alarm("OK") })
	})
	require.Zero(t, early, "an alarm follows its metric within minutes")
	require.Equal(t, 1, late)
	require.Equal(t, 1, w.told(disagrees), "once, not each minute")
	require.Equal(t, 1, w.told(agrees))
	require.Zero(t, w.promotions)
	for _, n := range w.notices {
		if n.Subject == "[pgdr dev] "+disagrees {
			require.Contains(t, n.Body, "in state ALARM")
			require.Contains(t, n.Body, "the writer is primary-db-dev")
		}
	}
}

// TestEngine_NotifiesOfAnAlarmThatTurnsDNSBack: by the ledger the replica took over.
func TestEngine_NotifiesOfAnAlarmThatTurnsDNSBack(t *testing.T) {
	w := plain(t, 30*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.at(disaster.Add(10*time.Minute), func(w *world) { w.alarm("OK") })
	})
	require.Equal(t, 1, w.promotions)
	require.Equal(t, 1, w.told(disagrees))
}

func TestEngine_TakesAnAlarmWithoutDataForNoStatement(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) { w.alarm("INSUFFICIENT_DATA") })
	})
	require.Zero(t, w.told("DNS alarm"))
}
