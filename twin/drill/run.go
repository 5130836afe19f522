package drill

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/world"
)

// places counts the drills of a run, so that each has a place of its own.
var places atomic.Int64

// Run drills one scenario. An error means that the drill could not be held;
// what a drill found is in its report.
func (b *Base) Run(ctx context.Context, sc scenario.Scenario) (r report.Report, err error) {
	began := time.Now()
	name := fmt.Sprintf("%d-%s", places.Add(1), sc.Name)
	defer func() {
		r.Scenario, r.Title, r.Why, r.Kind = sc.Name, sc.Title, strings.TrimSpace(sc.Why), sc.Kind()
		r.Environment, r.Objectives = b.o.Environment, b.objectives
	}()
	r.Scale = b.o.Scale
	sc = sc.Expand(b.site.words())
	if err := b.fits(sc); err != nil {
		return r, err
	}
	if err := b.furnish(ctx, name, sc); err != nil {
		if sc.Expect.Refused == "" || ctx.Err() != nil {
			return r, err
		}
		return refused(r, sc, err), nil
	}
	if sc.Expect.Refused != "" {
		r.Failures = []string{fmt.Sprintf("Terraform applies the changed configuration, want it refused with %q", sc.Expect.Refused)}
		return r, nil
	}
	s, err := b.open(ctx, name, sc)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	opened := s.world.Clock.Now()
	r, err = s.play(ctx, sc)
	r.Log = s.guardLog()
	if err != nil {
		return r, err
	}
	r.Scale = s.world.Clock.Scale()
	r.Real, r.Simulated = time.Since(began).Seconds(), s.world.Clock.Now().Sub(opened).Seconds()
	r.Passed = len(r.Failures) == 0
	if b.unaudited {
		r.NotExercised = append(r.NotExercised, report.Unaudited)
	}
	return r, nil
}

// refused is the report of a drill whose configuration could not be applied.
func refused(r report.Report, sc scenario.Scenario, err error) report.Report {
	r.Diagnosis = []report.Finding{{ID: "apply-refused", What: err.Error(), Remedy: "Correct what Terraform names; nothing was drilled."}}
	if !strings.Contains(err.Error(), sc.Expect.Refused) {
		r.Failures = append(r.Failures, fmt.Sprintf("Terraform refuses with other words than %q", sc.Expect.Refused))
	}
	r.Passed = len(r.Failures) == 0
	return r
}

// furnish makes the place of a drill: a copy of what was deployed, or of what
// was synthesized where the scenario deploys itself or changes it first.
func (b *Base) furnish(ctx context.Context, name string, sc scenario.Scenario) error {
	var err error
	switch {
	case len(sc.Configuration) > 0:
		err = b.changed(ctx, name, sc.Configuration)
	case sc.Bare:
		err = b.clone("synthesized", name)
	default:
		err = b.clone("deployed", name)
	}
	if err != nil {
		return err
	}
	return b.place(name).Borrow(b.programs())
}

// open opens the world.
func (b *Base) open(ctx context.Context, name string, sc scenario.Scenario) (*stage, error) {
	runner, err := b.runner(name)
	if err != nil {
		return nil, err
	}
	scale := b.o.Scale
	if sc.Scale > 0 {
		scale = sc.Scale
	}
	w, err := world.Open(ctx, world.Options{
		Dir: b.place(name), Function: b.function, Scale: scale, Patience: b.o.Patience, Seed: 1, Unaudited: b.unaudited, Port: b.o.Port,
		Log: slog.New(slog.NewTextHandler(b.o.Log, nil)),
	})
	if err != nil {
		return nil, err
	}
	return &stage{base: b, name: sc.Name, world: w, runner: runner, timing: lifecycle.DefaultTiming(), stopped: func() {}}, nil
}

func (s *stage) close() error {
	s.stopped()
	s.release()
	return s.world.Close()
}

// play holds the drill in an open world.
func (s *stage) play(ctx context.Context, sc scenario.Scenario) (report.Report, error) {
	s.record = newRecorder(s.world.Clock.Now(), s.tell)
	if sc.Bare {
		return s.disaster(ctx, sc)
	}
	faults, warnings := s.diagnose()
	s.warn(warnings)
	var r report.Report
	var err error
	if len(faults) > 0 || len(sc.Expect.Diagnosis) > 0 {
		r = diagnosed(sc, faults)
	} else if r, err = s.disaster(ctx, sc); err != nil {
		return r, err
	}
	r.Warnings = warnings
	r.Failures = append(r.Failures, missing("warnings", sc.Expect.Warnings, warnings)...)
	return r, nil
}

// warn says what the drill goes on without.
func (s *stage) warn(found []report.Finding) {
	now := s.world.Clock.Now()
	for _, f := range found {
		s.tell(now, report.LaneWiring, "warning "+f.ID+": "+f.What)
	}
}

// disaster makes the system ready and lets the scenario happen.
func (s *stage) disaster(ctx context.Context, sc scenario.Scenario) (report.Report, error) {
	watched, stop := context.WithCancel(ctx)
	defer stop()
	if !sc.Bare {
		if err := s.ready(watched); err != nil {
			return report.Report{}, err
		}
		if err := s.arm(watched); err != nil {
			return report.Report{}, err
		}
		s.calm(watched)
	}
	s.record.began = s.world.Clock.Now()
	go s.watch(watched, watchEvery)
	failed := s.steps(ctx, sc.Steps)
	if ctx.Err() != nil {
		return report.Report{}, ctx.Err()
	}
	return s.conclude(ctx, sc, failed)
}

// diagnosed is the report of a drill that stopped because the wiring cannot
// work.
func diagnosed(sc scenario.Scenario, found []report.Finding) report.Report {
	r := report.Report{Diagnosis: found, Failures: missing("diagnosis", sc.Expect.Diagnosis, found)}
	if len(sc.Expect.Diagnosis) == 0 {
		r.Failures = append(r.Failures, "the wiring would not carry a failover: nothing was drilled")
	}
	return r
}

// missing says which findings are not among those that were found.
func missing(where string, want []string, found []report.Finding) []string {
	var all []string
	for _, id := range want {
		if !slices.ContainsFunc(found, func(f report.Finding) bool { return f.ID == id }) {
			all = append(all, fmt.Sprintf("%s: want %s among the findings", where, id))
		}
	}
	return all
}

// ready waits until the system is as it is on a quiet day, but for the guard:
// both databases serve, applications write.
func (s *stage) ready(ctx context.Context) error {
	if err := s.survey(); err != nil {
		return err
	}
	if err := s.world.Unsupported(); err != nil {
		return fmt.Errorf("the drill would say nothing of AWS: %w", err)
	}
	if _, err := s.world.Topics.ConfirmPeople(); err != nil {
		return err
	}
	if err := s.serving(ctx); err != nil {
		return err
	}
	s.password = rand.Text()
	if err := s.prepareDatabase(ctx); err != nil {
		return err
	}
	return s.startApps(ctx)
}

// startApps starts the applications: one in each VPC, and a badly behaved one
// beside each, which has the primary's own address.
func (s *stage) startApps(ctx context.Context) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.world.Servers.Roots())
	name := s.at().record
	running, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	s.stopped = func() {
		stop()
		all.Wait()
	}
	for _, c := range []struct {
		number int
		app.Config
	}{
		{0, app.Config{ID: "primary-app", Region: s.at().away, Name: name}},
		{0, app.Config{ID: "replica-app", Region: s.at().home, Name: name}},
		{1, app.Config{ID: "sticky-app", Region: s.at().away, Name: s.at().databases[contract.RolePrimary].host, Sticky: true}},
		{1, app.Config{ID: "sticky-replica-app", Region: s.at().home, Name: s.at().databases[contract.RolePrimary].host, Sticky: true}},
	} {
		ask, err := s.world.Resolver(c.Region, c.number)
		if err != nil {
			return err
		}
		c.Resolve = func(ctx context.Context, name string) (app.Answer, error) {
			found, err := ask(ctx, name)
			return app.Answer{Host: found.Host, Addr: found.Addr, TTL: found.TTL}, err
		}
		c.Clock, c.Roots, c.Every = s.world.Clock, roots, time.Second
		c.Database, c.User, c.Password = s.at().schema, applicationRole, s.password
		c.Powered = func() bool { return !s.world.Down(c.Region) && !s.idle.Load() }
		a := app.New(c.Config)
		s.apps = append(s.apps, a)
		all.Go(func() { a.Run(running) })
	}
	return nil
}

// steps does a scenario's steps, and returns what could not be done or did not
// come: the drill has failed then, and is reported all the same.
func (s *stage) steps(ctx context.Context, steps []scenario.Step) string {
	for i, step := range steps {
		if step.After > 0 {
			if s.world.Clock.Sleep(ctx, time.Duration(step.After)) != nil {
				return "interrupted"
			}
		}
		var err error
		if step.Until != "" {
			name, word, with := strings.Cut(step.Until, ":")
			if with {
				name += ":"
			}
			err = s.await(ctx, name, word, time.Duration(step.Within))
		} else {
			err = s.act(ctx, step)
		}
		if err != nil {
			return fmt.Sprintf("step %d: %v", i+1, err)
		}
	}
	return ""
}

// act does one thing and notes it.
func (s *stage) act(ctx context.Context, step scenario.Step) error {
	a := actions()[step.Do]
	says := a.says
	for name, value := range step.With {
		says = strings.ReplaceAll(says, "{"+name+"}", value)
	}
	now := s.world.Clock.Now()
	if step.Disaster {
		s.record.strike(now)
	}
	if step.Do != "nothing" {
		s.record.mark(now, report.Mark{Lane: report.LaneWorld, Text: says, Bad: step.Disaster})
	}
	if err := a.do(ctx, s, step.With); err != nil {
		return fmt.Errorf("%s: %w", step.Do, err)
	}
	return nil
}

// conclude collects what came of it, plans, and judges.
func (s *stage) conclude(ctx context.Context, sc scenario.Scenario, failed string) (report.Report, error) {
	o, err := s.collect(ctx)
	if err != nil {
		return report.Report{}, err
	}
	r := o.report
	if sc.Expect.Plans == "clean" || sc.Expect.Plans == "" && r.Guard.Promotions > 0 {
		if r.Plans, err = s.plans(ctx); err != nil {
			return report.Report{}, err
		}
	}
	servers := map[string]string{}
	for role, db := range s.at().databases {
		servers[role] = db.identifier
	}
	if failed != "" {
		r.Failures = append(r.Failures, failed)
	}
	r.Failures = append(r.Failures, judge(sc.Expect, r, servers)...)
	return r, nil
}

// tell says what happens while it happens.
func (s *stage) tell(at time.Time, lane, text string) {
	label := ""
	if s.base.o.Labelled {
		label = fmt.Sprintf("%-22s ", s.name)
	}
	s.base.say("%s%8s s  %-12s  %s", label, report.Moment(s.record.seconds(at)), lane, text)
}
