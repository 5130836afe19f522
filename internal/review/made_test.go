package review_test

import (
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

// madeUp is a change whose plan is written by hand, as Terraform would make it:
// it needs a provider, a module or a state that is not at hand in the table of
// changes, or is one of many ways to the same rule.
type madeUp struct {
	name string
	// kind of resource that is changed, the first of stack; one is made up, if
	// there is none.
	kind, stack string
	edits       []plantest.Edit
	plan        func(*tfjson.Plan)
	situation   string
	// missing are the stacks that could not be planned, by role.
	missing map[string]review.Missing
	// later is the day of the review, YYYY-MM-DD; the tests' own, if it is empty.
	later string
	// policy that has to find it, with a severity, words of its message and of
	// what it does to protection; with no severity: that must not find it.
	policy   string
	severity review.Severity
	says     string
	protects string
}

func (m madeUp) place(t *testing.T, w *world) place {
	t.Helper()
	for _, p := range w.places(m.kind) {
		if p.stack == m.stack {
			return p
		}
	}
	return w.makeUp(m.kind)
}

func TestReview_FindsWhatIsMadeUpForItsReason(t *testing.T) {
	for i, m := range made {
		if !tier.Sampled(i, 8, 1) {
			continue
		}
		t.Run(m.policy+" "+m.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, situation(m.situation))
			got, err := review.New(t.Context(), engine(t), m.document(t, w))
			require.NoError(t, err)
			if m.severity == "" {
				require.False(t, found(got, m.policy, ""), page(t, got))
				return
			}
			for _, f := range got.Findings {
				if f.Policy == m.policy && f.Severity == m.severity && strings.Contains(f.Message, m.says) && strings.Contains(f.Effect.Protection, m.protects) {
					return
				}
			}
			require.Fail(t, "not found for the right reason", "want %s (%s): %s, %s\n%s", m.policy, m.severity, m.says, m.protects, page(t, got))
		})
	}
}

func (m madeUp) document(t *testing.T, w *world) *review.Document {
	t.Helper()
	doc := w.document(t, m.place(t, w), m.plan, m.edits...)
	if m.missing != nil {
		doc.Missing = m.missing
	}
	if m.later != "" {
		doc.Today = m.later
	}
	return doc
}

func situation(name string) string {
	if name == "" {
		return "as-deployed"
	}
	return name
}

// constant and reference are what a configuration gives an attribute.
func constant(value any) *tfjson.Expression {
	return &tfjson.Expression{ExpressionData: &tfjson.ExpressionData{ConstantValue: value}}
}

func reference(names ...string) *tfjson.Expression {
	return &tfjson.Expression{ExpressionData: &tfjson.ExpressionData{References: names}}
}

// gives changes the configuration alone, as behind ignore_changes; with nil it
// gives the attribute no more.
func gives(kind, attribute string, value *tfjson.Expression) func(*tfjson.Plan) {
	return configuration(func(c *tfjson.Config) {
		giveIn(c.RootModule, kind, attribute, value)
	})
}

func giveIn(m *tfjson.ConfigModule, kind, attribute string, value *tfjson.Expression) {
	i := slices.IndexFunc(m.Resources, func(r *tfjson.ConfigResource) bool { return r.Type == kind })
	r := *m.Resources[i]
	r.Expressions = maps.Clone(r.Expressions)
	delete(r.Expressions, attribute)
	if value != nil {
		r.Expressions[attribute] = value
	}
	m.Resources[i] = &r
}

// givesInModule is gives for what the module of the credentials makes.
func givesInModule(kind, attribute string, value *tfjson.Expression) func(*tfjson.Plan) {
	return configuration(func(c *tfjson.Config) {
		call := *c.RootModule.ModuleCalls["credentials"]
		m := *call.Module
		m.Resources = slices.Clone(m.Resources)
		giveIn(&m, kind, attribute, value)
		call.Module = &m
		c.RootModule.ModuleCalls = map[string]*tfjson.ModuleCall{"credentials": &call}
	})
}

// ofProvider puts a resource of the configuration into another provider's
// region.
func ofProvider(kind, provider string) func(*tfjson.Plan) {
	return configuration(func(c *tfjson.Config) {
		i := slices.IndexFunc(c.RootModule.Resources, func(r *tfjson.ConfigResource) bool { return r.Type == kind })
		r := *c.RootModule.Resources[i]
		r.ProviderConfigKey = provider
		c.RootModule.Resources[i] = &r
	})
}

// inRegion configures a provider for another region.
func inRegion(provider, region string) func(*tfjson.Plan) {
	return configuration(func(c *tfjson.Config) {
		p := *c.ProviderConfigs[provider]
		p.Expressions = maps.Clone(p.Expressions)
		p.Expressions["region"] = constant(region)
		c.ProviderConfigs[provider] = &p
	})
}

// also changes an attribute of a second resource.
func also(kind, attribute string, after any) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		i := slices.IndexFunc(p.ResourceChanges, func(r *tfjson.ResourceChange) bool { return r.Type == kind })
		r, change := *p.ResourceChanges[i], *p.ResourceChanges[i].Change
		values := maps.Clone(change.After.(map[string]any))
		values[attribute] = after
		change.After, change.Actions = values, tfjson.Actions{tfjson.ActionUpdate}
		r.Change = &change
		p.ResourceChanges[i] = &r
	}
}

// allSensitive marks resources of the kinds as sensitive as a whole.
func allSensitive(kinds ...string) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		for i := range p.ResourceChanges {
			r, change := *p.ResourceChanges[i], *p.ResourceChanges[i].Change
			if slices.Contains(kinds, r.Type) {
				change.BeforeSensitive, change.AfterSensitive = true, true
				r.Change = &change
				p.ResourceChanges[i] = &r
			}
		}
	}
}

// makes adds a resource.
func makes(kind string, after map[string]any) func(*tfjson.Plan) {
	return func(p *tfjson.Plan) {
		p.ResourceChanges = append(p.ResourceChanges, &tfjson.ResourceChange{
			Address: kind + ".another", Mode: tfjson.ManagedResourceMode, Type: kind, Name: "another",
			ProviderName: "registry.terraform.io/hashicorp/aws",
			Change:       &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: after, AfterUnknown: map[string]any{}},
		})
	}
}

// unknownAfter makes what is planned unknown.
func unknownAfter(attribute string) []plantest.Edit {
	return []plantest.Edit{
		{At: []any{"change", "after", attribute}, Null: true},
		{At: []any{"change", "after_unknown", attribute}, Set: true},
	}
}

func join(lists ...[]plantest.Edit) []plantest.Edit { return slices.Concat(lists...) }

// block is one with one attribute.
func block(attribute string, value *tfjson.Expression) *tfjson.Expression {
	return &tfjson.Expression{ExpressionData: &tfjson.ExpressionData{NestedBlocks: []map[string]*tfjson.Expression{{attribute: value}}}}
}
