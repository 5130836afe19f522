package review_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
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
	for i, c := range cases(t) {
		if c.Expect == nil {
			continue
		}
		count++
		if !tier.Sampled(i, 12, 1) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			plans, err := recordings.Read(c.Name, stacks...)
			require.NoError(t, err)
			got := reviewedOnce(t, c.Name, plans)
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
	for i, c := range cases(t) {
		if c.Expect != nil {
			continue
		}
		count++
		if !tier.Sampled(i, 12, 1) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			plans, err := recordings.Read(c.Name, stacks...)
			require.NoError(t, err)
			for _, got := range []*review.Review{reviewedOnce(t, c.Name, plans), reviewed(t, map[string][]byte{c.Stack: plans[c.Stack]})} {
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

// What only repeats that something else is replaced is one line, and the
// verdict stands.
func TestReview_FoldsWhatFollowsFromAReplacement(t *testing.T) {
	plans, err := recordings.Read("bad/replica-replaced", stacks...)
	require.NoError(t, err)
	got := reviewed(t, plans)
	require.Equal(t, review.Blocked, got.Verdict)
	for _, f := range got.Findings {
		if f.Severity == review.Human {
			require.Equal(t, "the replica replica-db-prod", f.Follows, f.Message)
		}
	}
	text := page(t, got)
	require.Equal(t, 1, strings.Count(text, "**Follows from the replacement of the replica replica-db-prod**"))
	require.NotContains(t, text, "A permission is added")
	require.NotContains(t, text, "A window or a gate")

	// With a known change beside it, it is no mere consequence.
	edited, err := plantest.Decode(plans[review.Replica])
	require.NoError(t, err)
	for _, r := range edited.(map[string]any)["resource_changes"].([]any) {
		if change := r.(map[string]any); change["type"] == "aws_lambda_function" {
			edited := []plantest.Edit{{At: []any{"change", "after", "environment", 0, "variables", "PGDR_MODE"}, Set: "manual"}}
			after, err := plantest.Apply(change, edited)
			require.NoError(t, err)
			change["change"] = after.(map[string]any)["change"]
		}
	}
	plans[review.Replica], err = json.Marshal(edited)
	require.NoError(t, err)
	text = page(t, reviewed(t, plans))
	require.Contains(t, text, "A window or a gate")
	require.Contains(t, text, `PGDR_MODE goes from "automatic" to "manual"`)
}

func TestReview_TellsWhatIsForgottenFromWhatIsDestroyed(t *testing.T) {
	raw := primaryPlan(t, plantest.Edit{At: []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change", "actions"}, Set: []string{"forget"}})
	got := reviewed(t, map[string][]byte{review.Primary: raw})
	require.Zero(t, got.Stacks[0].Destroy)
	require.Equal(t, 1, got.Stacks[0].Forget)
	require.False(t, got.NoChanges())
	require.Contains(t, page(t, got), "primary: 1 out of the state and left in AWS.")
}

// A policy document is thousands of characters; a finding is a sentence.
func TestReview_ShortensLongValues(t *testing.T) {
	long := strings.Repeat("a", 5000)
	raw := primaryPlan(t, plantest.Edit{At: []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change"}, Set: map[string]any{
		"actions": []string{"update"}, "before": map[string]any{"enable_dns_support": true}, "after": map[string]any{"enable_dns_support": long},
	}})
	got := reviewed(t, map[string][]byte{review.Primary: raw})
	require.NotEmpty(t, got.Findings)
	for _, f := range got.Findings {
		require.Less(t, len(f.Message), 700, f.Message)
	}
}

func TestReview_SaysWhatTheSumOfTheCostLeavesOut(t *testing.T) {
	sum := func(class string) string {
		plans, err := recordings.Read("first/replica", stacks...)
		require.NoError(t, err)
		for role, raw := range plans {
			plans[role] = []byte(strings.ReplaceAll(string(raw), "db.r6g.large", class))
		}
		return strings.Join(reviewed(t, plans).Effects.Cost, "\n")
	}
	require.NotContains(t, sum("db.r6g.large"), "is not known here")
	require.Contains(t, sum("db.r6g.large"), "the replica replica-db-prod: its storage is known after the apply only and not in the sum")
	require.Contains(t, sum("db.t4g.medium"), "the replica replica-db-prod: the price of db.t4g.medium is not known here and not in the sum")
}
