// Package pipeline plans and applies both stacks against the configured
// backend and AWS, in steps that a CI can stop between: what was planned is
// kept in files, a review reads them, and what is applied is exactly what was
// reviewed.
//
// The replica stack reads the primary's outputs. Before the primary is there
// the replica has no plan, and after an apply that changes outputs its plan is
// out of date: both are said in one sentence, and the answer is to plan again.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// The stacks' roles.
const (
	primary = contract.RolePrimary
	replica = contract.RoleReplica
)

// roles are in the order in which they are deployed.
var roles = []string{primary, replica}

// Errors that a caller may want to tell apart.
var (
	// ErrChanges says that a plan was made and that it is not empty.
	ErrChanges = errors.New("the plan has changes")
	// ErrPlanAgain says that something was applied and that what is left has
	// to be planned, and reviewed, anew.
	ErrPlanAgain = errors.New("plan, review and apply again")
	// ErrNoPlans says that there is nothing to apply.
	ErrNoPlans = errors.New("no plans to apply")
	// ErrNoSecrets says that the plans were made to be read: a placeholder stands
	// for the password.
	ErrNoSecrets = errors.New("the plans were made without the secrets (--no-secrets), to be read only: plan again without it, and have that reviewed")
)

// Pipeline works on one environment.
type Pipeline struct {
	// Project is the project's root, Outdir the folder of the synthesized
	// stacks, Plans that of the plan files; all absolute.
	Project, Outdir, Plans string
	// Environment is the suffix, for example "dev".
	Environment string
	// Out is told what happens; Terraform writes there too.
	Out io.Writer
	// NoLock plans without a lock of the state, for credentials that may only
	// read. Such a plan may be of a state that is being changed; Terraform
	// then refuses to apply it, because the state moved on.
	NoLock bool
	// NoSecrets plans without opening the credentials, for a role that may not read
	// them. Such plans are read and never applied.
	NoSecrets bool
	// LockTimeout is how long to wait for another run's lock.
	LockTimeout time.Duration
	// env is given to the commands besides.
	env []string
}

// New is a pipeline of the environment that the configuration in project is
// for: suffix, else what ENVIRONMENT_SUFFIX and the context say. plans is
// relative to the project, or absolute; empty is "plans/<environment>".
func New(project, suffix, plans string, out io.Writer) (*Pipeline, error) {
	cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: os.Getenv, Environment: suffix})
	if err != nil {
		return nil, err
	}
	if cfg.UsesTwin() {
		return nil, fmt.Errorf("%s is set: for the local simulation use make plan and make deploy-local", spec.TwinDirVariable)
	}
	if plans == "" {
		plans = filepath.Join("plans", cfg.Environment)
	}
	if !filepath.IsAbs(plans) {
		plans = filepath.Join(project, plans)
	}
	outdir := os.Getenv("CDKTF_OUTDIR")
	if outdir == "" {
		outdir = "cdktf.out"
	}
	if !filepath.IsAbs(outdir) {
		outdir = filepath.Join(project, outdir)
	}
	return &Pipeline{Project: project, Outdir: outdir, Plans: plans, Environment: cfg.Environment, Out: out}, nil
}

func (p *Pipeline) stack(role string) string { return contract.StackName(role, p.Environment) }

func (p *Pipeline) stackDir(role string) string {
	return filepath.Join(p.Outdir, "stacks", p.stack(role))
}

// providerLock is Terraform's own file of checksums.
func (p *Pipeline) providerLock(role string) string {
	return filepath.Join(p.stackDir(role), ".terraform.lock.hcl")
}

// planFile is one of the files of a stack's plan.
func (p *Pipeline) planFile(role, ending string) string {
	return filepath.Join(p.Plans, role+ending)
}

// Endings of the files of a stack's plan.
const (
	// binary is Terraform's own, which is applied.
	binary = ".tfplan"
	// asJSON is what a review reads.
	asJSON = ".json"
	// asText is what a person reads.
	asText = ".txt"
	// lockFile names the providers that made the plan, with their checksums.
	lockFile = ".lock.hcl"
)

func (p *Pipeline) synthesize(ctx context.Context) error {
	p.say("synthesize %s and %s", p.stack(primary), p.stack(replica))
	cmd := p.command(ctx, "go", "run", ".")
	cmd.Stdout, cmd.Stderr = p.Out, p.Out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("synthesize %s: %w", p.Environment, err)
	}
	return nil
}

// terraform runs in a stack's folder and writes to Out.
func (p *Pipeline) terraform(ctx context.Context, role string, args ...string) error {
	cmd := p.command(ctx, "terraform", append([]string{"-chdir=" + p.stackDir(role)}, args...)...)
	cmd.Stdout, cmd.Stderr = p.Out, p.Out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("terraform %s of %s: %w", args[0], p.stack(role), err)
	}
	return nil
}

// quietly runs terraform and returns what it wrote to standard output; what
// it wrote elsewhere is part of the error.
func (p *Pipeline) quietly(ctx context.Context, role string, args ...string) ([]byte, error) {
	out, err := p.command(ctx, "terraform", append([]string{"-chdir=" + p.stackDir(role)}, args...)...).Output()
	if err == nil {
		return out, nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("terraform %s of %s: %w\n%s%s", args[0], p.stack(role), err, out, exit.Stderr)
	}
	return nil, fmt.Errorf("terraform %s of %s: %w", args[0], p.stack(role), err)
}

// grace is how long a command may take to stop by itself: Terraform saves its
// state when it is interrupted, and loses it when it is killed.
const grace = 2 * time.Minute

func (p *Pipeline) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // names and arguments are ours
	cmd.Dir = p.Project
	cmd.Env = append(os.Environ(),
		spec.SuffixVariable+"="+p.Environment,
		"CDKTF_OUTDIR="+p.Outdir,
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
	)
	cmd.Env = append(cmd.Env, p.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	return cmd
}

func (p *Pipeline) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.Out, "==> "+format+"\n", args...)
}
