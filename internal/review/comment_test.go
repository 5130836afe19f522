package review_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
)

func commentOn(t *testing.T, r *review.Review) string {
	t.Helper()
	out, err := review.Render(r, "comment")
	require.NoError(t, err)
	return string(out)
}

func TestComment_SaysWhatThePageSaysWithoutTheDetails(t *testing.T) {
	plans, err := recordings.Read("bad/everything-destroyed", stacks...)
	require.NoError(t, err)
	r := reviewed(t, plans)
	said, _, _ := strings.Cut(page(t, r), "\n<details>")
	got := commentOn(t, r)
	require.True(t, strings.HasPrefix(got, said), "all that stands above the details")
	require.NotContains(t, got, "<details>")
	require.Contains(t, got, "`review.md` among its artifacts")

	plans, err = recordings.Read("unchanged/as-deployed", stacks...)
	require.NoError(t, err)
	r = reviewed(t, plans)
	require.Equal(t, page(t, r), commentOn(t, r))
}

// What does not fit is left out whole and named; the verdict stays.
func TestComment_FitsIntoOneOnGitHub(t *testing.T) {
	r := &review.Review{Environment: "prod", Verdict: review.Blocked, Policies: map[string]review.Policy{}, Changes: []review.Change{{}}}
	for i := range 30 {
		id := "policy-" + strconv.Itoa(i)
		r.Policies[id] = review.Policy{ID: id, Title: id, Reason: strings.Repeat("`<&", 700), Remedy: "m"}
		r.Findings = append(r.Findings, review.Finding{Policy: id, Severity: review.Block, Message: "found"})
	}
	require.Greater(t, len(page(t, r)), 65536)
	got := commentOn(t, r)
	require.Less(t, len(got), 60500)
	require.Greater(t, len(got), 50000, "as much as fits")
	require.Contains(t, got, "## Plan review of prod: BLOCKED")
	left := got[strings.Index(got, "**Left out, because"):]
	for id := range r.Policies {
		shown := strings.Contains(got, "**"+id+"** (`"+id+"`)\n\n- Found")
		require.NotEqual(t, shown, strings.Contains(left, "`"+id+"`"), id)
		if shown {
			require.Contains(t, got, "(`"+id+"`)\n\n- Found \n\nWhy: "+strings.Repeat("'&lt;&", 700)+"\n\nWhat to do: m\n", "whole")
		}
	}
}
