package guardclient

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Status is the verdict, the next step, and the state of things in some ten
// lines.
func Status(t Target, v engine.View, paint cli.Paint) string {
	var p page
	verdict := Judge(t, v)
	p.line("%s", painted(paint, verdict))
	p.line("Next:     %s\n", verdict.Next)
	now, st := v.Decision.At, v.State
	data, apis := paths(st.Watch, now)
	p.line("%s: %s, at %s", t.Environment, t, stamp(now))
	if v.LedgerError != "" {
		p.item("LEDGER", "CAN'T BE READ: %s", v.LedgerError)
		p.line("  What follows is what this process of the function remembers, which may be nothing.")
	}
	p.item("Writer", "%s%s", member(st.Writer), movedNote(v))
	p.item("Guard", "%s", guardLine(v))
	p.item("Evidence", "%s; %s", evidence(v.Decision), intent(v))
	p.item("Database", "%s", data)
	p.item("AWS", "%s", apis)
	p.item("RDS says", "%s", instances(st.Watch, now))
	p.item("Loss now", "%s", loss(v.Decision))
	p.item("Failover", "%s", failoverLine(st, now))
	standing := obstacles(v)
	if len(standing) == 0 {
		p.item("Owed", "%s; nothing is in the way of a failover", owed(st, now))
		return p.String()
	}
	p.item("Owed", "%s", owed(st, now))
	p.line("In the way of a failover, or owed by one:")
	p.refusals(standing)
	if st.Failover == nil && (v.Decision.Verdict == decide.Ask || v.Decision.Verdict == decide.Refuse) {
		p.line("What a failover by hand would do:\n  %s", t.Type("failover"))
	}
	return p.String()
}

func movedNote(v engine.View) string {
	switch site := v.State.Writer.Site; {
	case site == engine.SiteReplica:
		return "; FAILED OVER, nothing to fail over to from here"
	case site == "" && v.LedgerError == "":
		return " (the ledger is blank)"
	default:
		return ""
	}
}

// guardLine tells whether the guard would act.
func guardLine(v engine.View) string {
	st, now := v.State, v.Decision.At
	var parts []string
	if p := st.Pause; p.Active(now) {
		until := fmt.Sprintf("until %s (%s left)", clock(p.End()), span(p.End().Sub(now)))
		parts = append(parts, fmt.Sprintf("PAUSED %s by %s: %s", until, orSomebody(p.By), orNoReason(p.Reason)))
	}
	parts = append(parts, arming(st, now))
	if now.Before(st.CooldownUntil) {
		parts = append(parts, "cooldown until "+clock(st.CooldownUntil))
	}
	if v.Decision.Has(refusal.ModeManual) {
		parts = append(parts, "mode manual: it asks, people act")
	}
	if len(v.NotGreen) > 0 {
		parts = append(parts, "not green: "+strings.Join(v.NotGreen, ", "))
	}
	return strings.Join(parts, "; ")
}

func orSomebody(s string) string {
	if s == "" {
		return "somebody"
	}
	return s
}

func orNoReason(s string) string {
	if s == "" {
		return "no reason given"
	}
	return s
}

func arming(st engine.State, now time.Time) string {
	a := st.Arming
	switch {
	case a.Held:
		return "DISARMED by an operator"
	case a.ArmedFor == "" && !a.GreenSince.IsZero():
		return "NOT ARMED yet; all green for " + span(now.Sub(a.GreenSince))
	case a.ArmedFor == "":
		return "NOT ARMED yet"
	case a.ArmedFor != st.Writer.ResourceID:
		return "NOT ARMED for this writer (for " + a.ArmedFor + ")"
	default:
		return "armed since " + stamp(a.ArmedAt)
	}
}

func failoverLine(st engine.State, now time.Time) string {
	switch f := st.Failover; {
	case f != nil:
		return underWay(f, now)
	case st.Order != nil && now.Before(st.Order.Expires):
		return fmt.Sprintf("ORDERED by %s %s ago, waits at most until %s", by(&st.Order.Request), span(now.Sub(st.Order.At)), clock(st.Order.Expires))
	case st.Last != nil:
		return fmt.Sprintf("none under way; the last, %s, ended %s ago: %s", st.Last.ID, span(now.Sub(st.Last.EndedAt)), st.Last.Outcome)
	default:
		return "none under way, and none before"
	}
}

func underWay(f *engine.Failover, now time.Time) string {
	s := fmt.Sprintf("UNDER WAY: %s for %s, at %s: %s", f.ID, span(now.Sub(f.ClaimedAt)), f.Step, stepWords[f.Step])
	if f.Standing != nil {
		s += "; held by " + string(f.Standing.Name)
	}
	switch {
	case f.Abandoned != nil:
		return fmt.Sprintf("%s; ABANDONED by %s, undone when the replica is known to be untouched", s, f.Abandoned.Who())
	case f.MaybeSent:
		return s + "; it goes forward, unless it is abandoned"
	}
	return s + "; undone unless promoted by " + clock(f.Deadline)
}

// owed lists the pending work and the notices that were not delivered yet.
func owed(st engine.State, now time.Time) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(st.Debts)) {
		d := st.Debts[kind]
		s := fmt.Sprintf("%s of %s for %s (%d tries)", kind, d.Target.Identifier, span(now.Sub(d.Since)), d.Tries)
		if d.LastError != "" {
			s += ": " + d.LastError
		}
		all = append(all, s)
	}
	if n := len(st.Outbox); n > 0 {
		all = append(all, fmt.Sprintf("notices not sent yet: %d", n))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, "; ")
}

// obstacles are what holds a failover up or would, each name once. That a
// living primary lives is none, and neither is a failover that is under way:
// lines of their own tell of these.
func obstacles(v engine.View) []refusal.Refusal {
	var all []refusal.Refusal
	for _, r := range slices.Concat(v.Standing, v.Decision.Refusals) {
		calm := r.Name == refusal.PrimaryAlive && v.Decision.Verdict == decide.Nothing
		known := slices.ContainsFunc(all, func(o refusal.Refusal) bool { return o.Name == r.Name })
		if !calm && !known && r.Name != refusal.FailoverInFlight {
			all = append(all, r)
		}
	}
	return all
}
