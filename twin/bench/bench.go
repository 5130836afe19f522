// Package bench is what the measuring commands have in common: how they are
// started and ended, what machine they ran on, and how they tell what they
// found.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// Errors of a measurement.
var (
	// ErrExpectation: a figure is worse than expected.
	ErrExpectation = errors.New("worse than expected")
	// ErrRuns: fewer runs than can be told anything from.
	ErrRuns = errors.New("too few runs")
)

// Main is a command's main: it runs until that is done or the process is
// interrupted, says what went wrong, and exits.
func Main(name string, run func(ctx context.Context, args []string, out io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Settings that measuring commands share.
type Settings struct {
	// Project is its root folder.
	Project string
	// Runs is how often each thing is measured.
	Runs int
	// JSON is the file for every sample.
	JSON string
	// Check asks for an error if a figure is worse than expected.
	Check bool
}

// Register adds the flags, with defaults for the number of runs and for the
// file of samples.
func (s *Settings) Register(flags *flag.FlagSet, runs int, json string) {
	flags.StringVar(&s.Project, "project", ".", "the project's root")
	flags.IntVar(&s.Runs, "runs", runs, "how often each thing is measured, at least 1")
	flags.StringVar(&s.JSON, "json", json, "file for every sample, relative to the project")
	flags.BoolVar(&s.Check, "check", false, "fail if a figure is worse than expected")
}

// Resolve makes the paths absolute once the flags are read. It returns ErrRuns
// if there is nothing to measure.
func (s *Settings) Resolve() error {
	if err := CheckRuns(s.Runs); err != nil {
		return err
	}
	project, err := filepath.Abs(s.Project)
	if err != nil {
		return fmt.Errorf("find the project's folder: %w", err)
	}
	s.Project = project
	s.JSON = s.Path(s.JSON)
	return nil
}

// CheckRuns returns ErrRuns unless there is at least one run.
func CheckRuns(runs int) error {
	if runs < 1 {
		return fmt.Errorf("-runs is %d; want 1 or more: %w", runs, ErrRuns)
	}
	return nil
}

// Path is a path of the project's; one that is absolute stays.
func (s *Settings) Path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Project, path)
}

// Report is what was measured. It is written as JSON with every sample.
type Report interface {
	// Table is the figures as Markdown.
	Table() string
	// Check returns an error, wrapping ErrExpectation, that names each figure
	// that is worse than expected.
	Check() error
}

// Publish writes the samples, prints the figures, and checks them where that was
// asked for.
func (s *Settings) Publish(out io.Writer, r Report) error {
	if err := WriteJSON(s.JSON, r); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\nEvery sample: %s\n", r.Table(), s.JSON); err != nil {
		return fmt.Errorf("print the figures: %w", err)
	}
	if s.Check {
		return r.Check()
	}
	return nil
}

// WriteJSON writes every sample to a file, and makes its folder.
func WriteJSON(path string, samples any) error {
	text, err := json.MarshalIndent(samples, "", "  ")
	if err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	return nil
}
