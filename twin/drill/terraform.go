package drill

import (
	"context"
	"fmt"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/pipeline"
	"github.com/pgdr/pgdr/twin/drill/report"
)

// terraformActions run Terraform on both stacks while the world goes on.
func terraformActions() map[string]action {
	return map[string]action{
		"terraform-apply": {says: "terraform apply on both stacks", do: func(ctx context.Context, s *stage, _ arguments) error {
			return s.terraformApply(ctx)
		}},
		"terraform-destroy": {says: "terraform destroy on both stacks", do: func(ctx context.Context, s *stage, _ arguments) error {
			for _, role := range []string{contract.RoleReplica, contract.RolePrimary} {
				if err := s.runner.DestroyStack(ctx, role); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

func (s *stage) terraformApply(ctx context.Context) error {
	for _, role := range pipeline.Roles() {
		if err := s.runner.Apply(ctx, role); err != nil {
			return err
		}
	}
	return nil
}

// plans plans both stacks and judges what they would do.
func (s *stage) plans(ctx context.Context) ([]report.Plan, error) {
	var all []report.Plan
	for _, role := range pipeline.Roles() {
		text, err := s.runner.PlanJSON(ctx, role)
		if err != nil {
			return nil, fmt.Errorf("plan after the drill: %w", err)
		}
		p, err := judgePlan(role, text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}
