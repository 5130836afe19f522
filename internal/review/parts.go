package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// part is a kind of object in a plan's JSON: the fields that this version
// reads, or knows to change nothing, and the parts below them.
type part struct {
	known []string
	below map[string]part
}

// knownParts is Terraform's format 1.2 up to Terraform 1.14 (jsonplan and
// jsonconfig in hashicorp/terraform). Of an object whose fields are names, such
// as the module calls, "*" stands for each; of a list for each element.
var knownParts = part{
	known: fields("format_version terraform_version variables planned_values resource_drift resource_changes deferred_changes " +
		"complete applyable errored output_changes prior_state configuration relevant_attributes checks timestamp " +
		"action_invocations deferred_action_invocations"),
	below: map[string]part{
		"resource_changes": {below: map[string]part{"*": knownChange}},
		"resource_drift":   {below: map[string]part{"*": knownChange}},
		"output_changes":   {below: map[string]part{"*": knownValues}},
		"configuration": {
			known: fields("provider_config root_module"),
			below: map[string]part{
				"provider_config": {below: map[string]part{"*": {known: fields("name full_name alias version_constraint module_address expressions")}}},
				"root_module":     knownModule(maxModules),
			},
		},
	},
}

var knownChange = part{
	known: fields("address previous_address module_address mode type name index index_unknown provider_name deposed change action_reason"),
	below: map[string]part{"change": knownValues},
}

var knownValues = part{known: fields("actions before after after_unknown before_sensitive after_sensitive replace_paths importing " +
	"generated_config before_identity after_identity")}

// maxModules is how deep modules are looked through. These stacks have one
// level; Terraform itself knows no bound.
const maxModules = 8

func knownModule(deep int) part {
	p := part{
		known: fields("outputs resources module_calls variables"),
		below: map[string]part{"resources": {below: map[string]part{"*": {known: fields(
			"address mode type name provider_config_key provisioners expressions schema_version count_expression for_each_expression depends_on")}}}},
	}
	if deep > 0 {
		p.below["module_calls"] = part{below: map[string]part{"*": {
			known: fields("source expressions count_expression for_each_expression module version_constraint depends_on"),
			below: map[string]part{"module": knownModule(deep - 1)},
		}}}
	}
	return p
}

func fields(names string) []string { return strings.Fields(names) }

// unreadIn lists the fields that this version does not know, where they are not
// empty: what a newer Terraform says in them is not in the review.
func unreadIn(plan map[string]any) []string {
	found := map[string]bool{}
	knownParts.unread("", plan, found)
	return slices.Sorted(maps.Keys(found))
}

func (p part) unread(at string, value any, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, child := range value {
			inner, within := p.below[name]
			if each, all := p.below["*"]; all {
				inner, within = each, true
			}
			switch {
			case within:
				inner.unread(at+"."+name, child, found)
			case p.known != nil && !slices.Contains(p.known, name) && !empty(child):
				found[strings.TrimPrefix(at+"."+name, ".")] = true
			}
		}
	case []any:
		each, within := p.below["*"]
		for i, child := range value {
			if within {
				each.unread(fmt.Sprintf("%s[%d]", at, i), child, found)
			}
		}
	}
}

// empty tells of a value that says nothing.
func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case bool:
		return !value
	case string:
		return value == ""
	case float64:
		return value == 0
	case json.Number:
		return value.String() == "0"
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	default:
		return false
	}
}
