package stacks

import (
	"github.com/pgdr/pgdr/internal/contract"
)

// guardPolicies are the role's inline policies by their names, as the contract
// has them. A condition on one value is written as a text, one on a list as a list.
func guardPolicies(scope contract.Scope) map[string]string {
	statements := map[string][]statement{}
	for _, g := range contract.Grants {
		s := allow(g.Sid, g.Actions, g.Resources(scope)...)
		if g.Deny {
			s.Effect = "Deny"
		}
		if g.Conditions != nil {
			for _, c := range g.Conditions(scope) {
				s = s.when(c.Operator, c.Key, written(c))
			}
		}
		statements[g.Policy] = append(statements[g.Policy], s)
	}
	policies := make(map[string]string, len(statements))
	for name, list := range statements {
		policies[name] = policyDocument(list...)
	}
	return policies
}

func written(c contract.Condition) any {
	if len(c.Values) == 1 && !c.List() {
		return c.Values[0]
	}
	return c.Values
}
