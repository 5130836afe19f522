package provider

import (
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// storeZeros puts the zero value in place of null in a new state, for arguments
// that the real provider stores so.
func (t *rules) storeZeros(state map[string]cty.Value) {
	for _, name := range t.shape.Zero {
		if state[name].IsNull() {
			state[name] = tf.Zeroed(state[name])
		}
	}
}

// hideUnknown makes unknown in a plan what the real provider does not know until
// the apply: an object without prior value is new.
func (t *rules) hideUnknown(b *tfjson.SchemaBlock, planned map[string]cty.Value, config, prior cty.Value) {
	for _, name := range t.shape.WhollyUnknown {
		if !planned[name].IsWhollyKnown() {
			planned[name] = cty.UnknownVal(b.Attributes[name].AttributeType)
		}
	}
	if !prior.IsNull() {
		return
	}
	for _, name := range t.shape.UnknownAtCreation {
		if config.GetAttr(name).IsNull() {
			planned[name] = cty.UnknownVal(b.Attributes[name].AttributeType)
		}
	}
}
