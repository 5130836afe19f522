package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// story is a failover without chance: what happens, and how it must end.
type story struct {
	name string
	tell func(*world)
	// over is how long after the disaster nothing more happens to it.
	over time.Duration
	want string
	// or is another end that is right when the kill left it open whether a
	// promotion was sent: then the failover may only go forward.
	or string
}

var stories = []story{
	{"region lost", func(w *world) {
		w.at(disaster, func(w *world) { w.pg.alive = false })
		w.during(disaster, 150*time.Second, peering, replication, east)
		w.at(disaster.Add(150*time.Second), func(w *world) { w.pg.alive = true })
	}, 150 * time.Second, doneEnding, ""},
	{"instance cut off", func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
	}, time.Minute, doneEnding, ""},
	{"region lost, DNS turned early", func(w *world) {
		w.early = true
		w.at(disaster, func(w *world) { w.pg.alive = false })
		w.during(disaster, 150*time.Second, peering, replication, east)
		w.at(disaster.Add(150*time.Second), func(w *world) { w.pg.alive = true })
	}, 150 * time.Second, doneEnding, ""},
	{"aborted", func(w *world) {
		w.at(disaster, func(w *world) { w.deny("promote") })
		w.during(disaster, 210*time.Second, peering, replication)
		w.at(disaster.Add(5*time.Minute), func(w *world) { w.grant("promote") })
	}, 5 * time.Minute, abortedEnding, doneEnding},
}

// doneEnding is that of every failover that is seen through.
const doneEnding = "writer=replica in-flight=false epoch=1 outcome=done reason= fence=confirmed debts=0 outbox=0 promotions=1 " +
	"weights=replica alarmed=true fenced=true posture=true secret=true stopped=true"

const abortedEnding = "writer=primary in-flight=false epoch=1 outcome=aborted reason=deadline-passed fence=confirmed debts=0 outbox=0 promotions=0 " +
	"weights=primary alarmed=false fenced=false posture=false secret=false stopped=false"

// matters tells whether to be killed at a call can make a difference: if it
// has an effect on more than what the guard notes of what it sees.
func (w *world) matters(p *process, c call) bool {
	l := &w.ledger
	if l.Failover == nil && len(l.Debts) == 0 && len(l.Outbox) == 0 && (p.writing == nil || p.writing.Failover == nil) {
		return false // Nothing is under way.
	}
	if c.op != "PutItem" || p.writing == nil {
		return c.op == "PutItem" || c.op == "Publish" || slices.Contains(acting, c.op)
	}
	return gist(l) != gist(p.writing)
}

// gist is what a later process goes by.
func gist(s *engine.State) string {
	text := fmt.Sprint(s.Writer, s.Epoch, len(s.Outbox), s.Failover != nil, s.Last != nil)
	if f := s.Failover; f != nil {
		text += fmt.Sprint(f.Step, f.Fence, f.FenceSought, f.MaybeSent, f.Intent != nil, f.Standing != nil, f.AcceptedAt.IsZero(), f.TurnedAt.IsZero())
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Debts)) {
		text += fmt.Sprint(kind, s.Debts[kind].Tries)
	}
	return text
}

// play tells a story in which the nth call that matters kills its process,
// just before or just after its effect; n 0 kills none. To be killed after a
// write of the ledger is to be killed before the next call, and left out. It
// returns the world, and how many such calls there were.
func play(s story, n int, after bool) (*world, int) {
	w := armedWorld(uint64(n)*2+1, func(t *lifecycle.Timing) { t.Promotion = t.Noticed + 30*time.Second })
	w.end = modelEpoch.Add(35 * time.Minute)
	s.tell(w)
	w.tick()
	w.at(disaster.Add(s.over), func(w *world) { w.healed = true })
	calls := 0
	matters := map[*process]bool{}
	w.onCall = func(p *process, c call, isAfter bool) bool {
		if !isAfter {
			matters[p] = w.matters(p, c) // Afterwards the ledger holds it.
		}
		if isAfter != after || !matters[p] || after && c.op == "PutItem" {
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
	s := w.ledger
	outcome, fence, reason := engine.Outcome("none"), engine.Fence(""), ""
	if l := s.Last; l != nil {
		outcome, fence = l.Outcome, l.Fence
		if l.Reason != nil {
			reason = string(l.Reason.Name)
		}
	}
	return fmt.Sprintf("writer=%s in-flight=%t epoch=%d outcome=%s reason=%s fence=%s debts=%d outbox=%d promotions=%d weights=%s alarmed=%t fenced=%t posture=%t secret=%t stopped=%t",
		s.Writer.Site, s.Failover != nil, s.Epoch, outcome, reason, fence, len(s.Debts), len(s.Outbox), w.promotions,
		w.aws.weights(), w.aws.alarmed(), w.fence.holds, w.aws.postured(), w.aws.secretAlone(), w.stopped())
}

// TestEngine_EndsTheSameWhereverItIsKilled kills the process just before and
// just after each call of a failover that has an effect, the ledger's
// included; the next tick's process goes on.
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
	var sum tally
	for n := killStride(); n <= maxKills; n += killStride() {
		w, calls := play(s, n, after)
		if calls < n {
			break
		}
		killed++
		sum.add(w.tally)
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
	t.Logf("killed %d times (after the effect: %t); %s", killed, after, sum)
	if least := map[bool]int{false: 30, true: 12}[after]; killed*killStride() < least {
		t.Errorf("killed %d times only: the story is over too soon", killed)
	}
	if killed >= 10 && others*2 > killed {
		t.Errorf("%d of %d kills ended the other way", others, killed)
	}
}

// maxKills covers a failover from its claim to its last debt.
const maxKills = 220
