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
	Stacks
	// Plans is the folder of the plan files, absolute.
	Plans string
	// NoLock plans without a lock of the state, for credentials that may only
	// read. Such a plan may be of a state that is being changed; Terraform
	// then refuses to apply it, because the state moved on.
	NoLock bool
	// NoSecrets plans without opening the credentials, for a role that may not read
	// them. Such plans are read and never applied.
	NoSecrets bool
	// LockTimeout is how long to wait for another run's lock.
	LockTimeout time.Duration
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
	return &Pipeline{
		Stacks: Stacks{Project: project, Outdir: outdir, Environment: cfg.Environment, Out: out, Base: os.Environ()}, Plans: plans,
	}, nil
}

// providerLock is Terraform's own file of checksums.
func (p *Pipeline) providerLock(role string) string {
	return filepath.Join(p.StackDir(role), ".terraform.lock.hcl")
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
	p.Say("synthesize %s and %s", p.Stack(primary), p.Stack(replica))
	if err := p.Run(ctx, "go", "run", "."); err != nil {
		return fmt.Errorf("synthesize %s: %w", p.Environment, err)
	}
	return nil
}
