package plantest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Decode reads JSON and keeps numbers as they are written.
func Decode(raw []byte) (any, error) {
	var document any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&document); err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	return document, nil
}

// byAddress is the field by which arrays of a plan are stored as objects, so
// that an edit finds its place in them.
const byAddress = "address"

// Condense brings a plan into the shape in which it is recorded: by address,
// and without what the review does not read.
func Condense(raw []byte) (map[string]any, error) {
	document, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	plan, ok := document.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("condense the plan: found %T, want an object", document)
	}
	for _, name := range []string{"relevant_attributes", "checks", "timestamp", "applyable"} {
		delete(plan, name)
	}
	plan["planned_values"] = map[string]any{}
	plan["resource_changes"] = index(plan["resource_changes"])
	plan["resource_drift"] = vanished(plan["resource_drift"])
	plan["prior_state"] = onlyData(plan["prior_state"])
	if configuration, ok := plan["configuration"].(map[string]any); ok {
		indexModule(configuration["root_module"])
	}
	return plan, nil
}

// index makes an object of an array of things with addresses. A deposed object
// has the address of its successor, and is told from it by its key.
func index(list any) map[string]any {
	object := map[string]any{}
	items, _ := list.([]any)
	for _, item := range items {
		entry, _ := item.(map[string]any)
		key := fmt.Sprint(entry[byAddress])
		if deposed, ok := entry["deposed"]; ok {
			key += " deposed " + fmt.Sprint(deposed)
		}
		object[key] = entry
	}
	return object
}

// vanished keeps of the drift what was deleted: the rest is in the changes.
func vanished(list any) map[string]any {
	object := index(list)
	maps.DeleteFunc(object, func(_ string, entry any) bool {
		change, _ := entry.(map[string]any)["change"].(map[string]any)
		return fmt.Sprint(change["actions"]) != "[delete]"
	})
	return object
}

// onlyData keeps the data sources of the root module.
func onlyData(state any) any {
	s, _ := state.(map[string]any)
	values, _ := s["values"].(map[string]any)
	root, _ := values["root_module"].(map[string]any)
	if root == nil {
		return state
	}
	resources := index(root["resources"])
	maps.DeleteFunc(resources, func(_ string, entry any) bool { return entry.(map[string]any)["mode"] != "data" })
	return map[string]any{
		"format_version": s["format_version"], "terraform_version": s["terraform_version"],
		"values": map[string]any{"root_module": map[string]any{"resources": resources}},
	}
}

func indexModule(module any) {
	m, ok := module.(map[string]any)
	if !ok {
		return
	}
	m["resources"] = index(m["resources"])
	calls, _ := m["module_calls"].(map[string]any)
	for _, call := range calls {
		if c, ok := call.(map[string]any); ok {
			indexModule(c["module"])
		}
	}
}

// Expand is a plan as Terraform prints it, from one that [Condense] made.
func Expand(condensed map[string]any) ([]byte, error) {
	plan := clone(condensed).(map[string]any)
	list(plan, "resource_changes")
	list(plan, "resource_drift")
	if configuration, ok := plan["configuration"].(map[string]any); ok {
		listModule(configuration["root_module"])
	}
	if state, ok := plan["prior_state"].(map[string]any); ok {
		if values, ok := state["values"].(map[string]any); ok {
			if root, ok := values["root_module"].(map[string]any); ok {
				list(root, "resources")
			}
		}
	}
	raw, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("encode the plan: %w", err)
	}
	return raw, nil
}

func list(parent map[string]any, name string) {
	object, ok := parent[name].(map[string]any)
	if !ok {
		return
	}
	items := make([]any, 0, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		items = append(items, object[key])
	}
	parent[name] = items
}

func listModule(module any) {
	m, ok := module.(map[string]any)
	if !ok {
		return
	}
	list(m, "resources")
	calls, _ := m["module_calls"].(map[string]any)
	for _, call := range calls {
		if c, ok := call.(map[string]any); ok {
			listModule(c["module"])
		}
	}
}
