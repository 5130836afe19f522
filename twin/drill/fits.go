package drill

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// fits tells, before anything starts, what of an expanded scenario cannot be
// held in what is deployed: alarms that do not exist, permissions that no role
// has, a destroy of what is protected.
func (b *Base) fits(sc scenario.Scenario) error {
	var names []string
	for _, r := range b.cloud.Resources(alarms.Type) {
		names = append(names, r.Attrs.Str("alarm_name"))
	}
	slices.Sort(names)
	faults := sc.UnknownAlarms(names)
	for i, step := range sc.Steps {
		if action := step.With["action"]; step.Do == "deny" && !b.grants(action) {
			faults = append(faults, fmt.Sprintf("step %d, with.action: found %q, want an action that a policy grants", i+1, action))
		}
		if step.Do == "terraform-destroy" && b.protected() {
			return fmt.Errorf("%s: step %d destroys the databases of %s, which have deletion protection (disposable: false): %w", sc.Name, i+1, b.o.Environment, ErrNeedsDisposable)
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %w: %s", sc.Name, scenario.ErrScenario, strings.Join(faults, "; "))
	}
	return nil
}

// grants tells whether a policy of the guard's role grants an action.
func (b *Base) grants(action string) bool {
	for _, r := range b.cloud.Resources("aws_iam_role_policy") {
		if ofGuard(r.Attrs) && strings.Contains(r.Attrs.Str("policy"), `"`+action+`"`) {
			return true
		}
	}
	return false
}

// ofGuard tells whether a policy is of the guard's role.
func ofGuard(policy sim.Attrs) bool {
	return strings.HasPrefix(policy.Str("role"), contract.FunctionRole)
}

// protected tells whether a database that is deployed cannot be destroyed.
func (b *Base) protected() bool { return protected(b.cloud) }

func protected(cloud *sim.Cloud) bool {
	for _, r := range cloud.Resources(lifecycle.TypeInstance) {
		if r.Attrs.Bool("deletion_protection") {
			return true
		}
	}
	return false
}
