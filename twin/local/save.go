package local

import (
	"context"
	"os"
	"path/filepath"

	"github.com/pgdr/pgdr/internal/pipeline"
)

// SavePlans plans both stacks in the simulated account, as [Runner.Plan] does,
// and writes what `terraform show -json` prints of each into a folder, readable
// by its owner only, with the list that a review reads. Before the primary was
// deployed the replica can't be planned: the list then says why.
func (r *Runner) SavePlans(ctx context.Context, folder string) error {
	if err := pipeline.Forget(folder); err != nil {
		return err
	}
	plans, err := r.planEach(ctx, "Deploy it first.", func(role string) (pipeline.Outcome, error) {
		raw, err := r.planJSON(ctx, role, filepath.Join(folder, role+".tfplan"))
		if err != nil {
			return "", err
		}
		return pipeline.Keep(folder, role, raw)
	})
	if err != nil {
		return err
	}
	return plans.Write(folder)
}

// planJSON plans one stack, keeps the plan in a file only until it is shown,
// since it holds values that are not needed later, and returns it as
// `terraform show -json` prints it.
func (r *Runner) planJSON(ctx context.Context, role, saved string) ([]byte, error) {
	defer func() { _ = os.Remove(saved) }()
	if _, err := r.Quietly(ctx, role, "plan", "-no-color", "-input=false", "-out="+saved); err != nil {
		return nil, err
	}
	return r.Quietly(ctx, role, "show", "-json", saved)
}
