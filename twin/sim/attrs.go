package sim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Attrs are attributes in the shape of the Terraform schema: strings, bools,
// float64 numbers, []any for lists, sets and repeated blocks, map[string]any
// for maps, objects and blocks with nesting "single", nil for what is not set.
type Attrs map[string]any

// Str returns a string attribute, "" if it is not set.
func (a Attrs) Str(name string) string {
	s, _ := a[name].(string)
	return s
}

// Int returns a number attribute, 0 if it is not set.
func (a Attrs) Int(name string) int {
	switch n := a[name].(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return 0
}

// Bool returns a bool attribute, false if it is not set.
func (a Attrs) Bool(name string) bool {
	b, _ := a[name].(bool)
	return b
}

// Has tells whether an attribute is set to anything but null or "".
func (a Attrs) Has(name string) bool {
	v, ok := a[name]
	return ok && v != nil && v != ""
}

// Strings returns a list or set of strings, nil if it is not set.
func (a Attrs) Strings(name string) []string {
	switch list := a[name].(type) {
	case []string:
		return list
	case []any:
		out := make([]string, 0, len(list))
		for _, v := range list {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// StringMap returns a map of strings, nil if it is not set.
func (a Attrs) StringMap(name string) map[string]string {
	m, ok := asMap(a[name])
	if !ok {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// Blocks returns the elements of a repeated block or of a list of objects.
func (a Attrs) Blocks(name string) []Attrs {
	list, ok := a[name].([]any)
	if !ok {
		return nil
	}
	out := make([]Attrs, 0, len(list))
	for _, v := range list {
		if m, ok := asMap(v); ok {
			out = append(out, m)
		}
	}
	return out
}

// Block returns the first element of a block that may be given once, nil if it
// was not given. A nil Attrs can be read like an empty one.
func (a Attrs) Block(name string) Attrs {
	if m, ok := asMap(a[name]); ok {
		return m
	}
	if blocks := a.Blocks(name); len(blocks) > 0 {
		return blocks[0]
	}
	return nil
}

// Default sets an attribute that is null or absent. What was configured stays
// as it was given, because Terraform demands that of an apply.
func (a Attrs) Default(name string, value any) {
	if a[name] == nil {
		a[name] = normalise(value)
	}
}

// Defaults sets each attribute that is null or absent.
func (a Attrs) Defaults(values Attrs) {
	for name, value := range values {
		a.Default(name, value)
	}
}

// Set sets attributes, whatever they were.
func (a Attrs) Set(values Attrs) {
	for name, value := range values {
		a[name] = normalise(value)
	}
}

// Clone returns a deep copy.
func (a Attrs) Clone() Attrs {
	if a == nil {
		return nil
	}
	out := make(Attrs, len(a))
	for k, v := range a {
		out[k] = normalise(v)
	}
	return out
}

func asMap(v any) (Attrs, bool) {
	switch m := v.(type) {
	case Attrs:
		return m, m != nil
	case map[string]any:
		return m, m != nil
	}
	return nil, false
}

// normalise returns a deep copy in which every value has the type that
// encoding/json would give it, so that a value reads the same before and after
// a snapshot.
func normalise(v any) any {
	switch x := v.(type) {
	case nil, string, bool, float64:
		return x
	case int:
		return float64(x)
	case int64:
		return float64(x)
	case json.Number:
		f, _ := x.Float64()
		return f
	case []string:
		out := make([]any, len(x))
		for i, s := range x {
			out[i] = s
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = normalise(e)
		}
		return out
	case []Attrs:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = normalise(e)
		}
		return out
	case map[string]string:
		out := make(map[string]any, len(x))
		for k, s := range x {
			out[k] = s
		}
		return out
	}
	if m, ok := asMap(v); ok {
		out := make(map[string]any, len(m))
		for k, e := range m {
			out[k] = normalise(e)
		}
		return out
	}
	panic(fmt.Sprintf("awssim: an attribute cannot hold a %T", v))
}

// equal compares two attribute values; null and absent are the same.
func equal(a, b any) bool {
	return reflect.DeepEqual(normalise(a), normalise(b))
}

// Without returns the elements of list that no element of others equals.
func Without(list, others []any) []any {
	out := []any{}
	for _, v := range list {
		if !slices.ContainsFunc(others, func(o any) bool { return equal(v, o) }) {
			out = append(out, v)
		}
	}
	return out
}

// AnyList returns the elements of an attribute's list, every number a float64;
// nil if v is no list.
func AnyList(v any) []any {
	list, _ := normalise(v).([]any)
	return list
}

// Unique returns the strings sorted, each once.
func Unique(list []string) []string {
	sorted := slices.Sorted(slices.Values(list))
	return slices.Compact(sorted)
}

// IsFalse tells whether a value is set, and false.
func IsFalse(v any) bool {
	b, set := v.(bool)
	return set && !b
}
