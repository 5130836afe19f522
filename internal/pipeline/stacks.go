package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/child"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// Stacks are the two synthesized stacks of one environment, on which Terraform
// runs. [Pipeline] and the twin's local deployments work with them.
type Stacks struct {
	// Project is the project's root, Outdir the folder of the synthesized
	// stacks; both absolute.
	Project, Outdir string
	// Environment is the suffix, for example "dev".
	Environment string
	// Out is told what happens; Terraform writes there too.
	Out io.Writer
	// Base is what the commands' environment is made of, as os.Environ gives it;
	// Env are further variables, which beat it.
	Base, Env []string
}

// Roles of the stacks, in the order in which they are deployed.
func Roles() []string { return []string{primary, replica} }

// Stack is the name of a site's stack.
func (s *Stacks) Stack(role string) string { return contract.StackName(role, s.Environment) }

// StackDir is the folder of a synthesized stack.
func (s *Stacks) StackDir(role string) string {
	return filepath.Join(s.Outdir, "stacks", s.Stack(role))
}

// Say writes one line about what happens.
func (s *Stacks) Say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Out, "==> "+format+"\n", args...)
}

// grace is how long a command may take to stop by itself: Terraform saves its
// state when it is interrupted, and loses it when it is killed.
const grace = 2 * time.Minute

// Command runs in the project's folder and in a process group of its own: an
// interrupt reaches it once, through the context. Two at once, the terminal's
// and ours, make Terraform drop its state.
func (s *Stacks) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // names and arguments are ours
	cmd.Dir = s.Project
	cmd.Env = slices.Concat(s.Base, []string{
		spec.SuffixVariable + "=" + s.Environment,
		"CDKTF_OUTDIR=" + s.Outdir,
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
	}, s.Env)
	child.Gently(cmd, grace)
	return cmd
}

// Run lets a command write to Out.
func (s *Stacks) Run(ctx context.Context, name string, args ...string) error {
	cmd := s.Command(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = s.Out, s.Out
	return cmd.Run()
}

// TerraformCommand is a command of Terraform in a stack's folder.
func (s *Stacks) TerraformCommand(ctx context.Context, role string, args ...string) *exec.Cmd {
	return s.Command(ctx, "terraform", append([]string{"-chdir=" + s.StackDir(role)}, args...)...)
}

// Terraform runs in a stack's folder and writes to Out.
func (s *Stacks) Terraform(ctx context.Context, role string, args ...string) error {
	cmd := s.TerraformCommand(ctx, role, args...)
	cmd.Stdout, cmd.Stderr = s.Out, s.Out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("terraform %s of %s: %w", args[0], s.Stack(role), err)
	}
	return nil
}

// Quietly runs Terraform in a stack's folder and returns what it wrote to
// standard output; what it wrote elsewhere is part of the error.
func (s *Stacks) Quietly(ctx context.Context, role string, args ...string) ([]byte, error) {
	out, err := s.TerraformCommand(ctx, role, args...).Output()
	if err == nil {
		return out, nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("terraform %s of %s: %w\n%s%s", args[0], s.Stack(role), err, out, exit.Stderr)
	}
	return nil, fmt.Errorf("terraform %s of %s: %w", args[0], s.Stack(role), err)
}

// Init prepares a stack's folder; what Terraform prints is shown only where it
// fails.
func (s *Stacks) Init(ctx context.Context, role string, args ...string) error {
	_, err := s.Quietly(ctx, role, append([]string{"init", "-no-color", "-input=false"}, args...)...)
	return err
}

// PlanEach plans both stacks in their order. Where the replica cannot be planned
// yet, one sentence says why, and then what to do.
func (s *Stacks) PlanEach(ctx context.Context, then string, plan func(role string) (Outcome, error)) (Plans, error) {
	plans := Plans{Environment: s.Environment, Stacks: map[string]Outcome{}, Missing: map[string]Missing{}}
	for _, role := range Roles() {
		if err := s.Init(ctx, role); err != nil {
			return plans, err
		}
		missing, err := s.missing(ctx, role)
		if err != nil {
			return plans, err
		}
		if missing != nil {
			s.Say("%s %s", missing.Why, then)
			plans.Stacks[role], plans.Missing[role] = NotYet, *missing
			continue
		}
		s.Say("plan %s", s.Stack(role))
		if plans.Stacks[role], err = plan(role); err != nil {
			return plans, err
		}
	}
	return plans, nil
}

// missing says why a stack cannot be planned yet, nil if it can.
func (s *Stacks) missing(ctx context.Context, role string) (*Missing, error) {
	if role != replica {
		return nil, nil
	}
	lacks, fresh, err := s.missingOutputs(ctx)
	if err != nil || lacks == "" {
		return nil, err
	}
	deployed, err := s.deployed(ctx, replica)
	if err != nil {
		return nil, err
	}
	why := fmt.Sprintf("%s cannot be planned yet: it reads the outputs of %s, %s.", s.Stack(replica), s.Stack(primary), lacks)
	return &Missing{Why: why, First: fresh && !deployed}, nil
}

// deployed tells whether a stack has resources in its state.
func (s *Stacks) deployed(ctx context.Context, role string) (bool, error) {
	raw, err := s.Quietly(ctx, role, "state", "pull")
	if err != nil {
		return false, err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return false, nil // no state
	}
	var state struct {
		Resources []struct {
			Mode string `json:"mode"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		return false, fmt.Errorf("read the state of %s: %w", s.Stack(role), err)
	}
	for _, r := range state.Resources {
		if r.Mode == "managed" {
			return true, nil
		}
	}
	return false, nil
}

// outputReference matches how the replica's stack names an output of the
// primary's.
var outputReference = regexp.MustCompile(`data\.terraform_remote_state\.[A-Za-z0-9_-]+\.outputs\.([A-Za-z0-9_]+)`)

// missingOutputs says what the replica stack reads and the primary's state has
// not, "" if it has all; fresh, that the primary has no outputs at all.
func (s *Stacks) missingOutputs(ctx context.Context) (lacks string, fresh bool, err error) {
	raw, err := s.Quietly(ctx, primary, "output", "-json")
	if err != nil {
		return "", false, err
	}
	var there map[string]any
	if err := json.Unmarshal(raw, &there); err != nil {
		return "", false, fmt.Errorf("read outputs of %s: %w", s.Stack(primary), err)
	}
	if len(there) == 0 {
		return "which is not deployed", true, nil
	}
	code, err := os.ReadFile(filepath.Join(s.StackDir(replica), "cdk.tf.json"))
	if err != nil {
		return "", false, fmt.Errorf("read %s: %w", s.Stack(replica), err)
	}
	missing := map[string]bool{}
	for _, match := range outputReference.FindAllStringSubmatch(string(code), -1) {
		if _, ok := there[match[1]]; !ok {
			missing[match[1]] = true
		}
	}
	if len(missing) == 0 {
		return "", false, nil
	}
	return "which is not deployed in full: it lacks " + strings.Join(slices.Sorted(maps.Keys(missing)), ", "), false, nil
}
