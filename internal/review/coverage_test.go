package review_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
)

// Each rule of a policy is true in a case that is of that policy, or is near to
// one: what is true in no test may be misspelt, and nobody would know.
func TestPolicies_HaveNoRuleThatIsNeverTrue(t *testing.T) {
	coverage, err := review.NewCoverage()
	require.NoError(t, err)
	evaluate := func(policy string, doc *review.Document) {
		require.NoError(t, coverage.Evaluate(t.Context(), policy, doc))
	}
	for _, name := range []string{"first/primary", "first/replica", "unchanged/primary-gone", "bad/everything-destroyed", "bad/guard-elsewhere", "bad/vpc-renumbered"} {
		plans, err := recordings.Read(name, stacks...)
		require.NoError(t, err)
		evaluate(review.AllPolicies, planned(t, plans))
	}
	for _, c := range cases(t) {
		plans, err := recordings.Read(c.Name, stacks...)
		require.NoError(t, err)
		if c.Expect == nil {
			evaluate(review.AllPolicies, planned(t, plans))
			continue
		}
		evaluate(c.Expect.Policy, planned(t, plans))
		evaluate(c.Expect.Policy, planned(t, map[string][]byte{c.Stack: plans[c.Stack]}))
	}
	for id, ways := range policies {
		w := newWorld(t, situation(ways.situation))
		target := w.first(t, ways.kind, ways.stack)
		evaluate(id, w.document(t, target, ways.plan, ways.found...))
		evaluate(id, w.document(t, target, ways.near, ways.ignore...))
	}
	for _, m := range made {
		w := newWorld(t, situation(m.situation))
		evaluate(m.policy, m.document(t, w))
	}
	require.Empty(t, slices.DeleteFunc(coverage.Missed(), func(rule string) bool { return slices.Contains(notInTheTable, rule) }))
}

// notInTheTable are the rules that no case of the table makes true. Those of
// log_statement are tried in changes_test.go. That of a stack without a plan
// needs a manifest, which a case does not have; a case for it is still to be made.
var notInTheTable = []string{
	"policies/parameters.rego:39: effect", "policies/parameters.rego:44: effect", "policies/parameters.rego:47: effect",
	"policies/partial_plan.rego:18: findings",
}
