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

// History lists past failovers with the times of their steps.
func History(t Target, entries []engine.Entry) string {
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
		p.line("  fence %s", fenceWords[f.Fence])
		p.line("  loss %s", loss(f.Decision))
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
