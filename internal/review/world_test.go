package review_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

const (
	casesDir   = "testdata/changes"
	recordings = plantest.Recordings("testdata/plans")
)

// day is fixed, so that no version comes to its end while nobody looks.
var day = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

var stacks = []string{review.Primary, review.Replica}

// engines compiles our policies once for all tests.
var engines struct {
	ours *review.Engine
}

func engine(t *testing.T) *review.Engine {
	t.Helper()
	if engines.ours == nil {
		e, err := review.NewEngine(t.Context())
		require.NoError(t, err)
		engines.ours = e
	}
	return engines.ours
}

// planned reads plans and joins them.
func planned(t *testing.T, plans map[string][]byte) *review.Document {
	t.Helper()
	var read []*review.Plan
	for _, role := range stacks {
		if raw, given := plans[role]; given {
			plan, err := review.ReadPlan(role+".json", raw)
			require.NoError(t, err)
			read = append(read, plan)
		}
	}
	doc, err := review.NewDocument(day, read...)
	require.NoError(t, err)
	return doc
}

func reviewed(t *testing.T, plans map[string][]byte) *review.Review {
	t.Helper()
	r, err := review.New(t.Context(), engine(t), planned(t, plans))
	require.NoError(t, err)
	return r
}

// unchanged are the recorded plans of a situation, condensed, to be edited.
func unchanged(t *testing.T, situation string) map[string]map[string]any {
	t.Helper()
	plans, err := recordings.Read("unchanged/"+situation, stacks...)
	require.NoError(t, err)
	condensed := map[string]map[string]any{}
	for stack, raw := range plans {
		condensed[stack], err = plantest.Condense(raw)
		require.NoError(t, err)
	}
	return condensed
}

// edited applies edits to one of the condensed plans and expands all.
func edited(t *testing.T, plans map[string]map[string]any, stack string, edits ...plantest.Edit) map[string][]byte {
	t.Helper()
	expanded := map[string][]byte{}
	for role, plan := range plans {
		if role == stack {
			changed, err := plantest.Apply(plan, edits)
			require.NoError(t, err)
			plan = changed.(map[string]any)
		}
		raw, err := plantest.Expand(plan)
		require.NoError(t, err)
		expanded[role] = raw
	}
	return expanded
}

func page(t *testing.T, r *review.Review) string {
	t.Helper()
	out, err := review.Render(r, "markdown")
	require.NoError(t, err)
	return string(out)
}

// found tells whether a policy found something of that severity.
func found(r *review.Review, policy string, severity review.Severity) bool {
	for _, f := range r.Findings {
		if f.Policy == policy && (severity == "" || f.Severity == severity) {
			return true
		}
	}
	return false
}
