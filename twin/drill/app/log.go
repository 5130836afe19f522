package app

import (
	"slices"
	"time"
)

// Ack is a write that the server acknowledged.
type Ack struct {
	N int64 `json:"n"`
	// Sent and At: when it was sent and acknowledged.
	Sent time.Time `json:"sent"`
	At   time.Time `json:"at"`
	// Server is the identifier of the instance that acknowledged it.
	Server string `json:"server"`
}

// Resolved is an answer of DNS.
type Resolved struct {
	At   time.Time `json:"at"`
	Host string    `json:"host"`
}

// Failure is a write that was not acknowledged.
type Failure struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Log is what an application experienced, the oldest first.
type Log struct {
	ID      string     `json:"id"`
	Region  string     `json:"region"`
	Sticky  bool       `json:"sticky,omitempty"`
	Acks    []Ack      `json:"acks"`
	Answers []Resolved `json:"answers"`
	Errors  []Failure  `json:"errors"`
	// Failed counts the writes that were not acknowledged.
	Failed int `json:"failed"`
}

func (l Log) clone() Log {
	l.Acks, l.Answers, l.Errors = slices.Clone(l.Acks), slices.Clone(l.Answers), slices.Clone(l.Errors)
	return l
}

// Outage is a time without an acknowledged write.
type Outage struct {
	// Last is the last acknowledgement before it, First the first after; First
	// is zero if there was none.
	Last  time.Time `json:"last"`
	First time.Time `json:"first,omitzero"`
}

// Over tells whether it ended.
func (o Outage) Over() bool { return !o.First.IsZero() }

// Length is how long it lasted, 0 if it has not ended.
func (o Outage) Length() time.Duration {
	if !o.Over() {
		return 0
	}
	return o.First.Sub(o.Last)
}

// Outage is the longest time without an acknowledgement that ended, or was
// still going on, after a moment: the recovery time as this application
// experienced it. until is when the log was closed. An application that had
// no write acknowledged before the moment has no outage to tell of.
func (l Log) Outage(since, until time.Time) (longest Outage, ok bool) {
	var length time.Duration
	for i, ack := range l.Acks {
		next, end := time.Time{}, until
		if i+1 < len(l.Acks) {
			next = l.Acks[i+1].At
			end = next
		}
		if end.Before(since) {
			continue
		}
		if gap := end.Sub(ack.At); gap > length {
			longest, length, ok = Outage{Last: ack.At, First: next}, gap, true
		}
	}
	return longest, ok
}

// Loss is what of the acknowledged writes is not there.
type Loss struct {
	Rows int `json:"rows"`
	// Seconds from the last acknowledged write that was kept before the first
	// that was lost, to the last that was lost. Where none was kept they count
	// from when the first was sent.
	Seconds float64 `json:"seconds"`
	// Since and LastLost are the moments between which they are.
	Since    time.Time `json:"since,omitzero"`
	LastLost time.Time `json:"last_lost,omitzero"`
}

// Lost compares what a server acknowledged up to a moment with the rows that
// are there.
func (l Log) Lost(server string, until time.Time, there map[int64]bool) Loss {
	var loss Loss
	var kept time.Time
	for _, ack := range l.Acks {
		switch {
		case ack.Server != server || ack.At.After(until):
			continue
		case there[ack.N]:
			kept = ack.At
			continue
		}
		if loss.Rows == 0 {
			loss.Since = kept
			if kept.IsZero() {
				loss.Since = ack.Sent
			}
		}
		loss.Rows++
		loss.LastLost = ack.At
	}
	if loss.Rows > 0 {
		loss.Seconds = loss.LastLost.Sub(loss.Since).Seconds()
	}
	return loss
}

// Window is a time in which a server that should not acknowledged writes.
type Window struct {
	Rows  int       `json:"rows"`
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Length from its first to its last write.
func (w Window) Length() time.Duration { return w.Last.Sub(w.First) }

// After counts what a server acknowledged after a moment.
func (l Log) After(server string, moment time.Time) Window {
	var w Window
	for _, ack := range l.Acks {
		if ack.Server != server || !ack.At.After(moment) {
			continue
		}
		if w.Rows == 0 {
			w.First = ack.At
		}
		w.Rows++
		w.Last = ack.At
	}
	return w
}

// Misled counts the answers of DNS that named a host at or after a moment at
// which it should not have.
func (l Log) Misled(host string, from time.Time) int {
	n := 0
	for _, r := range l.Answers {
		if r.Host == host && !r.At.Before(from) {
			n++
		}
	}
	return n
}
