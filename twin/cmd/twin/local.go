package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
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
		Use:     use,
		Short:   short,
		Example: "  twin " + use + " --environment dev",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			project, dir, err := place(f.project, f.dir)
			if err != nil {
				return err
			}
			runner, err := local.New(project, dir, f.environment, os.Stdout, f.verbose)
			if err != nil {
				return err
			}
			return do(cmd.Context(), runner)
		},
	}
	cli.EnvironmentFlag(cmd.Flags(), &f.environment)
	cli.ProjectFlag(cmd.Flags(), &f.project)
	cmd.Flags().StringVar(&f.dir, "dir", "", "folder of the simulation (default: .twin in the project)")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show every argument of what is created or destroyed")
	return cmd
}

// place gives the project's root and the folder of the simulation, absolute.
func place(project, dir string) (root, twin string, err error) {
	root, err = cli.Project(project)
	if err != nil {
		return "", "", err
	}
	if dir == "" {
		dir = filepath.Join(root, ".twin")
	}
	twin, err = filepath.Abs(dir)
	return root, twin, err
}
