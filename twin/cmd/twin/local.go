package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/twin/local"
)

// localFlags choose what the local commands work on.
type localFlags struct {
	environment string
	project     string
	dir         string
	save        string
	detailed    bool
	verbose     bool
}

func (f *localFlags) commands() []*cobra.Command {
	plan := f.command("plan", "Show what a deployment would do", func(ctx context.Context, r *local.Runner) error {
		if f.save != "" {
			return r.SavePlans(ctx, f.save)
		}
		return r.Plan(ctx, f.detailed)
	})
	plan.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit with 2 where there are changes")
	plan.Flags().StringVar(&f.save, "save", "", "show nothing; write the plans as JSON into this folder, for drctl review --plan")
	plan.MarkFlagsMutuallyExclusive("detailed-exitcode", "save")
	return []*cobra.Command{
		f.command("validate", "Synthesize and check both stacks against the provider's schema", func(ctx context.Context, r *local.Runner) error {
			return r.Validate(ctx)
		}),
		plan,
		f.command("deploy", "Apply both stacks with cdktf deploy", func(ctx context.Context, r *local.Runner) error {
			return r.Deploy(ctx)
		}),
		f.command("destroy", "Remove both stacks with cdktf destroy", func(ctx context.Context, r *local.Runner) error {
			return r.Destroy(ctx)
		}),
		f.command("stop", "Stop the simulated account's process; what is in it stays", func(ctx context.Context, r *local.Runner) error {
			return r.StopCloud(ctx)
		}),
	}
}

func (f *localFlags) command(use, short string, do func(context.Context, *local.Runner) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			project, err := filepath.Abs(f.project)
			if err != nil {
				return fmt.Errorf("find the project's folder: %w", err)
			}
			dir := f.dir
			if dir == "" {
				dir = filepath.Join(project, ".twin")
			}
			runner, err := local.New(project, dir, f.environment, os.Stdout, f.verbose)
			if err != nil {
				return err
			}
			return do(cmd.Context(), runner)
		},
	}
	cmd.Flags().StringVarP(&f.environment, "environment", "e", "", "environment suffix (default: ENVIRONMENT_SUFFIX, else dev)")
	cmd.Flags().StringVar(&f.project, "project", ".", "the project's root")
	cmd.Flags().StringVar(&f.dir, "dir", "", "folder of the simulation (default: .twin in the project)")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show every argument of what is created or destroyed")
	return cmd
}
