package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/fastsynth"
	"github.com/pgdr/pgdr/twin/bench"
)

const (
	off = fastsynth.Switch + "=off"
	on  = fastsynth.Switch + "=on"
)

// measurement works in a folder of its own.
type measurement struct {
	settings
	scratch string
	// program is the command synthesize, built.
	program string
	archive string
	log     io.Writer
}

// measure takes all figures. Progress goes to log.
func measure(ctx context.Context, s settings, log io.Writer) (r report, err error) {
	scratch, err := os.MkdirTemp("", "pgdr-bench-*")
	if err != nil {
		return report{}, fmt.Errorf("make folder for the measurement: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(scratch); err == nil && e != nil {
			err = fmt.Errorf("remove folder of the measurement: %w", e)
		}
	}()
	m := &measurement{settings: s, scratch: scratch, program: filepath.Join(scratch, "synthesize"), log: log}
	if err := m.prepare(ctx); err != nil {
		return report{}, err
	}
	r = report{Machine: bench.Describe(ctx), Runs: s.Runs}
	for _, part := range []struct {
		name    string
		measure func(context.Context, *report) error
	}{
		{partSynthesis, m.synthesis},
		{partProgram, m.typed},
		{partSecond, m.second},
		{partScratch, m.fromScratch},
		{partPlan, m.editToPlan},
	} {
		if !s.parts.has(part.name) {
			continue
		}
		m.say("measure: %s", part.name)
		if err := part.measure(ctx, &r); err != nil {
			return report{}, fmt.Errorf("measure %s: %w", part.name, err)
		}
	}
	return r, nil
}

// prepare builds what is measured and packs the function.
func (m *measurement) prepare(ctx context.Context) (err error) {
	build := command{dir: m.Project, name: "go", args: []string{"build", "-o", m.program, "./twin/cmd/bench-synth/synthesize"}}
	if _, err := build.run(ctx); err != nil {
		return err
	}
	m.archive, err = bundle.Build(ctx, m.Project, filepath.Join(m.scratch, "function"))
	return err
}

func (m *measurement) out() string { return filepath.Join(m.scratch, "out") }

func (m *measurement) say(format string, args ...any) {
	_, _ = fmt.Fprintf(m.log, format+"\n", args...)
}

// synthesize is the command for environments.
func (m *measurement) synthesize(environments ...string) command {
	return command{dir: m.Project, name: m.program, args: append([]string{m.out(), m.archive}, environments...)}
}

func (m *measurement) synthesis(ctx context.Context, r *report) (err error) {
	c := m.synthesize("dev")
	r.Synthesis, err = compare(ctx, m.Runs, c.with(off), c.with(on))
	return err
}

// typed is what is typed: the Go command's check that nothing has changed,
// the function's build, the synthesis.
func (m *measurement) typed(ctx context.Context, r *report) (err error) {
	c := command{dir: m.Project, name: "go", args: []string{"run", "."}, env: []string{"CDKTF_OUTDIR=" + filepath.Join(m.out(), "program")}}
	r.Program, err = compare(ctx, m.Runs, c.with(off), c.with(on))
	return err
}

// second compares one environment with two in the same process.
func (m *measurement) second(ctx context.Context, r *report) error {
	p, err := compare(ctx, m.Runs, m.synthesize("dev", "prod").with(on), m.synthesize("dev").with(on))
	r.Second = second{One: p.Fast, Two: p.Plain}
	return err
}

// fromScratch empties jsii's cache of unpacked packages and our own before
// each run, and Go's build cache once.
func (m *measurement) fromScratch(ctx context.Context, r *report) error {
	c := m.synthesize("dev")
	run := func(i int, way string) (sample, error) {
		dir := filepath.Join(m.scratch, fmt.Sprintf("empty-%d-%s", i, way))
		s, err := c.with(way, "JSII_RUNTIME_PACKAGE_CACHE_ROOT="+filepath.Join(dir, "jsii"), fastsynth.CacheDirVariable+"="+filepath.Join(dir, "pgdr")).run(ctx)
		if e := os.RemoveAll(dir); err == nil && e != nil {
			err = fmt.Errorf("remove caches: %w", e)
		}
		return s, err
	}
	for i := range min(m.Runs, 3) {
		plain, err := run(i, off)
		if err != nil {
			return err
		}
		fast, err := run(i, on)
		if err != nil {
			return err
		}
		r.Scratch.Synthesis.Plain = append(r.Scratch.Synthesis.Plain, plain)
		r.Scratch.Synthesis.Fast = append(r.Scratch.Synthesis.Fast, fast)
	}
	var err error
	build := command{dir: m.Project, name: "go", args: []string{"build", "-o", filepath.Join(m.scratch, "built"), "."}, env: []string{"GOCACHE=" + filepath.Join(m.scratch, "gocache")}}
	r.Scratch.Build, err = build.run(ctx)
	return err
}
