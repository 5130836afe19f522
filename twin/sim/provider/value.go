package provider

import (
	"encoding/json"
	"fmt"
	"math/big"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/zclconf/go-cty/cty"
	ctymsgpack "github.com/zclconf/go-cty/cty/msgpack"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// decode reads a value that Terraform sent.
func decode(dv *tfprotov5.DynamicValue, t cty.Type) (cty.Value, error) {
	if dv == nil {
		return cty.NullVal(t), nil
	}
	v, err := ctymsgpack.Unmarshal(dv.MsgPack, t)
	if err != nil {
		return cty.NilVal, fmt.Errorf("decode a value sent by Terraform: %w", err)
	}
	return v, nil
}

// encode makes a value ready to be sent to Terraform.
func encode(v cty.Value, t cty.Type) (*tfprotov5.DynamicValue, error) {
	raw, err := ctymsgpack.Marshal(v, t)
	if err != nil {
		return nil, fmt.Errorf("encode a value for Terraform: %w", err)
	}
	return &tfprotov5.DynamicValue{MsgPack: raw}, nil
}

// toAny turns a value into what encoding/json writes: nil for null and for
// unknown, json.Number for numbers, slices for lists and sets.
func toAny(v cty.Value) any {
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	t := v.Type()
	switch {
	case t == cty.String:
		return v.AsString()
	case t == cty.Bool:
		return v.True()
	case t == cty.Number:
		return json.Number(v.AsBigFloat().Text('f', -1))
	case t.IsObjectType() || t.IsMapType():
		out := map[string]any{}
		for name, element := range v.AsValueMap() {
			out[name] = toAny(element)
		}
		return out
	default:
		out := make([]any, 0, v.LengthInt())
		for _, element := range v.AsValueSlice() {
			out = append(out, toAny(element))
		}
		return out
	}
}

// attrsOf is toAny for a whole resource.
func attrsOf(v cty.Value) map[string]any {
	attrs, ok := toAny(v).(map[string]any)
	if !ok {
		return nil
	}
	return attrs
}

// fromAttrs turns attributes as the simulator gives them into a value of the
// block's type. Missing and null are the same. An attribute that the schema
// doesn't have is ignored when lenient, an error otherwise.
func fromAttrs(attrs map[string]any, b *tfjson.SchemaBlock, lenient bool) (cty.Value, error) {
	return fromBlock(attrs, b, lenient, "")
}

func fromBlock(attrs map[string]any, b *tfjson.SchemaBlock, lenient bool, at string) (cty.Value, error) {
	values := make(map[string]cty.Value, len(b.Attributes)+len(b.NestedBlocks))
	for name, a := range b.Attributes {
		v, err := fromAny(attrs[name], a.AttributeType, join(at, name))
		if err != nil {
			return cty.NilVal, err
		}
		values[name] = v
	}
	for name, nested := range b.NestedBlocks {
		v, err := fromNested(attrs[name], nested, lenient, join(at, name))
		if err != nil {
			return cty.NilVal, err
		}
		values[name] = v
	}
	if !lenient {
		for name := range attrs {
			if _, ok := values[name]; !ok {
				return cty.NilVal, fmt.Errorf("attribute %q is not in the schema", join(at, name))
			}
		}
	}
	return cty.ObjectVal(values), nil
}

func fromNested(raw any, nested *tfjson.SchemaBlockType, lenient bool, at string) (cty.Value, error) {
	inner := blockType(nested.Block)
	if nested.NestingMode == tfjson.SchemaNestingModeSingle || nested.NestingMode == tfjson.SchemaNestingModeGroup {
		if raw == nil {
			return cty.NullVal(inner), nil
		}
		attrs, ok := raw.(map[string]any)
		if !ok {
			return cty.NilVal, mismatch(at, "an object", raw)
		}
		return fromBlock(attrs, nested.Block, lenient, at)
	}
	list, ok := raw.([]any)
	if !ok && raw != nil {
		return cty.NilVal, mismatch(at, "a list of objects", raw)
	}
	elements := make([]cty.Value, 0, len(list))
	for i, element := range list {
		attrs, ok := element.(map[string]any)
		if !ok {
			return cty.NilVal, mismatch(fmt.Sprintf("%s[%d]", at, i), "an object", element)
		}
		v, err := fromBlock(attrs, nested.Block, lenient, fmt.Sprintf("%s[%d]", at, i))
		if err != nil {
			return cty.NilVal, err
		}
		elements = append(elements, v)
	}
	return tf.Collection(nestedType(nested), elements), nil
}

func fromAny(raw any, t cty.Type, at string) (cty.Value, error) {
	if raw == nil {
		return cty.NullVal(t), nil
	}
	switch {
	case t == cty.String:
		if s, ok := raw.(string); ok {
			return cty.StringVal(s), nil
		}
		return cty.NilVal, mismatch(at, "a string", raw)
	case t == cty.Bool:
		if b, ok := raw.(bool); ok {
			return cty.BoolVal(b), nil
		}
		return cty.NilVal, mismatch(at, "true or false", raw)
	case t == cty.Number:
		return numberFrom(raw, at)
	case t.IsMapType(), t.IsObjectType():
		return membersFrom(raw, t, at)
	default:
		return elementsFrom(raw, t, at)
	}
}

func numberFrom(raw any, at string) (cty.Value, error) {
	switch n := raw.(type) {
	case json.Number:
		v, err := cty.ParseNumberVal(n.String())
		if err != nil {
			return cty.NilVal, mismatch(at, "a number", raw)
		}
		return v, nil
	case float64:
		return cty.NumberVal(big.NewFloat(n)), nil
	default:
		return cty.NilVal, mismatch(at, "a number", raw)
	}
}

func membersFrom(raw any, t cty.Type, at string) (cty.Value, error) {
	members, ok := raw.(map[string]any)
	if !ok {
		return cty.NilVal, mismatch(at, "an object", raw)
	}
	values := map[string]cty.Value{}
	if t.IsObjectType() {
		for name, member := range t.AttributeTypes() {
			v, err := fromAny(members[name], member, join(at, name))
			if err != nil {
				return cty.NilVal, err
			}
			values[name] = v
		}
		return cty.ObjectVal(values), nil
	}
	for key, member := range members {
		v, err := fromAny(member, t.ElementType(), fmt.Sprintf("%s[%q]", at, key))
		if err != nil {
			return cty.NilVal, err
		}
		values[key] = v
	}
	if len(values) == 0 {
		return cty.MapValEmpty(t.ElementType()), nil
	}
	return cty.MapVal(values), nil
}

func elementsFrom(raw any, t cty.Type, at string) (cty.Value, error) {
	list, ok := raw.([]any)
	if !ok {
		return cty.NilVal, mismatch(at, "a list", raw)
	}
	elements := make([]cty.Value, 0, len(list))
	for i, element := range list {
		v, err := fromAny(element, t.ElementType(), fmt.Sprintf("%s[%d]", at, i))
		if err != nil {
			return cty.NilVal, err
		}
		elements = append(elements, v)
	}
	return tf.Collection(t, elements), nil
}

func mismatch(at, want string, got any) error {
	return fmt.Errorf("attribute %q: the simulator answered %T %v, want %s", at, got, got, want)
}

// join appends a name to a dotted path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
