// Package ptr turns plain Go values into the pointers that the generated
// bindings take, at the call and nowhere else.
package ptr

// To returns a pointer to a copy of v.
func To[T any](v T) *T { return &v }

// Num returns n as the bindings want every number: a pointer to a float64.
func Num(n int) *float64 { return To(float64(n)) }

// Strings returns values as a list of string pointers.
func Strings(values ...string) *[]*string {
	out := make([]*string, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return &out
}

// Map returns m as a map of string pointers.
func Map(m map[string]string) *map[string]*string {
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = To(v)
	}
	return &out
}
