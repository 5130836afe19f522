package review_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// place is one managed resource of a recorded plan.
type place struct{ stack, address string }

func (p place) at(path ...any) []any { return append([]any{"resource_changes", p.address}, path...) }

// placesOf are the resources of a type in both plans, in order.
func placesOf(plans map[string]map[string]any, kind string) []place {
	var found []place
	for _, stack := range stacks {
		changes := plans[stack]["resource_changes"].(map[string]any)
		for _, address := range slices.Sorted(maps.Keys(changes)) {
			if changes[address].(map[string]any)["type"] == kind {
				found = append(found, place{stack, address})
			}
		}
	}
	return found
}

func valuesOf(plans map[string]map[string]any, p place) map[string]any {
	change := plans[p.stack]["resource_changes"].(map[string]any)[p.address].(map[string]any)["change"].(map[string]any)
	return change["before"].(map[string]any)
}

// actions are how a plan destroys, replaces and makes anew.
var actions = map[string]func(p place) []plantest.Edit{
	"delete": func(p place) []plantest.Edit {
		return []plantest.Edit{{At: p.at("change", "actions"), Set: []string{"delete"}}, {At: p.at("change", "after"), Null: true}}
	},
	"replace": func(p place) []plantest.Edit {
		return []plantest.Edit{{At: p.at("change", "actions"), Set: []string{"delete", "create"}}}
	},
	"replace, the new one first": func(p place) []plantest.Edit {
		return []plantest.Edit{{At: p.at("change", "actions"), Set: []string{"create", "delete"}}}
	},
	"forget": func(p place) []plantest.Edit {
		return []plantest.Edit{{At: p.at("change", "actions"), Set: []string{"forget"}}, {At: p.at("change", "after"), Null: true}}
	},
	"create anew": func(p place) []plantest.Edit {
		return []plantest.Edit{{At: p.at("change", "actions"), Set: []string{"create"}}, {At: p.at("change", "before"), Null: true}}
	},
	"create what somebody deleted": func(p place) []plantest.Edit {
		return []plantest.Edit{
			{At: p.at("change", "actions"), Set: []string{"create"}},
			{At: p.at("change", "before"), Null: true},
			{At: []any{"resource_drift", p.address}, Set: map[string]any{
				"address": p.address, "mode": "managed", "type": "x", "name": "x", "change": map[string]any{"actions": []string{"delete"}},
			}},
		}
	},
}

// wantStateful is the policy that has to find an action on what holds state.
var wantStateful = map[string]string{
	"delete": "stateful-destroyed", "forget": "stateful-destroyed",
	"replace": "stateful-replaced", "replace, the new one first": "stateful-replaced",
	"create anew": "stateful-recreated", "create what somebody deleted": "stateful-recreated",
}

// Every resource of both stacks that holds state, however it is lost.
func TestMutations_OfWhatHoldsStateAreFlagged(t *testing.T) {
	plans := unchanged(t, "as-deployed")
	stateful, err := review.Stateful(t.Context())
	require.NoError(t, err)
	for _, kind := range slices.Sorted(maps.Keys(stateful)) {
		places := placesOf(plans, kind)
		require.NotEmpty(t, places, "%s holds state and is not in the plans", kind)
		for _, p := range places {
			for name, mutate := range actions {
				if kind == "aws_secretsmanager_secret_version" && strings.HasPrefix(name, "replace") {
					continue // a new version beside the old: see the case password-rotated
				}
				t.Run(fmt.Sprintf("%s of %s %s", name, p.stack, p.address), func(t *testing.T) {
					got := reviewed(t, edited(t, plans, p.stack, mutate(p)...))
					require.True(t, found(got, wantStateful[name], ""), page(t, got))
					if name != "forget" && name != "create anew" {
						require.Equal(t, review.Blocked, got.Verdict, page(t, got))
					}
				})
			}
		}
	}
}

// Nothing at all is destroyed, replaced or forgotten without a human.
func TestMutations_ThatDestroyAnythingNeedAHuman(t *testing.T) {
	plans := unchanged(t, "as-deployed")
	seen := map[string]bool{}
	for _, stack := range stacks {
		for address, entry := range plans[stack]["resource_changes"].(map[string]any) {
			kind := entry.(map[string]any)["type"].(string)
			if kind == "terraform_data" || seen[kind] {
				continue // one of a type tells of all: no policy looks at addresses here
			}
			seen[kind] = true
			p := place{stack, address}
			for _, name := range []string{"delete", "replace", "forget"} {
				if kind == "aws_secretsmanager_secret_version" && name == "replace" {
					continue
				}
				t.Run(name+" "+kind, func(t *testing.T) {
					got := reviewed(t, edited(t, plans, stack, actions[name](p)...))
					require.NotEqual(t, review.Clean, got.Verdict)
				})
			}
		}
	}
	require.Greater(t, len(seen), 35)
}
