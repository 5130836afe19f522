// Command bench-synth measures the inner loop: synthesis with and without
// internal/fastsynth, a second environment, synthesis with empty caches, and
// the time from an edit to the plan of both stacks in the simulated account.
//
// It prints a table, writes every sample as JSON, and with -update replaces
// the figures in a document. Ways that are compared run in turn, so that what
// else the machine does falls on both.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/bench"
)

// What is expected of the figures.
const (
	maxRatio      = 0.25
	maxEditToPlan = 10 * time.Second
)

// settings of one call.
type settings struct {
	bench.Settings
	parts  parts
	update string
}

func main() { bench.Main("bench-synth", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	r, err := measure(ctx, s, os.Stderr)
	if err != nil {
		return err
	}
	if s.update != "" {
		if err := updateDocument(s.update, r.Table()); err != nil {
			return err
		}
	}
	return s.Publish(out, r)
}

func parse(args []string) (settings, error) {
	s := settings{parts: allParts()}
	flags := flag.NewFlagSet("bench-synth", flag.ContinueOnError)
	s.Register(flags, 5, "dist/bench-synth.json")
	flags.Var(&s.parts, "parts", "what to measure, of "+strings.Join(allParts(), ","))
	flags.StringVar(&s.update, "update", "", "document in which the figures are replaced, relative to the project")
	if err := flags.Parse(args); err != nil {
		return settings{}, fmt.Errorf("read the flags: %w", err)
	}
	if err := s.Resolve(); err != nil {
		return settings{}, err
	}
	if s.update != "" {
		s.update = s.Path(s.update)
	}
	return s, nil
}
