package provider

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// same compares a value with the one that would replace it. The SDK that the
// real provider is built on doesn't tell "not set" from "", 0, false or empty,
// so neither may this.
func (t *rules) sameAt(path string, old, updated cty.Value) bool {
	if !old.IsWhollyKnown() || !updated.IsWhollyKnown() {
		return false
	}
	if tf.Zeroed(old).RawEquals(tf.Zeroed(updated)) {
		return true
	}
	equal := t.Same[path]
	return equal != nil && !old.IsNull() && !updated.IsNull() && equal(old, updated)
}

// sameBut compares two objects without a member. Types on the plugin framework
// compare all of it.
func (t *rules) sameBut(member string, a, b cty.Value) bool {
	if t.Framework || !a.Type().HasAttribute(member) {
		return a.RawEquals(b)
	}
	members := a.AsValueMap()
	members[member] = b.GetAttr(member)
	return cty.ObjectVal(members).RawEquals(b)
}
