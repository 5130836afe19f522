package review

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// object is a value as an object, nil if it is none.
func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func quote(text string) string { return strconv.Quote(text) }

// top is the attribute at the top of a path.
func top(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// topOf are the attributes at the top of Terraform's paths, each once.
func topOf(paths []any) []string {
	names := []string{}
	for _, path := range paths {
		if steps, ok := path.([]any); ok && len(steps) > 0 {
			names = append(names, fmt.Sprint(steps[0]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func keysOf(maps ...map[string]any) map[string]bool {
	keys := map[string]bool{}
	for _, m := range maps {
		for key := range m {
			keys[key] = true
		}
	}
	return keys
}

// cmpOr compares pairs of texts until one differs.
func cmpOr(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if c := cmp.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}
