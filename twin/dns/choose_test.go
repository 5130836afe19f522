package dns

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose_FollowsRoute53sRules(t *testing.T) {
	const sick, well = "sick", "well"
	cases := map[string]struct {
		records []record
		// want is how often each set answers in as many draws as there are.
		want map[string]int
	}{
		"a record without a check is healthy": {
			[]record{{set: "a", weight: 100, check: sick}, {set: "b", weight: 0}}, map[string]int{"b": 1},
		},
		"weight zero does not answer while a weight is healthy": {
			[]record{{set: "a", weight: 3, check: well}, {set: "b", weight: 0}}, map[string]int{"a": 3},
		},
		"weight alone decides without checks": {
			[]record{{set: "a", weight: 0}, {set: "b", weight: 2}}, map[string]int{"b": 2},
		},
		"each has its share": {
			[]record{{set: "a", weight: 1}, {set: "b", weight: 3, check: well}}, map[string]int{"a": 1, "b": 3},
		},
		"the sick have no share": {
			[]record{{set: "a", weight: 1, check: sick}, {set: "b", weight: 3, check: well}, {set: "c", weight: 2}}, map[string]int{"b": 3, "c": 2},
		},
		"all zero: each as often as the others": {
			[]record{{set: "a"}, {set: "b", check: well}}, map[string]int{"a": 1, "b": 1},
		},
		"all zero and one sick": {
			[]record{{set: "a"}, {set: "b", check: sick}}, map[string]int{"a": 1},
		},
		"none healthy: all count, by weight": {
			[]record{{set: "a", weight: 2, check: sick}, {set: "b", weight: 0, check: sick}}, map[string]int{"a": 2},
		},
		"zero answers only when all weights are sick": {
			[]record{{set: "a", weight: 1, check: sick}, {set: "b", weight: 1, check: well}, {set: "c"}}, map[string]int{"b": 1},
		},
		"none healthy and all zero": {
			[]record{{set: "a", check: sick}, {set: "b", check: sick}}, map[string]int{"a": 1, "b": 1},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, draws := map[string]int{}, 1
			for at := 0; at < draws; at++ {
				r := choose(c.records, func(check string) bool { return check == well }, func(n int) int { draws = n; return at })
				got[r.set]++
			}
			require.Equal(t, c.want, got)
		})
	}
}
