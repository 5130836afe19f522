package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/leftover"
	"github.com/pgdr/pgdr/internal/pipeline"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/drill/preflight"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/gobuild"
	"github.com/pgdr/pgdr/twin/local"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// Options of drills.
type Options struct {
	// Project is the project's root, absolute.
	Project string
	// Root is the twin in which programs are built and kept between drills;
	// what a drill makes is below it and goes with it.
	Root twin.Dir
	// Environment is the suffix, for example "dev".
	Environment string
	// Scale of the clock and Patience of the guard; see [world.Options].
	Scale, Patience float64
	// Out is told how it goes on. Labelled puts the scenario's name before
	// each line, for several drills at once.
	Out      io.Writer
	Labelled bool
	// Port that databases have for applications, so that a person can type it; 0
	// is one that the kernel chooses, for each.
	Port uint16
	// Log gets what Terraform and the programs print; nil drops it.
	Log io.Writer
}

// Base is what all drills of a run begin with: the synthesized stacks, and an
// account in which Terraform has applied them. Close removes it.
type Base struct {
	o        Options
	dir      string
	function string
	saying   sync.Mutex
	// site is what was deployed, cloud the account as it was then.
	site  *site
	cloud *sim.Cloud
	// objectives are those of the environment's configuration.
	objectives report.Objectives
	// unaudited: this machine's PostgreSQL has no pgaudit, which the
	// configuration asks for.
	unaudited bool
}

// Prepare looks whether this machine can hold drills, builds what they need,
// synthesizes the stacks and applies them.
func Prepare(ctx context.Context, o Options) (b *Base, err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	unaudited, err := preflight.Check(ctx, o.Project, o.Environment)
	if err != nil {
		return nil, err
	}
	leftover.Sweep(string(o.Root), twin.Ephemeral)
	leftover.SweepSockets(simapi.SocketPattern())
	if err := os.MkdirAll(string(o.Root), 0o750); err != nil {
		return nil, fmt.Errorf("make the twin's directory: %w", err)
	}
	dir, err := leftover.MkdirTemp(string(o.Root), twin.Ephemeral)
	if err != nil {
		return nil, fmt.Errorf("make the drill's directory: %w", err)
	}
	b = &Base{o: o, dir: dir, function: filepath.Join(dir, "failover"), unaudited: unaudited}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if unaudited {
		b.say(report.Unaudited)
	}
	if b.objectives, err = objectives(o); err != nil {
		return b, err
	}
	runner, err := b.runner("synthesized")
	if err != nil {
		return b, err
	}
	if err := b.timed("compile the stacks, the guard and the stand-in AWS provider", func() error {
		return gobuild.Compile(ctx, o.Project, b.dir, gobuild.Synthesis, gobuild.Provider, gobuild.Guard, gobuild.Shipped)
	}); err != nil {
		return b, err
	}
	// Neither needs the other.
	beside, during := errgroup.WithContext(ctx)
	beside.Go(func() error {
		return b.timed("link the guard and the stand-in AWS provider", func() error { return b.build(during) })
	})
	beside.Go(func() error {
		return b.timed("synthesize the stacks of "+o.Environment, func() error { return runner.Synthesize(during) })
	})
	if err := beside.Wait(); err != nil {
		return b, err
	}
	if err := b.place("synthesized").Borrow(b.programs()); err != nil {
		return b, err
	}
	if err := b.clone("synthesized", "deployed"); err != nil {
		return b, err
	}
	if err := b.timed("apply both stacks with Terraform to a simulated account", func() error { return b.deploy(ctx, "deployed") }); err != nil {
		return b, err
	}
	if b.cloud, err = simaws.Recall(b.place("deployed").Cloud(), sim.Options{}); err != nil {
		return b, err
	}
	b.site, err = surveyOf(b.cloud)
	return b, err
}

// objectives are those of the environment that is drilled.
func objectives(o Options) (report.Objectives, error) {
	cfg, err := spec.Load(spec.LoadOptions{Dir: o.Project, Env: os.Getenv, Environment: o.Environment})
	rto, rpo := cfg.Derived().Objectives.Durations()
	return report.Objectives{RTO: rto.Seconds(), RPO: rpo.Seconds()}, err
}

// timed says what is begun, and when it has ended how long it took.
func (b *Base) timed(what string, do func() error) error {
	b.say("%s", what)
	began := time.Now()
	if err := do(); err != nil {
		return err
	}
	b.say("  %.0f s: %s", time.Since(began).Seconds(), what)
	return nil
}

// say prints a line. Lines of what runs side by side do not mix.
func (b *Base) say(format string, args ...any) {
	b.saying.Lock()
	defer b.saying.Unlock()
	_, _ = fmt.Fprintf(b.o.Out, format+"\n", args...)
}

// programs is the twin whose provider the run's twins borrow.
func (b *Base) programs() twin.Dir { return twin.Dir(b.dir) }

// build builds the run's programs where they are kept from run to run, and
// takes what was built: another run that builds meanwhile changes nothing of it.
func (b *Base) build(ctx context.Context) error {
	if err := b.o.Root.Install(ctx, b.o.Project); err != nil {
		return err
	}
	if err := b.programs().Take(b.o.Root); err != nil {
		return err
	}
	release, err := b.o.Root.Lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	kept := filepath.Join(string(b.o.Root), "build", "failover")
	if err := gobuild.Program(ctx, b.o.Project, gobuild.Guard, kept); err != nil {
		return err
	}
	if err := os.Link(kept, b.function); err != nil {
		return fmt.Errorf("take the guard: %w", err)
	}
	return nil
}

// place is the twin of one drill.
func (b *Base) place(name string) twin.Dir { return twin.Dir(filepath.Join(b.dir, name)) }

func (b *Base) runner(name string) (*local.Runner, error) {
	return local.New(b.o.Project, string(b.place(name)), b.o.Environment, b.o.Log, false)
}

// clone copies a place, and leaves the account's socket out.
func (b *Base) clone(from, to string) error {
	if err := os.CopyFS(string(b.place(to)), os.DirFS(string(b.place(from)))); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return os.WriteFile(b.place(to).CLIConfig(), nil, 0o600) // Borrow writes it anew
}

// deploy applies both stacks to an account that nothing else lives in, and
// keeps it in the place.
func (b *Base) deploy(ctx context.Context, name string) (err error) {
	cloud, err := simaws.New(sim.Options{})
	if err != nil {
		return err
	}
	stop, err := serveAccount(ctx, cloud, b.place(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	runner, err := b.runner(name)
	if err != nil {
		return err
	}
	if err := b.place(name).Borrow(b.programs()); err != nil {
		return err
	}
	for _, role := range pipeline.Roles() {
		if err := runner.Apply(ctx, role); err != nil {
			return err
		}
	}
	if protected(cloud) {
		// RDS ignores deletion protection when it makes a replica, so what is
		// protected is deployed twice.
		if err := runner.Apply(ctx, contract.RoleReplica); err != nil {
			return err
		}
	}
	return cloud.Keep(b.place(name).Cloud())
}

// serveAccount lets Terraform's provider reach an account.
func serveAccount(ctx context.Context, cloud *sim.Cloud, dir twin.Dir) (stop func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(dir.Socket()), 0o750); err != nil {
		return nil, fmt.Errorf("make the account's directory: %w", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "unix", dir.Socket())
	if err != nil {
		return nil, fmt.Errorf("listen for Terraform: %w", err)
	}
	server := &http.Server{Handler: simaws.Handler(cloud), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return server.Close, nil
}

// changed deploys the stacks with a scenario's changes, in the place.
func (b *Base) changed(ctx context.Context, name string, changes []scenario.Change) error {
	if err := b.clone("synthesized", name); err != nil {
		return err
	}
	runner, err := b.runner(name)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if err := change(runner.StackDir(c.Stack), c); err != nil {
			return err
		}
	}
	return b.deploy(ctx, name)
}

// Close removes everything that the run made.
func (b *Base) Close() error {
	if err := os.RemoveAll(b.dir); err != nil {
		return fmt.Errorf("remove the drill's directory: %w", err)
	}
	return pgtest.Cleanup()
}
