package lambda

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/recent"
)

// What is remembered of each function.
const (
	linesKept       = 20_000
	longestLine     = 256 << 10
	invocationsKept = 20_000
	dropsKept       = 1000
)

// Line is one line that a function printed.
type Line struct {
	At   time.Time
	Text string
}

// Invocation is one try to run a function.
type Invocation struct {
	// At is when it began, Took how long it lasted, both on the clock.
	At   time.Time
	Took time.Duration
	// RequestID is the same for each try at an event.
	RequestID string
	// Source of the event as EventBridge names it, "aws.events" for that of a
	// schedule; "" for all others.
	Source string
	// Attempt counts the tries at a queued event from 1; it is 0 for a direct
	// invocation.
	Attempt int
	// ErrorType is "" for a success, and otherwise as Lambda names it, for
	// example "Sandbox.Timedout".
	ErrorType string
	// Error words it.
	Error string
}

// Drop is an event that was given up.
type Drop struct {
	At        time.Time
	RequestID string
	// Condition is RetriesExhausted or EventAgeExceeded.
	Condition string
	// Destination that was told; "" if there is none.
	Destination string
	// Reason why the destination was not told; "" if it was, or there is none.
	Reason Reason
	// Detail of the reason.
	Detail string
}

// journal is what is remembered of a function.
type journal struct {
	clock clock.Clock

	mu          sync.Mutex
	lines       []Line
	partial     []byte
	invocations []Invocation
	drops       []Drop
}

// Write takes what the function prints.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.partial = append(j.partial, b...)
	for {
		i := bytes.IndexByte(j.partial, '\n')
		if i < 0 && len(j.partial) < longestLine {
			return len(b), nil
		}
		end, next := i, i+1
		if i < 0 || i > longestLine {
			end, next = longestLine, longestLine
		}
		j.lines = recent.Append(j.lines, linesKept, Line{At: j.clock.Now(), Text: string(j.partial[:end])})
		j.partial = slices.Clone(j.partial[next:])
	}
}

func (j *journal) ran(i Invocation) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.invocations = recent.Append(j.invocations, invocationsKept, i)
}

func (j *journal) dropped(d Drop) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.drops = recent.Append(j.drops, dropsKept, d)
}

// journalOf is the journal of a function that runs or ran; an empty one for
// any other.
func (m *Manager) journalOf(arn string) *journal {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j := m.journals[arn]; j != nil {
		return j
	}
	return &journal{}
}

// Log returns what a function printed, the oldest line first.
func (m *Manager) Log(arn string) []Line {
	j := m.journalOf(arn)
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

// Invocations returns the tries to run a function that are over, in the order
// of their ends.
func (m *Manager) Invocations(arn string) []Invocation {
	j := m.journalOf(arn)
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.invocations)
}

// Drops returns the queued events of a function that were given up, the oldest
// first.
func (m *Manager) Drops(arn string) []Drop {
	j := m.journalOf(arn)
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.drops)
}
