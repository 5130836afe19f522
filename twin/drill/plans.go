package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/pgdr/pgdr/twin/drill/report"
)

// errPlan is wrapped by what is wrong with a plan's text.
var errPlan = errors.New("plan cannot be read")

// fenceTypes are what the guard's fence is made of: no plan may change it.
var fenceTypes = []string{"aws_network_acl", "aws_network_acl_rule", "aws_network_acl_association"}

// judgePlan reads a plan and tells what of it must not be after a drill:
// something destroyed or replaced, something that changes the fence, a record
// that would lead elsewhere.
func judgePlan(stack string, text []byte) (report.Plan, error) {
	p := report.Plan{Stack: stack}
	var plan tfjson.Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return p, fmt.Errorf("%s: %w: %w", stack, errPlan, err)
	}
	for _, c := range plan.ResourceChanges {
		if c.Change == nil || c.Change.Actions.NoOp() || c.Change.Actions.Read() || c.Mode == tfjson.DataResourceMode {
			continue
		}
		actions := make([]string, 0, len(c.Change.Actions))
		for _, a := range c.Change.Actions {
			actions = append(actions, string(a))
		}
		what := c.Address + " (" + strings.Join(actions, ", ") + ")"
		switch {
		case c.Change.Actions.Delete() || c.Change.Actions.Replace() || c.Change.Actions.Create():
			p.Bad = append(p.Bad, what)
		case slices.Contains(fenceTypes, c.Type) || c.Type == "aws_route53_record" || c.Type == "aws_route53_health_check":
			p.Bad = append(p.Bad, what)
		default:
			p.Changes = append(p.Changes, what)
		}
	}
	return p, nil
}
