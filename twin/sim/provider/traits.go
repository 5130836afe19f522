package provider

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/awsshape"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// rules are a type's traits, and the shape of its states and plans, as this
// package applies them.
type rules struct {
	*tf.Traits
	shape awsshape.Shape
}

// newRules looks the shape of a type up. A type without one has nothing that was
// seen.
func newRules(typeName string, traits *tf.Traits) *rules {
	return &rules{traits, awsshape.Shapes[typeName]}
}

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
