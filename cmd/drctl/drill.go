package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/drill"
	"github.com/pgdr/pgdr/internal/drill/report"
	"github.com/pgdr/pgdr/internal/drill/scenario"
	"github.com/pgdr/pgdr/internal/twin"
)

// drillFlags choose how drills are held.
type drillFlags struct {
	environment, project, root, out string
	scale, patience                 float64
	parallel                        int
	list, verbose                   bool
}

// errDrillFailed: a drill was held and did not end as its scenario expects.
var errDrillFailed = errors.New("the drill failed")

func drillCommand() *cobra.Command {
	flags := &drillFlags{}
	cmd := &cobra.Command{
		Use:   "drill [SCENARIO | all]",
		Short: "Drill a disaster in two simulated regions on this machine",
		Long: "Applies the synthesized stacks with Terraform to a simulated account, brings what was applied to life " +
			"(PostgreSQL servers, DNS, alarms, the guard), injects a disaster and reports what it cost.\n\n" +
			"SCENARIO is a name that --list shows (default region-loss), the path of a .yaml file of your own, or all.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "region-loss"
			if len(args) > 0 {
				name = args[0]
			}
			return flags.run(cmd.Context(), cmd.OutOrStdout(), name)
		},
	}
	cmd.Flags().StringVarP(&flags.environment, "environment", "e", "dev", "environment suffix")
	cmd.Flags().StringVar(&flags.project, "project", ".", "the project's root")
	cmd.Flags().StringVar(&flags.root, "dir", "", "folder for what is built (default: .twin in the project)")
	cmd.Flags().StringVarP(&flags.out, "output", "o", "", "folder for reports: text, JSON and SVG (default: drills in --dir)")
	cmd.Flags().Float64Var(&flags.scale, "scale", 20, "how many times as fast as this machine's the clock runs")
	cmd.Flags().Float64Var(&flags.patience, "patience", 2, "how far the guard's own time-outs are stretched")
	cmd.Flags().IntVar(&flags.parallel, "parallel", max(2, runtime.NumCPU()), "drills at once, for all")
	cmd.Flags().BoolVar(&flags.list, "list", false, "list the scenarios and drill nothing")
	cmd.Flags().BoolVarP(&flags.verbose, "verbose", "v", false, "show what Terraform and the programs print")
	return cmd
}

func (f *drillFlags) run(ctx context.Context, out io.Writer, name string) error {
	known := drill.Vocabulary()
	if f.list {
		return listScenarios(out, known)
	}
	if f.scale < 1 || f.scale > 100 {
		return fmt.Errorf("--scale: found %g, want 1 to 100", f.scale)
	}
	if f.parallel < 1 {
		return fmt.Errorf("--parallel: found %d, want 1 or more", f.parallel)
	}
	scenarios, err := choose(name, known)
	if err != nil {
		return err
	}
	o, err := f.options(out)
	if err != nil {
		return err
	}
	o.Labelled = len(scenarios) > 1
	base, err := drill.Prepare(ctx, o)
	if err != nil {
		return err
	}
	reports, err := f.hold(ctx, base, scenarios)
	err = errors.Join(err, base.Close())
	return errors.Join(err, f.summarise(out, reports, err == nil))
}

// choose finds what is to be drilled.
func choose(name string, known scenario.Vocabulary) ([]scenario.Scenario, error) {
	if name == "all" {
		return scenario.Shipped(known)
	}
	s, err := scenario.Find(name, known)
	return []scenario.Scenario{s}, err
}

func (f *drillFlags) options(out io.Writer) (drill.Options, error) {
	project, err := filepath.Abs(f.project)
	if err != nil {
		return drill.Options{}, fmt.Errorf("find the project's folder: %w", err)
	}
	root := f.root
	if root == "" {
		root = filepath.Join(project, ".twin")
	}
	dir, err := twin.New(root)
	if err != nil {
		return drill.Options{}, err
	}
	if f.out == "" {
		f.out = filepath.Join(string(dir), "drills")
	}
	o := drill.Options{Project: project, Root: dir, Environment: f.environment, Scale: f.scale, Patience: f.patience, Out: out}
	if f.verbose {
		o.Log = out
	}
	return o, nil
}

// hold holds the drills, several at once, and writes each report as soon as
// there is one.
func (f *drillFlags) hold(ctx context.Context, base *drill.Base, scenarios []scenario.Scenario) ([]report.Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu      sync.Mutex
		all     sync.WaitGroup
		reports []report.Report
		errs    []error
		slots   = make(chan struct{}, f.parallel)
	)
	for _, sc := range scenarios {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			r, err := base.Run(ctx, sc)
			if err == nil {
				err = f.write(r)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", sc.Name, err))
				cancel() // the others would only take time
				return
			}
			reports = append(reports, r)
		})
	}
	all.Wait()
	return reports, errors.Join(errs...)
}

// write writes a report in its three forms.
func (f *drillFlags) write(r report.Report) error {
	if err := os.MkdirAll(f.out, 0o750); err != nil {
		return fmt.Errorf("make the folder of reports: %w", err)
	}
	text, err := r.JSON()
	if err != nil {
		return err
	}
	for suffix, content := range map[string][]byte{".txt": []byte(r.Text()), ".json": text, ".svg": r.SVG()} {
		if err := os.WriteFile(filepath.Join(f.out, r.Scenario+suffix), content, 0o600); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}

// summarise prints the one report, or a line for each of several.
func (f *drillFlags) summarise(out io.Writer, reports []report.Report, complete bool) error {
	failed := 0
	for _, r := range reports {
		if !r.Passed {
			failed++
		}
	}
	if len(reports) == 1 {
		_, _ = fmt.Fprintf(out, "\n%s", reports[0].Text())
	}
	if len(reports) > 1 {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table)
		for _, r := range reports {
			verdict := "passed"
			if !r.Passed {
				verdict = "FAILED: " + strings.Join(r.Failures, "; ")
			}
			_, _ = fmt.Fprintf(table, "%s\t%.0f s\t%s\n", r.Scenario, r.Real, verdict)
		}
		_ = table.Flush() // standard output
	}
	if len(reports) > 0 {
		_, _ = fmt.Fprintf(out, "Reports (text, JSON, SVG): %s\n", f.out)
	}
	if failed > 0 && complete {
		return fmt.Errorf("%d of %d: %w", failed, len(reports), errDrillFailed)
	}
	return nil
}

func listScenarios(out io.Writer, known scenario.Vocabulary) error {
	all, err := scenario.Shipped(known)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Title)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list the scenarios: %w", err)
	}
	return nil
}
