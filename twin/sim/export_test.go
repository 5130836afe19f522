package sim

import (
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// Types names every managed type that the account knows.
func Types() []string { return slices.Sorted(maps.Keys(kinds)) }

// SchemaTypes names every managed type that there is a schema of.
func SchemaTypes() []string { return slices.Sorted(maps.Keys(resourceSchemas)) }

// SchemaOf returns the schema block of a managed type.
func SchemaOf(typ string) *tfjson.SchemaBlock { return resourceSchemas[typ]().Block }
