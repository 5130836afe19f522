// Command bench-drill compares our failover with the usual way of doing it, in
// the same simulated world and at the same scale: each disaster several times
// each way, in turn, so that a noisy machine is noisy for both. It writes
// docs/drill-benchmark.md and .json.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/pgdr/pgdr/internal/drill"
	"github.com/pgdr/pgdr/internal/drill/scenario"
	"github.com/pgdr/pgdr/internal/twin"
)

// disasters that are compared.
var disasters = []struct {
	Name string
	Step scenario.Step
}{
	{"region-loss", scenario.Step{Do: "lose-region", With: map[string]string{"region": "us-east-1"}}},
	{"instance-lost", scenario.Step{Do: "fail-instance", With: map[string]string{"role": "primary"}}},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	runs := flag.Int("runs", 5, "trials of each way for each disaster")
	scale := flag.Float64("scale", 20, "how many times as fast as this machine's the clock runs")
	out := flag.String("o", "docs", "folder for the results")
	flag.Parse()
	if err := bench(ctx, *runs, *scale, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left for stop to do
	}
}

// errRuns: there is nothing to compare.
var errRuns = errors.New("found too few runs, want 1 or more")

func bench(ctx context.Context, runs int, scale float64, out string) (err error) {
	if runs < 1 {
		return fmt.Errorf("-runs %d: %w", runs, errRuns)
	}
	project, err := filepath.Abs(".")
	if err != nil {
		return fmt.Errorf("find the project's folder: %w", err)
	}
	base, err := drill.Prepare(ctx, drill.Options{
		Project: project, Root: twin.Dir(filepath.Join(project, ".twin")), Environment: "dev", Scale: scale, Patience: 2, Out: os.Stderr,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	r := results{Scale: scale, Runs: runs, At: time.Now().UTC().Format(time.DateOnly)}
	for _, d := range disasters {
		c := comparison{Disaster: d.Name}
		for i := range runs {
			// Spread over a minute, and the same for both ways.
			offset := time.Duration(i) * time.Minute / time.Duration(runs)
			for _, way := range []drill.Way{drill.Ours, drill.Usual} {
				fmt.Fprintf(os.Stderr, "\n%s, %s, %d of %d\n", d.Name, way, i+1, runs)
				t, err := base.Try(ctx, way, d.Step, offset)
				if err != nil {
					return fmt.Errorf("%s, %s, trial %d: %w", d.Name, way, i+1, err)
				}
				c.Trials = append(c.Trials, t)
			}
		}
		c.summarise()
		r.Comparisons = append(r.Comparisons, c)
	}
	return write(r, out)
}

func write(r results, out string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	for name, content := range map[string][]byte{"drill-benchmark.json": append(text, '\n'), "drill-benchmark.md": []byte(r.markdown())} {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o600); err != nil {
			return fmt.Errorf("write the results: %w", err)
		}
	}
	fmt.Print(r.markdown())
	return nil
}
