package decide

import (
	"fmt"
	"time"
)

// Readiness is the result of the last readiness check.
type Readiness struct {
	Green bool `json:"green"`
	// Failing names the checks that were not green.
	Failing []string  `json:"failing,omitempty"`
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
	// GreenFor, GreenSince and GreenSeen describe the current run of green.
	GreenFor   string    `json:"green_for,omitempty"`
	GreenSince time.Time `json:"green_since,omitzero"`
	GreenSeen  time.Time `json:"green_seen,omitzero"`
}

// NotGreen lists what keeps the system from being healthy and protected, in
// words; nothing means green.
func NotGreen(o Observation, r Readiness, now time.Time) []string {
	var why []string
	add := func(bad bool, format string, args ...any) {
		if bad {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	add(o.Primary.ResourceID == "", "the primary's resource id is unknown")
	add(!o.SQL.Answers(now), "the primary does not answer SQL (%s)", o.SQL.Class)
	add(o.SQL.Answers(now) && !o.SQL.Class.Writable(), "the primary does not take writes (%s)", o.SQL.Class)
	add(!o.WAL.Answers(now), "the replica receives no WAL (%s)", o.WAL.Class)
	fresh := !o.Replica.StatusAt.IsZero() && now.Sub(o.Replica.StatusAt) <= StatusFresh
	add(!fresh, "the replica's state is unknown")
	add(fresh && !o.Replica.Exists, "there is no replica")
	add(fresh && o.Replica.Exists && !o.Replica.IsReplica, "the replica is no replica")
	add(fresh && o.Replica.Exists && ConditionOf(o.Replica.Status) != Serving, "the replica is %q", o.Replica.Status)
	add(!EstimateLoss(o).Known, "the replica's position is unknown")
	add(o.Facts.FailedOver, "a failover has happened and there is no replica of the new writer yet")
	add(r.At.IsZero() || now.Sub(r.At) > ReadinessFresh, "readiness has not been checked within %s", ReadinessFresh)
	add(!r.Green, "readiness is not green %v", r.Failing)
	return why
}

// Next is the arming after one more observation. The guard arms after the
// policy's time of unbroken green, for that primary only, and stays armed
// until an operator disarms it or the primary is another one.
func (a Arming) Next(p Policy, o Observation, r Readiness, now time.Time) Arming {
	id := o.Primary.ResourceID
	if a.ArmedFor != "" && id != "" && a.ArmedFor != id {
		a.ArmedFor, a.ArmedAt = "", time.Time{}
	}
	if len(NotGreen(o, r, now)) > 0 {
		a.GreenFor, a.GreenSince, a.GreenSeen = "", time.Time{}, time.Time{}
		return a
	}
	if a.GreenFor != id || now.Sub(a.GreenSeen) > MaxGap || now.Before(a.GreenSince) {
		a.GreenFor, a.GreenSince = id, now
	}
	a.GreenSeen = now
	if !a.Held && p.Arming > 0 && a.ArmedFor != id && now.Sub(a.GreenSince) >= p.Arming {
		a.ArmedFor, a.ArmedAt = id, now
	}
	return a
}
