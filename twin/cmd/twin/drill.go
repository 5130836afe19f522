package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// drillFlags choose how drills are held.
type drillFlags struct {
	environment, project, root, out string
	scale, patience                 float64
	parallel                        int
	list, verbose                   bool
}

var (
	// errDrillFailed: a drill was held and did not end as its scenario expects.
	errDrillFailed = errors.New("the drill failed")
	// errNotHeld: something kept a drill from being held.
	errNotHeld = errors.New("the drill could not be held")
)

func drillCommand() *cobra.Command {
	flags := &drillFlags{}
	cmd := &cobra.Command{
		Use:   "drill [SCENARIO | all]",
		Short: "Drill a disaster in two simulated regions on this machine",
		Long: "Applies the synthesized stacks with Terraform to a simulated account, brings what was applied to life " +
			"(PostgreSQL servers, DNS, alarms, the guard), injects a disaster and reports what it cost.\n\n" +
			"SCENARIO is a name that --list shows (default region-loss), the path of a .yaml file of your own, or all.",
		Example: "  twin drill region-loss\n  twin drill mine.yaml --scale 10\n  twin drill all --parallel 1",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarioNames(), cobra.ShellCompDirectiveDefault // or a file
		},
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "region-loss"
			if len(args) > 0 {
				name = args[0]
			}
			err := flags.run(cmd.Context(), cmd.OutOrStdout(), name)
			if err != nil && !errors.Is(err, errDrillFailed) {
				err = errors.Join(err, errNotHeld)
			}
			return err
		},
	}
	flags.clock(cmd)
	cmd.Flags().StringVarP(&flags.out, "output", "o", "", "folder for reports: text, JSON and a page (default: drills in --dir)")
	cmd.Flags().IntVar(&flags.parallel, "parallel", 0, "drills at once, for all (default: what processors and memory are enough for)")
	cmd.Flags().BoolVar(&flags.list, "list", false, "list the scenarios and drill nothing")
	return cmd
}

// clock adds the flags that a drill and a twin that stays up share.
func (f *drillFlags) clock(cmd *cobra.Command) {
	cli.EnvironmentFlag(cmd.Flags(), &f.environment)
	cli.ProjectFlag(cmd.Flags(), &f.project)
	cmd.Flags().StringVar(&f.root, "dir", "", "folder for what is built (default: .twin in the project)")
	cmd.Flags().Float64Var(&f.scale, "scale", 20, "how many times as fast as this machine's the clock runs")
	cmd.Flags().Float64Var(&f.patience, "patience", 2, "how far the guard's own time-outs are stretched")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show what Terraform and the programs print")
}

func (f *drillFlags) checkScale() error {
	if f.scale < 1 || f.scale > 100 {
		return fmt.Errorf("--scale: found %g, want 1 to 100", f.scale)
	}
	return nil
}

func (f *drillFlags) run(ctx context.Context, out io.Writer, name string) error {
	known := drill.Vocabulary()
	if f.list {
		return listScenarios(out, known)
	}
	if err := f.checkScale(); err != nil {
		return err
	}
	if f.parallel < 0 {
		return fmt.Errorf("--parallel: found %d, want 1 or more", f.parallel)
	}
	if f.parallel == 0 {
		f.parallel = atOnce(runtime.NumCPU(), freeMemory())
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
	results := hold(ctx, scenarios, f.parallel, announced(out, base.Run), f.out)
	if len(scenarios) > 1 {
		err = overview(results, f.out)
	}
	return errors.Join(err, summarise(out, results, f.out), base.Close(), ctx.Err())
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
	project, root, err := place(f.project, f.root)
	if err != nil {
		return drill.Options{}, err
	}
	environment, err := cli.Environment(project, f.environment)
	if err != nil {
		return drill.Options{}, err
	}
	dir := twin.Dir(root)
	if f.out == "" {
		f.out = filepath.Join(string(dir), "drills")
	}
	o := drill.Options{Project: project, Root: dir, Environment: environment, Scale: f.scale, Patience: f.patience, Out: out}
	if f.verbose {
		o.Log = out
	}
	return o, nil
}

func listScenarios(out io.Writer, known scenario.Vocabulary) error {
	all, err := scenario.Shipped(known)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, kind := range scenario.Kinds {
		_, _ = fmt.Fprintf(table, "%s:\n", kind.Heading)
		for _, s := range all {
			if s.Kind() == kind.Kind {
				_, _ = fmt.Fprintf(table, "  %s\t%s\n", s.Name, s.Title)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list the scenarios: %w", err)
	}
	return nil
}

// scenarioNames are what a shell completes.
func scenarioNames() []string {
	all, _ := scenario.Shipped(drill.Vocabulary()) // a test holds that they are usable
	names := []string{"all"}
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}
