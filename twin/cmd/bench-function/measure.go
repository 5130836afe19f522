package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/twin/bench"
	"github.com/pgdr/pgdr/twin/gobuild"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// sample is one cold start.
type sample struct {
	// Init is the time until the program asked for its first event, FirstCall
	// until AWS was called; both in milliseconds from the start of the process.
	Init      float64 `json:"init_ms"`
	FirstCall float64 `json:"first_call_ms"`
	// Empty is how long a program that does nothing took from its start to its
	// end just before: the machine's share.
	Empty float64 `json:"empty_program_ms"`
}

// peak is one process that ran a check and a tick.
type peak struct {
	// Memory that it held at most, in bytes.
	Memory int64 `json:"peak_memory_bytes"`
	// Heartbeats that it wrote on the primary and read back from the replica.
	Heartbeats int64 `json:"heartbeats"`
}

// measurement works in a folder of its own.
type measurement struct {
	settings
	dir     string
	account *account
	ca      *pgtest.CA
}

func measure(ctx context.Context, s settings) (r report, err error) {
	dir, err := os.MkdirTemp("", "bench-function-*")
	if err != nil {
		return report{}, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r = report{Machine: bench.Describe(ctx)}
	if r.Archive, err = archive(ctx, s.Project, dir); err != nil {
		return report{}, err
	}
	m := &measurement{settings: s, dir: dir}
	if m.ca, err = pgtest.NewCA(); err != nil {
		return report{}, fmt.Errorf("make an authority: %w", err)
	}
	if m.account, err = newAccount(ctx, s.Project, dir, m.ca); err != nil {
		return report{}, err
	}
	defer func() { err = errors.Join(err, m.account.close()) }()
	if r.Starts, err = m.starts(ctx); err != nil {
		return report{}, err
	}
	r.Peaks, err = m.peaks(ctx)
	r.Connections = m.account.connections()
	return r, err
}

// archive packs what is shipped and returns its size in bytes.
func archive(ctx context.Context, project, dir string) (int64, error) {
	path, err := bundle.Build(ctx, project, filepath.Join(dir, "shipped"))
	if err != nil {
		return 0, fmt.Errorf("pack the function: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("look at the archive: %w", err)
	}
	return info.Size(), nil
}

// function puts a build of the source behind a Runtime API.
func (m *measurement) function(ctx context.Context, pkg string, variables map[string]string) (*lambdaruntime.Function, error) {
	program := filepath.Join(m.dir, "bootstrap-"+filepath.Base(pkg))
	if err := gobuild.Program(ctx, m.Project, pkg, program); err != nil {
		return nil, err
	}
	f, err := lambdaruntime.New(lambdaruntime.Config{
		Command: []string{program}, Variables: variables, Name: name, ARN: m.account.arn, Timeout: timeout,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the function: %w", err)
	}
	return f, nil
}

// starts are cold starts of what is shipped.
func (m *measurement) starts(ctx context.Context) ([]sample, error) {
	f, err := m.function(ctx, gobuild.Shipped, m.account.env)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	empty, err := m.empty(ctx)
	if err != nil {
		return nil, err
	}
	var all []sample
	for range m.Runs {
		begun := time.Now()
		if err := exec.CommandContext(ctx, empty).Run(); err != nil { //nolint:gosec // our own program
			return nil, fmt.Errorf("run an empty program: %w", err)
		}
		took := time.Since(begun)
		one, err := m.start(ctx, f)
		if err != nil {
			return nil, err
		}
		one.Empty = milliseconds(took)
		all = append(all, one)
	}
	return all, nil
}

// empty builds a program that does nothing.
func (m *measurement) empty(ctx context.Context) (string, error) {
	source, program := filepath.Join(m.dir, "empty.go"), filepath.Join(m.dir, "empty")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return "", fmt.Errorf("write an empty program: %w", err)
	}
	return program, gobuild.Program(ctx, m.dir, source, program)
}

// start asks a new process for the status, for which it reads the ledger.
func (m *measurement) start(ctx context.Context, f *lambdaruntime.Function) (sample, error) {
	f.Recycle()
	m.account.reset()
	answer, err := invoke(ctx, f, `{"action":"status"}`)
	if err != nil {
		return sample{}, err
	}
	first := m.account.reset()
	if first.IsZero() || !answer.Cold {
		return sample{}, errors.New("start the function: it called nothing of AWS, or was running already")
	}
	return sample{Init: milliseconds(answer.Init), FirstCall: milliseconds(first.Sub(answer.Begun))}, nil
}

// peaks are of processes that look at real databases. What is shipped trusts
// only RDS's authorities, so this is the build for simulation: the same
// source, told which others to trust and where the databases are.
func (m *measurement) peaks(ctx context.Context) (all []peak, err error) {
	d, err := startDatabases(ctx, m.account, m.ca)
	if err != nil {
		return nil, fmt.Errorf("start the databases: %w", err)
	}
	defer func() { err = errors.Join(err, d.close()) }()
	variables, err := d.variables(m.account, m.dir, m.ca)
	if err != nil {
		return nil, err
	}
	f, err := m.function(ctx, gobuild.Guard, variables)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for range m.processes {
		one, err := tick(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// tick has a new process run a check and one whole tick of contract.GuardWatch. It
// is an error if it did not look at both databases: then its memory would say
// nothing.
func tick(ctx context.Context, f *lambdaruntime.Function) (peak, error) {
	f.Recycle()
	before, err := replayed(ctx, f)
	if err != nil {
		return peak{}, err
	}
	p := peak{}
	for _, event := range []string{`{"action":"check"}`, `{"source":"aws.events","detail-type":"Scheduled Event"}`} {
		answer, err := invoke(ctx, f, event)
		if err != nil {
			return peak{}, err
		}
		p.Memory = max(p.Memory, answer.PeakMemory)
	}
	after, err := replayed(ctx, f)
	if err != nil {
		return peak{}, err
	}
	if p.Heartbeats = after - before; p.Heartbeats < 1 {
		return peak{}, errors.New("run the function: no heartbeat of its went through the primary to the replica, so it held no sessions whose memory could be measured")
	}
	return p, nil
}

// replayed is the number of the last heartbeat that the replica has replayed.
func replayed(ctx context.Context, f *lambdaruntime.Function) (int64, error) {
	answer, err := invoke(ctx, f, `{"action":"status"}`)
	if err != nil {
		return 0, err
	}
	var a command.Answer
	if err := json.Unmarshal(answer.Payload, &a); err != nil {
		return 0, fmt.Errorf("read the status: %w", err)
	}
	if a.View == nil {
		return 0, fmt.Errorf("read the status: found no view in %s", answer.Payload)
	}
	return a.View.State.Watch.Positions.Replayed.Seq, nil
}

// invoke makes the function's own fault an error.
func invoke(ctx context.Context, f *lambdaruntime.Function, event string) (lambdaruntime.Result, error) {
	answer, err := f.Invoke(ctx, []byte(event))
	if err != nil {
		return answer, fmt.Errorf("run the function: %w", err)
	}
	if answer.Fault != nil {
		return answer, fmt.Errorf("run the function: %s: %s", answer.Fault.Type, answer.Fault.Message)
	}
	return answer, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
