package review_test

import (
	"context"
	"sync"
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

// day is fixed, so that no version comes to its end unnoticed.
var day = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

var stacks = []string{review.Primary, review.Replica}

// ours compiles our policies once for all tests.
var ours = sync.OnceValues(func() (*review.Engine, error) { return review.NewEngine(context.Background()) })

func engine(t *testing.T) *review.Engine {
	t.Helper()
	e, err := ours()
	require.NoError(t, err)
	return e
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

// reviewedOnce reviews a recording's plans, as they are, once for all tests.
func reviewedOnce(t *testing.T, name string, plans map[string][]byte) *review.Review {
	t.Helper()
	once, _ := reviews.LoadOrStore(name, sync.OnceValues(func() (*review.Review, error) {
		return review.New(context.WithoutCancel(t.Context()), engine(t), planned(t, plans))
	}))
	r, err := once.(func() (*review.Review, error))()
	require.NoError(t, err)
	return r
}

var reviews sync.Map

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
