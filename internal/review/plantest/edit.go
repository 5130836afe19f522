package plantest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Edit changes one place of a JSON document.
type Edit struct {
	// At is the way there: keys of objects, and indexes of arrays. The last
	// letters of a key may be left open with "*".
	At []any `json:"at"`
	// Set puts a value there, making the objects on the way.
	Set any `json:"set,omitempty"`
	// Null puts null there, which Set cannot say.
	Null bool `json:"null,omitempty"`
	// Remove takes away what is there.
	Remove bool `json:"remove,omitempty"`
	// Replace, in the text there, is replaced by With, and must be in it.
	Replace string `json:"replace,omitempty"`
	// Everywhere, in all texts below, is replaced by With.
	Everywhere string `json:"everywhere,omitempty"`
	With       string `json:"with,omitempty"`
}

// Apply returns the document with the edits made. The document itself is not
// changed. The error names the place that is not there.
func Apply(document any, edits []Edit) (any, error) {
	document = clone(document)
	var err error
	for _, e := range edits {
		if document, err = e.apply(document, e.At); err != nil {
			return nil, fmt.Errorf("edit at %v: %w", e.At, err)
		}
	}
	return document, nil
}

// clone copies a decoded JSON document.
func clone(document any) any {
	switch node := document.(type) {
	case map[string]any:
		copied := make(map[string]any, len(node))
		for k, v := range node {
			copied[k] = clone(v)
		}
		return copied
	case []any:
		copied := make([]any, len(node))
		for i, v := range node {
			copied[i] = clone(v)
		}
		return copied
	default:
		return node
	}
}

// plain is a Go value as it would be decoded from JSON.
func plain(value any) (any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode what is set: %w", err)
	}
	return Decode(raw)
}

func (e Edit) apply(node any, at []any) (any, error) {
	if len(at) == 0 {
		return e.change(node)
	}
	switch step := at[0].(type) {
	case string:
		return e.inObject(node, step, at[1:])
	default:
		return e.inArray(node, at)
	}
}

func (e Edit) inObject(node any, key string, rest []any) (any, error) {
	if node == nil {
		node = map[string]any{} // on the way to what is set
	}
	object, ok := node.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%q: found %T, want an object", key, node)
	}
	if open, ok := strings.CutSuffix(key, "*"); ok {
		var matches []string
		for k := range object {
			if strings.HasPrefix(k, open) {
				matches = append(matches, k)
			}
		}
		if len(matches) != 1 {
			return nil, fmt.Errorf("%q: %d keys begin so, want one", key, len(matches))
		}
		key = matches[0]
	}
	child, there := object[key]
	if !there && !e.sets() {
		return nil, fmt.Errorf("%q is not there", key)
	}
	if e.Remove && len(rest) == 0 {
		delete(object, key)
		return object, nil
	}
	changed, err := e.apply(child, rest)
	object[key] = changed
	return object, err
}

func (e Edit) sets() bool { return e.Null || e.Set != nil }

// inArray also appends: the index may be one past the end.
func (e Edit) inArray(node any, at []any) (any, error) {
	list, ok := node.([]any)
	if !ok {
		return nil, fmt.Errorf("%v: found %T, want an array", at[0], node)
	}
	var index int
	if _, err := fmt.Sscan(fmt.Sprint(at[0]), &index); err != nil || index < 0 || index > len(list) {
		return nil, fmt.Errorf("%v: not an index of an array of %d", at[0], len(list))
	}
	if index == len(list) {
		if !e.sets() {
			return nil, fmt.Errorf("%d is past the end", index)
		}
		list = append(list, nil)
	}
	if e.Remove && len(at) == 1 {
		return slices.Delete(list, index, index+1), nil
	}
	changed, err := e.apply(list[index], at[1:])
	list[index] = changed
	return list, err
}

func (e Edit) change(node any) (any, error) {
	switch {
	case e.Null:
		return nil, nil
	case e.Replace != "":
		text, ok := node.(string)
		if !ok || !strings.Contains(text, e.Replace) {
			return nil, fmt.Errorf("%q is not in %v", e.Replace, node)
		}
		return strings.ReplaceAll(text, e.Replace, e.With), nil
	case e.Everywhere != "":
		return replaceAll(node, e.Everywhere, e.With), nil
	default:
		return plain(e.Set)
	}
}

func replaceAll(node any, old, with string) any {
	switch node := node.(type) {
	case string:
		return strings.ReplaceAll(node, old, with)
	case map[string]any:
		for k, v := range node {
			node[k] = replaceAll(v, old, with)
		}
	case []any:
		for i, v := range node {
			node[i] = replaceAll(v, old, with)
		}
	}
	return node
}

// Diff returns the edits that make b of a, in the order of their places.
// Arrays that differ are replaced as a whole.
func Diff(a, b any) []Edit { return diff(nil, a, b) }

func diff(at []any, a, b any) []Edit {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	before, ok := a.(map[string]any)
	after, both := b.(map[string]any)
	if !ok || !both {
		return []Edit{set(at, b)}
	}
	keys := map[string]bool{}
	for k := range before {
		keys[k] = true
	}
	for k := range after {
		keys[k] = true
	}
	var edits []Edit
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		place := append(slices.Clone(at), any(k))
		old, was := before[k]
		updated, is := after[k]
		switch {
		case !is:
			edits = append(edits, Edit{At: place, Remove: true})
		case !was:
			edits = append(edits, set(place, updated))
		default:
			edits = append(edits, diff(place, old, updated)...)
		}
	}
	return edits
}

func set(at []any, value any) Edit {
	if value == nil {
		return Edit{At: at, Null: true}
	}
	return Edit{At: at, Set: value}
}
