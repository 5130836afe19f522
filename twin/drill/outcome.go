package drill

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// outcome is what a drill came to, before it is judged.
type outcomeOf struct {
	report report.Report
	ledger engine.State
	// zero is the moment that seconds are counted from.
	zero time.Time
	// switched is when DNS first led to the new writer, with or without a
	// query; zero if it never did.
	switched time.Time
	logs     []app.Log
}

// collect reads from the world what came of the drill.
func (s *stage) collect(ctx context.Context) (*outcomeOf, error) {
	s.letWrite(ctx)
	o := &outcomeOf{ledger: s.ledger(), zero: s.record.disaster()}
	for _, a := range s.apps {
		o.logs = append(o.logs, a.Log())
	}
	o.report.Guard = s.guard(o.ledger)
	o.report.Guard.Saw, o.report.Guard.SawAt = o.saw()
	o.phases(s)
	if o.switched = s.switched(o.zero); !o.switched.IsZero() {
		at := o.seconds(o.switched)
		o.report.Switched = &at
		o.turnedBack(s)
	}
	for _, log := range o.logs {
		a, err := s.app(ctx, o, log)
		if err != nil {
			return nil, err
		}
		a.Rates = s.rates(o, log)
		o.report.Apps = append(o.report.Apps, a)
	}
	o.report.Marks = s.timeline(o)
	return o, nil
}

// turnedBack notes when the name led to the primary again, after it had led to
// the replica, and when the fence began to be lifted.
func (o *outcomeOf) turnedBack(s *stage) {
	name, host := s.at().record, s.at().databases[contract.RolePrimary].host
	back := earliest(time.Time{}, s.world.DNS.Leads(), func(l dns.Lead) (time.Time, bool) {
		return l.At, l.Name == name && slices.Equal(l.To, []string{host}) && l.At.After(o.switched)
	})
	lifted := earliest(time.Time{}, s.world.AWS.Calls(), func(c api.Record) (time.Time, bool) {
		return c.At, c.Service == api.EC2 && c.Operation == "DeleteNetworkAclEntry" && c.Code == "" && c.At.After(o.zero)
	})
	for _, m := range []struct {
		at time.Time
		to **float64
	}{{back, &o.report.TurnedBack}, {lifted, &o.report.Lifted}} {
		if !m.at.IsZero() {
			seconds := o.seconds(m.at)
			*m.to = &seconds
		}
	}
}

// guard is what the guard did and said.
func (s *stage) guard(l engine.State) report.Guard {
	// What went off before the disaster is of the guard's making ready, when the
	// database did not know it yet.
	g := report.Guard{Alarms: s.alarmsSince(s.record.disaster()), Notices: s.told()}
	g.Refusals, g.Waits = sortRefusals(s.record.refusals(), l.Last)
	for _, c := range s.world.AWS.Calls() {
		switch {
		case c.Code != "":
		case c.Ignored:
			if c.Operation == "PromoteReadReplica" {
				g.Ignored++
			}
		case c.Service == api.RDS && c.Operation == "PromoteReadReplica":
			g.Promotions++
			g.FencedFirst = g.Fences > 0
		case c.Service == api.EC2 && c.Operation == "CreateNetworkAclEntry":
			g.Fences++
			g.FencedFirst = false
		}
	}
	g.FenceRules, g.FenceStands, g.Killed = s.fenceRules(), s.fenceStands(), s.record.kills()
	g.Struck = slices.Sorted(maps.Keys(s.world.AWS.Faults().Struck()))
	s.invocations(&g)
	for kind := range l.Debts {
		g.Debts = append(g.Debts, string(kind))
	}
	slices.Sort(g.Debts)
	if f := cmp.Or(l.Last, l.Failover); f != nil {
		g.Outcome, g.Evidence, g.Fence = string(f.Outcome), string(f.Decision.Evidence), string(f.Fence)
		loss := f.Loss()
		g.EstimateKnown, g.EstimateLower, g.EstimateUpper = loss.Known, loss.Lower.Seconds(), loss.Upper.Seconds()
	}
	return g
}

// isFault tells the alarms that tell of a fault from the one that flips DNS.
func isFault(alarm string) bool { return !strings.HasPrefix(alarm, contract.ActiveWriterAlarm) }

// alarmsSince are the alarms that went off after a moment.
func (s *stage) alarmsSince(since time.Time) []string {
	names := map[string]bool{}
	for _, c := range s.world.Alarms.Changes() {
		if c.New == alarms.Alarm && !c.At.Before(since) {
			names[c.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// seconds of a moment, from the disaster.
func (o *outcomeOf) seconds(at time.Time) float64 { return at.Sub(o.zero).Seconds() }

// phases cuts the recovery into its parts, by the guard's own record.
func (o *outcomeOf) phases(s *stage) {
	f := o.ledger.Last
	if f == nil || f.Outcome != engine.OutcomeDone {
		return
	}
	fenced := f.Times[engine.StepFence]
	if fencedFirst(f) {
		fenced = f.Times[engine.StepConfirm]
	}
	o.cut(s, []ending{{"detect", f.Saw.SQL.SilentSince}, {"decide", f.ClaimedAt}, {"fence", fenced}, {"promote", f.Times[engine.StepVerify]}})
}

// ending is when a part of a recovery was over.
type ending struct {
	phase string
	at    time.Time
}

// cut makes phases, each of which begins where the one before ended; the last
// two are as the well-behaved applications had them.
func (o *outcomeOf) cut(s *stage, parts []ending) {
	host, server := s.at().databases[contract.RoleReplica].host, s.at().databases[contract.RoleReplica].identifier
	var named, wrote time.Time
	for _, log := range o.logs {
		if log.Sticky {
			continue
		}
		named = earliest(named, log.Answers, func(r app.Resolved) (time.Time, bool) { return r.At, r.Host == host && r.At.After(o.zero) })
		wrote = earliest(wrote, log.Acks, func(a app.Ack) (time.Time, bool) { return a.At, a.Server == server })
	}
	o.report.Phases = nil
	last := o.zero
	for _, p := range append(parts, ending{"switch", named}, ending{"first write", wrote}) {
		to := p.at
		if to.Before(last) {
			to = last // it was over before the one before: it took no time of its own
		}
		o.report.Phases = append(o.report.Phases, report.Phase{Name: p.phase, From: o.seconds(last), To: o.seconds(to)})
		last = to
	}
}

// earliest is the first of some moments, and of one that was found before.
func earliest[T any](so time.Time, all []T, at func(T) (time.Time, bool)) time.Time {
	for _, one := range all {
		if t, ok := at(one); ok && (so.IsZero() || t.Before(so)) {
			so = t
		}
	}
	return so
}

// timeline puts together the marks of all lanes.
func (s *stage) timeline(o *outcomeOf) []report.Mark {
	all := s.record.all()
	add := func(at time.Time, m report.Mark) {
		if !at.IsZero() && !at.Before(s.record.began) {
			all = append(all, moment{at, m})
		}
	}
	for _, f := range []*engine.Failover{o.ledger.Last, o.ledger.Failover} {
		if f == nil {
			continue
		}
		add(f.ClaimedAt, report.Mark{Lane: report.LaneGuard, Text: "decides to fail over: " + string(f.Decision.Evidence)})
		for step, at := range f.Times {
			add(at, stepMark(f, step))
		}
	}
	for _, c := range s.world.Health.Changes() {
		text := "health check of the primary's record fails"
		if c.Healthy {
			text = "health check of the primary's record passes"
		}
		add(c.At, report.Mark{Lane: report.LaneDNS, Text: text})
	}
	all = append(all, alarmMarks(s.world.Alarms.Changes(), s.record.began, o.zero)...)
	s.instanceMarks(add)
	s.appMarks(o, add)
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	marks := make([]report.Mark, 0, len(all))
	for _, m := range all {
		m.mark.At = o.seconds(m.at)
		marks = append(marks, m.mark)
	}
	return marks
}

// alarmMarks are the alarms that went off since the drill began, and those that
// stood when the disaster struck. What went off before it is not of it.
func alarmMarks(changes []alarms.Change, began, zero time.Time) []moment {
	var all []moment
	standing := map[string]time.Time{}
	for _, c := range changes {
		switch {
		case c.New != alarms.Alarm:
			if !c.At.After(zero) {
				delete(standing, c.Name)
			}
		case c.At.Before(zero):
			standing[c.Name] = c.At
			if !c.At.Before(began) {
				all = append(all, moment{c.At, report.Mark{Lane: report.LaneTold, Text: "alarm " + c.Name + ", before the disaster", Before: true}})
			}
		default:
			all = append(all, moment{c.At, report.Mark{Lane: report.LaneTold, Text: "alarm " + c.Name, Bad: isFault(c.Name)}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(standing)) {
		if at := standing[name]; at.Before(began) {
			all = append(all, moment{at, report.Mark{Lane: report.LaneTold, Text: "alarm " + name + ", since before the disaster", Before: true}})
		}
	}
	return all
}

// instanceMarks are the events that RDS reported.
func (s *stage) instanceMarks(add func(time.Time, report.Mark)) {
	now := s.world.Clock.Now()
	for _, r := range s.world.Cloud.Resources(lifecycle.TypeInstance) {
		for _, e := range lifecycle.Events(&r, s.record.began, now) {
			add(e.At, report.Mark{Lane: report.LaneRDS, Text: r.Attrs.Str("identifier") + ": " + e.Message})
		}
	}
}

// appMarks are the ends and beginnings of what applications wrote.
func (s *stage) appMarks(o *outcomeOf, add func(time.Time, report.Mark)) {
	add(o.switched, report.Mark{Lane: report.LaneDNS, Text: "the name leads to the replica", Good: true})
	for _, log := range o.logs {
		out, ok := log.Outage(o.zero, s.world.Clock.Now())
		if !ok || out.Over() && out.Length() <= noOutage {
			continue
		}
		add(out.Last, report.Mark{Lane: report.LaneApps, Text: log.ID + ": last write acknowledged", Bad: true})
		add(out.First, report.Mark{Lane: report.LaneApps, Text: log.ID + ": writes again", Good: true})
	}
}
