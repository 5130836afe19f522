package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/pipeline"
)

// SavePlans plans both stacks in the simulated account, as [Runner.Plan] does,
// and writes what `terraform show -json` prints of each into a folder, readable
// by its owner only, with the list that a review reads. Before the primary was
// deployed the replica can't be planned: the list then says why.
func (r *Runner) SavePlans(ctx context.Context, folder string) error {
	plans := pipeline.Plans{Environment: r.Environment, Stacks: map[string]pipeline.Outcome{}, Missing: map[string]pipeline.Missing{}}
	if err := plans.Forget(folder); err != nil {
		return err
	}
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
		if role == contract.RoleReplica {
			missing, err := r.missing(ctx)
			if err != nil {
				return err
			}
			if missing != nil {
				plans.Stacks[role], plans.Missing[role] = pipeline.NotYet, *missing
				continue
			}
		}
		r.say("plan %s", r.stack(role))
		raw, err := r.planJSON(ctx, role, filepath.Join(folder, role+".tfplan"))
		if err != nil {
			return err
		}
		if plans.Stacks[role], err = plans.Keep(folder, role, raw); err != nil {
			return err
		}
	}
	return plans.Write(folder)
}

// missing says why the replica cannot be planned, nil if it can.
func (r *Runner) missing(ctx context.Context) (*pipeline.Missing, error) {
	there, err := r.deployed(ctx, contract.RolePrimary)
	if err != nil || there {
		return nil, err
	}
	left, err := r.deployed(ctx, contract.RoleReplica)
	if err != nil {
		return nil, err
	}
	why := fmt.Sprintf("%s cannot be planned before %s is deployed.", r.stack(contract.RoleReplica), r.stack(contract.RolePrimary))
	return &pipeline.Missing{Why: why, First: !left}, nil
}

// planJSON plans one stack, keeps the plan in a file only until it is shown,
// since it holds values that are not needed later, and returns it as
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
