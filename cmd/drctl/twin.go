package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/twin/local"
)

// twinFlags choose what the local commands work on.
type twinFlags struct {
	environment string
	project     string
	dir         string
	detailed    bool
	verbose     bool
}

func twinCommand() *cobra.Command {
	flags := &twinFlags{}
	cmd := &cobra.Command{
		Use:   "twin",
		Short: "Validate, plan, deploy and destroy in a simulated AWS account on this machine",
		Long: "Real Terraform and the real cdktf command against a simulated AWS account. " +
			"State, output and account are in .twin; real state is out of reach, whatever backend is configured.",
	}
	cmd.PersistentFlags().StringVarP(&flags.environment, "environment", "e", "", "environment suffix (default: ENVIRONMENT_SUFFIX, else dev)")
	cmd.PersistentFlags().StringVar(&flags.project, "project", ".", "the project's root")
	cmd.PersistentFlags().StringVar(&flags.dir, "dir", "", "folder of the simulation (default: .twin in the project)")

	cmd.PersistentFlags().BoolVarP(&flags.verbose, "verbose", "v", false, "show every argument of what is created or destroyed")

	plan := flags.command("plan", "Show what a deployment would do", func(ctx context.Context, r *local.Runner) error {
		return r.Plan(ctx, flags.detailed)
	})
	plan.Flags().BoolVar(&flags.detailed, "detailed-exitcode", false, "exit with 2 where there are changes")
	cmd.AddCommand(
		flags.command("validate", "Synthesize and check both stacks against the provider's schema", func(ctx context.Context, r *local.Runner) error {
			return r.Validate(ctx)
		}),
		plan,
		flags.command("deploy", "Apply both stacks with cdktf deploy", func(ctx context.Context, r *local.Runner) error {
			return r.Deploy(ctx)
		}),
		flags.command("destroy", "Remove both stacks with cdktf destroy", func(ctx context.Context, r *local.Runner) error {
			return r.Destroy(ctx)
		}),
		flags.command("stop", "Stop the simulated account's process; what is in it stays", func(ctx context.Context, r *local.Runner) error {
			return r.StopCloud(ctx)
		}),
	)
	return cmd
}

func (f *twinFlags) command(use, short string, do func(context.Context, *local.Runner) error) *cobra.Command {
	return &cobra.Command{
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
}
