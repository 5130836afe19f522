package engine_test

import (
	"fmt"
	"slices"
	"time"
)

// event is something that happens to a world at a moment.
type event struct {
	at time.Time
	do func(*world)
	// trouble ends when all is healed.
	trouble bool
}

// tally counts what happened.
type tally struct {
	invocations, overlapping int
	// turns are the moments at which the world chose who goes on, switches
	// those at which it was another than before, which had not ended.
	turns, switches int
	requests        int
	last            *invocation
}

func (t *tally) add(o tally) {
	t.invocations += o.invocations
	t.overlapping += o.overlapping
	t.turns += o.turns
	t.switches += o.switches
	t.requests += o.requests
}

func (t tally) String() string {
	return fmt.Sprintf("%d invocations, %d of them beside another; %d turns, at %d of them another went on; %d requests to AWS",
		t.invocations, t.overlapping, t.turns, t.switches, t.requests)
}

// count notes whose turn it is.
func (t *tally) count(i *invocation) {
	t.turns++
	if t.last != nil && t.last != i && !t.last.dead {
		t.switches++
	}
	t.last = i
}

// advance moves the clock and all that goes on by itself.
func (w *world) advance(to time.Time) {
	for len(w.events) > 0 && !w.events[0].at.After(to) {
		e := w.events[0]
		w.events = w.events[1:]
		w.passTo(e.at)
		e.do(w)
		w.stale = true
	}
	w.passTo(to)
}

// run drives the world to its end, or to the first violation.
func (w *world) run() {
	for w.violation == "" && w.now.Before(w.end) && !w.rested() {
		i := w.turn()
		if i == nil {
			if len(w.events) == 0 {
				return
			}
			w.advance(w.events[0].at)
			continue
		}
		w.advance(i.wake)
		w.tally.count(i)
		switch {
		case i.dead:
		case !w.now.Before(i.deadline), w.crashes > 0 && w.chance(w.crashes):
			i.crash()
		default:
			if _, more := i.next(); !more {
				i.end()
			}
		}
		w.running = slices.DeleteFunc(w.running, func(i *invocation) bool { return i.dead })
	}
	for _, i := range w.running {
		i.crash()
	}
	w.running = nil
}

// turn is the invocation that wakes first; of several that are due, any.
func (w *world) turn() *invocation {
	var first *invocation
	due := 0
	for _, i := range w.running {
		switch {
		case !i.wake.After(w.now):
			due++
			if w.rng.IntN(due) == 0 {
				first = i
			}
		case due == 0 && (first == nil || i.wake.Before(first.wake)):
			first = i
		}
	}
	if first != nil && len(w.events) > 0 && w.events[0].at.Before(first.wake) {
		w.advance(w.events[0].at)
	}
	return first
}
