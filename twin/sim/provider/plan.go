package provider

import (
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// Planned works out what an object is to become, as the real provider's SDK
// does: from the configuration where it says something, then the argument's
// default, then what the state has (or "known after apply" for a new object).
// The prior value is null for a new object. The second result are the
// arguments that force a replacement.
func (t *rules) planned(b *tfjson.SchemaBlock, config, prior cty.Value, tags tagPolicy) (cty.Value, []*tftypes.AttributePath) {
	out := t.planObject(b, config, prior, "").AsValueMap()
	if _, ok := b.Attributes["tags_all"]; ok {
		out["tags_all"] = t.keep("tags_all", prior, tags.planned(config.GetAttr("tags")))
	}
	t.hideUnknown(b, out, config, prior)
	if t.Suppress != nil && !prior.IsNull() {
		for _, name := range t.Suppress(tf.Change{Config: config, Prior: prior, Planned: cty.ObjectVal(out)}) {
			out[name] = prior.GetAttr(name)
		}
	}
	object := cty.ObjectVal(out)
	if !prior.IsNull() && t.sameBut("timeouts", object, prior) {
		return prior, nil // the SDK answers with the prior state where it finds no difference
	}
	if prior.IsNull() {
		return object, nil
	}
	replace := t.replacements(prior, object)
	for _, r := range t.Recompute {
		if anyChanged(r.When, prior, object) {
			for _, name := range r.Attributes {
				out[name] = cty.UnknownVal(b.Attributes[name].AttributeType)
			}
		}
	}
	return cty.ObjectVal(out), replace
}

func (t *rules) planObject(b *tfjson.SchemaBlock, config, prior cty.Value, at string) cty.Value {
	out := make(map[string]cty.Value, len(b.Attributes)+len(b.NestedBlocks))
	for name, a := range b.Attributes {
		out[name] = t.planAttribute(a, config.GetAttr(name), prior, name, join(at, name))
	}
	for name, nested := range b.NestedBlocks {
		before := cty.NullVal(nestedType(nested))
		if !prior.IsNull() {
			before = prior.GetAttr(name)
		}
		out[name] = t.planNested(nested, config.GetAttr(name), before, prior.IsNull(), join(at, name))
	}
	return cty.ObjectVal(out)
}

func (t *rules) planAttribute(a *tfjson.SchemaAttribute, config, object cty.Value, name, path string) cty.Value {
	if a.WriteOnly {
		return cty.NullVal(a.AttributeType)
	}
	prior := attribute(object, name)
	wanted := config
	if wanted.IsNull() {
		fallback, ok := t.defaultOf(path)
		switch {
		case ok:
			wanted = fallback
		case a.Computed && object.IsNull():
			return cty.UnknownVal(a.AttributeType)
		case a.Computed:
			return prior
		}
	}
	if !object.IsNull() && t.sameAt(path, prior, wanted) {
		return prior
	}
	return wanted
}

func (t *rules) planNested(nested *tfjson.SchemaBlockType, config, prior cty.Value, creating bool, path string) cty.Value {
	if !config.IsKnown() {
		return cty.UnknownVal(nestedType(nested))
	}
	if nested.NestingMode == tfjson.SchemaNestingModeSingle || nested.NestingMode == tfjson.SchemaNestingModeGroup {
		if config.IsNull() {
			return config
		}
		return t.planObject(nested.Block, config, prior, path)
	}
	if config.LengthInt() == 0 && has(t.ComputedBlocks, path) {
		if creating {
			return cty.UnknownVal(nestedType(nested))
		}
		return prior
	}
	var before []cty.Value
	if !prior.IsNull() {
		before = prior.AsValueSlice()
	}
	elements := make([]cty.Value, 0, config.LengthInt())
	for i, element := range config.AsValueSlice() {
		elements = append(elements, t.planElement(nested, element, i, before, path))
	}
	return tf.Collection(nestedType(nested), elements)
}

// planElement plans one block of a list or a set. In a list the element before
// it is the one at the same place, in a set the one that it would leave as it is.
func (t *rules) planElement(nested *tfjson.SchemaBlockType, config cty.Value, i int, before []cty.Value, path string) cty.Value {
	none := cty.NullVal(blockType(nested.Block))
	if !config.IsKnown() {
		return cty.UnknownVal(none.Type())
	}
	if nested.NestingMode == tfjson.SchemaNestingModeSet {
		for _, candidate := range before {
			if element := t.planObject(nested.Block, config, candidate, path); element.RawEquals(candidate) {
				return candidate
			}
		}
		return t.planObject(nested.Block, config, none, path)
	}
	if i < len(before) {
		return t.planObject(nested.Block, config, before[i], path)
	}
	return t.planObject(nested.Block, config, none, path)
}

// attribute gives a member of an object, or null where there is no object.
func attribute(object cty.Value, name string) cty.Value {
	if object.IsNull() {
		return cty.NullVal(object.Type().AttributeType(name))
	}
	return object.GetAttr(name)
}
