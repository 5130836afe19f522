package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/bench"
)

// sample is one run of a command.
type sample struct {
	// Wall is the time on the clock, seconds.
	Wall float64 `json:"wall_s"`
	// CPU is the time on processors of the command and what it ran, seconds.
	CPU float64 `json:"cpu_s"`
}

// series are the runs of one way.
type series []sample

// wall is the median time on the clock, seconds.
func (s series) wall() float64 { return bench.Median(s, func(r sample) float64 { return r.Wall }) }

// cpu is the median time on processors, seconds.
func (s series) cpu() float64 { return bench.Median(s, func(r sample) float64 { return r.CPU }) }

// pair compares the plain way with the fast one.
type pair struct {
	Plain series `json:"plain"`
	Fast  series `json:"fast"`
}

// ratio is the fast way's median in parts of the plain way's.
func (p pair) ratio() float64 {
	if p.Plain.wall() == 0 {
		return 0
	}
	return p.Fast.wall() / p.Plain.wall()
}

// command is what is measured.
type command struct {
	dir  string
	env  []string
	name string
	args []string
}

// with returns the command with more variables.
func (c command) with(env ...string) command {
	c.env = append(slices.Clone(c.env), env...)
	return c
}

// run measures one run. What the command says is shown only if it fails.
func (c command) run(ctx context.Context) (sample, error) {
	cmd := exec.CommandContext(ctx, c.name, c.args...) //nolint:gosec // our own commands
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	begin := time.Now()
	output, err := cmd.CombinedOutput()
	wall := time.Since(begin)
	if err != nil {
		return sample{}, fmt.Errorf("run %s %q: %w\n%s", c.name, c.args, err, output)
	}
	state := cmd.ProcessState
	return sample{Wall: wall.Seconds(), CPU: (state.UserTime() + state.SystemTime()).Seconds()}, nil
}

// compare runs both ways in turn, each once before it counts.
func compare(ctx context.Context, runs int, plain, fast command) (pair, error) {
	var p pair
	for i := range runs + 1 {
		for _, way := range []struct {
			command command
			to      *series
		}{{plain, &p.Plain}, {fast, &p.Fast}} {
			s, err := way.command.run(ctx)
			if err != nil {
				return pair{}, err
			}
			if i > 0 {
				*way.to = append(*way.to, s)
			}
		}
	}
	return p, nil
}
