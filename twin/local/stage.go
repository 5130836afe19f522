package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/leftover"
	"github.com/pgdr/pgdr/twin/gobuild"
)

// This file is for who serves the simulated account itself, a drill for
// example: single steps, with Terraform's own commands.

// synthPrefix begins the names of the folders of a synthesis's program.
const synthPrefix = "synth-"

// Synthesize writes both stacks into the twin.
func (r *Runner) Synthesize(ctx context.Context) error {
	if err := os.MkdirAll(r.Outdir, 0o750); err != nil {
		return fmt.Errorf("make the output directory: %w", err)
	}
	r.Say("synthesize %s and %s", r.Stack(contract.RolePrimary), r.Stack(contract.RoleReplica))
	// Each run has a program of its own: another that builds meanwhile changes
	// nothing of it.
	if err := os.MkdirAll(r.builds(), 0o750); err != nil {
		return fmt.Errorf("make a folder for the program: %w", err)
	}
	leftover.Sweep(r.builds(), synthPrefix)
	builds, err := leftover.MkdirTemp(r.builds(), synthPrefix)
	if err != nil {
		return fmt.Errorf("make a folder for the program: %w", err)
	}
	defer func() { _ = os.RemoveAll(builds) }()
	program := filepath.Join(builds, "pgdr")
	if err := gobuild.Program(ctx, r.Project, gobuild.Synthesis, program); err != nil {
		return err
	}
	if err := r.Run(ctx, program); err != nil {
		return fmt.Errorf("synthesize %s: %w", r.Environment, err)
	}
	return nil
}

// Apply applies one stack. Its error holds what Terraform complains of.
func (r *Runner) Apply(ctx context.Context, role string) error {
	if err := r.Init(ctx, role); err != nil {
		return err
	}
	r.Say("apply %s", r.Stack(role))
	var complaint bytes.Buffer
	cmd := r.TerraformCommand(ctx, role, "apply", "-auto-approve", "-no-color", "-input=false", "-compact-warnings")
	cmd.Stdout, cmd.Stderr = r.Out, io.MultiWriter(r.Out, &complaint)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("terraform apply of %s: %w: %s", r.Stack(role), err, plainText(complaint.String()))
	}
	return nil
}

// plainText is a text of Terraform's without its frame and line breaks.
func plainText(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(text)), " ")
}

// DestroyStack destroys one stack.
func (r *Runner) DestroyStack(ctx context.Context, role string) error {
	r.Say("destroy %s", r.Stack(role))
	return r.Terraform(ctx, role, "destroy", "-auto-approve", "-no-color", "-input=false", "-compact-warnings")
}

// PlanJSON plans one stack and returns the plan as `terraform show -json` has
// it.
func (r *Runner) PlanJSON(ctx context.Context, role string) ([]byte, error) {
	if err := r.Init(ctx, role); err != nil {
		return nil, err
	}
	return r.planJSON(ctx, role, filepath.Join(r.StackDir(role), "review.tfplan"))
}
