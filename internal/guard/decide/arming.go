package decide

import (
	"fmt"
	"slices"
	"time"
)

// Readiness is the result of the last readiness check.
type Readiness struct {
	Green bool `json:"green"`
	// Failing names the checks that found something wrong, Unknown those that
	// could not be made.
	Failing []string  `json:"failing,omitempty"`
	Unknown []string  `json:"unknown,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Arming is whether the guard may act, and how it came to that. It is kept in
// the ledger.
type Arming struct {
	// ArmedFor is the ResourceID of the primary that was seen healthy.
	ArmedFor string    `json:"armed_for,omitempty"`
	ArmedAt  time.Time `json:"armed_at,omitzero"`
	// Held: an operator disarmed the guard; it does not arm itself again.
	Held bool `json:"held,omitempty"`
	// HeldEpoch is the ledger's epoch at that moment: how many failovers had
	// been claimed.
	HeldEpoch int64 `json:"held_epoch,omitempty"`
	// GreenFor, GreenSince and GreenSeen describe the current run of green.
	// GreenSince is later than its true beginning by what was missed since.
	GreenFor   string    `json:"green_for,omitempty"`
	GreenSince time.Time `json:"green_since,omitzero"`
	GreenSeen  time.Time `json:"green_seen,omitzero"`
	// Missed: something has not been seen since GreenSeen.
	Missed bool `json:"missed,omitempty"`
}

// doubt is one thing that keeps the system from being seen healthy and
// protected.
type doubt struct {
	why string
	// missed: there is no news of it. A look that was not answered in time is
	// none; a look that was answered otherwise than hoped for is.
	missed bool
}

// NotGreen lists what keeps the system from being healthy and protected, in
// words; nothing means green.
func NotGreen(o Observation, r Readiness, now time.Time) []string {
	var why []string
	for _, d := range doubts(o, r, now) {
		why = append(why, d.why)
	}
	return why
}

// doubts are all there are at that moment.
func doubts(o Observation, r Readiness, now time.Time) []doubt {
	var all doubtful
	all.add(o.Primary.ResourceID == "", true, "the primary's resource id is unknown")
	all.path(o.SQL, now, "the primary does not answer SQL")
	all.add(o.SQL.Answers(now) && o.SQL.Class.Unwritable(), false, "the primary does not take writes (%s)", o.SQL.Class)
	all.path(o.WAL, now, "the replica receives no WAL")
	fresh := !o.Replica.StatusAt.IsZero() && now.Sub(o.Replica.StatusAt) <= StatusFresh
	all.add(!fresh, true, "the replica's state is unknown")
	all.add(fresh && !o.Replica.Exists, false, "there is no replica")
	all.add(fresh && o.Replica.Exists && !o.Replica.IsReplica, false, "the replica is no replica")
	all.add(fresh && o.Replica.Exists && ConditionOf(o.Replica.Status) != Serving, false, "the replica is %q", o.Replica.Status)
	all.add(!EstimateLoss(o).Known, true, "the replica's position is unknown")
	all.add(o.Facts.FailedOver, false, "a failover has happened and there is no replica of the new writer yet")
	all.readiness(r, now)
	return all
}

// doubtful collects doubts.
type doubtful []doubt

func (all *doubtful) add(holds, missed bool, format string, args ...any) {
	if holds {
		*all = append(*all, doubt{fmt.Sprintf(format, args...), missed})
	}
}

// path doubts a path that is not answering, or whose last look told nothing.
// Of silences only a time-out is a missed look: a connection refused and a WAL
// receiver that hears nothing are found out by something that did answer.
func (all *doubtful) path(p Path, now time.Time, what string) {
	st, _ := p.at(now)
	told := p.Class.Outcome() != Inconclusive
	all.add(st != answering, st == unknown || !told || p.Class == ClassTimeout, "%s (%s)", what, p.Class)
	all.add(st == answering && !told, true, "%s: the last look told nothing (%s)", what, p.Class)
}

func (all *doubtful) readiness(r Readiness, now time.Time) {
	all.add(r.At.IsZero() || now.Sub(r.At) > ReadinessFresh, true, "readiness has not been checked within %s", ReadinessFresh)
	unread := len(r.Unknown) > 0 && len(r.Failing) == 0
	all.add(!r.Green && !unread && !r.At.IsZero(), false, "readiness is not green %v", r.Failing)
	all.add(!r.Green && unread, true, "readiness is not known %v", r.Unknown)
}

// Next is the arming after one more observation. The guard arms after the
// policy's time of green, for that primary only, and stays armed until an
// operator disarms it or the primary is another one.
//
// A look that was missed is no news: it does not end the run of green, and its
// time does not count for it. What ends the run is anything that was seen and
// is not green, or nothing green for more than MaxGap. The guard arms only at
// a moment at which all of it is green.
func (a Arming) Next(p Policy, o Observation, r Readiness, now time.Time) Arming {
	id := o.Primary.ResourceID
	if a.ArmedFor != "" && id != "" && a.ArmedFor != id {
		a.ArmedFor, a.ArmedAt = "", time.Time{}
	}
	all := doubts(o, r, now)
	a = a.run(id, len(all) > 0, slices.ContainsFunc(all, func(d doubt) bool { return !d.missed }), now)
	if len(all) == 0 && !a.Held && p.Arming > 0 && a.ArmedFor != id && now.Sub(a.GreenSince) >= p.Arming {
		a.ArmedFor, a.ArmedAt = id, now
	}
	return a
}

// run is the run of green after one more look, at which there were doubts, or
// none, and the doubts were bad or only about what was missed.
func (a Arming) run(id string, doubts, bad bool, now time.Time) Arming {
	broken := a.GreenFor != id || now.Sub(a.GreenSeen) > MaxGap || now.Before(a.GreenSince)
	switch {
	case bad, doubts && broken:
		a.GreenFor, a.GreenSince, a.GreenSeen, a.Missed = "", time.Time{}, time.Time{}, false
		return a
	case doubts:
		a.Missed = true
		return a
	case broken:
		a.GreenFor, a.GreenSince = id, now
	case a.Missed:
		a.GreenSince = a.GreenSince.Add(max(0, now.Sub(a.GreenSeen)))
	}
	a.GreenSeen, a.Missed = now, false
	return a
}
