package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/world"
)

// This file is what our failover is compared with: the usual design, in which
// an alarm on the primary's connections invokes a function that promotes, polls
// and changes weights. It is given what such designs often lack: an alarm that
// reaches the function and works though its region is lost, a function without
// a time-out, a replica that can be promoted, a wait for the end of the
// promotion, and Route 53's control plane.

// Constants of the usual design, each with where it is from.
const (
	// The alarm: DatabaseConnections <= 0 in 3 periods of 60 s, missing data
	// breaching. That three suffice is our assumption: one alone is noise. A
	// shorter period would hold no more, since RDS publishes one value a minute.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/monitoring-cloudwatch.html
	usualPeriods = 3
	usualPeriod  = time.Minute
	// The SDK's waiter db_instance_available polls each 30 s.
	// https://boto3.amazonaws.com/v1/documentation/api/latest/reference/services/rds/waiter/DBInstanceAvailable.html
	usualPolling = 30 * time.Second
	// The lowest TTL of the range that Route 53 recommends.
	// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html
	usualTTL = 60
	// usualRetention of backups that the promotion is given, in days: the same
	// as ours by default.
	usualRetention = 7
)

// usualConfiguration is the part of the usual design that is configuration: the
// records' TTL, and no health check.
func usualConfiguration() []scenario.Change {
	return []scenario.Change{
		{Stack: contract.RolePrimary, Path: []string{"aws_route53_record", "writer-record", "ttl"}, Set: usualTTL},
		{Stack: contract.RoleReplica, Path: []string{"aws_route53_record", "writer-record", "ttl"}, Set: usualTTL},
		{Stack: contract.RolePrimary, Path: []string{"aws_route53_record", "writer-record", "health_check_id"}, Remove: true},
	}
}

// usual is a failover in the usual way.
type usual struct {
	s *stage
	// exact is the alarm's, see usualAlarm.
	exact bool
	// alarmed, promoted and weighed are when each part was over.
	alarmed, promoted, weighed time.Time
}

// run watches, and fails over once.
func (u *usual) run(ctx context.Context) error {
	if err := u.awaitAlarm(ctx); err != nil {
		return err
	}
	u.alarmed = u.s.world.Clock.Now()
	u.s.tell(u.alarmed, report.LaneGuard, "(usual way) the alarm invokes the function")
	retention := usualRetention
	err := u.s.instance(contract.RoleReplica, func(tx *sim.Tx, r *sim.Resource) error {
		return lifecycle.Promote(tx, r, lifecycle.Promotion{Retention: &retention}, u.s.timing)
	})
	if err != nil {
		return err
	}
	for {
		if err := u.s.world.Clock.Sleep(ctx, usualPolling); err != nil {
			return err
		}
		done := false
		if err := u.s.instance(contract.RoleReplica, func(_ *sim.Tx, r *sim.Resource) error {
			done = r.Attrs.Str("status") == lifecycle.Available && !r.Attrs.Has("replicate_source_db")
			return nil
		}); err != nil {
			return err
		}
		if done {
			break
		}
	}
	u.promoted = u.s.world.Clock.Now()
	u.s.tell(u.promoted, report.LaneGuard, "(usual way) the replica is available")
	err = u.weigh()
	u.weighed = u.s.world.Clock.Now()
	return err
}

// usualAlarm is what the usual way's alarm watches. exact has it look at its
// evaluation periods only.
func usualAlarm(identifier string, exact bool) alarms.Settings {
	return alarms.Settings{
		Namespace: contract.NamespaceRDS, Metric: "DatabaseConnections", Dimensions: map[string]string{contract.DimensionInstance: identifier},
		Statistic: "Average", Period: usualPeriod, Periods: usualPeriods, Datapoints: usualPeriods,
		Operator: "LessThanOrEqualToThreshold", Threshold: 0, Missing: alarms.Breaching, Exact: exact,
	}
}

// nextEvaluation is the next moment at which alarms are evaluated: the same
// second of the minute as that of the alarms that are applied, so that neither
// way has the better one.
func nextEvaluation(now time.Time) time.Time {
	next := now.Truncate(time.Minute).Add(world.AlarmOffset)
	if !next.After(now) {
		next = next.Add(time.Minute)
	}
	return next
}

// awaitAlarm evaluates the alarm each minute.
func (u *usual) awaitAlarm(ctx context.Context) error {
	primary := u.s.at().databases[contract.RolePrimary]
	settings := usualAlarm(primary.identifier, u.exact)
	state := alarms.OK
	for state != alarms.Alarm {
		now := u.s.world.Clock.Now()
		if err := u.s.world.Clock.Sleep(ctx, nextEvaluation(now).Sub(now)); err != nil {
			return err
		}
		now = u.s.world.Clock.Now()
		from, to := settings.Range(now)
		points := u.s.world.AWS.Metrics().Points(settings.ID(primary.region), from, to)
		if next, _ := alarms.Evaluate(settings, points, now, state); next == alarms.Alarm && now.After(u.s.record.disaster()) && u.s.record.struck() {
			state = next
		}
	}
	return nil
}

// weigh changes the weights as Route 53's control plane would.
func (u *usual) weigh() error {
	return u.s.world.Cloud.Update(func(tx *sim.Tx) error {
		changed := 0
		for _, r := range tx.List("aws_route53_record", "") {
			block := r.Attrs.Block("weighted_routing_policy")
			if block == nil {
				continue
			}
			weight := contract.WeightOther
			if strings.HasPrefix(r.Attrs.Str("set_identifier"), contract.RoleReplica) {
				weight = contract.WeightWriter
			}
			tx.Edit(r).Attrs.Set(sim.Attrs{"weighted_routing_policy": []any{map[string]any{"weight": weight}}})
			changed++
		}
		if changed != 2 {
			return fmt.Errorf("weighted records: found %d, want 2: %w", changed, errNothingApplied)
		}
		return nil
	})
}

// Way of failing over.
type Way string

// The ways that are compared.
const (
	Ours Way = "ours"
	// OursEarly is ours with switch_dns_when: accepted.
	OursEarly Way = "ours-early"
	Usual     Way = "usual"
	// UsualExact is the usual way with an alarm that does not wait for older
	// data to leave what it looks at: what CloudWatch would do if it looked at
	// the evaluation periods only.
	UsualExact Way = "usual-exact"
)

// ours tells whether the guard fails over.
func (w Way) ours() bool { return w == Ours || w == OursEarly }

// configuration is what a way changes of what is deployed.
func (w Way) configuration() []scenario.Change {
	switch w {
	case Ours:
		return nil
	case OursEarly:
		return []scenario.Change{{Stack: contract.RoleReplica, Path: []string{"aws_lambda_function", "guard_function", "environment", "variables", contract.VarSwitchDNS}, Set: string(contract.SwitchAccepted)}}
	default:
		return usualConfiguration()
	}
}

// Trial is one run of a comparison: the phases of one recovery.
type Trial struct {
	Way Way `json:"way"`
	// Second of the minute, on the simulated clock, at which the disaster was
	// to strike and did.
	Second float64        `json:"second"`
	Struck float64        `json:"struck_second"`
	RTO    float64        `json:"rto_seconds"`
	Phases []report.Phase `json:"phases"`
}

// errTrial is wrapped by a trial that did not recover.
var errTrial = errors.New("the trial did not recover")

// Try has the replica's application live through a disaster, and measures how
// long each phase of the recovery takes. The disaster strikes at a second of the
// simulated minute, because alarms, schedules and health checks go by it.
func (b *Base) Try(ctx context.Context, way Way, disaster scenario.Step, second time.Duration) (t Trial, err error) {
	sc := scenario.Scenario{Name: fmt.Sprintf("%s-%s", disaster.Do, way), Title: "a trial", Configuration: way.configuration()}
	name := fmt.Sprintf("%d-%s", places.Add(1), sc.Name)
	if err := b.furnish(ctx, name, sc); err != nil {
		return t, err
	}
	s, err := b.open(ctx, name, sc)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	watched, stop := context.WithCancel(ctx)
	defer stop()
	s.record = newRecorder(s.world.Clock.Now(), s.tell)
	if err := s.ready(watched); err != nil {
		return t, err
	}
	u := &usual{s: s, exact: way == UsualExact}
	failed := make(chan error, 1)
	if way.ours() {
		if err := s.arm(watched); err != nil {
			return t, err
		}
		failed <- nil
	} else {
		if err := s.command(ctx, `{"action":"pause","by":"bench","reason":"the usual way is measured"}`); err != nil {
			return t, err
		}
		go func() { failed <- u.run(watched) }()
	}
	s.record.began = s.world.Clock.Now()
	go s.watch(watched, watchEvery)
	disaster.After, disaster.Disaster = scenario.Duration(untilSecond(s.record.began, second)), true
	if problem := s.steps(ctx, []scenario.Step{disaster, {Until: "moved:replica-app", Within: scenario.Duration(40 * time.Minute)}}); problem != "" {
		return t, fmt.Errorf("%s: %w", problem, errTrial)
	}
	if err := <-failed; err != nil {
		return t, err
	}
	t, err = s.trial(ctx, way, u)
	struck := s.record.disaster()
	t.Second, t.Struck = second.Seconds(), struck.Sub(struck.Truncate(time.Minute)).Seconds()
	return t, err
}

// untilSecond is how long it is until a second of the minute, at least a minute
// and less than two.
func untilSecond(now time.Time, second time.Duration) time.Duration {
	at := now.Truncate(time.Minute).Add(time.Minute + second)
	if at.Sub(now) < time.Minute {
		at = at.Add(time.Minute)
	}
	return at.Sub(now)
}

// trial reads the phases from what was recorded.
func (s *stage) trial(ctx context.Context, way Way, u *usual) (Trial, error) {
	o, err := s.collect(ctx)
	if err != nil {
		return Trial{}, err
	}
	t := Trial{Way: way, Phases: o.report.Phases}
	if !way.ours() {
		o.cut(s, []ending{{"detect", u.alarmed}, {"decide", u.alarmed}, {"fence", u.alarmed}, {"promote", u.promoted}})
		t.Phases = o.report.Phases
	}
	for _, a := range o.report.Apps {
		if a.ID == "replica-app" && a.RTO != nil {
			t.RTO = *a.RTO
			return t, nil
		}
	}
	return t, fmt.Errorf("the application saw no outage: %w", errTrial)
}
