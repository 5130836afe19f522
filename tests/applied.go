package tests

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Resource is one applied resource: its address, with the stack in front, its
// type and its attributes.
type Resource struct {
	Address string
	Type    string
	Values  map[string]any
}

func (r Resource) text(attribute string) string {
	value, _ := r.Values[attribute].(string)
	return value
}

// region that the resource's ARN names, "" for a global one.
func (r Resource) region() string { return regionOf(r.text("arn")) }

func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[3]
}

// Applied are the resources of all stacks of an environment.
type Applied []Resource

// ReadState adds the managed resources of a state (terraform show -json).
func (a Applied) ReadState(stack string, raw []byte) (Applied, error) {
	var state tfjson.State
	if err := state.UnmarshalJSON(raw); err != nil {
		return nil, fmt.Errorf("read state of %s: %w", stack, err)
	}
	if state.Values == nil {
		return a, nil
	}
	var add func(*tfjson.StateModule)
	add = func(module *tfjson.StateModule) {
		for _, r := range module.Resources {
			if r.Mode == tfjson.ManagedResourceMode {
				a = append(a, Resource{Address: path.Join(stack, r.Address), Type: r.Type, Values: r.AttributeValues})
			}
		}
		for _, child := range module.ChildModules {
			add(child)
		}
	}
	add(state.Values.RootModule)
	return a, nil
}

func (a Applied) of(kind string) []Resource {
	var found []Resource
	for _, r := range a {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	return found
}

// where returns the resources of a kind whose attribute has the value.
func (a Applied) where(kind, attribute, value string) []Resource {
	var found []Resource
	for _, r := range a.of(kind) {
		if value != "" && r.text(attribute) == value {
			found = append(found, r)
		}
	}
	return found
}

// grant is one statement of a policy.
type grant struct {
	Sid       string
	Effect    string
	Principal any
	Action    []string
	Resource  []string
}

func grantsOf(policy string) []grant {
	var doc struct{ Statement []grant }
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return nil
	}
	return doc.Statement
}

// admits tells whether a policy allows the action to a service.
func admits(policy, service, action string) bool {
	for _, g := range grantsOf(policy) {
		principal, _ := g.Principal.(map[string]any)
		if g.Effect != "Allow" || principal["Service"] != service {
			continue
		}
		for _, pattern := range g.Action {
			if matched, err := path.Match(pattern, action); err == nil && matched {
				return true
			}
		}
	}
	return false
}
