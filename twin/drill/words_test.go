package drill

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/drill/report"
)

var zero = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

func after(seconds float64) time.Time {
	return zero.Add(time.Duration(seconds * float64(time.Second)))
}

func TestStepMark_SaysOfTheFenceWhatItsEndSays(t *testing.T) {
	held := map[engine.Step]time.Time{engine.StepFence: after(10), engine.StepConfirm: after(20)}
	for want, f := range map[string]engine.Failover{
		"fences the old primary":                            {Fence: engine.FenceConfirmed, Times: held, SentAt: after(30)},
		"can't fence the old primary: the fence is pending": {Fence: engine.FenceOwed, Times: map[engine.Step]time.Time{engine.StepFence: after(10)}, SentAt: after(30)},
		"goes on without a fence, as ordered":               {Fence: engine.FenceWaived},
		"finds no old primary to fence":                     {Fence: engine.FenceVoid},
		"tries to fence the old primary":                    {},
	} {
		require.Equal(t, want, stepMark(&f, engine.StepFence).Text)
	}
	late := engine.Failover{Fence: engine.FenceConfirmed, Times: map[engine.Step]time.Time{engine.StepFence: after(10), engine.StepConfirm: after(600)}, SentAt: after(30)}
	require.Equal(t, "can't fence the old primary: the fence is pending", stepMark(&late, engine.StepFence).Text, "it was confirmed after the promotion")
	for _, step := range steps() {
		require.NotContains(t, stepMark(&late, engine.Step(step)).Text, "completes", "there are words for each step")
	}
}

func TestSortRefusals_WhatACompletedFailoverWaitedForIsNone(t *testing.T) {
	named := []string{"paused", "writer-unconfirmed"}
	refusals, waits := sortRefusals(named, &engine.Failover{Outcome: engine.OutcomeDone})
	require.Equal(t, []string{"paused"}, refusals)
	require.Equal(t, []string{"writer-unconfirmed"}, waits)
	for _, last := range []*engine.Failover{nil, {Outcome: engine.OutcomeAborted}} {
		refusals, waits = sortRefusals(named, last)
		require.Equal(t, named, refusals, "a failover that ends by it was refused by it")
		require.Empty(t, waits)
	}
}

func TestRecorder_TellsARefusalFromAWait(t *testing.T) {
	var said []string
	r := newRecorder(zero, func(_ time.Time, _, text string) { said = append(said, text) })
	waits := refusal.New(refusal.WriterUnconfirmed, "modifying")
	r.observe(engine.State{Told: "x:paused", Failover: &engine.Failover{Step: engine.StepAwait, Standing: &waits}}, after(1))
	require.Equal(t, []string{"is at await-writer", "waits at await-writer: writer-unconfirmed", "refuses: paused"}, said)
}

func TestAlarmMarks_AnAlarmFromBeforeTheDisasterIsDrawnAsSuch(t *testing.T) {
	went := func(at float64, name string, to alarms.State) alarms.Change {
		return alarms.Change{At: after(at), Name: name, New: to}
	}
	began := after(-120)
	marks := alarmMarks([]alarms.Change{
		went(-500, "ended-dev", alarms.Alarm), went(-400, "standing-dev", alarms.Alarm), went(-300, "ended-dev", alarms.OK),
		went(-60, "early-dev", alarms.Alarm), went(90, "gone-dev", alarms.Alarm), went(95, "active-writer-dev", alarms.Alarm), went(100, "standing-dev", alarms.OK),
	}, began, zero)
	require.Equal(t, []moment{
		{after(-60), report.Mark{Lane: report.LaneTold, Text: "alarm early-dev, before the disaster", Before: true}},
		{after(90), report.Mark{Lane: report.LaneTold, Text: "alarm gone-dev", Bad: true}},
		{after(95), report.Mark{Lane: report.LaneTold, Text: "alarm active-writer-dev"}},
		{after(-400), report.Mark{Lane: report.LaneTold, Text: "alarm standing-dev, since before the disaster", Before: true}},
	}, marks)
}

func TestRatesOf_CountsWritesASecondByServer(t *testing.T) {
	log := app.Log{Acks: []app.Ack{
		{At: after(-20), Server: "old"}, {At: after(-9), Server: "old"}, {At: after(-8), Server: "old"}, {At: after(-1), Server: "old"},
		{At: after(6), Server: "new"}, {At: after(11), Server: "new"},
	}}
	require.Equal(t, []report.Rate{
		{Server: "old", From: -10, Step: 5, PerSecond: []float64{0.4, 0.2, 0, 0}},
		{Server: "new", Moved: true, From: -10, Step: 5, PerSecond: []float64{0, 0, 0, 0.2}},
	}, ratesOf(log, zero, after(-10), after(10), "new"), "what is before and after is left out")
}

func TestSights_SayWhatAnsweredAndForHowLongNothingDid(t *testing.T) {
	w := engine.Watch{
		SQL: decide.Path{Class: decide.ClassTimeout, SilentSince: after(-30)}, Witness: decide.Path{Class: decide.ClassOK},
		Primary: decide.Primary{Status: "available", StatusAt: after(-130)}, Replica: decide.Replica{Status: "available", StatusAt: after(-3)},
	}
	require.Equal(t, []report.Sight{
		{Path: "PostgreSQL on the primary", Found: string(decide.ClassTimeout), Silent: 30},
		{Path: "AWS in two other regions", Found: string(decide.ClassOK)},
		{Path: "RDS says of the primary", Found: "available, as it said 2 min 10 s before"},
		{Path: "RDS says of the replica", Found: "available"},
	}, sights(w, zero))
}
