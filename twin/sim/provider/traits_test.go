package provider

import (
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// at finds what a dotted path names in a schema: an attribute or a block.
func at(b *tfjson.SchemaBlock, path string) (*tfjson.SchemaAttribute, *tfjson.SchemaBlockType) {
	name, rest, more := strings.Cut(path, ".")
	if !more {
		return b.Attributes[name], b.NestedBlocks[name]
	}
	if nested := b.NestedBlocks[name]; nested != nil {
		return at(nested.Block, rest)
	}
	return nil, nil
}

func TestTraits_NameOnlyArgumentsThatExist(t *testing.T) {
	for name, kind := range known() {
		t.Run(name, func(t *testing.T) {
			block, tr := kind.Schema().Block, rulesOf(name)
			paths := slices.Concat(tr.Replace, tr.Local, tr.Files)
			for path := range tr.Same {
				paths = append(paths, path)
			}
			for _, r := range tr.Recompute {
				paths = append(append(paths, r.Attributes...), r.When...)
			}
			for _, path := range paths {
				attribute, nested := at(block, path)
				require.True(t, attribute != nil || nested != nil, "%s has no %q", name, path)
			}
			for _, path := range tr.ComputedBlocks {
				_, nested := at(block, path)
				require.NotNil(t, nested, "%s has no block %q", name, path)
			}
			for path := range tr.Defaults {
				attribute, _ := at(block, path)
				require.NotNil(t, attribute, "%s has no argument %q", name, path)
				value, _ := tr.defaultOf(path)
				require.True(t, value.Type().Equals(attribute.AttributeType), "the default of %s.%s is of type %s", name, path, value.Type().FriendlyName())
				require.True(t, attribute.Optional && !attribute.Computed, "%s.%s has a default but isn't a plain optional argument", name, path)
			}
		})
	}
}

// TestChecks_RunOnAnyConfiguration gives every argument a value of its type,
// null, and unknown: a check that names an argument that isn't there, or takes
// it for another type, panics.
func TestChecks_RunOnAnyConfiguration(t *testing.T) {
	fill := map[string]func(cty.Type) cty.Value{
		"values": sample,
		"nulls":  cty.NullVal,
		"later":  cty.UnknownVal,
	}
	for name, kind := range known() {
		for how, value := range fill {
			t.Run(name+"/"+how, func(t *testing.T) {
				block, tr := kind.Schema().Block, rulesOf(name)
				config := filled(block, value)
				require.NotPanics(t, func() {
					for _, c := range tr.Checks {
						c(config, &tf.Faults{})
					}
					for _, prior := range []cty.Value{cty.NullVal(config.Type()), filled(block, cty.NullVal), filled(block, sample)} {
						planned, _ := tr.planned(block, config, prior, tagPolicy{defaults: cty.NullVal(cty.Map(cty.String))})
						for _, c := range tr.PlanChecks {
							c(tf.Change{Config: config, Prior: prior, Planned: planned}, &tf.Faults{})
						}
						require.Empty(t, planned.Type().TestConformance(blockType(block)))
					}
				})
			})
		}
	}
}

// filled makes a configuration with one block of each kind.
func filled(b *tfjson.SchemaBlock, value func(cty.Type) cty.Value) cty.Value {
	out := map[string]cty.Value{}
	for name, a := range b.Attributes {
		out[name] = value(a.AttributeType)
	}
	for name, nested := range b.NestedBlocks {
		inner := filled(nested.Block, value)
		switch nested.NestingMode {
		case tfjson.SchemaNestingModeSet:
			out[name] = cty.SetVal([]cty.Value{inner})
		case tfjson.SchemaNestingModeList:
			out[name] = cty.ListVal([]cty.Value{inner})
		default:
			out[name] = inner
		}
	}
	return cty.ObjectVal(out)
}

func sample(t cty.Type) cty.Value {
	switch {
	case t == cty.String:
		return cty.StringVal("x")
	case t == cty.Bool:
		return cty.True
	case t == cty.Number:
		return cty.NumberIntVal(1)
	case t.IsMapType():
		return cty.MapVal(map[string]cty.Value{"x": sample(t.ElementType())})
	case t.IsObjectType():
		out := map[string]cty.Value{}
		for name, member := range t.AttributeTypes() {
			out[name] = sample(member)
		}
		return cty.ObjectVal(out)
	default:
		return tf.Collection(t, []cty.Value{sample(t.ElementType())})
	}
}
