package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pgdr/pgdr/internal/contract"
)

// Outcome is what planning a stack came to.
type Outcome string

// Outcomes of a stack's plan.
const (
	// NoChanges: what is there is what the code says.
	NoChanges Outcome = "no changes"
	// Changes: there is something to apply.
	Changes Outcome = "changes"
	// NotYet: the replica can't be planned before the primary is applied.
	NotYet Outcome = "not yet"
)

// Plans is what one planning came to; it is kept beside the plan files.
type Plans struct {
	// Environment is the suffix that was planned.
	Environment string `json:"environment"`
	// Stacks has an outcome for each role, "primary" and "replica".
	Stacks map[string]Outcome `json:"stacks"`
	// Missing tells of each stack that is [NotYet], by role.
	Missing map[string]Missing `json:"missing,omitempty"`
}

// Missing tells why a stack has no plan.
type Missing struct {
	// Why is a sentence.
	Why string `json:"why"`
	// First says that neither stack has been deployed: there is nothing yet
	// that its plan could harm.
	First bool `json:"first"`
}

// Clean tells whether nothing is left to apply.
func (p Plans) Clean() bool {
	return p.Stacks[primary] == NoChanges && p.Stacks[replica] == NoChanges
}

// Plan synthesizes, plans both stacks and writes, for each that can be
// planned, Terraform's plan, its JSON and its text.
func (p *Pipeline) Plan(ctx context.Context) (Plans, error) {
	if err := Forget(p.Plans); err != nil {
		return Plans{}, err
	}
	if err := p.synthesize(ctx); err != nil {
		return Plans{}, err
	}
	plans, err := p.PlanEach(ctx, "Apply the primary's plan first, then plan again.", func(role string) (Outcome, error) { return p.planStack(ctx, role) })
	if err != nil {
		return plans, err
	}
	return plans, plans.Write(p.Plans)
}

func (p *Pipeline) planStack(ctx context.Context, role string) (Outcome, error) {
	args := append([]string{"plan", "-no-color", "-input=false", "-out=" + p.planFile(role, binary)}, p.lockArguments()...)
	if p.NoSecrets && role == primary { // which holds them; a stack without the variable refuses it
		args = append(args, "-var="+contract.OpenSecrets+"=false")
	}
	if err := p.Terraform(ctx, role, args...); err != nil {
		return "", err
	}
	return p.keepPlan(ctx, role)
}

// keepPlan writes the plan's other forms beside it.
func (p *Pipeline) keepPlan(ctx context.Context, role string) (Outcome, error) {
	text, err := p.Quietly(ctx, role, "show", "-no-color", p.planFile(role, binary))
	if err != nil {
		return "", err
	}
	raw, err := p.Quietly(ctx, role, "show", "-json", p.planFile(role, binary))
	if err != nil {
		return "", err
	}
	kept := map[string][]byte{asText: text, asJSON: raw}
	lock, err := os.ReadFile(p.providerLock(role))
	switch {
	case err == nil:
		kept[lockFile] = lock
	case !errors.Is(err, fs.ErrNotExist): // a stack without providers has none
		return "", fmt.Errorf("read the providers' checksums of %s: %w", p.Stack(role), err)
	}
	for ending, content := range kept {
		if err := os.WriteFile(p.planFile(role, ending), content, 0o600); err != nil {
			return "", fmt.Errorf("keep the plan of %s: %w", p.Stack(role), err)
		}
	}
	return outcome(role, raw)
}

// outcome of a plan, as `terraform show -json` prints it.
func outcome(role string, raw []byte) (Outcome, error) {
	plan, err := parsePlan(raw)
	if err != nil {
		return "", fmt.Errorf("read the plan of %s: %w", role, err)
	}
	if *plan.Applyable {
		return Changes, nil
	}
	return NoChanges, nil
}

func (p *Pipeline) lockArguments() []string {
	if p.NoLock {
		return []string{"-lock=false"}
	}
	return []string{"-lock-timeout=" + p.LockTimeout.String()}
}

// plansFile lists the plans in its folder.
const plansFile = "plans.json"

// reviewFiles are what `drctl review --into` leaves beside the plans.
var reviewFiles = []string{"review.json", "review.md", "comment.md"}

// Keep writes the JSON of a stack's plan into a folder and says what came of
// it.
func Keep(folder, role string, raw []byte) (Outcome, error) {
	if err := os.WriteFile(filepath.Join(folder, role+asJSON), raw, 0o600); err != nil {
		return "", fmt.Errorf("keep the plan of %s: %w", role, err)
	}
	return outcome(role, raw)
}

// Write lists the plans in their folder, where [ReadPlans] finds them.
func (p Plans) Write(folder string) error {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", plansFile, err)
	}
	if err := os.WriteFile(filepath.Join(folder, plansFile), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", plansFile, err)
	}
	return nil
}

// Forget makes the folder, and removes what an earlier planning left there and
// its review: were this one to fail, nothing of that one may be reviewed, shown
// or applied.
func Forget(folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("make the folder of the plans: %w", err)
	}
	names := append([]string{plansFile}, reviewFiles...)
	for _, role := range Roles() {
		for _, ending := range []string{binary, asJSON, asText, lockFile} {
			names = append(names, role+ending)
		}
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the plan before: %w", err)
		}
	}
	return nil
}
