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

// Missing tells why a stack has no plan.
type Missing struct {
	Role string
	// Why is a sentence.
	Why string
	// First says that neither stack is deployed.
	First bool
}

// SavePlans plans both stacks in the simulated account, as [Runner.Plan] does,
// and returns the plans instead of showing them. Before the primary was
// deployed the replica can't be planned: then there is one plan, and missing
// says why.
func (r *Runner) SavePlans(ctx context.Context) (plans []SavedPlan, missing *Missing, err error) {
	if err := r.prepare(ctx); err != nil {
		return nil, nil, err
	}
	if err := r.startCloud(ctx); err != nil {
		return nil, nil, err
	}
	for _, role := range roles {
		if err := r.initStack(ctx, role); err != nil {
			return nil, nil, err
		}
		if role == "replica" {
			if missing, err := r.missing(ctx); err != nil || missing != nil {
				return plans, missing, err
			}
		}
		plan, err := r.savePlan(ctx, role)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil, nil
}

// missing says why the replica cannot be planned, nil if it can.
func (r *Runner) missing(ctx context.Context) (*Missing, error) {
	there, err := r.deployed(ctx, "primary")
	if err != nil || there {
		return nil, err
	}
	left, err := r.deployed(ctx, "replica")
	if err != nil {
		return nil, err
	}
	why := fmt.Sprintf("%s cannot be planned before %s is deployed.", r.stack("replica"), r.stack("primary"))
	return &Missing{Role: "replica", Why: why, First: !left}, nil
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
