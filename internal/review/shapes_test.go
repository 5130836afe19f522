package review_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
	"github.com/pgdr/pgdr/twin/awsshape"
)

// The plans were recorded with the stand-in. The real provider stores and plans
// the same in other shapes, of which a verdict may not depend.
func TestReview_JudgesThePlansOfTheRealProviderAlike(t *testing.T) {
	for i, name := range recorded(t) {
		if !tier.Sampled(i, 8, 1) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := stacks
			if name == "first/primary" {
				given = stacks[:1] // the other's cannot be made yet
			}
			plans, err := recordings.Read(name, given...)
			require.NoError(t, err)
			want := reviewedOnce(t, name, plans)
			got := reviewed(t, realShape(t, plans))
			if name == renamed {
				require.Equal(t, review.NeedsHuman, got.Verdict, page(t, got))
				return
			}
			require.Equal(t, want.Verdict, got.Verdict, page(t, got))
			require.Equal(t, policiesThat(want, review.Block), policiesThat(got, review.Block), page(t, got))
		})
	}
}

// renamed is the one plan that the providers make differently: the stand-in
// replaces a renamed instance, which is blocked. The real provider renames it in
// place, where a human decides.
const renamed = "bad/instance-renamed"

// recorded are the names of all recordings.
func recorded(t *testing.T) []string {
	t.Helper()
	names := []string{"first/primary", "first/replica", "unchanged/as-deployed", "unchanged/failed-over", "unchanged/primary-gone"}
	for _, c := range cases(t) {
		names = append(names, c.Name)
	}
	require.Greater(t, len(names), 150)
	return names
}

// policiesThat found something of a severity, but for those whose findings
// follow from an action that the two providers choose differently.
func policiesThat(r *review.Review, severity review.Severity) []string {
	ids := map[string]bool{}
	for _, f := range r.Findings {
		if f.Severity == severity && !slices.Contains([]string{"stateful-replaced", "stateful-recreated"}, f.Policy) {
			ids[f.Policy] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// A type that the stacks get has to have a row, be it an empty one.
func TestShapes_HaveARowForEveryTypeOfThePlans(t *testing.T) {
	w := newWorld(t, "as-deployed")
	for _, kind := range w.kinds() {
		require.Contains(t, awsshape.Shapes, kind)
	}
	for kind := range awsshape.Shapes {
		require.NotEmpty(t, w.places(kind), "%s is in no plan", kind)
	}
}

// The conversion changes what it is there to change: without it the test above
// compares a plan with itself.
func TestShapes_AreThoseOfTheRealProvider(t *testing.T) {
	plans, err := recordings.Read("first/replica", stacks...)
	require.NoError(t, err)
	converted := realShape(t, plans)
	change := func(stack, address string) map[string]any {
		for _, r := range decodedPlan(t, converted[stack])["resource_changes"].([]any) {
			if r := r.(map[string]any); strings.HasPrefix(r["address"].(string), address) {
				return r["change"].(map[string]any)
			}
		}
		require.Fail(t, "not in the plan", address)
		return nil
	}
	secret := change(review.Primary, "module.credentials.aws_secretsmanager_secret_version")
	require.Equal(t, "", secret["after"].(map[string]any)["secret_string"])
	require.Equal(t, true, secret["after_sensitive"].(map[string]any)["secret_string"])
	require.Equal(t, "terraform-20261130170000000000000001", secret["after"].(map[string]any)["version_id"])
	require.Equal(t, "", change(review.Primary, "aws_db_instance")["before"].(map[string]any)["replicate_source_db"])
	options := change(review.Replica, "aws_vpc_peering_connection_options")
	require.Equal(t, true, options["after_unknown"].(map[string]any)["accepter"], "made now, and read by the apply")
	require.Equal(t, true, change(review.Replica, "aws_subnet")["after_unknown"].(map[string]any)["ipv6_cidr_block"])
	require.Equal(t, true, change(review.Replica, "aws_db_subnet_group")["after_unknown"].(map[string]any)["subnet_ids"])
}

func decodedPlan(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	document, err := plantest.Decode(raw)
	require.NoError(t, err)
	return document.(map[string]any)
}

// realShape is what the real provider would have planned.
func realShape(t *testing.T, plans map[string][]byte) map[string][]byte {
	t.Helper()
	converted := map[string][]byte{}
	for stack, raw := range plans {
		plan := decodedPlan(t, raw)
		changes, _ := plan["resource_changes"].([]any)
		for _, entry := range changes {
			r := entry.(map[string]any)
			if shape, ours := awsshape.Shapes[r["type"].(string)]; ours {
				reshape(r["change"].(map[string]any), shape)
			}
		}
		var err error
		converted[stack], err = json.Marshal(plan)
		require.NoError(t, err)
	}
	return converted
}

func reshape(change map[string]any, shape awsshape.Shape) {
	before, _ := change["before"].(map[string]any)
	after, _ := change["after"].(map[string]any)
	unknown, _ := change["after_unknown"].(map[string]any)
	replaceInstead(change, before, after, unknown, shape)
	for _, name := range shape.WhollyUnknown {
		if after != nil && anyTrue(unknown[name]) {
			delete(after, name)
			unknown[name] = true
		}
	}
	if before == nil {
		for _, name := range slices.Concat(shape.UnknownAtCreation, slices.Collect(maps.Keys(shape.BothSides))) {
			if after != nil && nothingIn(after[name]) {
				delete(after, name)
				unknown[name] = true
			}
		}
	}
	fill(before, nil, shape)
	fill(after, unknown, shape)
}

// replaceInstead makes an update of what is changed in place, and a replacement
// of what is not.
func replaceInstead(change, before, after, unknown map[string]any, shape awsshape.Shape) {
	if before == nil || after == nil {
		return
	}
	if paths, _ := change["replace_paths"].([]any); len(paths) > 0 {
		paths = slices.DeleteFunc(paths, func(path any) bool {
			return slices.Contains(shape.InPlace, path.([]any)[0].(string))
		})
		change["replace_paths"] = paths
		if len(paths) == 0 {
			delete(change, "replace_paths")
			change["actions"] = []any{"update"}
			for name := range unknown { // AWS's answers stay
				if v, was := before[name]; was && after[name] == nil {
					after[name] = v
					delete(unknown, name)
				}
			}
		}
	}
	for _, name := range shape.Replaces {
		if before[name] != after[name] {
			change["actions"], change["replace_paths"] = []any{"delete", "create"}, []any{[]any{name}}
		}
	}
}

// fill stores what the real provider does for what is not given. What is not
// known yet stays so.
func fill(side, unknown map[string]any, shape awsshape.Shape) {
	if side == nil {
		return
	}
	for _, values := range []map[string]any{shape.Zero, shape.Default, shape.BothSides} {
		for name, value := range values {
			if nothingIn(side[name]) && unknown[name] != true {
				side[name] = value
			}
		}
	}
	for name, example := range shape.Generated {
		if side[name] != nil {
			side[name] = example
		}
	}
	for name, value := range side {
		text, _ := value.(string)
		var policy map[string]any
		if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &policy) == nil {
			if sorted, err := json.Marshal(policy); err == nil {
				side[name] = string(sorted) // fields in the order of their names
			}
		}
	}
}

func nothingIn(value any) bool {
	list, isList := value.([]any)
	return value == nil || isList && len(list) == 0
}

func anyTrue(marks any) bool {
	switch marks := marks.(type) {
	case bool:
		return marks
	case map[string]any:
		for _, v := range marks {
			if anyTrue(v) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(marks, anyTrue)
	}
	return false
}
