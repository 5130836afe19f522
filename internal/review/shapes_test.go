package review_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
	"github.com/pgdr/pgdr/twin/awsshape"
)

// The plans have the real provider's shapes, as the stand-in has. A type that its
// makers bring to another SDK stores null where it stored "", 0 or false. A
// verdict may not depend on that.
func TestReview_JudgesPlansWithNullForZeroAlike(t *testing.T) {
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
			got := reviewed(t, withNulls(t, plans))
			require.Equal(t, want.Verdict, got.Verdict, page(t, got))
			require.Equal(t, policiesThatBlock(want), policiesThatBlock(got), page(t, got))
		})
	}
}

// recorded are the names of all recordings.
func recorded(t *testing.T) []string {
	t.Helper()
	names := []string{"first/primary", "first/replica", "unchanged/as-deployed", "unchanged/failed-over", "unchanged/primary-gone", upgrade}
	for _, c := range cases(t) {
		names = append(names, c.Name)
	}
	require.Greater(t, len(names), 150)
	return names
}

func policiesThatBlock(r *review.Review) []string {
	ids := map[string]bool{}
	for _, f := range r.Findings {
		if f.Severity == review.Block {
			ids[f.Policy] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// A type that the stacks get has to have a row, be it an empty one.
func TestShapes_HaveARowForEveryTypeOfThePlans(t *testing.T) {
	kinds := map[string]bool{}
	for _, raw := range upgradePlans(t) { // what is there, comes and goes
		for _, r := range changesIn(t, raw) {
			kinds[r["type"].(string)] = true
		}
	}
	for _, kind := range newWorld(t, "as-deployed").kinds() {
		kinds[kind] = true
	}
	for kind := range kinds {
		require.Contains(t, awsshape.Shapes, kind)
	}
	for kind := range awsshape.Shapes {
		require.True(t, kinds[kind], "%s is in no plan", kind)
	}
}

// The recordings have the shapes: they were made anew after the table was
// changed. The conversion takes them away: without it the test above compares a
// plan with itself.
func TestShapes_AreThoseOfTheRecordings(t *testing.T) {
	plans, err := recordings.Read("first/replica", stacks...)
	require.NoError(t, err)
	converted := withNulls(t, plans)
	zeros := 0
	for _, stack := range stacks {
		before, after := changesIn(t, plans[stack]), changesIn(t, converted[stack])
		for address, r := range before {
			shape, change := awsshape.Shapes[r["type"].(string)], r["change"].(map[string]any)
			state, _ := change["before"].(map[string]any)
			for _, name := range shape.Zero {
				if state == nil || !isZero(state[name]) {
					continue
				}
				zeros++
				require.Nil(t, after[address]["change"].(map[string]any)["before"].(map[string]any)[name], "%s.%s", address, name)
			}
			for _, name := range shape.Zero {
				require.False(t, state != nil && state[name] == nil, "%s.%s is null in the state", address, name)
			}
			unknown, _ := change["after_unknown"].(map[string]any)
			for _, name := range shape.WhollyUnknown {
				_, partly := unknown[name].([]any)
				require.False(t, partly && anyTrue(unknown[name]), "%s.%s is partly unknown", address, name)
			}
			if state == nil {
				for _, name := range shape.UnknownAtCreation {
					require.Equal(t, true, unknown[name], "%s.%s", address, name)
				}
			}
		}
	}
	require.Greater(t, zeros, 100)
	secret := changesIn(t, plans[review.Primary])[stored]["change"].(map[string]any)
	require.Equal(t, "", secret["after"].(map[string]any)["secret_string"])
	require.Equal(t, true, secret["after_sensitive"].(map[string]any)["secret_string"])
	require.Regexp(t, "^terraform-[0-9]{18}", secret["after"].(map[string]any)["version_id"])
}

// changesIn are the changes of a plan by address.
func changesIn(t *testing.T, raw []byte) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for _, entry := range decodedPlan(t, raw)["resource_changes"].([]any) {
		r := entry.(map[string]any)
		found[r["address"].(string)] = r
	}
	return found
}

func decodedPlan(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	document, err := plantest.Decode(raw)
	require.NoError(t, err)
	return document.(map[string]any)
}

// withNulls puts null in place of the zero values of the table.
func withNulls(t *testing.T, plans map[string][]byte) map[string][]byte {
	t.Helper()
	converted := map[string][]byte{}
	for stack, raw := range plans {
		plan := decodedPlan(t, raw)
		changes, _ := plan["resource_changes"].([]any)
		for _, entry := range changes {
			r := entry.(map[string]any)
			change := r["change"].(map[string]any)
			for _, name := range awsshape.Shapes[r["type"].(string)].Zero {
				for _, side := range []string{"before", "after"} {
					if values, _ := change[side].(map[string]any); values != nil && isZero(values[name]) {
						values[name] = nil
					}
				}
			}
		}
		var err error
		converted[stack], err = json.Marshal(plan)
		require.NoError(t, err)
	}
	return converted
}

// isZero tells a zero value from a value, and from null.
func isZero(value any) bool {
	switch value := value.(type) {
	case string:
		return value == ""
	case bool:
		return !value
	case json.Number:
		return value == "0"
	case []any:
		return len(value) == 0
	}
	return false
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
