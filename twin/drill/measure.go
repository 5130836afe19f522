package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/sns"
)

// noOutage is a pause that is none: a few writes' time, which a busy machine may
// take.
const noOutage = 5 * time.Second

// answersFor is how long the old answer may still be given after the new one is
// in force.
const answersFor = 5 * time.Second

// switched is when the name first led to the replica after a moment, by the
// record of the DNS servers themselves; zero if it never did.
func (s *stage) switched(since time.Time) time.Time {
	name, host := s.at().record, s.at().databases[contract.RoleReplica].host
	led := earliest(time.Time{}, s.world.DNS.Leads(), func(l dns.Lead) (time.Time, bool) {
		return l.At, l.Name == name && slices.Contains(l.To, host) && l.At.After(since)
	})
	return earliest(led, s.world.DNS.Answers(), func(a dns.Answer) (time.Time, bool) {
		return a.At, a.Name == name && a.Host == host && a.At.After(since)
	})
}

// app is what an application experienced.
func (s *stage) app(ctx context.Context, o *outcomeOf, log app.Log) (report.App, error) {
	now := s.world.Clock.Now()
	a := report.App{
		ID: log.ID, Region: log.Region, Sticky: log.Sticky, Acks: len(log.Acks), Failed: log.Failed, Writes: s.writes(log.ID),
	}
	if n := len(log.Acks); n > 0 {
		a.Server = log.Acks[n-1].Server
	}
	if out, ok := log.Outage(o.zero, now); ok && out.Over() && out.Length() > noOutage {
		length := out.Length().Seconds()
		a.RTO = &length
	}
	old := s.at().databases[contract.RolePrimary]
	role, until := contract.RolePrimary, now
	if o.report.Guard.Promotions > 0 {
		role = contract.RoleReplica
		if since := o.moved(); !since.IsZero() {
			until = since
			split := log.After(old.identifier, since)
			a.SplitRows, a.SplitSeconds = split.Rows, split.Length().Seconds()
		}
		if !log.Sticky && !o.switched.IsZero() { // a sticky one asks for the old primary itself
			a.Misled = log.Misled(old.host, o.switched.Add(answersFor))
		}
	}
	there, err := s.finalRows(ctx, role, log.ID)
	if errors.Is(err, errNoRows) && o.report.Guard.Promotions == 0 {
		return a, nil // nothing is left that could tell
	}
	if err != nil {
		return a, err
	}
	loss := log.Lost(old.identifier, until, there)
	a.LossKnown, a.LostRows, a.LostSeconds = true, loss.Rows, loss.Seconds
	return a, nil
}

// moved is since when the old primary must not take writes: when the name led
// to the new writer, or, if it never did, when that one had taken a write.
func (o *outcomeOf) moved() time.Time {
	if f := o.ledger.Last; o.switched.IsZero() && f != nil {
		return f.Times[engine.StepVerify]
	}
	return o.switched
}

// errNoRows: the database that has the rows cannot be asked.
var errNoRows = errors.New("the database does not tell its rows")

// rowsWithin bounds the question for rows, in the machine's time.
const rowsWithin = 10 * time.Second

// finalRows are the numbers of an application's rows in the end.
func (s *stage) finalRows(ctx context.Context, role, id string) (map[int64]bool, error) {
	if !s.instances()[role] {
		return nil, fmt.Errorf("%s: there is none any more: %w", role, errNoRows)
	}
	bounded, cancel := context.WithTimeout(ctx, rowsWithin)
	defer cancel()
	there, err := s.rows(bounded, role, id)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w: %w", role, errNoRows, err)
	}
	return there, err
}

// guardLog is what the guard printed, with seconds from the disaster.
func (s *stage) guardLog() []string {
	lines := s.world.Functions.Log(s.at().function)
	log := make([]string, 0, len(lines))
	for _, l := range lines {
		log = append(log, fmt.Sprintf("%9s  %s", report.Moment(s.record.seconds(l.At)), l.Text))
	}
	return log
}

// fromSchedule is the source of what a schedule sends.
const fromSchedule = "aws.events"

// invocations counts what became of the guard's invocations since the drill
// began.
func (s *stage) invocations(g *report.Guard) {
	var all []lambda.Invocation
	for _, i := range s.world.Functions.Invocations(s.at().function) {
		if !i.At.Before(s.record.began) {
			all = append(all, i)
		}
	}
	g.Ticks, g.Timeouts, g.Overlaps = count(all)
	sent := map[string]bool{}
	for _, d := range s.world.Topics.Deliveries() {
		if d.Copy == 0 || d.Outcome != sns.Delivered || d.To != s.at().function || d.At.Before(s.record.began) || sent[d.MessageID] {
			continue
		}
		sent[d.MessageID] = true
		g.Duplicates++
	}
}

// count counts the invocations of the schedule that ended well, those that
// Lambda ended at their time limit, and those that began while another ran.
func count(all []lambda.Invocation) (ticks, timeouts, overlaps int) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b lambda.Invocation) int { return a.At.Compare(b.At) })
	var busy time.Time
	for _, i := range all {
		if i.Source == fromSchedule && i.ErrorType == "" {
			ticks++
		}
		if i.ErrorType == "Sandbox.Timedout" {
			timeouts++
		}
		if i.At.Before(busy) {
			overlaps++
		}
		if end := i.At.Add(i.Took); end.After(busy) {
			busy = end
		}
	}
	return ticks, timeouts, overlaps
}
