package drill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/nearest"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// Live is a twin that stays up: what a drill begins with, armed and written to,
// without a scenario and without an end. Close ends it.
type Live struct {
	stage *stage
	stop  context.CancelFunc
	ctx   context.Context //nolint:containedctx // the twin's own life
	aws   *http.Server
	reach Reach

	mu sync.Mutex
	// broken is what Break did and what ends it, the oldest first.
	broken []scenario.Step
}

// Reach is how a person gets at a live twin.
type Reach struct {
	Environment string
	// AWS is the URL of Lambda's Invoke operation, Key and Secret sign for it.
	AWS, Key, Secret string
	// Region of the guard.
	Region string
	// Name of the database, and Resolvers that answer it, by region.
	Name      string
	Resolvers map[string]string
	// Port of the database, Database, User and Password; Roots is the file with
	// the certificates that its own is signed with.
	Port                            uint16
	Database, User, Password, Roots string
}

// errWiring: what was applied would not carry a failover.
var errWiring = errors.New("the wiring would not carry a failover")

// Live brings what was deployed to life, arms the guard and lets applications
// write. Warnings of the wiring are said.
func (b *Base) Live(ctx context.Context) (l *Live, err error) {
	const name = "up"
	sc := scenario.Scenario{Name: name}
	if err := b.furnish(ctx, name, sc); err != nil {
		return nil, err
	}
	s, err := b.open(ctx, name, sc)
	if err != nil {
		return nil, err
	}
	l = &Live{stage: s}
	l.ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	s.record = newRecorder(s.world.Clock.Now(), s.tell)
	faults, warnings := s.diagnose()
	s.warn(warnings)
	if len(faults) > 0 {
		return l, fmt.Errorf("%w:\n  %s", errWiring, strings.Join(each(faults, report.Finding.String), "\n  "))
	}
	// Applications run for as long as the twin, not for as long as it is prepared.
	if err := s.ready(l.ctx); err != nil {
		return l, err
	}
	if err := s.arm(ctx); err != nil {
		return l, err
	}
	if err := l.open(); err != nil {
		return l, err
	}
	go s.watch(l.ctx, liveWatchEvery)
	return l, nil
}

func each[T any](all []T, text func(T) string) []string {
	texts := make([]string, 0, len(all))
	for _, one := range all {
		texts = append(texts, text(one))
	}
	return texts
}

// open lets people reach the twin.
func (l *Live) open() error {
	s := l.stage
	var lc net.ListenConfig
	listener, err := lc.Listen(l.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for operators: %w", err)
	}
	l.aws = &http.Server{Handler: s.world.Functions.API(), ReadHeaderTimeout: time.Minute}
	go func() { _ = l.aws.Serve(listener) }() // ends with Close
	at := s.at()
	l.reach = Reach{
		Environment: s.base.o.Environment, AWS: "http://" + listener.Addr().String(), Key: "OPERATOR", Secret: "simulated", Region: at.home,
		Name: at.record, Resolvers: map[string]string{}, Port: s.world.Port(), Database: at.schema, User: applicationRole, Password: s.password,
		Roots: filepath.Join(string(s.base.place(s.name)), "roots.pem"),
	}
	for _, region := range []string{at.away, at.home} {
		if l.reach.Resolvers[region], err = s.world.ResolverAddr(region); err != nil {
			return err
		}
	}
	return nil
}

// Reach is how a person gets at the twin.
func (l *Live) Reach() Reach { return l.reach }

// Close ends the twin and everything in it.
func (l *Live) Close() error {
	l.stop()
	var err error
	if l.aws != nil {
		err = l.aws.Close()
	}
	return errors.Join(err, l.stage.close())
}

// Look is how the twin stands at a moment.
type Look struct {
	// At is on the simulation's clock; Up since when it is up.
	At time.Time
	Up time.Duration
	// View is what the guard answered to status, Guard why it did not.
	View  *engine.View
	Guard error
	// Lag of the replica in seconds; nil where it is none or does not answer.
	Lag *float64
	// Leads are the hosts that the name leads to, by region; "" if nowhere.
	Leads []Lead
	Apps  []AppLook
	// Broken are the actions that nothing has ended.
	Broken []string
}

// Lead is where the name leads in a region.
type Lead struct{ Region, Host string }

// AppLook is what an application does.
type AppLook struct {
	ID, Region string
	// PerSecond is how many writes a second were acknowledged lately, by Server.
	PerSecond float64
	Server    string
}

// liveWatchEvery is the pause between looks at the guard's record, in the
// machine's time: a twin that stays up has no need of each moment.
const liveWatchEvery = 250 * time.Millisecond

// Bounds of a look, in the machine's time.
const (
	resolveWithin = 200 * time.Millisecond
	lagWithin     = 200 * time.Millisecond
	statusWithin  = 3 * time.Second
)

// appsOver is what the rate of writes is a mean of.
const appsOver = 10 * time.Second

// Look looks at everything once. A region that is lost costs it no more than the
// bounds of its questions.
func (l *Live) Look(ctx context.Context) Look {
	s := l.stage
	now := s.world.Clock.Now()
	look := Look{At: now, Up: now.Sub(s.record.began), Lag: l.lag(ctx), Broken: l.standing()}
	asked, cancel := context.WithTimeout(ctx, statusWithin)
	defer cancel()
	a, err := s.ask(asked, `{"action":"status","by":"twin"}`)
	look.View, look.Guard = a.View, err
	if err == nil && a.View == nil {
		look.Guard = errors.New("the guard's answer has no view")
	}
	for _, region := range []string{s.at().away, s.at().home} {
		look.Leads = append(look.Leads, Lead{region, l.leads(ctx, region)})
	}
	for _, a := range s.apps {
		n, server := a.Recent(now.Add(-appsOver))
		look.Apps = append(look.Apps, AppLook{a.ID(), a.Region(), float64(n) / appsOver.Seconds(), server})
	}
	return look
}

// leads is where the name leads the applications of a region.
func (l *Live) leads(ctx context.Context, region string) string {
	ask, err := l.stage.world.Resolver(region, 0)
	if err != nil || l.stage.world.Down(region) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	found, err := ask(ctx, l.stage.at().record)
	if err != nil {
		return ""
	}
	return found.Host
}

// lag is how far the replica is behind, in the simulation's seconds.
func (l *Live) lag(ctx context.Context) *float64 {
	ctx, cancel := context.WithTimeout(ctx, lagWithin)
	defer cancel()
	var behind *float64
	err := l.stage.server(contract.RoleReplica, func(p *pgtest.Server) error {
		return p.QueryRow(ctx, `SELECT EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())::float8 WHERE pg_is_in_recovery()`, nil, &behind)
	})
	if err != nil || behind == nil {
		return nil
	}
	*behind *= l.stage.world.Clock.Scale()
	return behind
}

// Break does one of the drills' actions, with its named arguments, and returns
// what it says.
func (l *Live) Break(action string, with map[string]string) (string, error) {
	known := Vocabulary()
	if _, ok := known.Actions[action]; !ok {
		return "", unknownAction(action, known)
	}
	step := scenario.Step{Do: action, With: with}
	if err := known.Check(step); err != nil {
		return "", err
	}
	words := scenario.Scenario{Steps: []scenario.Step{step}}.Expand(l.stage.at().words())
	step = words.Steps[0]
	if err := l.stage.act(l.ctx, step); err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = remember(l.broken, step)
	return said(step), nil
}

// unknownAction suggests the nearest.
func unknownAction(action string, known scenario.Vocabulary) error {
	names := slices.Sorted(keys(known.Actions))
	if near := nearest.To(action, names); near != "" {
		return fmt.Errorf("action: found %q, did you mean %q? It takes %s: %w", action, near, listed(known.Actions[near]), errAction)
	}
	return fmt.Errorf("action: found %q, want one of %s: %w", action, strings.Join(names, ", "), errAction)
}

// said words an action with its arguments.
func said(step scenario.Step) string {
	text := actions()[step.Do].says
	for name, value := range step.With {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// standing are the actions that nothing has ended.
func (l *Live) standing() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return each(l.broken, said)
}

// Mend ends what Break did, the latest first, and all other faults, and returns
// what was ended and what only a new twin would undo.
func (l *Live) Mend() (ended, left []string, err error) {
	l.mu.Lock()
	broken := l.broken
	l.broken = nil
	l.mu.Unlock()
	for _, step := range slices.Backward(broken) {
		end, ok := endOf(step)
		if !ok {
			left = append(left, said(step))
			continue
		}
		if e := l.stage.act(l.ctx, end); e != nil {
			err = errors.Join(err, e)
			continue
		}
		ended = append(ended, said(end))
	}
	return ended, left, errors.Join(err, l.stage.act(l.ctx, scenario.Step{Do: "calm"}))
}
