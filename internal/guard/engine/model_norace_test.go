//go:build !race

package engine_test

const defaultRuns = 600

// killStride is how many calls lie between two kills.
const killStride = 1
