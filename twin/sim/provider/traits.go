package provider

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// rules are a type's traits as this package applies them.
type rules struct{ *tf.Traits }

// has tells whether a path is in a list of paths.
func has(paths []string, path string) bool {
	for _, p := range paths {
		if p == path {
			return true
		}
	}
	return false
}

// defaultOf gives the value of an argument that isn't set, if it has one.
func (t *rules) defaultOf(path string) (cty.Value, bool) { return valueIn(t.Defaults, path) }

func valueIn(table map[string]any, path string) (cty.Value, bool) {
	switch d := table[path].(type) {
	case string:
		return cty.StringVal(d), true
	case bool:
		return cty.BoolVal(d), true
	case int:
		return cty.NumberIntVal(int64(d)), true
	default:
		return cty.NilVal, false
	}
}
