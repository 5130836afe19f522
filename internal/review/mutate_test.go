package review_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
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
	for i, kind := range stateful {
		places := w.places(kind)
		require.NotEmpty(t, places, "%s holds state and is not in the plans", kind)
		if kind != "aws_db_instance" && !tier.Sampled(i, 10, 8) {
			continue
		}
		for _, p := range places {
			for name, edits := range actions {
				if leftOut(kind, name) {
					continue
				}
				t.Run(fmt.Sprintf("%s of %s %s", name, p.stack, p.address), func(t *testing.T) {
					t.Parallel()
					got := w.reviewWith(t, p, func(plan *tfjson.Plan) {
						if name == "create what somebody deleted" {
							plan.ResourceDrift = []*tfjson.ResourceChange{{Address: p.address, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}}}}
						}
					}, edits...)
					require.True(t, found(got, wantStateful[name], ""), page(t, got))
					switch copied := kind == "aws_db_instance" && p.stack == review.Replica; {
					case name == "create what somebody deleted" && copied: // as a copy of its source
						require.Equal(t, review.NeedsHuman, got.Verdict, page(t, got))
					case name != "forget" && name != "create anew":
						require.Equal(t, review.Blocked, got.Verdict, page(t, got))
					}
				})
			}
		}
	}
}

// leftOut tells whether an action on a type is not tried here: it is for the
// tiers above the fast one, or loses nothing.
func leftOut(kind, name string) bool {
	if testing.Short() && name != "delete" {
		return true
	}
	// A new version beside the old: see the case password-rotated.
	return kind == "aws_secretsmanager_secret_version" && strings.HasPrefix(name, "replace")
}

// Nothing at all is destroyed, replaced or forgotten without a human.
func TestMutations_ThatDestroyAnythingNeedAHuman(t *testing.T) {
	w := newWorld(t, "as-deployed")
	kinds := w.kinds()
	require.Greater(t, len(kinds), 35)
	for i, kind := range kinds {
		if kind == "terraform_data" || !tier.Sampled(i, 15, 8) {
			continue // the name of a snapshot
		}
		for _, name := range []string{"delete", "replace", "forget"} {
			if kind == "aws_secretsmanager_secret_version" && name == "replace" {
				continue
			}
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				target := w.places(kind)[0]
				got := w.review(t, target, actions[name]...)
				require.NotEqual(t, review.Clean, got.Verdict)
				require.True(t, foundBy(got, target.address, covering(t, kind)), page(t, got))
			})
		}
	}
}

// covering are the policies that judge how a type is destroyed; the one for
// what none judges, if there is none.
func covering(t *testing.T, kind string) []string {
	t.Helper()
	covered, err := coveredOnce()
	require.NoError(t, err)
	var ids []string
	for id, kinds := range covered {
		if slices.Contains(kinds, kind) {
			ids = append(ids, id)
		}
	}
	if kind == alarm {
		ids = append(ids, "dns-switch") // the one that turns DNS
	}
	if len(ids) == 0 {
		return []string{"destroyed"}
	}
	return ids
}

// stateful are the types that hold what cannot be made again, kept by hand: a
// type that the policies forget is missed here.
var stateful = []string{
	"aws_cloudwatch_log_group", "aws_db_instance", "aws_db_subnet_group", "aws_dynamodb_table", "aws_kms_key", "aws_kms_replica_key",
	"aws_route53_zone", "aws_secretsmanager_secret", "aws_secretsmanager_secret_version", "aws_sns_topic", "aws_vpc",
}

func TestPolicies_KnowEveryTypeThatHoldsState(t *testing.T) {
	known, err := review.Stateful(t.Context())
	require.NoError(t, err)
	require.Subset(t, slices.Collect(maps.Keys(known)), stateful)
}

// A value of an unexpected shape needs a human. It must not crash the review:
// without a verdict nothing is applied, and the reason stays unknown.
func TestReview_HasAVerdictOnValuesOfAnyShape(t *testing.T) {
	tier.Usual(t, "each value changes every attribute there is")
	w := newWorld(t, "as-deployed")
	for name, odd := range map[string]any{
		"masked": review.Masked, "text": "x", "number": json.Number("-1"), "truth": true, "nothing": nil,
		"list": []any{"x", json.Number("1"), nil}, "objects": []any{map[string]any{"x": []any{}}}, "object": map[string]any{"x": "y"},
		"document": `{"Statement": ["x", {"Effect": "Allow", "Action": 7, "Resource": {"a": 1}, "Principal": 3}]}`, "no document": `[1]`,
	} {
		for _, side := range []string{"before", "after"} {
			t.Run(name+" "+side, func(t *testing.T) {
				t.Parallel()
				var plans []*review.Plan
				for _, stack := range stacks {
					plans = append(plans, oddPlan(w.plans[stack], side, odd))
				}
				doc, err := review.NewDocument(day, plans...)
				require.NoError(t, err)
				got, err := review.New(t.Context(), engine(t), doc)
				require.NoError(t, err)
				require.Equal(t, review.Blocked, got.Verdict)
			})
		}
	}
}

// oddPlan updates every attribute of every resource to one value.
func oddPlan(plan *review.Plan, side string, odd any) *review.Plan {
	changed := *plan.Plan
	changed.ResourceChanges = nil
	for _, r := range plan.ResourceChanges {
		values := map[string]any{}
		for name := range r.Change.Before.(map[string]any) {
			values[name] = odd
		}
		c := *r
		c.Change = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: r.Change.Before, After: values}
		if side == "before" {
			c.Change.Before, c.Change.After = values, r.Change.After
		}
		changed.ResourceChanges = append(changed.ResourceChanges, &c)
	}
	copied := *plan
	copied.Plan = &changed
	return &copied
}
