package stacks

// pointers is a list as the generated bindings take it.
func pointers(values ...string) *[]*string {
	out := make([]*string, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return &out
}

// pointerMap is a map as the generated bindings take it.
func pointerMap(m map[string]string) *map[string]*string {
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = new(v)
	}
	return &out
}
