package provider

import (
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// settle makes a state of what the simulator answered. Where the answer means
// the same as the reference (the plan, or the state before a read), the
// reference's spelling stays; what no AWS call returns comes from the
// reference altogether. A null reference keeps the answer as it is. In the end
// some of what is not given gets the zero value of its type.
func (t *rules) settle(b *tfjson.SchemaBlock, answer, reference cty.Value, tags tagPolicy) cty.Value {
	out := t.settleObject(b, answer, reference, "").AsValueMap()
	if _, ok := b.Attributes["tags_all"]; ok {
		own, all := tags.read(answer.GetAttr("tags_all"), attribute(reference, "tags"))
		out["tags"] = t.keep("tags", reference, own)
		out["tags_all"] = t.keep("tags_all", reference, all)
	}
	t.storeZeros(out)
	return cty.ObjectVal(out)
}

// keep prefers what an object has at the top level to a new value that means
// the same. Where there is no object, there is no spelling to keep.
func (t *rules) keep(name string, object, value cty.Value) cty.Value {
	if object.IsNull() {
		return value
	}
	return t.keepAt(name, object.GetAttr(name), value)
}

// keepAt is keep for a value at any depth.
func (t *rules) keepAt(path string, reference, value cty.Value) cty.Value {
	if t.sameAt(path, reference, value) {
		return reference
	}
	return value
}

func (t *rules) settleObject(b *tfjson.SchemaBlock, answer, reference cty.Value, at string) cty.Value {
	out := make(map[string]cty.Value, len(b.Attributes)+len(b.NestedBlocks))
	for name, a := range b.Attributes {
		got, ref, path := answer.GetAttr(name), attribute(reference, name), join(at, name)
		switch {
		case a.WriteOnly:
			out[name] = cty.NullVal(a.AttributeType)
		case reference.IsNull() && has(t.Local, path):
			out[name] = t.importedAt(path, a.AttributeType)
		case reference.IsNull():
			out[name] = got
		case has(t.Local, path) && ref.IsWhollyKnown():
			out[name] = ref
		default:
			out[name] = t.keepAt(path, ref, got)
		}
	}
	for name, nested := range b.NestedBlocks {
		ref := cty.NullVal(nestedType(nested))
		if !reference.IsNull() {
			ref = reference.GetAttr(name)
		}
		out[name] = t.settleNested(nested, answer.GetAttr(name), ref, join(at, name))
	}
	return cty.ObjectVal(out)
}

func (t *rules) settleNested(nested *tfjson.SchemaBlockType, answer, reference cty.Value, path string) cty.Value {
	single := nested.NestingMode == tfjson.SchemaNestingModeSingle || nested.NestingMode == tfjson.SchemaNestingModeGroup
	switch {
	case single:
		// Timeouts, which AWS knows nothing of.
		return reference
	case has(t.Local, path):
		if reference.IsNull() || !reference.IsKnown() {
			return tf.Collection(nestedType(nested), nil)
		}
		return reference
	case reference.IsNull() || !reference.IsKnown():
		return answer
	}
	before := reference.AsValueSlice()
	elements := make([]cty.Value, 0, answer.LengthInt())
	for i, element := range answer.AsValueSlice() {
		elements = append(elements, t.settleElement(nested, element, i, before, path))
	}
	return tf.Collection(nestedType(nested), elements)
}

func (t *rules) settleElement(nested *tfjson.SchemaBlockType, answer cty.Value, i int, before []cty.Value, path string) cty.Value {
	if nested.NestingMode == tfjson.SchemaNestingModeList {
		if i < len(before) && before[i].IsKnown() {
			return t.settleObject(nested.Block, answer, before[i], path)
		}
		return answer
	}
	for _, candidate := range before {
		if candidate.IsWhollyKnown() {
			if settled := t.settleObject(nested.Block, answer, candidate, path); settled.RawEquals(candidate) {
				return candidate
			}
		}
	}
	return answer
}

// importedAt is what an import gives to an argument that no AWS call returns.
func (t *rules) importedAt(path string, kind cty.Type) cty.Value {
	if value, ok := valueIn(t.Imported, path); ok {
		return value
	}
	return cty.NullVal(kind)
}
