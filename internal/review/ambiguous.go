package review

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// ambiguous are the attributes, at the top, whose text is a JSON object in which
// one object has a name twice, also in another case: readers of JSON differ in
// which of the two they take, so that AWS may read another policy than this
// review does.
func ambiguous(attributes map[string]any) []string {
	list := []string{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		text, _ := attributes[name].(string)
		if strings.HasPrefix(strings.TrimSpace(text), "{") && repeats(json.NewDecoder(strings.NewReader(text))) {
			list = append(list, name)
		}
	}
	return list
}

// repeats reads one value and tells whether an object in it has a name twice.
// What is no JSON has none: other readers refuse it.
func repeats(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return false
			}
			name, _ := key.(string)
			if name = strings.ToLower(name); seen[name] {
				return true
			}
			seen[name] = true
			if repeats(d) {
				return true
			}
		}
	case json.Delim('['):
		for d.More() {
			if repeats(d) {
				return true
			}
		}
	default:
		return false
	}
	_, _ = d.Token() // the end of the object or the list
	return false
}
