package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
)

// Apply applies what [Pipeline.Plan] left, the primary first, and nothing
// else: Terraform refuses a plan whose state moved on since.
//
// Errors: [ErrNoPlans]; [ErrNoSecrets]; [ErrPlanAgain] where the replica had no plan, or its
// plan was made from outputs that the primary's has changed.
func (p *Pipeline) Apply(ctx context.Context) error {
	plans, err := p.readPlans()
	if err != nil {
		return err
	}
	if err := p.mayApply(plans); err != nil {
		return err
	}
	if err := p.synthesize(ctx); err != nil {
		return err
	}
	if err := p.applyStack(ctx, primary, plans.Stacks[primary]); err != nil {
		return err
	}
	stale, err := p.replicaIsStale(plans)
	if err != nil {
		return err
	}
	if stale != "" {
		p.Say("%s was not applied: %s. Plan again, and have it reviewed.", p.Stack(replica), stale)
		return ErrPlanAgain
	}
	return p.applyStack(ctx, replica, plans.Stacks[replica])
}

// mayApply refuses plans that were made to be read. The plan's own word counts,
// whichever command made it.
func (p *Pipeline) mayApply(plans Plans) error {
	if plans.Stacks[primary] == NotYet {
		return nil
	}
	plan, err := p.readPlan(primary)
	if err != nil {
		return err
	}
	if plan.withoutSecrets() {
		return fmt.Errorf("%s: %w", p.Plans, ErrNoSecrets)
	}
	return nil
}

func (p *Pipeline) applyStack(ctx context.Context, role string, outcome Outcome) error {
	if outcome != Changes {
		p.Say("%s has nothing to apply", p.Stack(role))
		return nil
	}
	if err := p.restoreLock(role); err != nil {
		return err
	}
	if err := p.Init(ctx, role, "-lockfile=readonly"); err != nil {
		return err
	}
	p.Say("apply %s", p.Stack(role))
	return p.Terraform(ctx, role, "apply", "-no-color", "-input=false", "-lock-timeout="+p.LockTimeout.String(), p.planFile(role, binary))
}

// restoreLock puts the checksums of the providers that made the plan where
// init looks for them: those are taken, and no others. Where they are missing
// init refuses, as it may add none.
func (p *Pipeline) restoreLock(role string) error {
	lock, err := os.ReadFile(p.planFile(role, lockFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read the providers' checksums of %s: %w", p.Stack(role), err)
	}
	if err := os.WriteFile(p.providerLock(role), lock, 0o600); err != nil { //nolint:gosec // a path below our own output folder
		return fmt.Errorf("write the providers' checksums of %s: %w", p.Stack(role), err)
	}
	return nil
}

// replicaIsStale says why the replica's plan may not be applied after the
// primary's, "" if it may.
func (p *Pipeline) replicaIsStale(plans Plans) (string, error) {
	if plans.Stacks[replica] == NotYet {
		return "it had no plan, because the primary was not there", nil
	}
	if plans.Stacks[primary] != Changes {
		return "", nil
	}
	plan, err := p.readPlan(primary)
	if err != nil {
		return "", err
	}
	if plan.changesOutputs() {
		return "its plan was made from outputs of " + p.Stack(primary) + " that are others now", nil
	}
	return "", nil
}

func (p *Pipeline) readPlan(role string) (plan, error) {
	raw, err := os.ReadFile(p.planFile(role, asJSON))
	if err != nil {
		return plan{}, fmt.Errorf("read the plan of %s: %w", p.Stack(role), err)
	}
	read, err := parsePlan(raw)
	if err != nil {
		return plan{}, fmt.Errorf("read the plan of %s: %w", p.Stack(role), err)
	}
	return read, nil
}

func (p *Pipeline) readPlans() (Plans, error) {
	plans, err := ReadPlans(p.Plans)
	if err != nil {
		return plans, err
	}
	if plans.Environment != p.Environment {
		return plans, fmt.Errorf("the plans in %s are of environment %q, not %q: give the folder of this one's", p.Plans, plans.Environment, p.Environment)
	}
	return plans, nil
}

// ReadPlans reads what a planning came to from the folder of its files. The
// error is [ErrNoPlans] if there was none.
func ReadPlans(folder string) (Plans, error) {
	var plans Plans
	raw, err := os.ReadFile(filepath.Join(folder, plansFile)) //nolint:gosec // the user named the folder
	if errors.Is(err, fs.ErrNotExist) {
		return plans, fmt.Errorf("%w in %s: plan first", ErrNoPlans, folder)
	}
	if err != nil {
		return plans, fmt.Errorf("read %s: %w", plansFile, err)
	}
	if err := json.Unmarshal(raw, &plans); err != nil {
		return plans, fmt.Errorf("read %s: %w", plansFile, err)
	}
	for _, role := range Roles() {
		outcome := plans.Stacks[role]
		if !slices.Contains([]Outcome{NoChanges, Changes, NotYet}, outcome) {
			return plans, fmt.Errorf("%s in %s: found outcome %q of %s: plan again", plansFile, folder, outcome, role)
		}
		if outcome == NotYet && plans.Missing[role].Why == "" {
			return plans, fmt.Errorf("%s in %s: does not say why %s has no plan: plan again", plansFile, folder, role)
		}
	}
	return plans, nil
}

// Files are the JSON forms of the plans in a folder, those of the stacks that
// could be planned, the primary's first.
func (p Plans) Files(folder string) []string {
	var files []string
	for _, role := range Roles() {
		if p.Stacks[role] != NotYet {
			files = append(files, filepath.Join(folder, role+asJSON))
		}
	}
	return files
}

// plan is what has to be known of a plan here; a review knows more.
// https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
type plan struct {
	// Applyable is Terraform's own word on whether there is anything to do.
	Applyable     *bool `json:"applyable"`
	OutputChanges map[string]struct {
		Actions []string `json:"actions"`
	} `json:"output_changes"`
	Variables map[string]struct {
		Value any `json:"value"`
	} `json:"variables"`
}

// withoutSecrets tells whether a placeholder stands for the password. Terraform
// keeps a value of the command line as the text that was given.
func (p plan) withoutSecrets() bool {
	return fmt.Sprint(p.Variables[contract.OpenSecrets].Value) == "false"
}

func parsePlan(raw []byte) (plan, error) {
	var p plan
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, err
	}
	if p.Applyable == nil {
		return p, errors.New(`found no "applyable" in it: it is no plan, or of a Terraform before 1.9`)
	}
	return p, nil
}

func (p plan) changesOutputs() bool {
	for _, output := range p.OutputChanges {
		if !slices.Equal(output.Actions, []string{"no-op"}) {
			return true
		}
	}
	return false
}
