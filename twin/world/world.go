package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/eventbridge"
	"github.com/pgdr/pgdr/twin/health"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/network"
	"github.com/pgdr/pgdr/twin/postgres"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/simclock"
	"github.com/pgdr/pgdr/twin/sns"
)

// World is an account that lives. It is safe for concurrent use.
type World struct {
	Clock     simclock.Clock
	Cloud     *sim.Cloud
	AWS       *api.Server
	Servers   *postgres.Servers
	Network   *network.Network
	DNS       *dns.Server
	Health    *health.Checker
	Alarms    *alarms.Evaluator
	Topics    *sns.Bus
	Schedule  *eventbridge.Scheduler
	Functions *lambda.Manager

	o       Options
	faults  *faults
	lambdas *lambdas
	// roots is the file of the databases' authority.
	roots string
	// seeing is called with each call; see See.
	seeing atomic.Pointer[func(api.Record)]

	mu      sync.Mutex
	closers []func() error
}

// Open opens the account that Options.Dir keeps, or an empty one, and brings it
// to life. What happens to it is not written back. Close ends it.
func Open(ctx context.Context, o Options) (w *World, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	w = &World{o: o, faults: &faults{dark: map[string]bool{}, lifts: map[string][]func(){}}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open a world: %w", err), w.Close())
		}
	}()
	now := time.Now()
	start := now
	if o.Start.After(now) {
		start = o.Start
	}
	if w.Clock, err = simclock.New(now, start, o.Scale); err != nil {
		return w, err
	}
	if w.Cloud, err = simaws.Recall(o.Dir.Cloud(), sim.Options{Clock: w.Clock, Seed: o.Seed}); err != nil {
		return w, err
	}
	for _, part := range []func(context.Context) error{w.openAWS, w.openDatabases, w.openNames, w.openEvents, w.openTerraform} {
		if err := part(ctx); err != nil {
			return w, err
		}
	}
	w.live(context.WithoutCancel(ctx))
	return w, nil
}

// closes keeps what Close is to do, the last first.
func (w *World) closes(do func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closers = append(w.closers, do)
}

// Close ends everything that lives in the world, and waits for it.
func (w *World) Close() error {
	w.mu.Lock()
	closers := w.closers
	w.closers = nil
	w.mu.Unlock()
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	return errors.Join(errs...)
}

// openAWS opens the endpoints of AWS.
func (w *World) openAWS(context.Context) error {
	w.AWS = simaws.API(w.Cloud, api.Options{
		Clock: w.Clock, Faults: api.NewFaults(w.Clock), TLS: true, Timing: w.o.Timing,
		OnPublish: func(m api.Message) { w.Topics.Forward(m) },
		OnCall: func(r api.Record) {
			if see := w.seeing.Load(); see != nil {
				(*see)(r)
			}
		},
	})
	return nil
}

// See has a function called with each call of AWS's APIs from now on, when it
// has had its effect and before it is answered; nil ends that.
func (w *World) See(see func(api.Record)) {
	if see == nil {
		w.seeing.Store(nil)
		return
	}
	w.seeing.Store(&see)
}

// openDatabases makes the servers and the network before them.
func (w *World) openDatabases(context.Context) (err error) {
	w.Servers, err = postgres.New(postgres.Options{Cloud: w.Cloud, Clock: w.Clock, Metrics: w.AWS.Metrics(), Log: w.o.Log, Down: w.Down, Unaudited: w.o.Unaudited})
	if err != nil {
		return err
	}
	w.closes(w.Servers.Close)
	w.Network = network.New(network.Options{Cloud: w.Cloud, Server: w.Servers.Addr, Port: w.o.Port})
	w.closes(w.Network.Close)
	w.roots = filepath.Join(string(w.o.Dir), "roots.pem")
	if err := os.WriteFile(w.roots, w.Servers.Roots(), 0o600); err != nil {
		return fmt.Errorf("write the databases' authority: %w", err)
	}
	return nil
}

// openEvents opens what reacts: alarms, topics, schedules, functions.
func (w *World) openEvents(context.Context) (err error) {
	w.lambdas = newLambdas(w)
	w.Functions, err = lambda.New(lambda.Options{
		Cloud: w.Cloud, Metrics: w.AWS.Metrics(), Clock: w.Clock, Down: w.Down, Program: w.lambdas.program, AWS: w.AWS,
	})
	if err != nil {
		return err
	}
	w.closes(func() error { w.Functions.Close(); return nil })
	w.Topics, err = sns.New(sns.Options{Cloud: w.Cloud, Clock: w.Clock, Down: w.Down, Lambda: w.Functions, Again: w.lambdas.again})
	if err != nil {
		return err
	}
	w.closes(func() error { w.Topics.Close(); return nil })
	w.Schedule, err = eventbridge.New(eventbridge.Options{Cloud: w.Cloud, Clock: w.Clock, Down: w.Down, Lambda: w.Functions})
	if err != nil {
		return err
	}
	w.Alarms, err = alarms.New(alarms.Options{
		Cloud: w.Cloud, Metrics: w.AWS.Metrics(), Clock: w.Clock, Down: w.Down, Notify: w.Topics.OnAlarm, Offset: AlarmOffset,
	})
	return err
}

// AlarmOffset is the second of the minute at which alarms are evaluated: on AWS
// each has a second of its own, so this is the mean.
const AlarmOffset = 30 * time.Second

// Unsupported names what was applied and is not simulated: it would not do here
// what it does on AWS. nil if there is nothing.
func (w *World) Unsupported() error {
	return errors.Join(w.Alarms.Unsupported(), w.Health.Unsupported(), w.Topics.Unsupported(), w.Schedule.Unsupported(), w.Functions.Unsupported())
}

// openTerraform lets the stand-in provider reach the account.
func (w *World) openTerraform(ctx context.Context) error {
	socket := w.o.Dir.Socket()
	if err := os.MkdirAll(filepath.Dir(socket), 0o750); err != nil {
		return fmt.Errorf("make the account's directory: %w", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("listen for Terraform: %w", err)
	}
	server := &http.Server{Handler: simaws.Handler(w.Cloud), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with Close
	w.closes(server.Close)
	return nil
}

// live sets everything going that goes by itself.
func (w *World) live(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, run := range []func(context.Context) error{
		func(ctx context.Context) error { w.Servers.Run(ctx); return nil },
		w.Health.Run, w.Alarms.Run, w.Schedule.Run,
	} {
		all.Go(func() { _ = run(ctx) }) // it ends with the context, whose error it returns
	}
	w.closes(func() error {
		cancel()
		all.Wait()
		return nil
	})
}

// regions that the account knows anything of.
func (w *World) regions() []string { return sim.Regions() }

// other is the other region that has a database instance; "" if there is none.
func (w *World) other(region string) string {
	for _, r := range w.Cloud.Resources("aws_db_instance") {
		if r.Region != region {
			return r.Region
		}
	}
	return ""
}
