// Package recent bounds what a process remembers of what it did.
package recent

import "slices"

// Append appends to a list, and forgets the older half of one that would be
// longer than most. What is forgotten is freed.
func Append[T any](list []T, most int, more ...T) []T {
	list = append(list, more...)
	if len(list) > most {
		list = slices.Clone(list[len(list)-(most+1)/2:])
	}
	return list
}
