package provider

import (
	"maps"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// traits is what the real provider's source says of a resource type and its
// published schema doesn't. Paths are dotted names, "vpc_config.subnet_ids";
// the elements of lists and sets aren't counted in them.
//
// Where an entry isn't explained beside it, it is the line of that attribute
// in the real provider's internal/service/<service>/<file>.go, v5.99.1.
type traits struct {
	// replace are the arguments whose change makes a new object (ForceNew;
	// RequiresReplace in types built on the plugin framework).
	replace []string
	// replaceIf names more of them, where it depends (CustomizeDiff).
	replaceIf func(prior, planned cty.Value) []string
	// defaults are values of arguments that aren't set (Default): string,
	// bool or int.
	defaults map[string]any
	// local are arguments that no AWS call returns: what the configuration
	// said stays in the state, whatever a read brings.
	local []string
	// imported are values that an import gives to local arguments; the others
	// are then not set.
	imported map[string]any
	// files are arguments that name a file. The real provider reads it where
	// Terraform runs; the simulator, which runs elsewhere, is told the whole
	// path.
	files []string
	// computedBlocks are blocks that AWS fills in when they aren't written
	// (Optional and Computed, which the published schema can't say of blocks).
	computedBlocks []string
	// same tells of spellings that mean the same (DiffSuppressFunc): the
	// value that the state has is then kept.
	same map[string]sameFunc
	// suppress names arguments whose change isn't one, which takes a look at
	// the whole object to tell.
	suppress func(c change) []string
	// recompute are computed attributes that an update makes unknown.
	recompute []recompute
	// checks look at the configuration (ValidateFunc, ConflictsWith and such).
	checks []check
	// planChecks look at a planned create or update (CustomizeDiff); prior
	// is null for a create.
	planChecks []planCheck
	// deleteCheck may refuse to delete what has these attributes.
	deleteCheck func(prior cty.Value) error
	// framework is true of types that the real provider builds on the plugin
	// framework: Terraform holds those to their plan to the letter.
	framework bool
}

// recompute says that attributes become unknown in an update in which one of
// the arguments in when changes.
type recompute struct {
	attributes []string
	when       []string
}

// words splits a list of names, to keep the tables readable.
func words(s string) []string { return strings.Fields(s) }

// allTraits joins the tables of the services.
func allTraits() map[string]*traits {
	all := map[string]*traits{}
	for _, table := range []map[string]*traits{
		vpcTraits(), routingTraits(), peeringTraits(), securityGroupTraits(),
		kmsTraits(), secretsTraits(), rdsTraits(), logsTraits(), route53Traits(),
		snsTraits(), cloudwatchTraits(), iamTraits(), lambdaTraits(),
		eventsTraits(), dynamodbTraits(), sqsTraits(),
	} {
		maps.Copy(all, table)
	}
	return all
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
func (t *traits) defaultOf(path string) (cty.Value, bool) { return valueIn(t.defaults, path) }

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

// change is a planned create or update: what is written, what there is (null
// for a create) and what is to be.
type change struct {
	config, prior, planned cty.Value
}

// planCheck looks at a planned create or update.
type planCheck func(c change, f *faults)
