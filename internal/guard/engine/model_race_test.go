//go:build race

package engine

// The race detector makes worlds about ten times slower.
const defaultRuns = 80

// killStride is how many calls lie between two kills.
const killStride = 15
