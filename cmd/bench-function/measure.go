package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/awssim"
	"github.com/pgdr/pgdr/internal/awssim/simstacks"
	"github.com/pgdr/pgdr/internal/awssim/wire"
	"github.com/pgdr/pgdr/internal/bench"
	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/lambdaruntime"
)

const (
	accessKey = "AKIAGUARD00000000001"
	name      = "failover-function-dev"
	// timeout is the function's own.
	timeout = 55 * time.Second
)

// account is a simulated account whose endpoints note when they are called.
type account struct {
	wire http.Handler
	url  string
	env  map[string]string
	arn  string
	stop func() error

	mu    sync.Mutex
	first time.Time
}

// ServeHTTP notes the first call since reset.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	a.mu.Lock()
	if a.first.IsZero() {
		a.first = now
	}
	a.mu.Unlock()
	a.wire.ServeHTTP(w, r)
}

// reset forgets the first call and returns it.
func (a *account) reset() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.first
	a.first = time.Time{}
	return at
}

// newAccount lays the stacks into an account and opens its endpoints.
func newAccount(ctx context.Context, project string) (*account, error) {
	cloud, err := awssim.New(awssim.Options{Seed: 1})
	if err != nil {
		return nil, fmt.Errorf("make an account: %w", err)
	}
	stacks, err := simstacks.Apply(ctx, cloud, filepath.Join(project, "stacks", "testdata", "golden"))
	if err != nil {
		return nil, fmt.Errorf("lay the stacks into the account: %w", err)
	}
	a := &account{arn: stacks.FunctionARN()}
	if a.env, err = stacks.Environment(ctx); err != nil {
		return nil, fmt.Errorf("read the function's variables: %w", err)
	}
	role, err := stacks.Only("aws_iam_role")
	if err != nil {
		return nil, fmt.Errorf("find the function's role: %w", err)
	}
	a.wire = wire.Handler(cloud, wire.Options{TLS: true, Principals: map[string]wire.Principal{
		accessKey: {Role: role.Str("arn"), Session: name, Function: a.arn},
	}})
	return a, a.listen(ctx)
}

func (a *account) listen(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open the endpoints: %w", err)
	}
	server := &http.Server{Handler: a, ReadHeaderTimeout: timeout}
	go func() { _ = server.Serve(listener) }() // ends with stop
	a.stop, a.url = server.Close, "http://"+listener.Addr().String()
	return nil
}

// variables are the function's, with the way to the account. Where its databases
// should be, nobody listens: the tick looks at both and is refused.
func (a *account) variables() map[string]string {
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL": a.url, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": "simulated",
		"AWS_REGION": a.env["PGDR_REPLICA_REGION"], "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"PGDR_PRIMARY_DB_ENDPOINT": "127.0.0.1", "PGDR_REPLICA_DB_ENDPOINT": "127.0.0.1", "PGDR_DB_PORT": "1",
	} {
		a.env[key] = value
	}
	return a.env
}

// sample is one cold start.
type sample struct {
	// Init is the time until the program asked for its first event, FirstCall
	// until AWS was called; both in milliseconds from the start of the process.
	Init      float64 `json:"init_ms"`
	FirstCall float64 `json:"first_call_ms"`
}

func measure(ctx context.Context, s bench.Settings) (r report, err error) {
	dir, err := os.MkdirTemp("", "bench-function-*")
	if err != nil {
		return report{}, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r = report{Machine: bench.Describe(ctx)}
	archive, err := bundle.Build(ctx, s.Project, dir)
	if err != nil {
		return report{}, fmt.Errorf("pack the function: %w", err)
	}
	info, err := os.Stat(archive)
	if err != nil {
		return report{}, fmt.Errorf("look at the archive: %w", err)
	}
	r.Archive = info.Size()
	program := filepath.Join(dir, "bootstrap")
	if err := build(ctx, s.Project, program); err != nil {
		return report{}, err
	}
	a, err := newAccount(ctx, s.Project)
	if err != nil {
		return report{}, err
	}
	defer func() { err = errors.Join(err, a.stop()) }()
	f, err := lambdaruntime.New(lambdaruntime.Config{Command: []string{program}, Variables: a.variables(), Name: name, ARN: a.arn, Timeout: timeout})
	if err != nil {
		return report{}, fmt.Errorf("set up the function: %w", err)
	}
	defer f.Close()
	for range s.Runs {
		one, err := coldStart(ctx, a, f)
		if err != nil {
			return report{}, err
		}
		r.Starts = append(r.Starts, one)
	}
	r.Memory, err = tick(ctx, f)
	return r, err
}

// coldStart asks a new process for the status, for which it reads the ledger.
func coldStart(ctx context.Context, a *account, f *lambdaruntime.Function) (sample, error) {
	f.Recycle()
	a.reset()
	answer, err := f.Invoke(ctx, []byte(`{"action":"status"}`))
	if err != nil {
		return sample{}, fmt.Errorf("start the function: %w", err)
	}
	if answer.Fault != nil {
		return sample{}, fmt.Errorf("start the function: %s: %s", answer.Fault.Type, answer.Fault.Message)
	}
	first := a.reset()
	if first.IsZero() || !answer.Cold {
		return sample{}, errors.New("start the function: it called nothing of AWS, or was running already")
	}
	return sample{Init: milliseconds(answer.Init), FirstCall: milliseconds(first.Sub(answer.Begun))}, nil
}

// tick runs one whole tick, of 40 seconds, and a readiness check, and returns
// the peak of memory in bytes.
func tick(ctx context.Context, f *lambdaruntime.Function) (int64, error) {
	var peak int64
	for _, event := range []string{`{"action":"check"}`, `{"source":"aws.events","detail-type":"Scheduled Event"}`} {
		answer, err := f.Invoke(ctx, []byte(event))
		if err != nil {
			return 0, fmt.Errorf("run the function: %w", err)
		}
		if answer.Fault != nil {
			return 0, fmt.Errorf("run the function: %s: %s", answer.Fault.Type, answer.Fault.Message)
		}
		peak = max(peak, answer.PeakMemory)
	}
	return peak, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// build compiles the shipped source for this machine, as [bundle.Build] does
// for Lambda.
func build(ctx context.Context, project, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", program, bundle.Package) //nolint:gosec // our own program
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the function: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}
