package review_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// world are the plans of both stacks in a situation, read once, of which one
// resource at a time is changed.
type world struct {
	plans map[string]*review.Plan
}

// place is one managed resource of a plan.
type place struct{ stack, address string }

// newWorld has plans of its own, which may be added to.
func newWorld(t *testing.T, situation string) *world {
	t.Helper()
	worlds.Lock()
	defer worlds.Unlock()
	first, read := worlds.read[situation]
	if !read {
		first = readWorld(t, situation)
		worlds.read[situation] = first
	}
	w := &world{plans: map[string]*review.Plan{}}
	for stack, plan := range first.plans {
		own, inner := *plan, *plan.Plan
		inner.ResourceChanges = slices.Clone(inner.ResourceChanges)
		own.Plan = &inner
		w.plans[stack] = &own
	}
	return w
}

// worlds are read once each.
var worlds = struct {
	sync.Mutex
	read map[string]*world
}{read: map[string]*world{}}

func readWorld(t *testing.T, situation string) *world {
	t.Helper()
	if !strings.Contains(situation, "/") {
		situation = "unchanged/" + situation
	}
	raw, err := recordings.Read(situation, stacks...)
	require.NoError(t, err)
	w := &world{plans: map[string]*review.Plan{}}
	for _, stack := range stacks {
		w.plans[stack], err = review.ReadPlan(stack+".json", raw[stack])
		require.NoError(t, err)
	}
	return w
}

// places are the resources of a type in both plans, in order.
func (w *world) places(kind string) []place {
	var found []place
	for _, stack := range stacks {
		for _, r := range w.plans[stack].ResourceChanges {
			if r.Type == kind {
				found = append(found, place{stack, r.Address})
			}
		}
	}
	return found
}

func (w *world) kinds() []string {
	kinds := map[string]bool{}
	for _, p := range w.plans {
		for _, r := range p.ResourceChanges {
			kinds[r.Type] = true
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

func (w *world) index(p place) int {
	return slices.IndexFunc(w.plans[p.stack].ResourceChanges, func(r *tfjson.ResourceChange) bool { return r.Address == p.address })
}

func (w *world) before(p place) map[string]any {
	return w.plans[p.stack].ResourceChanges[w.index(p)].Change.Before.(map[string]any)
}

// makeUp adds a resource of a type that the stacks do not have.
func (w *world) makeUp(kind string) place {
	p := place{review.Replica, kind + ".made-up"}
	w.plans[p.stack].ResourceChanges = append(w.plans[p.stack].ResourceChanges, &tfjson.ResourceChange{
		Address: p.address, Mode: tfjson.ManagedResourceMode, Type: kind, Name: "made-up", ProviderName: "registry.terraform.io/hashicorp/aws",
		Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}, Before: map[string]any{}, After: map[string]any{}},
	})
	return p
}

// review changes one resource's entry in its plan and reviews both plans.
func (w *world) review(t *testing.T, p place, edits ...plantest.Edit) *review.Review {
	t.Helper()
	return w.reviewWith(t, p, nil, edits...)
}

// reviewWith also changes the plan as a whole.
func (w *world) reviewWith(t *testing.T, p place, change func(*tfjson.Plan), edits ...plantest.Edit) *review.Review {
	t.Helper()
	got, err := review.New(t.Context(), engine(t), w.document(t, p, change, edits...))
	require.NoError(t, err)
	return got
}

// document is what the policies see of both plans, of which one is changed.
func (w *world) document(t *testing.T, p place, change func(*tfjson.Plan), edits ...plantest.Edit) *review.Document {
	t.Helper()
	raw, err := json.Marshal(w.plans[p.stack].ResourceChanges[w.index(p)])
	require.NoError(t, err)
	document, err := plantest.Decode(raw)
	require.NoError(t, err)
	document, err = plantest.Apply(document, edits)
	require.NoError(t, err)
	raw, err = json.Marshal(document)
	require.NoError(t, err)
	changed := &tfjson.ResourceChange{}
	require.NoError(t, json.Unmarshal(raw, changed))

	own := *w.plans[p.stack].Plan
	own.ResourceChanges = slices.Clone(own.ResourceChanges)
	own.ResourceChanges[w.index(p)] = changed
	if change != nil {
		change(&own)
	}
	var plans []*review.Plan
	for _, stack := range stacks {
		plan := *w.plans[stack]
		if stack == p.stack {
			plan.Plan = &own
		}
		plans = append(plans, &plan)
	}
	doc, err := review.NewDocument(day, plans...)
	require.NoError(t, err)
	return doc
}
