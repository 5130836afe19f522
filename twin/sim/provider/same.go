package provider

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// sameFunc tells whether two spellings of an argument mean the same. Both
// values are known and not null.
type sameFunc func(old, updated cty.Value) bool

// same compares a value with the one that would replace it. The SDK that the
// real provider is built on doesn't tell "not set" from "", 0, false or empty,
// so neither may this.
func (t *traits) sameAt(path string, old, updated cty.Value) bool {
	if !old.IsWhollyKnown() || !updated.IsWhollyKnown() {
		return false
	}
	if zeroed(old).RawEquals(zeroed(updated)) {
		return true
	}
	equal := t.same[path]
	return equal != nil && !old.IsNull() && !updated.IsNull() && equal(old, updated)
}

// zeroed puts the zero value in place of every null, at any depth.
func zeroed(v cty.Value) cty.Value {
	t := v.Type()
	switch {
	case v.IsNull():
		return zeroOf(t)
	case t.IsObjectType():
		members := map[string]cty.Value{}
		for name, member := range v.AsValueMap() {
			members[name] = zeroed(member)
		}
		return cty.ObjectVal(members)
	case t.IsListType(), t.IsSetType():
		elements := make([]cty.Value, 0, v.LengthInt())
		for _, element := range v.AsValueSlice() {
			elements = append(elements, zeroed(element))
		}
		return collection(t, elements)
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
		return collection(t, nil)
	default:
		return cty.NullVal(t)
	}
}

// sameFold ignores case (StateFunc strings.ToLower and such).
func sameFold(old, updated cty.Value) bool {
	return strings.EqualFold(old.AsString(), updated.AsString())
}

// sameName ignores a trailing dot and case, as Route 53 does with names.
func sameName(old, updated cty.Value) bool {
	return strings.EqualFold(strings.TrimSuffix(old.AsString(), "."), strings.TrimSuffix(updated.AsString(), "."))
}

// sameJSON compares two documents, not their spelling.
func sameJSON(old, updated cty.Value) bool {
	var a, b any
	if json.Unmarshal([]byte(old.AsString()), &a) != nil || json.Unmarshal([]byte(updated.AsString()), &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// samePolicy compares two policy documents as AWS reads them: one string is a
// list of one, lists of actions, resources and principals have no order.
// (verify.SuppressEquivalentPolicyDiffs, which uses hashicorp/awspolicyequivalence.)
func samePolicy(old, updated cty.Value) bool {
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
