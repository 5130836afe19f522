//go:build race

package engine_test

// The race detector makes worlds several times slower.
const (
	defaultRuns = 12
	// sameSeeds is how many worlds are run twice.
	sameSeeds = 2
	// killStride is how many calls lie between two kills.
	killStride = 15
)
