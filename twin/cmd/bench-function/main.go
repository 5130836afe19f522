// Command bench-function measures the failover function as it is shipped: the
// size of the archive, and, of a build of the same source for this machine,
// the time from the start of its process to its first call of AWS, and the most
// memory that it holds over a check and a tick. It runs behind a local Lambda
// Runtime API, with TLS to a simulated account with the project's own stacks in
// it and to real PostgreSQL servers.
//
// It prints a table, and writes docs/function-benchmark.md and, with every
// sample, .json.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/pgdr/pgdr/twin/bench"
)

// What is expected of the figures beside bundle.MaxArchive: the cold start to
// the first call, the peak of memory in bytes.
const (
	maxStart  = 50 * time.Millisecond
	maxMemory = 48_000_000
)

// settings of one call.
type settings struct {
	bench.Settings
	// processes whose memory is measured; each takes a whole tick.
	processes int
	// out is the folder for the results.
	out string
}

func main() { bench.Main("bench-function", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	r, err := measure(ctx, s)
	if err != nil {
		return err
	}
	if err := r.write(s.out); err != nil {
		return err
	}
	return s.Publish(out, r)
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench-function", flag.ContinueOnError)
	s.Register(flags, 15, "")
	flags.IntVar(&s.processes, "processes", 3, "processes whose memory is measured, a minute each, at least 1")
	flags.StringVar(&s.out, "o", "docs", "folder for the page and, unless -json says otherwise, the samples; relative to the project")
	if err := flags.Parse(args); err != nil {
		return settings{}, fmt.Errorf("read the flags: %w", err)
	}
	if s.processes < 1 {
		return settings{}, fmt.Errorf("-processes is %d; want 1 or more: %w", s.processes, bench.ErrRuns)
	}
	if s.JSON == "" {
		s.JSON = filepath.Join(s.out, "function-benchmark.json")
	}
	if err := s.Resolve(); err != nil {
		return settings{}, err
	}
	s.out = s.Path(s.out)
	return s, nil
}
