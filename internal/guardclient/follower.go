package guardclient

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// follower tells what becomes of one order.
type follower struct {
	*Operator
	// base is how many failovers there were before.
	base int64
	// replies gets the answer to the order; nil when it was got.
	replies <-chan reply
	// answered: the order was answered, with refusal, or unsure if the answer
	// is an error that leaves open whether it was taken.
	answered bool
	refusal  *refusal.Refusal
	unsure   error
	// taken: the order or its failover was seen in the ledger.
	taken bool
	// late counts the looks at which an order of which we are unsure was not
	// there.
	late int

	// steps that were told of; nil before the first look at the failover.
	steps map[engine.Step]time.Time
	at    engine.Step
	held  refusal.Name
	// waits is what an order was last told to wait for.
	waits   []refusal.Refusal
	expires time.Time
	blank   bool
}

// see tells what is new in a view; end is true when there is nothing more to
// come.
func (f *follower) see(v engine.View) (end bool, err error) {
	st := v.State
	if v.LedgerError != "" {
		if !f.blank {
			f.say("%s  the guard can't read its ledger, so nothing moves: %s\n", clock(v.Decision.At), v.LedgerError)
		}
		f.blank = true
		return false, nil
	}
	f.blank = false
	switch {
	case st.Failover != nil && st.Failover.Epoch > f.base:
		f.taken = true
		f.progress(st.Failover, v.Decision.At)
		return false, nil
	case st.Last != nil && st.Last.Epoch > f.base:
		return true, f.ended(v)
	case st.Order != nil && v.Decision.At.Before(st.Order.Expires):
		f.taken = true
		f.pending(v.Decision, st.Order)
		return false, nil
	case !f.answered:
		return false, nil
	case f.unsure != nil && !f.taken && f.late < lateFor:
		f.late++
		return false, nil
	default:
		return true, f.vanished(st, v.Decision.At)
	}
}

// progress tells of steps that were completed, and of what holds the next up.
func (f *follower) progress(o *engine.Failover, now time.Time) {
	f.completed(o)
	if o.Step != f.at {
		f.at, f.held = o.Step, ""
		f.say("%s  %s: %s\n", clock(now), o.Step, stepWords[o.Step])
	}
	if r := o.Standing; r != nil && r.Name != f.held {
		f.held = r.Name
		f.say("%s  %s is held by %s: %s\n           Next: %s\n", clock(now), o.Step, r.Name, r.Reason, r.Next)
	}
}

// completed tells of the steps that are done and were not told of.
func (f *follower) completed(o *engine.Failover) {
	if f.steps == nil {
		f.say("%s  %s has begun, by %s: from %s to %s\n", clock(o.ClaimedAt), o.ID, by(o.Request), o.From.Identifier, o.To.Identifier)
		f.say("           because of %s\n           loss %s\n", evidence(o.Decision), loss(o.Decision))
	}
	for _, s := range stepsOf(o) {
		if !f.steps[s.step].Equal(s.at) {
			f.say("%s  %s done (+%s)\n", clock(s.at), s.step, span(s.at.Sub(o.ClaimedAt)))
		}
	}
	f.steps = maps.Clone(o.Times)
	if f.steps == nil {
		f.steps = map[engine.Step]time.Time{}
	}
}

// pending tells what an order waits for.
func (f *follower) pending(d decide.Decision, o *engine.Order) {
	f.expires = o.Expires
	if f.waits != nil && slices.EqualFunc(f.waits, d.Refusals, func(a, b refusal.Refusal) bool { return a.Name == b.Name }) {
		return
	}
	f.waits = append([]refusal.Refusal{}, d.Refusals...)
	f.say("%s  the order is written down, and holds until %s\n", clock(d.At), clock(o.Expires))
	for _, r := range d.Refusals {
		f.say("           waits for %s: %s\n           Next: %s\n", r.Name, r.Reason, r.Next)
	}
}

// ended tells how a failover ended.
func (f *follower) ended(v engine.View) error {
	o := v.State.Last
	f.completed(o)
	if o.Outcome != engine.OutcomeDone {
		f.say("%s  UNDONE: %s is still the writer.\n", clock(o.EndedAt), o.From.Identifier)
		if o.Reason == nil {
			return &RefusedError{refusal.New(refusal.DeadlinePassed, "the failover was undone")}
		}
		return f.refused(*o.Reason)
	}
	f.say("%s  DONE in %s: the writer is %s.\n", clock(o.EndedAt), span(o.EndedAt.Sub(o.ClaimedAt)), member(o.To))
	f.say("  fence %s\n  owed  %s\n", fenceWords[o.Fence], owed(v.State, v.Decision.At))
	f.say("  Next: docs/runbook.md, After a failover. There is one copy of the data until there is a replica again.\n")
	return nil
}

// vanished tells why an order is not there any more and no failover is.
func (f *follower) vanished(st engine.State, now time.Time) error {
	switch names := told(st); {
	case f.refusal != nil:
		return f.refused(*f.refusal)
	case f.unsure != nil && !f.taken:
		return fmt.Errorf("the order did not reach the ledger, nothing was begun: %w", f.unsure)
	case !f.expires.IsZero() && !now.Before(f.expires):
		f.say("The order has expired: it waited for its 10 minutes. Nothing was begun.\n")
		return f.refused(append(f.waits, refusal.New(refusal.CommandFailed, "the order has expired"))[0])
	case len(names) > 0:
		for _, n := range names[1:] {
			f.say("also refused: %s\n", n)
		}
		return f.refused(refusal.New(names[0], "the guard looked again and refused"))
	default:
		return f.refused(refusal.New(refusal.CommandFailed, "the order is no longer in the ledger, and no failover has begun"))
	}
}

// told are the names of the refusals that people were last told of.
func told(st engine.State) []refusal.Name {
	_, list, found := strings.Cut(st.Told, ":")
	if !found {
		return nil
	}
	var names []refusal.Name
	for name := range strings.SplitSeq(list, ",") {
		names = append(names, refusal.Name(name))
	}
	return names
}
