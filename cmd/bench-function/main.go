// Command bench-function measures the failover function as it is shipped: the
// size of the archive, and, of a build of the same source for this machine,
// the time from the start of its process to its first call of AWS, and the most
// memory that it holds over a tick. It runs behind a local Lambda Runtime API,
// against a simulated account with the project's own stacks in it.
//
// It prints a table and writes every sample as JSON.
package main

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
	"time"
)

// What is expected of the figures: the archive in bytes, the cold start to the
// first call, the peak of memory in bytes.
const (
	maxArchive = 6 << 20
	maxStart   = 50 * time.Millisecond
	maxMemory  = 48 << 20
)

var errExpectation = errors.New("more than expected")

// settings of one call.
type settings struct {
	project string
	runs    int
	json    string
	check   bool
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench-function:", err)
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
	r, err := measure(ctx, s)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(s.json), 0o750); err != nil {
		return fmt.Errorf("make the folder of the figures: %w", err)
	}
	if err := os.WriteFile(s.json, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if _, err := fmt.Fprintf(out, "%s\nEvery sample: %s\n", r.table(), s.json); err != nil {
		return fmt.Errorf("print the figures: %w", err)
	}
	if s.check {
		return r.check()
	}
	return nil
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench-function", flag.ContinueOnError)
	flags.StringVar(&s.project, "project", ".", "the project's root")
	flags.IntVar(&s.runs, "runs", 15, "cold starts, at least 1")
	flags.StringVar(&s.json, "json", "dist/bench-function.json", "file for every sample, relative to the project")
	flags.BoolVar(&s.check, "check", false, "fail if a median is more than expected")
	if err := flags.Parse(args); err != nil {
		return settings{}, fmt.Errorf("read the flags: %w", err)
	}
	if s.runs < 1 {
		return settings{}, fmt.Errorf("-runs is %d; want 1 or more", s.runs)
	}
	var err error
	if s.project, err = filepath.Abs(s.project); err != nil {
		return settings{}, fmt.Errorf("find the project's folder: %w", err)
	}
	if !filepath.IsAbs(s.json) {
		s.json = filepath.Join(s.project, s.json)
	}
	return s, nil
}
