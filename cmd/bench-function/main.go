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
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/pgdr/pgdr/internal/bench"
)

// What is expected of the figures: the archive in bytes, the cold start to the
// first call, the peak of memory in bytes.
const (
	maxArchive = 6 << 20
	maxStart   = 50 * time.Millisecond
	maxMemory  = 48 << 20
)

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
	return s.Publish(out, r)
}

func parse(args []string) (bench.Settings, error) {
	var s bench.Settings
	flags := flag.NewFlagSet("bench-function", flag.ContinueOnError)
	s.Register(flags, 15, "dist/bench-function.json")
	if err := flags.Parse(args); err != nil {
		return bench.Settings{}, fmt.Errorf("read the flags: %w", err)
	}
	return s, s.Resolve()
}
