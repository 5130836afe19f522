package drill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// judge compares what came of a drill with what its scenario expects, and
// returns what is not as expected.
func judge(e scenario.Expect, r report.Report, servers map[string]string) []string {
	j := judgement{}
	j.want(r.Guard.Promotions == e.Promotions, "promotions: %d, want %d", r.Guard.Promotions, e.Promotions)
	j.want(e.Promotions > 0 || (r.Guard.Fences > 0) == e.Fenced, "rules of a fence: %d, though nothing was to be promoted; want them: %t", r.Guard.Fences, e.Fenced)
	j.want(e.Promotions > 0 || e.TurnedBack || r.Switched == nil, "the name led to the replica, though nothing was to be promoted")
	j.want(e.Evidence == "" || r.Guard.Evidence == e.Evidence, "evidence: %q, want %q", r.Guard.Evidence, e.Evidence)
	j.fence(e, r.Guard)
	j.turnedBack(e, r)
	for _, name := range e.Refusals {
		j.want(slices.Contains(r.Guard.Refusals, name), "refusals: %s, want %s among them", listed(r.Guard.Refusals), name)
	}
	for _, name := range e.Unnamed {
		j.want(!slices.Contains(r.Guard.Refusals, name), "refusals: %s was named and should not", name)
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
	j.losses(e, r)
	j.happened(e, r.Guard)
	j.plans(e, r)
	if e.EstimateHolds {
		j.estimate(r)
	}
	return j.failures
}

// fence wants the fence as the scenario says, and one that was confirmed to keep
// out who is to be kept out.
func (j *judgement) fence(e scenario.Expect, g report.Guard) {
	word := e.Fence
	if stands := word == scenario.FenceConfirmed || word == scenario.FenceLate; stands {
		j.want(g.FenceStands, "fence: %s, and in the end an application reaches the old primary, or the guard does not", word)
		first := word == scenario.FenceConfirmed
		j.want(g.FencedFirst == first, "fence: set before the promotion: %t, want %t", g.FencedFirst, first)
		word = scenario.FenceConfirmed // the ledger's word for both
	}
	j.want(word == "" || g.Fence == word, "fence: %q, want %q", g.Fence, word)
	j.want(!e.Unfenced || !g.FenceRules, "unfenced: in the end the network ACL still has the guard's fence")
}

// turnedBack wants DNS back at the primary before the fence is lifted: clients
// that the name leads to a replica would find no writer.
func (j *judgement) turnedBack(e scenario.Expect, r report.Report) {
	if !e.TurnedBack {
		return
	}
	j.want(r.Switched != nil, "turned_back: the name never led to the replica")
	j.want(r.TurnedBack != nil, "turned_back: the name does not lead to the primary again")
	j.want(r.Lifted != nil, "turned_back: the fence was never lifted")
	if r.TurnedBack != nil && r.Lifted != nil {
		j.want(*r.TurnedBack <= *r.Lifted, "turned_back: the fence was lifted at %.1f s, and the name led to the primary again at %.1f s", *r.Lifted, *r.TurnedBack)
	}
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
	j.outage(e, a)
	if e.Lost != nil {
		limit := time.Duration(*e.Lost)
		j.want(a.LossKnown, "%s: what was lost is unknown: the database did not tell its rows", id)
		j.want(a.LostSeconds <= limit.Seconds() && (limit > 0 || a.LostRows == 0),
			"%s: lost %.1f s of acknowledged writes (%d rows), want %s or less", id, a.LostSeconds, a.LostRows, limit)
	}
	if e.Server != "" {
		j.want(a.Server == servers[e.Server], "%s: wrote last to %s, want %s", id, a.Server, servers[e.Server])
	}
}

// outage wants one, no longer than the scenario says: a drill in which no
// application noticed anything has measured nothing.
func (j *judgement) outage(e scenario.App, a report.App) {
	if e.RTO == nil {
		return
	}
	limit := time.Duration(*e.RTO).Seconds()
	switch {
	case a.RTO != nil:
		j.want(*a.RTO <= limit, "%s: RTO %.1f s, want %.0f s or less", a.ID, *a.RTO, limit)
	case a.Writes:
		j.want(false, "%s: no outage was measured, want one of %.0f s or less", a.ID, limit)
	default:
		j.want(false, "%s: does not write again, want it within %.0f s", a.ID, limit)
	}
}

// losses wants nothing lost where nothing was promoted.
func (j *judgement) losses(e scenario.Expect, r report.Report) {
	for _, a := range r.Apps {
		j.want(e.Promotions > 0 || a.LostRows == 0, "%s: %d acknowledged rows are gone, though nothing was to be promoted", a.ID, a.LostRows)
	}
}

// happened wants what the scenario is about to have happened at all.
func (j *judgement) happened(e scenario.Expect, g report.Guard) {
	for _, step := range e.Killed {
		j.want(slices.Contains(g.Killed, step), "killed: at %s, want it at %s too", listed(g.Killed), step)
	}
	for _, service := range e.Struck {
		j.want(slices.Contains(g.Struck, service), "calls that went wrong: of %s, want some of %s too", listed(g.Struck), service)
	}
	j.want(g.Ignored >= e.Ignored, "promotions that RDS accepted and never carried out: %d, want %d or more", g.Ignored, e.Ignored)
	j.want(g.Timeouts >= e.Timeouts, "invocations ended at their time limit: %d, want %d or more", g.Timeouts, e.Timeouts)
	j.want(g.Ticks >= e.Ticks, "invocations by the schedule that ended well: %d, want %d or more", g.Ticks, e.Ticks)
	j.want(g.Overlaps >= e.Overlaps, "invocations that began while another ran: %d, want %d or more", g.Overlaps, e.Overlaps)
	j.want(g.Duplicates >= e.Duplicates, "messages that the guard was sent twice: %d, want %d or more", g.Duplicates, e.Duplicates)
}

// writers wants no writes on the old primary after the switch, but for as long
// as the scenario says that nothing could fence it; and those that it says must
// have been there.
func (j *judgement) writers(e scenario.Expect, r report.Report) {
	limit := time.Duration(e.TwoWriters.Most).Seconds()
	for _, id := range e.TwoWriters.By {
		wrote := slices.ContainsFunc(r.Apps, func(a report.App) bool { return a.ID == id && a.SplitRows > 0 })
		j.want(wrote, "%s: the old primary acknowledged nothing after the switch, want some: no window was measured", id)
	}
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
	most := 0.0
	for _, a := range r.Apps {
		most = max(most, a.LostSeconds)
		j.want(a.LossKnown && a.LostSeconds <= r.Guard.EstimateUpper+resolution, "%s: lost %.1f s, the guard's estimate was %.1f s at most", a.ID, a.LostSeconds, r.Guard.EstimateUpper)
	}
	j.want(most >= r.Guard.EstimateLower-resolution, "the guard was certain that %.1f s were lost, and no application lost more than %.1f s", r.Guard.EstimateLower, most)
}
