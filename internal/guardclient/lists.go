package guardclient

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// Check is a table of the findings. Bad tells whether one of them keeps the
// guard from arming: something is wrong, or could not be read.
func Check(t Target, findings []readiness.Finding) (text string, bad bool) {
	var p page
	count := map[readiness.Verdict]int{}
	table := tabwriter.NewWriter(&p, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "VERDICT\tCHECK\tREASON\tREMEDY")
	for _, f := range findings {
		count[f.Verdict]++
		word := string(f.Verdict)
		if f.Verdict == readiness.Failed || f.Verdict == readiness.Unknown {
			word = strings.ToUpper(word)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", word, f.Check, f.Reason, cmp.Or(f.Remedy, "-"))
	}
	_ = table.Flush() // into memory
	bad = count[readiness.Failed]+count[readiness.Unknown] > 0 || len(findings) == 0
	p.line("%s: %d checks: %d ok, %d failed, %d unknown, %d warnings.", t.Environment, len(findings),
		count[readiness.OK], count[readiness.Failed], count[readiness.Unknown], count[readiness.Warning])
	if bad {
		p.line("A failover might not succeed as things are, and the guard does not arm meanwhile.")
	} else {
		p.line("A failover could succeed as things are.")
	}
	return p.String(), bad
}

// Objectives are what a recovery may cost by the environment's configuration;
// zero where that is not at hand.
type Objectives struct{ RTO, RPO time.Duration }

// against says whether what was measured meets an objective; "" without one.
func against(measured, objective time.Duration) string {
	switch {
	case objective == 0:
		return ""
	case measured <= objective:
		return fmt.Sprintf("; objective %s: met", objective)
	default:
		return fmt.Sprintf("; objective %s: MISSED by %s", objective, span(measured-objective+time.Second-1))
	}
}

// recovery is the guard's own measure of the time to recover: from the first
// silence that it saw, or the claim of a failover that an operator ordered, to
// the switch of the name.
func recovery(f *engine.Failover, o Objectives) string {
	from, since := f.ClaimedAt, "the claim"
	if at := f.Decision.Since; !at.IsZero() && at.Before(from) {
		from, since = at, "the first silence"
	}
	switched := f.Times[engine.StepSwitch]
	if f.Outcome != engine.OutcomeDone || switched.IsZero() {
		return ""
	}
	took := switched.Sub(from)
	return fmt.Sprintf("%s from %s to the switch of the name%s", span(took), since, against(took, o.RTO))
}

// lost is the loss of a failover beside its objective; its upper bound counts.
func lost(f *engine.Failover, o Objectives) string {
	l := f.Loss()
	d := f.Decision
	d.Loss = l
	s := loss(d)
	if l.Known && f.Outcome == engine.OutcomeDone {
		s += against(l.Upper, o.RPO)
	}
	return s
}

// History lists past failovers with the times of their steps, and what they took
// beside the objectives.
func History(t Target, entries []engine.Entry, o Objectives) string {
	var p page
	if len(entries) == 0 {
		p.line("%s: no failover so far.", t.Environment)
	}
	for i, e := range entries {
		if i > 0 {
			p.line("")
		}
		f := e.Failover
		p.line("%s  %s in %s", e.ID, strings.ToUpper(string(f.Outcome)), span(f.EndedAt.Sub(f.ClaimedAt)))
		p.line("  from %s to %s, by %s", f.From.Identifier, f.To.Identifier, by(f.Request))
		p.line("  because of %s since %s", f.Decision.Evidence, stamp(f.Decision.Since))
		for _, w := range f.Decision.Waived {
			p.line("  overridden: %s (%s)", w.Name, w.Reason)
		}
		if f.Reason != nil {
			p.line("  undone: %s: %s", f.Reason.Name, f.Reason.Reason)
		}
		for _, s := range stepsOf(&f) {
			p.line("    %-16s %s  +%s", s.step, stamp(s.at), span(s.at.Sub(f.ClaimedAt)))
		}
		if took := recovery(&f, o); took != "" {
			p.line("  recovery %s", took)
		}
		p.line("  fence %s", fenceWords[f.Fence])
		p.line("  loss %s", lost(&f, o))
	}
	return p.String()
}

// stepDone is a step that was completed.
type stepDone struct {
	step engine.Step
	at   time.Time
}

// order of the steps, for those that were completed at the same moment.
var order = []engine.Step{
	engine.StepClaim, engine.StepPreflight, engine.StepFence, engine.StepConfirm, engine.StepPromote, engine.StepAwait,
	engine.StepVerify, engine.StepSwitch, engine.StepPosture, engine.StepSecret, engine.StepNotify, engine.StepDone, engine.StepAbort,
}

// stepsOf are a failover's completed steps, in the order of their times.
func stepsOf(f *engine.Failover) []stepDone {
	var all []stepDone
	for _, s := range slices.Sorted(maps.Keys(f.Times)) {
		all = append(all, stepDone{s, f.Times[s]})
	}
	slices.SortStableFunc(all, func(a, b stepDone) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(slices.Index(order, a.step), slices.Index(order, b.step)))
	})
	return all
}
