package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/pipeline"
)

// pipelineFlags choose what is planned and applied.
type pipelineFlags struct {
	environment string
	project     string
	plans       string
	lockTimeout time.Duration
	noLock      bool
	noSecrets   bool
	detailed    bool
}

func planCommand() *cobra.Command {
	flags := &pipelineFlags{}
	cmd := flags.command("plan", "Plan both stacks on AWS and keep the plans for a review",
		"Synthesizes and plans both stacks against the configured backend. Each plan is kept as Terraform's own file (.tfplan), "+
			"as JSON for a review and as text. Before the primary is deployed the replica can't be planned; one sentence says so.",
		"drctl plan -e prod --plans plans/prod",
		func(ctx context.Context, p *pipeline.Pipeline) error {
			plans, err := p.Plan(ctx)
			if err == nil && flags.detailed && !plans.Clean() {
				err = pipeline.ErrChanges
			}
			return err
		})
	cmd.Flags().BoolVar(&flags.noLock, "no-lock", false, "do not lock the state, for credentials that may only read it")
	cmd.Flags().BoolVar(&flags.noSecrets, "no-secrets", false, "do not open the password, for credentials that may not; such plans are for a review, and drctl apply refuses them")
	cmd.Flags().BoolVar(&flags.detailed, "detailed-exitcode", false, "exit with 2 where there is something to apply")
	return cmd
}

func validateCommand() *cobra.Command {
	flags := &pipelineFlags{}
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Validate both stacks with the real AWS provider from the Terraform registry",
		Long: "Synthesizes both stacks and validates them with the provider in the version that they pin. Needs the Internet, no AWS account " +
			"and no state. Where the provider can't be downloaded it says what was not reached, and exits with 3.",
		Example: "  drctl validate -e dev",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			project, err := cli.Project(flags.project)
			if err != nil {
				return err
			}
			p, err := pipeline.New(project, flags.environment, "", cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return p.Validate(cmd.Context())
		},
	}
	cli.EnvironmentFlag(cmd.Flags(), &flags.environment)
	cli.ProjectFlag(cmd.Flags(), &flags.project)
	return cmd
}

func applyCommand() *cobra.Command {
	flags := &pipelineFlags{}
	return flags.command("apply", "Apply the plans that drctl plan kept, and nothing else",
		"Applies the primary's plan, then the replica's, just as they were reviewed. Where the replica's has to be made anew "+
			"(there was none, or the primary's outputs changed) it says so and exits with 2.",
		"drctl apply -e prod --plans plans/prod",
		func(ctx context.Context, p *pipeline.Pipeline) error {
			err := p.Apply(ctx)
			if errors.Is(err, pipeline.ErrPlanAgain) {
				return pipeline.ErrChanges // its exit code; the sentence was said
			}
			return err
		})
}

func (f *pipelineFlags) command(use, short, long, example string, do func(context.Context, *pipeline.Pipeline) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Long:    long,
		Example: "  " + example,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			project, err := cli.Project(f.project)
			if err != nil {
				return err
			}
			p, err := pipeline.New(project, f.environment, f.plans, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			p.NoLock, p.NoSecrets, p.LockTimeout = f.noLock, f.noSecrets, f.lockTimeout
			return do(cmd.Context(), p)
		},
	}
	cli.EnvironmentFlag(cmd.Flags(), &f.environment)
	cli.ProjectFlag(cmd.Flags(), &f.project)
	cmd.Flags().StringVar(&f.plans, "plans", "", "folder of the plan files (default: plans/<environment>)")
	cmd.Flags().DurationVar(&f.lockTimeout, "lock-timeout", 5*time.Minute, "how long to wait for the lock of the state")
	return cmd
}
