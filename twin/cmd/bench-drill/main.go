// Command bench-drill compares our failover with the usual way of doing it, in
// the same simulated world and at the same scale: each disaster several times
// each way, in turn, so that a noisy machine is noisy for all. The usual way is
// tried with both readings of how far back its alarm looks. It writes
// docs/drill-benchmark.md and .json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/bench"
	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// disasters that are compared.
var disasters = []struct {
	Name string
	Step scenario.Step
}{
	{"region-loss", scenario.Step{Do: "lose-region", With: map[string]string{"region": "us-east-1"}}},
	{"instance-lost", scenario.Step{Do: "fail-instance", With: map[string]string{"role": contract.RolePrimary}}},
}

// patience is how many times as long as they say the guard's deadlines leave on
// the machine's clock: at a scale of 20 one of 3 s is 150 ms, which a busy
// machine does not always keep. It lengthens our waits for what does not answer,
// and nothing of the usual way's.
const patience = 2

// settings of one call.
type settings struct {
	runs  int
	scale float64
	// out is the folder for the results.
	out string
}

func main() { bench.Main("bench-drill", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	r, err := compare(ctx, s)
	if err != nil {
		return err
	}
	return r.write(s.out, out)
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench-drill", flag.ContinueOnError)
	flags.IntVar(&s.runs, "runs", 5, "trials of each way for each disaster, at least 1")
	flags.Float64Var(&s.scale, "scale", 20, "how many times as fast as this machine's the clock runs")
	flags.StringVar(&s.out, "o", "docs", "folder for the results")
	if err := flags.Parse(args); err != nil {
		return settings{}, fmt.Errorf("read the flags: %w", err)
	}
	return s, bench.CheckRuns(s.runs)
}

// compare has each disaster recovered each way.
func compare(ctx context.Context, s settings) (r results, err error) {
	project, err := filepath.Abs(".")
	if err != nil {
		return results{}, fmt.Errorf("find the project's folder: %w", err)
	}
	base, err := drill.Prepare(ctx, drill.Options{
		Project: project, Root: twin.Dir(filepath.Join(project, ".twin")), Environment: "dev", Scale: s.scale, Patience: patience, Out: os.Stderr,
	})
	if err != nil {
		return results{}, err
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	r = results{Machine: bench.Describe(ctx), Scale: s.scale, Runs: s.runs}
	for _, d := range disasters {
		c := comparison{Disaster: d.Name}
		for i := range s.runs {
			// Spread over a minute, and the same for all ways.
			second := time.Duration(i) * time.Minute / time.Duration(s.runs)
			for _, way := range []drill.Way{drill.Ours, drill.OursEarly, drill.Usual, drill.UsualExact} {
				fmt.Fprintf(os.Stderr, "\n%s, %s, %d of %d\n", d.Name, way, i+1, s.runs)
				t, err := base.Try(ctx, way, d.Step, second)
				if err != nil {
					return results{}, fmt.Errorf("%s, %s, trial %d: %w", d.Name, way, i+1, err)
				}
				c.Trials = append(c.Trials, t)
			}
		}
		c.summarise()
		r.Comparisons = append(r.Comparisons, c)
	}
	return r, nil
}
