//go:build !race

package engine

const defaultRuns = 1000

// killStride is how many calls lie between two kills.
const killStride = 1
