// Package tf has the words in which a room says what Terraform's AWS provider
// knows of a resource type and its published schema does not tell: traits,
// checks, and spellings that mean the same. Package provider applies them.
package tf

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Traits is what the real provider's source says of a resource type and its
// published schema doesn't. Paths are dotted names, "vpc_config.subnet_ids";
// the elements of lists and sets aren't counted in them.
//
// Where an entry isn't explained beside it, it is the line of that attribute
// in the real provider's internal/service/<service>/<file>.go, v5.99.1.
type Traits struct {
	// Replace are the arguments whose change makes a new object (ForceNew;
	// RequiresReplace in types built on the plugin framework).
	Replace []string
	// ReplaceIf names more of them, where it depends (CustomizeDiff).
	ReplaceIf func(prior, planned cty.Value) []string
	// Defaults are values of arguments that aren't set (Default): string,
	// bool or int.
	Defaults map[string]any
	// Local are arguments that no AWS call returns: what the configuration
	// said stays in the state, whatever a read brings.
	Local []string
	// Imported are values that an import gives to local arguments; the others
	// are then not set.
	Imported map[string]any
	// Files are arguments that name a file. The real provider reads it where
	// Terraform runs; the simulator, which runs elsewhere, is told the whole
	// path.
	Files []string
	// ComputedBlocks are blocks that AWS fills in when they aren't written
	// (Optional and Computed, which the published schema can't say of blocks).
	ComputedBlocks []string
	// Same tells of spellings that mean the same (DiffSuppressFunc): the
	// value that the state has is then kept.
	Same map[string]SameFunc
	// Suppress names arguments whose change isn't one, which takes a look at
	// the whole object to tell.
	Suppress func(c Change) []string
	// Recompute are computed attributes that an update makes unknown.
	Recompute []Recompute
	// Checks look at the configuration (ValidateFunc, ConflictsWith and such).
	Checks []Check
	// PlanChecks look at a planned create or update (CustomizeDiff); prior
	// is null for a create.
	PlanChecks []PlanCheck
	// DeleteCheck may refuse to delete what has these attributes.
	DeleteCheck func(prior cty.Value) error
	// Framework is true of types that the real provider builds on the plugin
	// Framework: Terraform holds those to their plan to the letter.
	Framework bool
}

// Recompute says that attributes become unknown in an update in which one of
// the arguments in when changes.
type Recompute struct {
	Attributes []string
	When       []string
}

// Words splits a list of names, to keep the tables readable.
func Words(s string) []string { return strings.Fields(s) }

// Change is a planned create or update: what is written, what there is (null
// for a create) and what is to be.
type Change struct {
	Config, Prior, Planned cty.Value
}

// PlanCheck looks at a planned create or update.
type PlanCheck func(c Change, f *Faults)
