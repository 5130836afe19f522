package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pgdr/pgdr/twin/local"
)

// planEnvironment is what is deployed and planned.
const planEnvironment = "dev"

// phase is a step of a run, as the runner announces it.
type phase struct {
	Name string `json:"name"`
	// Wall is the time on the clock, seconds.
	Wall float64 `json:"wall_s"`
}

// planRun is the time from one edit to the plan of both stacks.
type planRun struct {
	Wall   float64 `json:"wall_s"`
	Phases []phase `json:"phases"`
}

// editToPlan deploys an environment into a simulated account of its own, then
// edits the stacks and plans, again and again. The edit is an overlay of the
// Go command's: no file changes.
func (m *measurement) editToPlan(ctx context.Context, r *report) (err error) {
	var transcript bytes.Buffer
	clock := &phases{now: time.Now, next: &transcript}
	runner, err := local.New(m.Project, filepath.Join(m.scratch, "twin"), planEnvironment, clock, false)
	if err != nil {
		return err
	}
	defer func() {
		if e := runner.StopCloud(context.WithoutCancel(ctx)); e != nil {
			err = errors.Join(err, e)
		}
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, transcript.String())
		}
	}()
	m.say("deploy %s into a simulated account", planEnvironment)
	if err := runner.Deploy(ctx); err != nil {
		return err
	}
	for i := range m.Runs + 1 {
		transcript.Reset()
		undo, err := m.edit(i)
		if err != nil {
			return err
		}
		begin := time.Now()
		clock.begin()
		err = runner.Plan(ctx, true)
		found := clock.end()
		undo()
		if err != nil {
			return fmt.Errorf("plan after an edit: %w", err)
		}
		if i > 0 {
			r.Plan = append(r.Plan, planRun{Wall: time.Since(begin).Seconds(), Phases: found})
		}
	}
	return nil
}

// edit makes the Go command see one more function in the stacks, until undone.
func (m *measurement) edit(i int) (undo func(), err error) {
	source := filepath.Join(m.scratch, "edit.go")
	if err := os.WriteFile(source, fmt.Appendf(nil, "package stacks\n\nfunc BenchEdit() int { return %d }\n", i), 0o600); err != nil {
		return nil, fmt.Errorf("write an edit: %w", err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(m.Project, "stacks", "bench_edit.go"): source,
	}})
	if err != nil {
		return nil, fmt.Errorf("write an edit: %w", err)
	}
	file := filepath.Join(m.scratch, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return nil, fmt.Errorf("write an edit: %w", err)
	}
	before, was := os.LookupEnv("GOFLAGS")
	if err := os.Setenv("GOFLAGS", strings.TrimSpace(before+" -overlay="+file)); err != nil {
		return nil, fmt.Errorf("write an edit: %w", err)
	}
	return func() {
		if was {
			_ = os.Setenv("GOFLAGS", before)
		} else {
			_ = os.Unsetenv("GOFLAGS")
		}
	}, nil
}

// announcement begins the lines by which the runner tells what comes next.
const announcement = "==> "

// phases takes the time from one announcement to the next.
type phases struct {
	mu    sync.Mutex
	now   func() time.Time
	next  io.Writer
	since time.Time
	found []phase
}

// Write takes whole lines.
func (p *phases) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for text := range strings.Lines(string(line)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(text), announcement); ok {
			p.close()
			p.found = append(p.found, phase{Name: name})
		}
	}
	return p.next.Write(line)
}

func (p *phases) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found, p.since = nil, p.now()
}

// end returns the phases since begin. What is announced later is not theirs.
func (p *phases) end() []phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close()
	found := p.found
	p.found = nil
	return found
}

// close ends the phase that is under way.
func (p *phases) close() {
	now := p.now()
	if last := len(p.found) - 1; last >= 0 {
		p.found[last].Wall = now.Sub(p.since).Seconds()
	}
	p.since = now
}
