package review_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// cases are the table of changes, whose plans real Terraform made.
func cases(t *testing.T) []plantest.Case {
	t.Helper()
	list, err := plantest.Cases(casesDir)
	require.NoError(t, err)
	return list
}

func TestReview_FindsEveryBadChangeForItsReason(t *testing.T) {
	count := 0
	for _, c := range cases(t) {
		if c.Expect == nil {
			continue
		}
		count++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			plans, err := recordings.Read(c.Name, stacks...)
			require.NoError(t, err)
			got := reviewed(t, plans)
			require.True(t, found(got, c.Expect.Policy, review.Severity(c.Expect.Severity)), "want %s (%s)\n%s", c.Expect.Policy, c.Expect.Severity, page(t, got))
			require.NotZero(t, got.ExitCode)

			// In CI the other stack's plan may not be there yet.
			got = reviewed(t, map[string][]byte{c.Stack: plans[c.Stack]})
			require.NotZero(t, got.ExitCode, page(t, got))
			require.Contains(t, strings.Join(got.Notes, " "), "was not given")
		})
	}
	require.GreaterOrEqual(t, count, 25)
}

func TestReview_IsQuietOnHarmlessChanges(t *testing.T) {
	count := 0
	for _, c := range cases(t) {
		if c.Expect != nil {
			continue
		}
		count++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			plans, err := recordings.Read(c.Name, stacks...)
			require.NoError(t, err)
			for _, given := range []map[string][]byte{plans, {c.Stack: plans[c.Stack]}} {
				got := reviewed(t, given)
				require.Equal(t, review.Clean, got.Verdict, page(t, got))
				require.Zero(t, got.ExitCode)
				require.False(t, got.NoChanges())
			}
		})
	}
	require.GreaterOrEqual(t, count, 10)
}

func TestReview_SaysNoChangesOfWhatIsDeployed(t *testing.T) {
	for _, situation := range []string{"as-deployed", "failed-over"} {
		t.Run(situation, func(t *testing.T) {
			plans, err := recordings.Read("unchanged/"+situation, stacks...)
			require.NoError(t, err)
			got := reviewed(t, plans)
			require.Empty(t, got.Findings)
			require.Zero(t, got.ExitCode)
			require.Contains(t, page(t, got), "No changes.")
		})
	}
}

// A first deployment: the primary alone, then the replica beside it.
func TestReview_IsCleanOnAFirstDeployment(t *testing.T) {
	for last, given := range map[string][]string{review.Primary: {review.Primary}, review.Replica: stacks} {
		t.Run(last, func(t *testing.T) {
			plans, err := recordings.Read("first/"+last, given...)
			require.NoError(t, err)
			got := reviewed(t, plans)
			require.Equal(t, review.Clean, got.Verdict, page(t, got))
			require.Greater(t, got.Stacks[len(got.Stacks)-1].Create, 60)
			require.Contains(t, strings.Join(got.Effects.Cost, " "), "USD a month more")
		})
	}
}

// A plan may bring in what must not be seen by everybody who sees the review.
func TestReview_ShowsNoSensitiveValueOfAPlan(t *testing.T) {
	count := 0
	for _, c := range cases(t) {
		if c.Secret == "" {
			continue
		}
		count++
		plans, err := recordings.Read(c.Name, stacks...)
		require.NoError(t, err)
		require.Contains(t, string(plans[c.Stack]), c.Secret, "the plan does not hold the secret: nothing is shown here")
		got := reviewed(t, plans)
		for _, format := range review.Formats {
			out, err := review.Render(got, format)
			require.NoError(t, err)
			require.NotContains(t, string(out), c.Secret)
		}
	}
	require.NotZero(t, count)
}
