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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What is expected of the figures.
const (
	maxRatio      = 0.25
	maxEditToPlan = 10 * time.Second
)

var errExpectation = errors.New("slower than expected")

// settings of one call.
type settings struct {
	project string
	runs    int
	parts   parts
	json    string
	update  string
	check   bool
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench-synth:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := measure(ctx, s, os.Stderr)
	if err != nil {
		return err
	}
	if err := writeJSON(s.json, report); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\nEvery sample: %s\n", report.table(), s.json); err != nil {
		return fmt.Errorf("print the figures: %w", err)
	}
	if s.update != "" {
		if err := updateDocument(s.update, report.table()); err != nil {
			return err
		}
	}
	if s.check {
		return report.check()
	}
	return nil
}

func parse(args []string) (settings, error) {
	s := settings{parts: allParts()}
	flags := flag.NewFlagSet("bench-synth", flag.ContinueOnError)
	flags.StringVar(&s.project, "project", ".", "the project's root")
	flags.IntVar(&s.runs, "runs", 5, "runs of each way, at least 1")
	flags.Var(&s.parts, "parts", "what to measure, of "+strings.Join(allParts(), ","))
	flags.StringVar(&s.json, "json", "dist/bench-synth.json", "file for every sample, relative to the project")
	flags.StringVar(&s.update, "update", "", "document in which the figures are replaced, relative to the project")
	flags.BoolVar(&s.check, "check", false, fmt.Sprintf("fail if the ratio is over %v or edit-to-plan over %v", maxRatio, maxEditToPlan))
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if s.runs < 1 {
		return settings{}, fmt.Errorf("-runs is %d; want 1 or more", s.runs)
	}
	var err error
	if s.project, err = filepath.Abs(s.project); err != nil {
		return settings{}, fmt.Errorf("find the project's folder: %w", err)
	}
	for _, path := range []*string{&s.json, &s.update} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(s.project, *path)
		}
	}
	return s, nil
}
