package review_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// actions are how a plan destroys, replaces and makes anew.
var actions = map[string][]plantest.Edit{
	"delete":                       {act("delete"), null("after")},
	"replace":                      {act("delete", "create")},
	"replace, the new one first":   {act("create", "delete")},
	"forget":                       {act("forget"), null("after")},
	"create anew":                  {act("create"), null("before")},
	"create what somebody deleted": {act("create"), null("before")},
}

func act(names ...string) plantest.Edit {
	return plantest.Edit{At: []any{"change", "actions"}, Set: names}
}

func null(side string) plantest.Edit { return plantest.Edit{At: []any{"change", side}, Null: true} }

// wantStateful is the policy that has to find an action on what holds state.
var wantStateful = map[string]string{
	"delete": "stateful-destroyed", "forget": "stateful-destroyed",
	"replace": "stateful-replaced", "replace, the new one first": "stateful-replaced",
	"create anew": "stateful-recreated", "create what somebody deleted": "stateful-recreated",
}

// Every resource of both stacks that holds state, however it is lost.
func TestMutations_OfWhatHoldsStateAreFlagged(t *testing.T) {
	w := newWorld(t, "as-deployed")
	stateful, err := review.Stateful(t.Context())
	require.NoError(t, err)
	for _, kind := range slices.Sorted(maps.Keys(stateful)) {
		places := w.places(kind)
		require.NotEmpty(t, places, "%s holds state and is not in the plans", kind)
		for _, p := range places {
			for name, edits := range actions {
				if kind == "aws_secretsmanager_secret_version" && strings.HasPrefix(name, "replace") {
					continue // a new version beside the old: see the case password-rotated
				}
				t.Run(fmt.Sprintf("%s of %s %s", name, p.stack, p.address), func(t *testing.T) {
					t.Parallel()
					got := w.reviewWith(t, p, func(plan *tfjson.Plan) {
						if name == "create what somebody deleted" {
							plan.ResourceDrift = []*tfjson.ResourceChange{{Address: p.address, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}}}}
						}
					}, edits...)
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
	w := newWorld(t, "as-deployed")
	kinds := w.kinds()
	require.Greater(t, len(kinds), 35)
	for _, kind := range kinds {
		if kind == "terraform_data" {
			continue // the name of a snapshot
		}
		for _, name := range []string{"delete", "replace", "forget"} {
			if kind == "aws_secretsmanager_secret_version" && name == "replace" {
				continue
			}
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				got := w.review(t, w.places(kind)[0], actions[name]...)
				require.NotEqual(t, review.Clean, got.Verdict)
			})
		}
	}
}
