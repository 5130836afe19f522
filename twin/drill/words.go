package drill

import (
	"cmp"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/drill/report"
)

// stepWords say what a failover has done when a step is completed.
var stepWords = map[engine.Step]string{
	engine.StepClaim:     "writes the failover down",
	engine.StepPreflight: "finds that the replica can be promoted",
	engine.StepConfirm:   "finds that the fence holds",
	engine.StepPromote:   "orders the promotion",
	engine.StepAwait:     "learns from RDS that the promotion is done",
	engine.StepVerify:    "writes on the new writer",
	engine.StepSwitch:    "orders the switch of the name",
	engine.StepPosture:   "orders backups, Multi-AZ and protection",
	engine.StepSecret:    "lets the secret stand alone",
	engine.StepNotify:    "notifies people",
	engine.StepAbort:     "undoes the failover",
	engine.StepDone:      "ends the failover",
}

// fencedFirst tells whether a failover's fence held before its promotion was
// sent.
func fencedFirst(f *engine.Failover) bool {
	held := f.Times[engine.StepConfirm]
	return f.Fence == engine.FenceConfirmed && !held.IsZero() && (f.SentAt.IsZero() || held.Before(f.SentAt))
}

// fenceStep says what a failover had done about the fence at the end of that
// step: the word of its end may be another one.
func fenceStep(f *engine.Failover) string {
	switch {
	case fencedFirst(f):
		return "fences the old primary"
	case f.Fence == engine.FenceWaived:
		return "goes on without a fence, as ordered"
	case f.Fence == engine.FenceVoid:
		return "finds no old primary to fence"
	case f.Fence == "":
		return "tries to fence the old primary"
	default:
		return "can't fence the old primary: the fence is pending"
	}
}

// stepMark is the mark of a completed step.
func stepMark(f *engine.Failover, step engine.Step) report.Mark {
	text := cmp.Or(stepWords[step], "completes "+string(step))
	if step == engine.StepFence {
		text = fenceStep(f)
	}
	return report.Mark{Lane: report.LaneGuard, Text: text, Good: step == engine.StepVerify || step == engine.StepDone}
}

// waiting are names under which a step waits for AWS to say that it has done what
// it was told. They refuse nothing unless the failover ends by them.
var waiting = []string{string(refusal.WriterUnconfirmed), string(refusal.FenceUnconfirmed)}

// sortRefusals separates what kept the guard from acting from what a failover
// that was completed only waited for.
func sortRefusals(named []string, last *engine.Failover) (refusals, waits []string) {
	done := last != nil && last.Outcome == engine.OutcomeDone
	for _, name := range named {
		if done && slices.Contains(waiting, name) {
			waits = append(waits, name)
			continue
		}
		refusals = append(refusals, name)
	}
	return refusals, waits
}

// sights are what the guard saw at a moment.
func sights(w engine.Watch, at time.Time) []report.Sight {
	var all []report.Sight
	for _, p := range []struct {
		name string
		path decide.Path
	}{
		{"PostgreSQL on the primary", w.SQL}, {"WAL from the primary", w.WAL}, {"RDS's API in the primary's region", w.RDSAPI},
		{"a second API there", w.OtherAPI}, {"AWS in two other regions", w.Witness},
	} {
		if p.path.Class == "" {
			continue
		}
		s := report.Sight{Path: p.name, Found: string(p.path.Class)}
		if !p.path.SilentSince.IsZero() {
			s.Silent = at.Sub(p.path.SilentSince).Seconds()
		}
		all = append(all, s)
	}
	for _, i := range []struct {
		name, status string
		said         time.Time
	}{{"RDS says of the primary", w.Primary.Status, w.Primary.StatusAt}, {"RDS says of the replica", w.Replica.Status, w.Replica.StatusAt}} {
		if i.status == "" {
			continue
		}
		s := report.Sight{Path: i.name, Found: i.status}
		if age := at.Sub(i.said); age > decide.SampleFresh {
			s.Found += ", as it said " + report.Span(age.Seconds()) + " before"
		}
		all = append(all, s)
	}
	return all
}

// saw is what the guard saw when it last decided to fail over, or at its last look.
func (o *outcomeOf) saw() (all []report.Sight, at *float64) {
	watch, when := o.ledger.Watch, o.ledger.Watch.Replica.StatusAt
	if f := cmp.Or(o.ledger.Last, o.ledger.Failover); f != nil {
		watch, when = f.Saw, f.ClaimedAt
	}
	if when.IsZero() {
		return nil, nil
	}
	seconds := o.seconds(when)
	return sights(watch, when), &seconds
}
