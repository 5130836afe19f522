package provider

import (
	"fmt"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

// protoSchema turns a schema as `terraform providers schema -json` prints it
// into the one that the plugin protocol carries.
func protoSchema(s *tfjson.Schema) (*tfprotov5.Schema, error) {
	block, err := protoBlock(s.Block)
	if err != nil {
		return nil, err
	}
	return &tfprotov5.Schema{Version: int64(s.Version), Block: block}, nil //nolint:gosec // schema versions are single digits
}

func protoBlock(b *tfjson.SchemaBlock) (*tfprotov5.SchemaBlock, error) {
	out := &tfprotov5.SchemaBlock{
		Description:     b.Description,
		DescriptionKind: protoKind(b.DescriptionKind),
		Deprecated:      b.Deprecated,
	}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		attribute, err := protoAttribute(name, b.Attributes[name])
		if err != nil {
			return nil, err
		}
		out.Attributes = append(out.Attributes, attribute)
	}
	for _, name := range slices.Sorted(maps.Keys(b.NestedBlocks)) {
		nested := b.NestedBlocks[name]
		block, err := protoBlock(nested.Block)
		if err != nil {
			return nil, fmt.Errorf("block %q: %w", name, err)
		}
		mode, err := protoNesting(nested.NestingMode)
		if err != nil {
			return nil, fmt.Errorf("block %q: %w", name, err)
		}
		out.BlockTypes = append(out.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name,
			Block:    block,
			Nesting:  mode,
			MinItems: int64(nested.MinItems), //nolint:gosec // item counts are small
			MaxItems: int64(nested.MaxItems), //nolint:gosec // item counts are small
		})
	}
	return out, nil
}

func protoAttribute(name string, a *tfjson.SchemaAttribute) (*tfprotov5.SchemaAttribute, error) {
	// Protocol 5 has no nested attribute types, so the real provider, which
	// speaks protocol 5, can't have any either.
	if a.AttributeNestedType != nil {
		return nil, fmt.Errorf("attribute %q: has a nested type, which protocol 5 can't carry", name)
	}
	kind, err := protoType(a.AttributeType)
	if err != nil {
		return nil, fmt.Errorf("attribute %q: %w", name, err)
	}
	return &tfprotov5.SchemaAttribute{
		Name:            name,
		Type:            kind,
		Description:     a.Description,
		DescriptionKind: protoKind(a.DescriptionKind),
		Required:        a.Required,
		Optional:        a.Optional,
		Computed:        a.Computed,
		Sensitive:       a.Sensitive,
		WriteOnly:       a.WriteOnly,
		Deprecated:      a.Deprecated,
	}, nil
}

func protoKind(k tfjson.SchemaDescriptionKind) tfprotov5.StringKind {
	if k == tfjson.SchemaDescriptionKindMarkdown {
		return tfprotov5.StringKindMarkdown
	}
	return tfprotov5.StringKindPlain
}

func protoNesting(m tfjson.SchemaNestingMode) (tfprotov5.SchemaNestedBlockNestingMode, error) {
	switch m {
	case tfjson.SchemaNestingModeSingle:
		return tfprotov5.SchemaNestedBlockNestingModeSingle, nil
	case tfjson.SchemaNestingModeGroup:
		return tfprotov5.SchemaNestedBlockNestingModeGroup, nil
	case tfjson.SchemaNestingModeList:
		return tfprotov5.SchemaNestedBlockNestingModeList, nil
	case tfjson.SchemaNestingModeSet:
		return tfprotov5.SchemaNestedBlockNestingModeSet, nil
	case tfjson.SchemaNestingModeMap:
		return tfprotov5.SchemaNestedBlockNestingModeMap, nil
	default:
		return tfprotov5.SchemaNestedBlockNestingModeInvalid, fmt.Errorf("nesting mode %q is not known", m)
	}
}

// protoType turns a type of the value library into one of the protocol
// library. The schemas use no others than these.
func protoType(t cty.Type) (tftypes.Type, error) {
	switch {
	case t == cty.String:
		return tftypes.String, nil
	case t == cty.Bool:
		return tftypes.Bool, nil
	case t == cty.Number:
		return tftypes.Number, nil
	case t.IsObjectType():
		attributes := map[string]tftypes.Type{}
		for name, at := range t.AttributeTypes() {
			converted, err := protoType(at)
			if err != nil {
				return nil, err
			}
			attributes[name] = converted
		}
		return tftypes.Object{AttributeTypes: attributes}, nil
	case t.IsListType(), t.IsSetType(), t.IsMapType():
		element, err := protoType(t.ElementType())
		if err != nil {
			return nil, err
		}
		switch {
		case t.IsListType():
			return tftypes.List{ElementType: element}, nil
		case t.IsSetType():
			return tftypes.Set{ElementType: element}, nil
		default:
			return tftypes.Map{ElementType: element}, nil
		}
	default:
		return nil, fmt.Errorf("type %s is not known", t.FriendlyName())
	}
}

// blockType is the type of the object that a block's values form.
func blockType(b *tfjson.SchemaBlock) cty.Type {
	attributes := make(map[string]cty.Type, len(b.Attributes)+len(b.NestedBlocks))
	for name, a := range b.Attributes {
		attributes[name] = a.AttributeType
	}
	for name, nested := range b.NestedBlocks {
		attributes[name] = nestedType(nested)
	}
	return cty.Object(attributes)
}

func nestedType(nested *tfjson.SchemaBlockType) cty.Type {
	inner := blockType(nested.Block)
	switch nested.NestingMode {
	case tfjson.SchemaNestingModeList:
		return cty.List(inner)
	case tfjson.SchemaNestingModeSet:
		return cty.Set(inner)
	case tfjson.SchemaNestingModeMap:
		return cty.Map(inner)
	default:
		return inner
	}
}
