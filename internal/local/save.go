package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// SavedPlan is one stack's plan as `terraform show -json` prints it.
type SavedPlan struct {
	// Role of the stack, "primary" or "replica".
	Role string
	// File that holds it, in the twin, readable by its owner only.
	File string
	// JSON is what the file holds.
	JSON []byte
}

// SavePlans plans both stacks in the simulated account, as [Runner.Plan] does,
// and returns the plans instead of showing them. Before the primary was
// deployed the replica can't be planned: then there is one plan, and why is a
// sentence that says so.
func (r *Runner) SavePlans(ctx context.Context) (plans []SavedPlan, why string, err error) {
	if err := r.prepare(ctx); err != nil {
		return nil, "", err
	}
	if err := r.startCloud(ctx); err != nil {
		return nil, "", err
	}
	for _, role := range roles {
		if err := r.initStack(ctx, role); err != nil {
			return nil, "", err
		}
		if role == "replica" {
			deployed, err := r.deployed(ctx, "primary")
			if err != nil {
				return nil, "", err
			}
			if !deployed {
				return plans, fmt.Sprintf("%s cannot be planned before %s is deployed, and is not in this review.", r.stack(role), r.stack("primary")), nil
			}
		}
		plan, err := r.savePlan(ctx, role)
		if err != nil {
			return nil, "", err
		}
		plans = append(plans, plan)
	}
	return plans, "", nil
}

func (r *Runner) savePlan(ctx context.Context, role string) (SavedPlan, error) {
	folder := filepath.Join(r.Twin.Environment(r.Environment), "plans")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return SavedPlan{}, fmt.Errorf("make the folder of the plans: %w", err)
	}
	r.say("plan %s", r.stack(role))
	raw, err := r.planJSON(ctx, role, filepath.Join(folder, r.stack(role)+".tfplan"))
	if err != nil {
		return SavedPlan{}, err
	}
	file := filepath.Join(folder, r.stack(role)+".json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return SavedPlan{}, fmt.Errorf("keep the plan of %s: %w", r.stack(role), err)
	}
	return SavedPlan{Role: role, File: file, JSON: raw}, nil
}

// planJSON plans one stack, keeps the plan in a file only until it is shown,
// since it holds values that nobody needs later, and returns it as
// `terraform show -json` prints it.
func (r *Runner) planJSON(ctx context.Context, role, saved string) ([]byte, error) {
	defer func() { _ = os.Remove(saved) }()
	output, err := r.command(ctx, "terraform", r.chdir(role), "plan", "-no-color", "-input=false", "-out="+saved).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("terraform plan of %s: %w\n%s", r.stack(role), err, output)
	}
	raw, err := r.command(ctx, "terraform", r.chdir(role), "show", "-json", saved).Output()
	if err != nil {
		return nil, fmt.Errorf("terraform show of the plan of %s: %w", r.stack(role), err)
	}
	return raw, nil
}
