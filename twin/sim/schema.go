package sim

import (
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// complete returns the attributes with null for every attribute of the block
// that is missing, and an empty list for every missing repeated block, as
// Terraform wants a whole object.
func complete(block *tfjson.SchemaBlock, a Attrs) Attrs {
	out := make(Attrs, len(block.Attributes)+len(block.NestedBlocks))
	for name := range block.Attributes {
		out[name] = normalise(a[name])
	}
	for name, nested := range block.NestedBlocks {
		single := nested.NestingMode == tfjson.SchemaNestingModeSingle || nested.NestingMode == tfjson.SchemaNestingModeGroup
		if single {
			out[name] = nil
			if b := a.Block(name); b != nil {
				out[name] = map[string]any(complete(nested.Block, b))
			}
			continue
		}
		list := []any{}
		for _, b := range a.Blocks(name) {
			list = append(list, map[string]any(complete(nested.Block, b)))
		}
		out[name] = list
	}
	return out
}

// strangers returns the names in a that the block does not have, sorted.
func strangers(block *tfjson.SchemaBlock, a Attrs) []string {
	var out []string
	for name := range a {
		if block.Attributes[name] == nil && block.NestedBlocks[name] == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
