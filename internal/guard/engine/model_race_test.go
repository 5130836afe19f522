//go:build race

package engine

// The race detector makes worlds about ten times slower.
const defaultRuns = 150
