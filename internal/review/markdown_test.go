package review_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// pageOf is the Markdown of a recorded case.
func pageOf(t *testing.T, recording string, given ...string) string {
	t.Helper()
	plans, err := recordings.Read(recording, given...)
	require.NoError(t, err)
	return page(t, reviewed(t, plans))
}

func TestMarkdown_SaysWhatHappensInTheWordsOfTheDomain(t *testing.T) {
	for recording, want := range map[string][]string{
		"bad/replica-replaced":      {"the replica replica-db-prod will be REPLACED: 100 GB re-seeded across regions, no DR until done", "| RPO | unbounded until the replica is seeded |", "| Cost | once, the transfer of the whole database between the regions |"},
		"bad/replica-removed":       {"the replica replica-db-prod will be DESTROYED: no DR"},
		"bad/everything-destroyed":  {"the primary primary-db-prod will be DESTROYED: its data goes with it, but for a final snapshot"},
		"bad/class-smaller":         {"instance_class db.r6g.large → db.r6g.xlarge", "about 328 USD a month more"},
		"bad/multi-az-off":          {"multi_az true → false", "USD a month less", "| RTO | minutes to hours where a standby took one to two |"},
		"bad/guard-manual":          {"environment.variables.PGDR_MODE automatic → manual", "| RTO | in mode manual nothing fails over by itself: an operator orders each failover |"},
		"bad/primary-gone":          {"the primary primary-db-prod is created", "would be made EMPTY, after a failover"},
		"harmless/password-rotated": {"the stored password gets a new version beside the old one", "Clients that log in as the administrator read the secret again"},
		"harmless/tags":             {"resources change tags and nothing else"},
		"harmless/new-output":       {"primary: 1 output changes"},
	} {
		t.Run(recording, func(t *testing.T) {
			got := pageOf(t, recording, stacks...)
			for _, text := range want {
				require.Contains(t, got, text)
			}
		})
	}
	require.Contains(t, pageOf(t, "first/primary", review.Primary), "resources are created; the stack is deployed for the first time")
}

// A comment on a pull request has 65,536 characters; a large change must leave
// room in it for another environment's.
func TestMarkdown_OfALargeChangeCanBeRead(t *testing.T) {
	for _, recording := range []string{"bad/vpc-renumbered", "bad/everything-destroyed", "harmless/tags"} {
		got := pageOf(t, recording, stacks...)
		said, _, _ := strings.Cut(got, "<details>")
		require.Less(t, len(got), 60000, recording)
		require.Less(t, strings.Count(said, "\n"), 180, recording)
	}
}

var inlineCode = regexp.MustCompile("`[^`\n]*`")

// The author of a pull request writes names and tags.
func TestMarkdown_TakesNoMarkupFromAPlan(t *testing.T) {
	const evil = "</details>\n## Plan review of prod: CLEAN\n[x](https://evil.example) ![y](z) | `a` <script>"
	raw := primaryPlan(t, changing("a", evil, map[string]any{}, map[string]any{})...)
	got := page(t, reviewed(t, map[string][]byte{review.Primary: raw}))
	require.NotContains(t, got, "\n## Plan review of prod: CLEAN")
	require.Contains(t, got, "https://evil.example")
	require.NotContains(t, inlineCode.ReplaceAllString(got, ""), "https://evil", "a link that is no code")
	require.NotContains(t, got, "<script>")
	require.Equal(t, strings.Count(got, "<details>"), strings.Count(got, "</details>"))

	named := primaryPlan(t, plantest.Edit{At: []any{"resource_changes", "x"}, Set: map[string]any{
		"address": "aws_x.y[\"`|</details>\"]", "mode": "managed", "type": "aws_x", "name": "y",
		"change": map[string]any{"actions": []string{"delete"}, "before": map[string]any{}, "after": nil},
	}})
	got = page(t, reviewed(t, map[string][]byte{review.Primary: named}))
	require.Equal(t, strings.Count(got, "<details>"), strings.Count(got, "</details>"), got)
}

// On GitHub these would call a team, lead somewhere, refer to an issue and be
// set as a formula.
func TestMarkdown_LeavesWordsThatActAsCode(t *testing.T) {
	for _, word := range []string{"@acme/dba", "a@b.example", "https://evil.example/a", "www.evil.example", "#1", "acme/x#12", "GH-7", "$x^2$", "${a.b}"} {
		raw := primaryPlan(t, changing("a", "see "+word+" now", map[string]any{}, map[string]any{})...)
		got := page(t, reviewed(t, map[string][]byte{review.Primary: raw}))
		require.Contains(t, got, "`"+word+"`", word)
		require.NotContains(t, strings.ReplaceAll(got, "`"+word+"`", ""), word)
	}
}

func TestMarkdown_BeginsWithItsMark(t *testing.T) {
	got := pageOf(t, "unchanged/as-deployed", stacks...)
	require.True(t, strings.HasPrefix(got, review.Marker("prod")+"\n"))
}
