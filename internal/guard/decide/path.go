package decide

import "time"

// Class says what one sample of a path found.
type Class string

// Classes of the SQL path. Any reply of PostgreSQL or TLS means alive.
const (
	ClassOK                 Class = "ok"
	ClassStartingUp         Class = "starting-up"
	ClassTooManyConnections Class = "too-many-connections"
	ClassAuthFailed         Class = "auth-failed"
	ClassReadOnly           Class = "read-only"
	ClassDiskFull           Class = "disk-full"
	ClassTLSFailed          Class = "tls-failed"
	ClassSQLError           Class = "sql-error"
)

// Classes of a path without an answer.
const (
	ClassTimeout     Class = "timeout"
	ClassRefused     Class = "refused"
	ClassUnreachable Class = "unreachable"
)

// Classes of the WAL path.
const (
	ClassStreaming  Class = "streaming"
	ClassStale      Class = "stale"
	ClassNoReceiver Class = "no-receiver"
)

// Classes of an AWS API that answered, but not with what was asked for.
const (
	ClassThrottled   Class = "throttled"
	ClassDenied      Class = "denied"
	ClassServerError Class = "server-error"
)

// Classes of a sample that says nothing about the other side.
const (
	// ClassResolveFailed: the name was not resolved. That speaks of DNS, not
	// of the database; adapters fall back on the last known address first.
	ClassResolveFailed Class = "resolve-failed"
	// ClassReplicaSilent: the replica, whose WAL receiver is the witness, did
	// not answer.
	ClassReplicaSilent Class = "replica-silent"
	// ClassInternal: the guard's own fault.
	ClassInternal Class = "internal"
)

// Outcome is what a class counts as.
type Outcome int

// Outcomes of a sample.
const (
	// Inconclusive counts neither way.
	Inconclusive Outcome = iota
	// Positive: the other side lives.
	Positive
	// Negative: nothing was heard.
	Negative
)

// Outcome of the class. A class that is not known counts neither way, so that
// a new adapter can't make evidence by a spelling mistake.
func (c Class) Outcome() Outcome {
	switch c {
	case ClassOK, ClassStartingUp, ClassTooManyConnections, ClassAuthFailed, ClassReadOnly,
		ClassDiskFull, ClassTLSFailed, ClassSQLError, ClassStreaming,
		ClassThrottled, ClassDenied, ClassServerError:
		return Positive
	case ClassTimeout, ClassRefused, ClassUnreachable, ClassStale, ClassNoReceiver:
		return Negative
	default:
		return Inconclusive
	}
}

// Unwritable tells whether a sample of the SQL path proves that the primary
// lives and takes no writes. One that told nothing proves neither.
func (c Class) Unwritable() bool { return c.Outcome() == Positive && c != ClassOK }

// Sample is one look at one path.
type Sample struct {
	// From and At are when the look began and when it ended.
	From time.Time `json:"from"`
	At   time.Time `json:"at"`
	// Heard is the last moment with a sign of life that this look knows of:
	// for a WAL receiver its last message, for a call that was answered zero,
	// which means At.
	Heard time.Time `json:"heard,omitzero"`
	Class Class     `json:"class"`
	// Detail is the cause in words, for people.
	Detail string `json:"detail,omitempty"`
	// Unheard names those who were looked at and did not answer, where others of
	// the same path did.
	Unheard string `json:"unheard,omitempty"`
}

// Path is what the samples of one path add up to. The zero Path was never
// looked at.
type Path struct {
	// LastSample is the end of the last sample that said anything.
	LastSample time.Time `json:"last_sample,omitzero"`
	// LastPositive is the last moment with a sign of life.
	LastPositive time.Time `json:"last_positive,omitzero"`
	// SilentSince is the start of the unbroken run of negative samples; zero
	// when the last sample was positive.
	SilentSince time.Time `json:"silent_since,omitzero"`
	// Class and Detail of the last sample, conclusive or not.
	Class  Class  `json:"class,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Unheard is that of the last sample that said anything.
	Unheard string `json:"unheard,omitempty"`
}

// Track adds one sample. A run of negative samples starts anew after a pause
// longer than MaxGap: what was not looked at was not silent.
func (p Path) Track(s Sample) Path {
	p.Class, p.Detail = s.Class, s.Detail
	outcome := s.Class.Outcome()
	if outcome == Inconclusive {
		return p
	}
	p.Unheard = s.Unheard
	from := s.From
	switch {
	case !s.Heard.IsZero():
		p.LastPositive = later(p.LastPositive, s.Heard)
		// A listener that heard nothing since then was listening all along.
		from = s.Heard
	case outcome == Positive:
		p.LastPositive = later(p.LastPositive, s.At)
	case s.Class == ClassNoReceiver && !p.LastPositive.IsZero() && s.From.Sub(p.LastSample) <= MaxGap:
		// A receiver gives up some time after its last message. Nothing has come
		// since: the run begins there, not at the look that finds it gone.
		from = p.LastPositive
	}
	if outcome == Positive {
		p.SilentSince = time.Time{}
	} else if broken := p.LastSample.IsZero() || from.Sub(p.LastSample) > MaxGap; broken || p.SilentSince.IsZero() {
		p.SilentSince = later(from, p.LastPositive)
	}
	p.LastSample = later(p.LastSample, s.At)
	return p
}

// state of a path at a moment.
type state int

const (
	unknown state = iota
	answering
	silent
)

// at tells the path's state and, when silent, since when. Without a sample
// that is fresh the state is unknown, whatever the older ones said.
func (p Path) at(now time.Time) (state, time.Time) {
	if p.LastSample.IsZero() || now.Sub(p.LastSample) > SampleFresh {
		return unknown, time.Time{}
	}
	if p.SilentSince.IsZero() {
		if p.LastPositive.IsZero() {
			return unknown, time.Time{}
		}
		return answering, time.Time{}
	}
	return silent, later(p.SilentSince, p.LastPositive)
}

// Answers tells whether the path showed life in its last, fresh sample.
func (p Path) Answers(now time.Time) bool {
	st, _ := p.at(now)
	return st == answering
}

// Silent tells whether nothing is heard on the path, by a fresh sample.
func (p Path) Silent(now time.Time) bool {
	st, _ := p.at(now)
	return st == silent
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
