package provider

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// tagPolicy is what the provider block says about tags.
type tagPolicy struct {
	// Defaults is a map of strings: null where there is none, unknown where
	// it is known only after apply.
	defaults cty.Value
	// ignoredKeys and ignoredPrefixes name tags that others put on.
	ignoredKeys, ignoredPrefixes []string
}

// Planned gives tags_all: the default tags with the resource's own over them.
func (p tagPolicy) planned(own cty.Value) cty.Value {
	mapType := cty.Map(cty.String)
	if !own.IsWhollyKnown() || !p.defaults.IsWhollyKnown() {
		return cty.UnknownVal(mapType)
	}
	merged := map[string]cty.Value{}
	for _, tags := range []cty.Value{p.defaults, own} {
		if tags.IsNull() {
			continue
		}
		for key, value := range tags.AsValueMap() {
			merged[key] = value
		}
	}
	if len(merged) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	return cty.MapVal(merged)
}

// read splits the tags that an object has into the resource's own (tags) and
// all (tags_all): a tag that is as the defaults say is the resource's own only
// if the resource names it too.
func (p tagPolicy) read(all, own cty.Value) (cty.Value, cty.Value) {
	mapType := cty.Map(cty.String)
	mine, rest := map[string]cty.Value{}, map[string]cty.Value{}
	all = tf.Zeroed(all)
	for key, value := range all.AsValueMap() {
		if p.ignored(key) {
			continue
		}
		rest[key] = value
		if !p.isDefault(key, value) || member(own, key) != cty.NilVal {
			mine[key] = value
		}
	}
	tags, tagsAll := cty.NullVal(mapType), cty.MapValEmpty(cty.String)
	if len(mine) > 0 {
		tags = cty.MapVal(mine)
	}
	if len(rest) > 0 {
		tagsAll = cty.MapVal(rest)
	}
	return tags, tagsAll
}

func (p tagPolicy) isDefault(key string, value cty.Value) bool {
	found := member(p.defaults, key)
	return found != cty.NilVal && found.RawEquals(value)
}

func (p tagPolicy) ignored(key string) bool {
	if has(p.ignoredKeys, key) {
		return true
	}
	for _, prefix := range p.ignoredPrefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// member looks a key up in a map that may be null or unknown.
func member(m cty.Value, key string) cty.Value {
	if m == cty.NilVal || m.IsNull() || !m.IsKnown() {
		return cty.NilVal
	}
	return m.AsValueMap()[key]
}
