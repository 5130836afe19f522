package review_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// canary must be nowhere in a review.
const canary = "canary-6f1d2c-do-not-show"

// requireNoCanary holds both formats, and the document that users' policies
// see, against the canary.
func requireNoCanary(t *testing.T, edits ...plantest.Edit) *review.Review {
	t.Helper()
	raw := primaryPlan(t, edits...)
	require.True(t, strings.Contains(string(raw), canary), "the plan has no canary: nothing is shown here")
	plan, err := review.ReadPlan("primary.json", raw)
	require.NoError(t, err)
	doc, err := review.NewDocument(day, plan)
	require.NoError(t, err)
	shown, err := review.EncodeDocument(doc)
	require.NoError(t, err)
	require.False(t, strings.Contains(string(shown), canary), "in the document")
	got, err := review.New(t.Context(), engine(t), doc)
	require.NoError(t, err)
	for _, format := range review.Formats {
		out, err := review.Render(got, format)
		require.NoError(t, err)
		require.NotContains(t, string(out), canary, format)
	}
	return got
}

// changing sets the attribute secret of the VPC, before and after, with marks.
func changing(before, after, beforeMarks, afterMarks any) []plantest.Edit {
	change := []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change"}
	at := func(path ...any) []any { return append(append([]any{}, change...), path...) }
	return []plantest.Edit{
		{At: at("actions"), Set: []string{"update"}},
		{At: at("before", "secret"), Set: before, Null: before == nil},
		{At: at("after", "secret"), Set: after, Null: after == nil},
		{At: at("before_sensitive"), Set: beforeMarks},
		{At: at("after_sensitive"), Set: afterMarks},
	}
}

func TestReview_ShowsNoSensitiveValue(t *testing.T) {
	marks := func(v any) any { return map[string]any{"secret": v} }
	for name, edits := range map[string][]plantest.Edit{
		"after":                          changing("old", canary, marks(false), marks(true)),
		"before":                         changing(canary, "new", marks(true), marks(false)),
		"nested":                         changing(nil, map[string]any{"a": []any{"x", map[string]any{"b": canary}}}, marks(false), marks(map[string]any{"a": []any{false, map[string]any{"b": true}}})),
		"marked as a whole":              changing(nil, map[string]any{"a": []any{canary}}, marks(false), marks(true)),
		"the whole resource":             changing("old", canary, true, true),
		"marks of another shape":         changing(nil, []any{"x", canary}, marks(false), marks([]any{true})),
		"marks for a value that is none": changing(nil, canary, marks(false), marks(map[string]any{"a": true})),
		"again where it is not marked":   append(changing(nil, canary, marks(false), marks(true)), plantest.Edit{At: []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change", "after", "enable_dns_support"}, Set: "see " + canary}),
		"in the configuration": append(changing(nil, "short", marks(false), marks(true)),
			plantest.Edit{At: []any{"configuration", "root_module", "resources", "aws_vpc.network_vpc_4E8F0223", "expressions", "secret"}, Set: map[string]any{"constant_value": canary}}),
		"an output": {{At: []any{"output_changes", "primary_vpc_id"}, Set: map[string]any{"actions": []string{"update"}, "before": "x", "after": canary, "after_sensitive": true}}},
		"a data source and a tag": {
			{At: []any{"prior_state", "values", "root_module", "resources", "data.x.y"}, Set: map[string]any{"address": "data.x.y", "mode": "data", "type": "x", "name": "y", "values": map[string]any{"v": canary}, "sensitive_values": map[string]any{"v": true}}},
			{At: []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change", "actions"}, Set: []string{"update"}},
			{At: []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change", "after", "tags", "Name"}, Set: canary},
		},
	} {
		t.Run(name, func(t *testing.T) { requireNoCanary(t, edits...) })
	}
}

// That it changes must still be seen, only not to what.
func TestReview_StillSeesThatASensitiveValueChanges(t *testing.T) {
	got := requireNoCanary(t, changing(canary, canary+"-2", map[string]any{"secret": true}, map[string]any{"secret": true})...)
	require.True(t, found(got, "unjudged", review.Human), page(t, got))
	require.Contains(t, page(t, got), review.Masked)
}

// Without the mark the canary is shown: the tests above are not blind.
func TestReview_ShowsWhatIsNotSensitive(t *testing.T) {
	raw := primaryPlan(t, changing("old", canary, map[string]any{}, map[string]any{})...)
	require.Contains(t, page(t, reviewed(t, map[string][]byte{review.Primary: raw})), canary)
}

// documentOf is the document of the edited primary plan, as policies see it.
func documentOf(t *testing.T, edits ...plantest.Edit) string {
	t.Helper()
	plan, err := review.ReadPlan("primary.json", primaryPlan(t, edits...))
	require.NoError(t, err)
	doc, err := review.NewDocument(day, plan)
	require.NoError(t, err)
	shown, err := review.EncodeDocument(doc)
	require.NoError(t, err)
	return string(shown)
}

// A short secret cannot be searched for: "app" is in every name. Where it is
// marked it is masked all the same.
func TestReview_MasksAShortSecretWhereItIsMarked(t *testing.T) {
	require.True(t, strings.Contains(documentOf(t, changing("a", "kumquat", map[string]any{}, map[string]any{})...), "kumquat"))
	shown := documentOf(t, changing("kumquat", map[string]any{"a": []any{"kumquat"}}, map[string]any{"secret": true}, map[string]any{"secret": map[string]any{"a": []any{true}}})...)
	require.False(t, strings.Contains(shown, "kumquat"), "the secret is in the document")
}

// A secret with characters that JSON escapes is found as it is, and in a
// document within a text.
func TestReview_FindsASecretAlsoWhereItIsEscaped(t *testing.T) {
	const secret = `pa"ss\wq7z<1>`
	edits := changing(nil, secret, map[string]any{"secret": false}, map[string]any{"secret": true})
	vpc := []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change", "after"}
	edits = append(edits,
		plantest.Edit{At: append(append([]any{}, vpc...), "cidr_block"), Set: "with " + secret},
		plantest.Edit{At: append(append([]any{}, vpc...), "tags"), Set: map[string]any{"Name": `{"password":"pa\"ss\\wq7z\u003c1\u003e"}`}},
	)
	shown := documentOf(t, edits...)
	require.False(t, strings.Contains(shown, "wq7z"), "the secret is in the document")
	require.True(t, strings.Contains(shown, "with "+review.Masked))
}

// The name of a resource is made of its attributes, in which a secret may turn
// up that another resource, or a later data source, marks.
func TestReview_ShowsNoSensitiveValueInAName(t *testing.T) {
	secret := plantest.Edit{At: []any{"prior_state", "values", "root_module", "resources", "data.x.y"}, Set: map[string]any{"address": "data.x.y", "mode": "data", "type": "x", "name": "y", "values": map[string]any{"v": canary}, "sensitive_values": map[string]any{"v": true}}}
	for _, kind := range []string{"aws_subnet", "aws_kms_key", "aws_nat_gateway", "aws_eip", "aws_route_table"} {
		for _, name := range []string{canary, "of " + canary} {
			got := requireNoCanary(t, secret, plantest.Edit{At: []any{"resource_changes", "new"}, Set: map[string]any{
				"address": kind + ".new[\"" + name + "\"]", "mode": "managed", "type": kind, "name": "new",
				"change": map[string]any{"actions": []string{"delete"}, "before": map[string]any{"tags": map[string]any{"Name": name}}, "after": nil},
			}})
			require.Contains(t, page(t, got), "will be DESTROYED", "the resource is in the review")
		}
	}
}

// One secret begins another, or overlaps it: whichever is found first, nothing
// of the other is left.
func TestReview_MasksSecretsThatShareAPart(t *testing.T) {
	vpc := []any{"resource_changes", "aws_vpc.network_vpc_4E8F0223", "change", "after"}
	for _, secrets := range [][]any{{"kumquat-1", "kumquat-1-rest"}, {"kumquat-1-rest", "kumquat-1"}, {"kumquat-", "quat-1-rest"}} {
		shown := documentOf(t, append(changing(nil, secrets, map[string]any{"secret": false}, map[string]any{"secret": true}),
			plantest.Edit{At: append(append([]any{}, vpc...), "cidr_block"), Set: "with kumquat-1-rest."})...)
		require.False(t, strings.Contains(shown, "quat"), "a secret is in the document")
		require.False(t, strings.Contains(shown, "-rest"), "a part of a secret is in the document")
		require.True(t, strings.Contains(shown, "with "+review.Masked+"."))
	}
}
