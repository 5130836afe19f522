package engine

import (
	"fmt"
	"testing"
	"time"
)

// story is a failover without chance: what happens, and how it must end.
type story struct {
	name string
	tell func(*world)
	// length is enough for it to come to rest, one kill included.
	length time.Duration
	want   string
	// or is another end that is right when the kill left it open whether a
	// promotion was sent: then the failover may only go forward.
	or string
}

var stories = []story{
	{"region lost", func(w *world) {
		at := modelEpoch.Add(2 * time.Minute)
		w.at(at, func(w *world) { w.primary.alive = false })
		w.during(at, 12*time.Minute, "peering", "replication", "region-api", "ec2")
		w.at(at.Add(12*time.Minute), func(w *world) { w.primary.alive = true })
	}, 21 * time.Minute, doneEnding, ""},
	{"instance lost", func(w *world) {
		w.at(modelEpoch.Add(2*time.Minute), func(w *world) { w.primary.alive = false })
	}, 15 * time.Minute, doneEnding, ""},
	{"cut off from its region's outside", func(w *world) {
		w.during(modelEpoch.Add(2*time.Minute), 20*time.Minute, "peering", "replication")
	}, 15 * time.Minute, doneEnding, ""},
	{"aborted", func(w *world) {
		at := modelEpoch.Add(2 * time.Minute)
		w.at(at, func(w *world) { w.denied["promote"] = true })
		w.during(at, 8*time.Minute, "peering", "replication")
		w.at(at.Add(20*time.Minute), func(w *world) { w.denied = map[string]bool{} })
	}, 32 * time.Minute, abortedEnding, doneEnding},
}

// doneEnding is that of every failover that is seen through.
const doneEnding = "writer=replica in-flight=false epoch=1 outcome=done reason= fence=confirmed debts=0 outbox=0 promotions=1 " +
	"weights=replica metric=1 holds=true posture=true secret=true stopped=true"

const abortedEnding = "writer=primary in-flight=false epoch=1 outcome=aborted reason=deadline-passed fence=confirmed debts=0 outbox=0 promotions=0 " +
	"weights=primary metric=0 holds=false posture=false secret=false stopped=false"

// play runs a story with every invocation killed at the nth call that
// matters, before or after its effect; n 0 kills none. It returns the world
// and how many such calls there were.
func play(s story, n int, after bool) (*world, int) {
	w := newWorld(uint64(n)*2 + 1)
	w.end = modelEpoch.Add(s.length)
	s.tell(w)
	for at := modelEpoch; at.Before(w.end); at = at.Add(time.Minute) {
		w.at(at, func(w *world) { w.invoke(100*time.Second, nil) })
	}
	calls := 0
	w.onEffect = func(_ *proc, _ string, isAfter bool) bool {
		f := w.ledger.state.Failover
		if f == nil && len(w.ledger.state.Debts) == 0 && w.now.Before(modelEpoch.Add(2*time.Minute)) {
			return false // Nothing is under way yet.
		}
		if isAfter != after {
			return false
		}
		calls++
		return calls == n
	}
	w.run()
	if w.violation == "" {
		w.checkEnd()
	}
	return w, calls
}

// ending is what must be the same however the story went.
func ending(w *world) string {
	s := w.ledger.state
	outcome, fence, reason := Outcome("none"), Fence(""), ""
	if l := s.Last; l != nil {
		outcome, fence = l.Outcome, l.Fence
		if l.Reason != nil {
			reason = string(l.Reason.Name)
		}
	}
	return fmt.Sprintf("writer=%s in-flight=%t epoch=%d outcome=%s reason=%s fence=%s debts=%d outbox=%d promotions=%d weights=%s metric=%v holds=%t posture=%t secret=%t stopped=%t",
		s.Writer.Site, s.Failover != nil, s.Epoch, outcome, reason, fence, len(s.Debts), len(s.Outbox), w.promotions,
		w.dns.weights, w.dns.metric, w.fence.holds, w.replica.postured, w.replica.secretAlone, w.primary.stopped)
}

// TestEngine_EndsTheSameWhereverItIsKilled kills the invocation just before
// and just after each call of a failover, the ledger's included; the next
// tick's process goes on.
func TestEngine_EndsTheSameWhereverItIsKilled(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			whole, _ := play(s, 0, false)
			if whole.violation != "" {
				t.Fatalf("without a crash: %s", whole.violation)
			}
			if got := ending(whole); got != s.want {
				t.Fatalf("without a crash\n got %s\nwant %s", got, s.want)
			}
			for _, after := range []bool{false, true} {
				killEach(t, s, after)
			}
		})
	}
}

// killEach plays the story again and again, each time killed one call later.
func killEach(t *testing.T, s story, after bool) {
	t.Helper()
	killed, others := 0, 0
	for n := killStride; n <= maxKills; n += killStride {
		w, calls := play(s, n, after)
		if calls < n {
			break
		}
		killed++
		if w.violation != "" {
			t.Fatalf("killed at call %d (after its effect: %t): %s", n, after, w.violation)
		}
		got := ending(w)
		if s.or != "" && got == s.or {
			others++
		} else if got != s.want {
			t.Fatalf("killed at call %d (after its effect: %t)\n got %s\nwant %s", n, after, got, s.want)
		}
	}
	if killed*killStride < 40 {
		t.Errorf("killed %d times only: the story is over too soon", killed)
	}
	if others*4 > killed {
		t.Errorf("%d of %d kills ended the other way", others, killed)
	}
}

// maxKills covers a failover from its claim to its last debt.
const maxKills = 220
