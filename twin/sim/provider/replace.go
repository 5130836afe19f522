package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

// replacements lists the arguments that force a new object: those of the
// table whose value the plan changes, or doesn't know yet.
func (t *rules) replacements(prior, planned cty.Value) []*tftypes.AttributePath {
	paths := t.Replace
	if t.ReplaceIf != nil {
		paths = append(append([]string{}, paths...), t.ReplaceIf(prior, planned)...)
	}
	var out []*tftypes.AttributePath
	for _, path := range paths {
		names := strings.Split(path, ".")
		step := tftypes.NewAttributePath().WithAttributeName(names[0])
		out = append(out, changesAt(prior.GetAttr(names[0]), planned.GetAttr(names[0]), names[1:], step)...)
	}
	return out
}

// changesAt follows the rest of a path through blocks in lists. Where a list
// got longer or shorter, the list itself is what changed.
func changesAt(prior, planned cty.Value, names []string, at *tftypes.AttributePath) []*tftypes.AttributePath {
	if prior.RawEquals(planned) {
		return nil
	}
	if len(names) == 0 || !planned.IsKnown() || planned.IsNull() || prior.IsNull() || prior.LengthInt() != planned.LengthInt() {
		return []*tftypes.AttributePath{at}
	}
	var out []*tftypes.AttributePath
	before, after := prior.AsValueSlice(), planned.AsValueSlice()
	for i := range after {
		step := at.WithElementKeyInt(i).WithAttributeName(names[0])
		out = append(out, changesAt(before[i].GetAttr(names[0]), after[i].GetAttr(names[0]), names[1:], step)...)
	}
	return out
}

func anyChanged(names []string, prior, planned cty.Value) bool {
	for _, name := range names {
		if !prior.GetAttr(name).RawEquals(planned.GetAttr(name)) {
			return true
		}
	}
	return false
}
