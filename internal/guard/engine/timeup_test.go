package engine

import (
	"context"
	"testing"
	"time"
)

// stillClock does not move.
type stillClock struct {
	Clock
	now time.Time
}

func (c stillClock) Now() time.Time { return c.now }

// A pause that ends within the reserve, with a look of seconds after it, would
// leave nothing to write down what was done: the invocation would be killed.
func TestTick_DoesNotBeginAPauseThatEndsInItsReserve(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	e := &Engine{cfg: Config{Watch: time.Hour}, ports: Ports{Clock: stillClock{now: now}}}
	for left, want := range map[time.Duration]bool{
		sampleEvery + reserve + time.Second: false,
		sampleEvery + reserve:               true,
		reserve:                             true,
	} {
		s := &session{e: e, started: now, st: State{Failover: &Failover{}}}
		if got := s.timeUp(deadline{t.Context(), now.Add(left)}); got != want {
			t.Errorf("with %s left: time is up: %t, want %t", left, got, want)
		}
	}
}

// deadline shows another deadline.
type deadline struct {
	context.Context //nolint:containedctx // it is one
	at              time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }
