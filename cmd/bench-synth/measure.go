package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/fastsynth"
)

const (
	off = fastsynth.Switch + "=off"
	on  = fastsynth.Switch + "=on"
)

// bench is one measurement in a folder of its own.
type bench struct {
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
	b := &bench{settings: s, scratch: scratch, program: filepath.Join(scratch, "synthesize"), log: log}
	if err := b.prepare(ctx); err != nil {
		return report{}, err
	}
	r = report{Machine: describeMachine(ctx), Runs: s.runs}
	for _, part := range []struct {
		name    string
		measure func(context.Context, *report) error
	}{
		{partSynthesis, b.synthesis},
		{partProgram, b.typed},
		{partSecond, b.second},
		{partScratch, b.fromScratch},
		{partPlan, b.editToPlan},
	} {
		if !s.parts.has(part.name) {
			continue
		}
		b.say("measure: %s", part.name)
		if err := part.measure(ctx, &r); err != nil {
			return report{}, fmt.Errorf("measure %s: %w", part.name, err)
		}
	}
	return r, nil
}

// prepare builds what is measured and packs the function.
func (b *bench) prepare(ctx context.Context) (err error) {
	build := command{dir: b.project, name: "go", args: []string{"build", "-o", b.program, "./cmd/bench-synth/synthesize"}}
	if _, err := build.run(ctx); err != nil {
		return err
	}
	b.archive, err = bundle.Build(ctx, b.project, filepath.Join(b.scratch, "function"))
	return err
}

func (b *bench) out() string { return filepath.Join(b.scratch, "out") }

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.log, format+"\n", args...)
}

// synthesize is the command for environments.
func (b *bench) synthesize(environments ...string) command {
	return command{dir: b.project, name: b.program, args: append([]string{b.out(), b.archive}, environments...)}
}

func (b *bench) synthesis(ctx context.Context, r *report) (err error) {
	c := b.synthesize("dev")
	r.Synthesis, err = compare(ctx, b.runs, c.with(off), c.with(on))
	return err
}

// typed is what is typed: the Go command's check that nothing has changed,
// the function's build, the synthesis.
func (b *bench) typed(ctx context.Context, r *report) (err error) {
	c := command{dir: b.project, name: "go", args: []string{"run", "."}, env: []string{"CDKTF_OUTDIR=" + filepath.Join(b.out(), "program")}}
	r.Program, err = compare(ctx, b.runs, c.with(off), c.with(on))
	return err
}

// second compares one environment with two in the same process.
func (b *bench) second(ctx context.Context, r *report) error {
	p, err := compare(ctx, b.runs, b.synthesize("dev", "prod").with(on), b.synthesize("dev").with(on))
	r.Second = second{One: p.Fast, Two: p.Plain}
	return err
}

// fromScratch empties jsii's cache of unpacked packages and our own before
// each run, and Go's build cache once.
func (b *bench) fromScratch(ctx context.Context, r *report) error {
	c := b.synthesize("dev")
	run := func(i int, way string) (sample, error) {
		dir := filepath.Join(b.scratch, fmt.Sprintf("empty-%d-%s", i, way))
		s, err := c.with(way, "JSII_RUNTIME_PACKAGE_CACHE_ROOT="+filepath.Join(dir, "jsii"), fastsynth.CacheDirVariable+"="+filepath.Join(dir, "pgdr")).run(ctx)
		if e := os.RemoveAll(dir); err == nil && e != nil {
			err = fmt.Errorf("remove caches: %w", e)
		}
		return s, err
	}
	for i := range min(b.runs, 3) {
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
	build := command{dir: b.project, name: "go", args: []string{"build", "-o", filepath.Join(b.scratch, "built"), "."}, env: []string{"GOCACHE=" + filepath.Join(b.scratch, "gocache")}}
	r.Scratch.Build, err = build.run(ctx)
	return err
}
