//go:build race

package engine_test

// The race detector makes worlds several times slower.
const defaultRuns = 24

// killStride is how many calls lie between two kills.
const killStride = 15
