//go:build !race

package engine_test

const (
	defaultRuns = 400
	// sameSeeds is how many worlds are run twice.
	sameSeeds = 6
	// killStride is how many calls lie between two kills.
	killStride = 1
)
