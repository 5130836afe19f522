// Package local plans, deploys and destroys the stacks in the simulated
// account on this machine: real Terraform and the real cdktf command, the
// stand-in AWS provider, and state of its own. Nothing here can read, change
// or destroy real state: the environment that the commands run in knows no
// AWS account, and the backend is forced to a folder of the twin.
package local

import (
	"context"
	"encoding/json"
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
	"github.com/pgdr/pgdr/twin/child"
)

// Roles of the stacks, in the order in which they are deployed.
var roles = []string{contract.RolePrimary, contract.RoleReplica}

// Runner works on one environment in one twin.
type Runner struct {
	// Project is the project's root, absolute.
	Project string
	// Twin is the folder of the simulation.
	Twin twin.Dir
	// Environment is the suffix, for example "dev".
	Environment string
	// Out is told what happens, line by line, without cursor movements.
	Out io.Writer
	// Env are further variables of the commands, as NAME=VALUE, which beat those
	// of this process.
	Env []string
	// Served: a process serves the account at the twin's socket already, a
	// world in which what is applied lives for example, and ends it too.
	Served bool
}

// New loads the environment's configuration: that of suffix, else what
// ENVIRONMENT_SUFFIX and the context say. out is told what happens; verbose
// adds every argument of what a plan creates or destroys as a whole.
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
	return &Runner{Project: project, Twin: dir, Environment: cfg.Environment, Out: newPlain(out)}, nil
}

// Validate synthesizes the environment and lets Terraform check both stacks
// against the provider's schema. It needs no running account.
func (r *Runner) Validate(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for _, role := range roles {
		if err := r.initStack(ctx, role); err != nil {
			return err
		}
		r.say("validate %s", r.stack(role))
		if err := r.terraform(ctx, role, "validate", "-no-color"); err != nil {
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
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.startCloud(ctx); err != nil {
		return err
	}
	changes := false
	var sums []string
	for _, role := range roles {
		if err := r.initStack(ctx, role); err != nil {
			return err
		}
		sum, changed, err := r.planStack(ctx, role)
		if err != nil {
			return err
		}
		changes = changes || changed
		sums = append(sums, r.stack(role)+": "+sum)
	}
	r.say("%s", strings.Join(sums, "; "))
	if changes && detailed {
		return pipeline.ErrChanges
	}
	return nil
}

// planStack shows one stack's plan and sums it up.
func (r *Runner) planStack(ctx context.Context, role string) (sum string, changes bool, err error) {
	if role == contract.RoleReplica {
		missing, err := r.missing(ctx)
		if err != nil {
			return "", false, err
		}
		if missing != nil {
			r.say("%s cannot be planned yet: it reads the outputs of %s, which is not deployed. Deploy both with: make deploy-local", r.stack(role), r.stack(contract.RolePrimary))
			return "cannot be planned yet", true, nil
		}
	}
	r.say("plan %s", r.stack(role))
	seen := &totals{out: r.Out}
	cmd := r.command(ctx, "terraform", r.chdir(role), "plan", "-no-color", "-input=false", "-detailed-exitcode")
	cmd.Stdout, cmd.Stderr = seen, seen
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 2:
		return seen.sum(), true, nil
	case err != nil:
		return "", false, fmt.Errorf("terraform plan of %s: %w", r.stack(role), err)
	}
	return seen.sum(), false, nil
}

// Deploy applies both stacks with the cdktf command, the primary first, and says
// what stays running and what comes next.
func (r *Runner) Deploy(ctx context.Context) error {
	if err := r.cdktf(ctx, "deploy"); err != nil || r.Served {
		return err
	}
	r.say("deployed %s", r.Environment)
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
	for _, role := range roles {
		if err := r.initStack(ctx, role); err != nil {
			return err
		}
	}
	r.say("%s %s and %s in the simulated account", verb, r.stack(contract.RolePrimary), r.stack(contract.RoleReplica))
	err := r.run(ctx, "npx", "--no-install", "cdktf", verb, r.stack(contract.RolePrimary), r.stack(contract.RoleReplica),
		"--skip-synth", "--auto-approve", "--skip-provider-lock", "--output", r.outdir())
	if err != nil {
		return fmt.Errorf("cdktf %s %s: %w", verb, r.Environment, err)
	}
	return nil
}

// prepare installs the provider and synthesizes.
func (r *Runner) prepare(ctx context.Context) error {
	r.say("build the stand-in AWS provider")
	if err := r.Twin.Install(ctx, r.Project); err != nil {
		return err
	}
	return r.Synthesize(ctx)
}

// initStack prepares a stack's folder; what Terraform prints is shown only
// where it fails.
func (r *Runner) initStack(ctx context.Context, role string) error {
	output, err := r.command(ctx, "terraform", r.chdir(role), "init", "-no-color", "-input=false").CombinedOutput()
	if err != nil {
		return fmt.Errorf("terraform init of %s: %w\n%s", r.stack(role), err, output)
	}
	return nil
}

// deployed tells whether a stack has outputs.
func (r *Runner) deployed(ctx context.Context, role string) (bool, error) {
	raw, err := r.command(ctx, "terraform", r.chdir(role), "output", "-json").Output()
	if err != nil {
		return false, fmt.Errorf("read outputs of %s: %w", r.stack(role), err)
	}
	var outputs map[string]any
	if err := json.Unmarshal(raw, &outputs); err != nil {
		return false, fmt.Errorf("read outputs of %s: %w", r.stack(role), err)
	}
	return len(outputs) > 0, nil
}

func (r *Runner) terraform(ctx context.Context, role string, args ...string) error {
	if err := r.run(ctx, "terraform", append([]string{r.chdir(role)}, args...)...); err != nil {
		return fmt.Errorf("terraform %s of %s: %w", args[0], r.stack(role), err)
	}
	return nil
}

// run lets a command write to Out.
func (r *Runner) run(ctx context.Context, name string, args ...string) error {
	cmd := r.command(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = r.Out, r.Out
	return cmd.Run()
}

// command runs in the project's folder and in the twin's environment.
func (r *Runner) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // names and arguments are ours
	cmd.Dir = r.Project
	cmd.Env = append(r.Twin.Env(os.Environ()),
		spec.TwinDirVariable+"="+string(r.Twin),
		spec.SuffixVariable+"="+r.Environment,
		"CDKTF_OUTDIR="+r.outdir(),
		"CI=1", "NO_COLOR=1", "FORCE_COLOR=0", // cdktf then writes lines and repaints nothing
		"npm_config_loglevel=error",
	)
	cmd.Env = append(cmd.Env, r.Env...)
	child.Gently(cmd, grace)
	return cmd
}

func (r *Runner) stack(role string) string { return contract.StackName(role, r.Environment) }

func (r *Runner) outdir() string {
	return filepath.Join(r.Twin.Environment(r.Environment), "cdktf.out")
}

func (r *Runner) chdir(role string) string {
	return "-chdir=" + filepath.Join(r.outdir(), "stacks", r.stack(role))
}

// note adds a line to what was said last.
func (r *Runner) note(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Out, "    "+format+"\n", args...)
}

func (r *Runner) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Out, "==> "+format+"\n", args...)
}
