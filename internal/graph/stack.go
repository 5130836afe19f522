package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// stack is one synthesized stack: Terraform's JSON syntax.
type stack struct {
	name      string
	resources []*resource
	modules   []*resource
	outputs   map[string]any
	locals    map[string]any
	// regions are those of the provider's aliases, "aws.primary".
	regions map[string]string
	// backend is what the stack writes its state with, remote what it reads:
	// the name of the data source, and its configuration.
	backend object
	remote  map[string]object
	tags    object
}

// resource is a block of a stack: a resource, or the call of a module.
type resource struct {
	stack      *stack
	kind, name string
	body       object
}

func (r *resource) id() string { return r.stack.name + "/" + r.kind + "." + r.name }

// region is where the resource is; empty where its provider has none.
func (r *resource) region() string {
	provider := text(r.body["provider"])
	if providers, ok := r.body["providers"].(object); ok { // of a module
		provider = text(providers["aws"])
	}
	return r.stack.regions[provider]
}

func (r *resource) text(path ...string) string {
	var v any = r.body
	for _, key := range path {
		v = first(v)
		v, _ = v.(object)[key]
	}
	return text(first(v))
}

// first is what a block holds that may be written as a list of one.
func first(v any) any {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	if v == nil {
		return object(nil)
	}
	return v
}

// text is a value as Terraform would write it in a string.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

func parseStack(raw []byte) (*stack, error) {
	var body object
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return nil, fmt.Errorf("%w: not JSON (%w): %s", ErrForeign, err, adviceSynth)
	}
	comment, _ := body["//"].(object)
	metadata, _ := comment["metadata"].(object)
	s := &stack{
		name:    text(metadata["stackName"]),
		outputs: map[string]any{},
		regions: map[string]string{},
		remote:  map[string]object{},
	}
	if s.name == "" {
		return nil, fmt.Errorf("%w: \"//\".metadata.stackName is missing, which cdktf writes into each stack: %s", ErrForeign, adviceSynth)
	}
	s.locals, _ = body["locals"].(object)
	s.readBlocks(body)
	s.readProviders(body)
	s.readState(body)
	return s, nil
}

func (s *stack) readBlocks(body object) {
	resources, _ := body["resource"].(object)
	for kind, named := range resources {
		named, _ := named.(object)
		for name, block := range named {
			block, _ := block.(object)
			s.resources = append(s.resources, &resource{stack: s, kind: kind, name: name, body: block})
		}
	}
	modules, _ := body["module"].(object)
	for name, block := range modules {
		block, _ := block.(object)
		s.modules = append(s.modules, &resource{stack: s, kind: "module", name: name, body: block})
	}
	outputs, _ := body["output"].(object)
	for name, block := range outputs {
		block, _ := block.(object)
		s.outputs[name] = block["value"]
	}
	sortResources(s.resources)
	sortResources(s.modules)
}

func (s *stack) readProviders(body object) {
	providers, _ := body["provider"].(object)
	aws, _ := providers["aws"].([]any)
	for _, p := range aws {
		p, _ := p.(object)
		s.regions["aws."+text(p["alias"])] = text(p["region"])
		defaults, _ := first(p["default_tags"]).(object)
		s.tags, _ = defaults["tags"].(object)
	}
}

func (s *stack) readState(body object) {
	terraform, _ := body["terraform"].(object)
	backends, _ := terraform["backend"].(object)
	for _, kind := range slices.Sorted(maps.Keys(backends)) {
		s.backend, _ = backends[kind].(object)
	}
	data, _ := body["data"].(object)
	states, _ := data["terraform_remote_state"].(object)
	for name, block := range states {
		block, _ := block.(object)
		s.remote[name], _ = block["config"].(object)
	}
}

func sortResources(list []*resource) {
	slices.SortFunc(list, func(a, b *resource) int { return cmp.Compare(a.id(), b.id()) })
}
