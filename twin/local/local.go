// Package local plans, deploys and destroys the stacks in the simulated
// account on this machine: real Terraform and the real cdktf command, the
// stand-in AWS provider, and state of its own. Nothing here can read, change
// or destroy real state: the environment that the commands run in knows no
// AWS account, and the backend is forced to a folder of the twin.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/pipeline"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin"
)

// Runner works on one environment in one twin.
type Runner struct {
	pipeline.Stacks
	// Twin is the folder of the simulation.
	Twin twin.Dir
	// Served: a process serves the account at the twin's socket already, a
	// world in which what is applied lives for example, and ends it too.
	Served bool
}

// New loads the environment's configuration: that of suffix, else what
// ENVIRONMENT_SUFFIX and the context say. out is told what happens, line by line,
// without cursor movements; verbose adds every argument of what a plan creates or
// destroys as a whole.
func New(project, twinDir, suffix string, out io.Writer, verbose bool) (*Runner, error) {
	cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: os.Getenv, Environment: suffix, TwinDir: twinDir})
	if err != nil {
		return nil, err
	}
	dir, err := twin.New(twinDir)
	if err != nil {
		return nil, err
	}
	if !verbose {
		out = &condensed{out: out}
	}
	base := append(dir.Env(os.Environ()),
		spec.TwinDirVariable+"="+string(dir),
		"CI=1", "NO_COLOR=1", "FORCE_COLOR=0", // cdktf then writes lines and repaints nothing
		"npm_config_loglevel=error")
	return &Runner{Twin: dir, Stacks: pipeline.Stacks{
		Project: project, Outdir: filepath.Join(dir.Environment(cfg.Environment), "cdktf.out"), Environment: cfg.Environment,
		Out: newPlain(out), Base: base,
	}}, nil
}

// Validate synthesizes the environment and lets Terraform check both stacks
// against the provider's schema. It needs no running account.
func (r *Runner) Validate(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for _, role := range pipeline.Roles() {
		if err := r.Init(ctx, role); err != nil {
			return err
		}
		r.Say("validate %s", r.Stack(role))
		if err := r.Terraform(ctx, role, "validate", "-no-color"); err != nil {
			return err
		}
	}
	return nil
}

// Plan shows what a deployment would do, and ends with a line that sums up both
// stacks. Before the primary was deployed the replica can't be planned, and one
// sentence says so. The error is pipeline.ErrChanges where there are changes
// and detailed is set.
func (r *Runner) Plan(ctx context.Context, detailed bool) error {
	var sums []string
	plans, err := r.planEach(ctx, "Deploy both with: make deploy-local", func(role string) (pipeline.Outcome, error) {
		sum, outcome, err := r.planStack(ctx, role)
		sums = append(sums, r.Stack(role)+": "+sum)
		return outcome, err
	})
	if err != nil {
		return err
	}
	for role := range plans.Missing {
		sums = append(sums, r.Stack(role)+": cannot be planned yet")
	}
	r.Say("%s", strings.Join(sums, "; "))
	if detailed && !plans.Clean() {
		return pipeline.ErrChanges
	}
	return nil
}

// planEach synthesizes and plans both stacks in the running account.
func (r *Runner) planEach(ctx context.Context, then string, plan func(role string) (pipeline.Outcome, error)) (pipeline.Plans, error) {
	if err := r.prepare(ctx); err != nil {
		return pipeline.Plans{}, err
	}
	if err := r.startCloud(ctx); err != nil {
		return pipeline.Plans{}, err
	}
	return r.PlanEach(ctx, then, plan)
}

// planStack shows one stack's plan and sums it up.
func (r *Runner) planStack(ctx context.Context, role string) (sum string, outcome pipeline.Outcome, err error) {
	seen := &totals{out: r.Out}
	cmd := r.TerraformCommand(ctx, role, "plan", "-no-color", "-input=false", "-detailed-exitcode")
	cmd.Stdout, cmd.Stderr = seen, seen
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 2:
		return seen.sum(), pipeline.Changes, nil
	case err != nil:
		return "", "", fmt.Errorf("terraform plan of %s: %w", r.Stack(role), err)
	}
	return seen.sum(), pipeline.NoChanges, nil
}

// Deploy applies both stacks with the cdktf command, the primary first, and says
// what stays running and what comes next.
func (r *Runner) Deploy(ctx context.Context) error {
	if err := r.cdktf(ctx, "deploy"); err != nil || r.Served {
		return err
	}
	r.Say("deployed %s", r.Environment)
	r.note("a process in the background serves the simulated account; to stop it and keep the account: make stop-local")
	r.note("next: make plan ENV=%[1]s, make review ENV=%[1]s; to remove everything: make destroy-local ENV=%[1]s", r.Environment)
	return nil
}

// Destroy removes both stacks, the replica first, and stops the simulated
// account if no other environment has anything in it.
func (r *Runner) Destroy(ctx context.Context) error {
	if err := r.cdktf(ctx, "destroy"); err != nil || r.Served {
		return err
	}
	empty, err := r.cloudIsEmpty(ctx)
	if err != nil || !empty {
		return err
	}
	return r.StopCloud(ctx)
}

// cdktf runs a command of the cdktf CLI on both stacks, in the order of their
// dependency. The folders are prepared before, so that what it prints is about
// the stacks; the lock of the provider is skipped, because that asks the
// registry, which does not have this provider.
func (r *Runner) cdktf(ctx context.Context, verb string) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.startCloud(ctx); err != nil {
		return err
	}
	for _, role := range pipeline.Roles() {
		if err := r.Init(ctx, role); err != nil {
			return err
		}
	}
	r.Say("%s %s and %s in the simulated account", verb, r.Stack(contract.RolePrimary), r.Stack(contract.RoleReplica))
	err := r.Run(ctx, "npx", "--no-install", "cdktf", verb, r.Stack(contract.RolePrimary), r.Stack(contract.RoleReplica),
		"--skip-synth", "--auto-approve", "--skip-provider-lock", "--output", r.Outdir)
	if err != nil {
		return fmt.Errorf("cdktf %s %s: %w", verb, r.Environment, err)
	}
	return nil
}

// prepare installs the provider and synthesizes.
func (r *Runner) prepare(ctx context.Context) error {
	r.Say("build the stand-in AWS provider")
	if err := r.Twin.Install(ctx, r.Project); err != nil {
		return err
	}
	return r.Synthesize(ctx)
}

// note adds a line to what was said last.
func (r *Runner) note(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Out, "    "+format+"\n", args...)
}
