package review_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/tier"
)

// Each rule of a policy is true in a case that is of that policy, or is near to
// one: a rule that is true in no test may be misspelt without notice.
func TestPolicies_HaveNoRuleThatIsNeverTrue(t *testing.T) {
	tier.Usual(t, "it reviews every recording under OPA's coverage")
	coverage, err := review.NewCoverage()
	require.NoError(t, err)
	evaluate := func(policy string, doc *review.Document) {
		require.NoError(t, coverage.Evaluate(t.Context(), policy, doc))
	}
	for _, name := range []string{"first/primary", "first/replica", upgrade, "unchanged/primary-gone", "bad/everything-destroyed", "bad/guard-elsewhere", "bad/vpc-renumbered"} {
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
		doc := w.document(t, target, ways.plan, ways.found...)
		doc.Cost.Limit = ways.limit
		evaluate(id, doc)
		evaluate(id, w.document(t, target, ways.near, ways.ignore...))
	}
	first, err := recordings.Read("first/replica", stacks...)
	require.NoError(t, err)
	unpriced := planned(t, first)
	unpriced.Cost.Limit = 1
	evaluate("cost-limit", unpriced)
	for _, m := range made {
		w := newWorld(t, situation(m.situation))
		evaluate(m.policy, m.document(t, w))
	}
	for _, w := range wholes {
		policy := w.policy
		if policy == "" {
			policy = review.AllPolicies
		}
		evaluate(policy, planned(t, w.plans(t)))
	}
	require.Empty(t, coverage.Missed())
}
