package drill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/drill/report"
	"github.com/pgdr/pgdr/internal/drill/scenario"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// judge compares what came of a drill with what its scenario expects, and
// returns what is not as expected.
func judge(e scenario.Expect, r report.Report, servers map[string]string) []string {
	j := judgement{}
	j.want(r.Guard.Promotions == e.Promotions, "promotions: %d, want %d", r.Guard.Promotions, e.Promotions)
	j.want(e.Promotions > 0 || (r.Guard.Fences > 0) == e.Fenced, "rules of a fence: %d, though nothing was to be promoted; want them: %t", r.Guard.Fences, e.Fenced)
	j.want(e.Fence == "" || r.Guard.Fence == e.Fence, "fence: %q, want %q", r.Guard.Fence, e.Fence)
	for _, name := range e.Refusals {
		j.want(slices.Contains(r.Guard.Refusals, name), "refusals: %s, want %s among them", listed(r.Guard.Refusals), name)
	}
	for _, name := range e.Alarms {
		j.want(slices.Contains(r.Guard.Alarms, name), "alarms: %s, want %s among them", listed(r.Guard.Alarms), name)
	}
	for _, name := range e.Quiet {
		j.want(!slices.Contains(r.Guard.Alarms, name), "alarms: %s went off and should not", name)
	}
	for _, words := range e.Notices {
		j.want(slices.ContainsFunc(r.Guard.Notices, func(n string) bool { return strings.Contains(n, words) }), "people were told %s, want %q among it", listed(r.Guard.Notices), words)
	}
	for _, id := range slices.Sorted(maps.Keys(e.Apps)) {
		j.app(id, e.Apps[id], r, servers)
	}
	j.writers(e, r)
	j.plans(e, r)
	if e.EstimateHolds {
		j.estimate(r)
	}
	return j.failures
}

type judgement struct{ failures []string }

func (j *judgement) want(holds bool, format string, args ...any) {
	if !holds {
		j.failures = append(j.failures, fmt.Sprintf(format, args...))
	}
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func (j *judgement) app(id string, e scenario.App, r report.Report, servers map[string]string) {
	i := slices.IndexFunc(r.Apps, func(a report.App) bool { return a.ID == id })
	if i < 0 {
		j.want(false, "%s: did not run", id)
		return
	}
	a := r.Apps[i]
	if e.Writes != nil {
		j.want(a.Writes == *e.Writes, "%s: writes in the end: %t, want %t", id, a.Writes, *e.Writes)
	}
	if limit := time.Duration(e.RTO).Seconds(); limit > 0 {
		j.want(a.RTO != nil || a.Writes, "%s: does not write again, want it within %.0f s", id, limit)
		if a.RTO != nil {
			j.want(*a.RTO <= limit, "%s: RTO %.1f s, want %.0f s or less", id, *a.RTO, limit)
		}
	}
	if e.Lost != nil {
		j.want(a.LostSeconds <= time.Duration(*e.Lost).Seconds(), "%s: lost %.1f s of acknowledged writes (%d rows), want %s or less", id, a.LostSeconds, a.LostRows, time.Duration(*e.Lost))
	}
	if e.Server != "" {
		j.want(a.Server == servers[e.Server], "%s: wrote last to %s, want %s", id, a.Server, servers[e.Server])
	}
}

// writers wants no writes on the old primary after the switch, but for as long
// as the scenario says that nothing could fence it.
func (j *judgement) writers(e scenario.Expect, r report.Report) {
	limit := time.Duration(e.TwoWriters).Seconds()
	for _, a := range r.Apps {
		j.want(a.SplitRows == 0 || a.SplitSeconds <= limit && limit > 0,
			"%s: the old primary acknowledged %d rows after the switch, over %.1f s; want %.0f s at most", a.ID, a.SplitRows, a.SplitSeconds, limit)
		j.want(a.Misled == 0, "%s: DNS led to the old primary %d times after the switch", a.ID, a.Misled)
	}
}

func (j *judgement) plans(e scenario.Expect, r report.Report) {
	wanted := e.Plans == "clean" || e.Plans == "" && e.Promotions > 0
	j.want(!wanted || len(r.Plans) == 2, "plans: found %d, want those of both stacks", len(r.Plans))
	for _, p := range r.Plans {
		j.want(len(p.Bad) == 0, "plan of %s: %s", p.Stack, strings.Join(p.Bad, "; "))
	}
}

// estimate wants the guard's own interval to hold what was really lost. The
// guard cannot know of writes after the last sign of life that it saw, which
// may be as old as a look may be and still count.
func (j *judgement) estimate(r report.Report) {
	resolution := decide.SampleFresh.Seconds()
	if !r.Guard.EstimateKnown {
		j.want(false, "the guard's estimate of the loss is unknown")
		return
	}
	for _, a := range r.Apps {
		j.want(a.LostSeconds <= r.Guard.EstimateUpper+resolution, "%s: lost %.1f s, the guard's estimate was %.1f s at most", a.ID, a.LostSeconds, r.Guard.EstimateUpper)
	}
}
