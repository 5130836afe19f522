package tf

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// SameFunc tells whether two spellings of an argument mean the same. Both
// values are known and not null.
type SameFunc func(old, updated cty.Value) bool

// SameFold ignores case (StateFunc strings.ToLower and such).
func SameFold(old, updated cty.Value) bool {
	return strings.EqualFold(old.AsString(), updated.AsString())
}

// SameName ignores a trailing dot and case, as Route 53 does with names.
func SameName(old, updated cty.Value) bool {
	return strings.EqualFold(strings.TrimSuffix(old.AsString(), "."), strings.TrimSuffix(updated.AsString(), "."))
}

// SameJSON compares two documents, not their spelling.
func SameJSON(old, updated cty.Value) bool {
	var a, b any
	if json.Unmarshal([]byte(old.AsString()), &a) != nil || json.Unmarshal([]byte(updated.AsString()), &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// SamePolicy compares two policy documents as AWS reads them: one string is a
// list of one, lists of actions, resources and principals have no order.
// (verify.SuppressEquivalentPolicyDiffs, which uses hashicorp/awspolicyequivalence.)
func SamePolicy(old, updated cty.Value) bool {
	var a, b any
	if json.Unmarshal([]byte(old.AsString()), &a) != nil || json.Unmarshal([]byte(updated.AsString()), &b) != nil {
		return false
	}
	return reflect.DeepEqual(policyForm(a), policyForm(b))
}

// policyForm sorts lists of strings and unwraps lists of one, at any depth.
func policyForm(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, member := range x {
			out[key] = policyForm(member)
		}
		return out
	case []any:
		out := make([]any, 0, len(x))
		for _, element := range x {
			out = append(out, policyForm(element))
		}
		if len(out) == 1 {
			return out[0]
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(spelt(a), spelt(b)) })
		return out
	case bool:
		// In conditions "true" and true are the same.
		if x {
			return "true"
		}
		return "false"
	default:
		return v
	}
}

func spelt(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

// Zeroed puts the zero value in place of every null, at any depth.
func Zeroed(v cty.Value) cty.Value {
	t := v.Type()
	switch {
	case v.IsNull():
		return zeroOf(t)
	case t.IsObjectType():
		members := map[string]cty.Value{}
		for name, member := range v.AsValueMap() {
			members[name] = Zeroed(member)
		}
		return cty.ObjectVal(members)
	case t.IsListType(), t.IsSetType():
		elements := make([]cty.Value, 0, v.LengthInt())
		for _, element := range v.AsValueSlice() {
			elements = append(elements, Zeroed(element))
		}
		return Collection(t, elements)
	default:
		return v
	}
}

func zeroOf(t cty.Type) cty.Value {
	switch {
	case t == cty.String:
		return cty.StringVal("")
	case t == cty.Bool:
		return cty.False
	case t == cty.Number:
		return cty.Zero
	case t.IsMapType():
		return cty.MapValEmpty(t.ElementType())
	case t.IsListType(), t.IsSetType():
		return Collection(t, nil)
	default:
		return cty.NullVal(t)
	}
}

// Collection makes a list or set, also of no elements.
func Collection(t cty.Type, elements []cty.Value) cty.Value {
	switch {
	case t.IsSetType() && len(elements) == 0:
		return cty.SetValEmpty(t.ElementType())
	case t.IsSetType():
		return cty.SetVal(elements)
	case len(elements) == 0:
		return cty.ListValEmpty(t.ElementType())
	default:
		return cty.ListVal(elements)
	}
}
