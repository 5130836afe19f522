//go:build !race

package engine

const defaultRuns = 1500
