// Package tier says how much a run of the tests is to try. There are three
// tiers, each with a make target:
//
//	make test-fast   go test -short: no server, no Terraform, a minute
//	make test        what a change is held to
//	make test-deep   PGDR_TESTS=deep: every scenario, sweep and world; daily
package tier

import (
	"os"
	"testing"
)

// Variable asks for the deep tier where it is "deep".
const Variable = "PGDR_TESTS"

// IsDeep tells whether this run tries everything.
func IsDeep() bool { return !testing.Short() && !raced && os.Getenv(Variable) == "deep" }

// Deep skips a test in all tiers but the deep one. why says what the test adds
// to what the usual tier tries.
func Deep(tb testing.TB, why string) {
	tb.Helper()
	if !IsDeep() {
		tb.Skip("make test-deep runs it: " + why)
	}
}

// Usual skips a test in the fast tier. why says what it needs or what it takes.
func Usual(tb testing.TB, why string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("make test runs it: " + why)
	}
}

// Of picks the number for this run's tier, for example of worlds. Under the race
// detector it is the fast one.
func Of[T any](fast, usual, deep T) T {
	switch {
	case testing.Short() || raced:
		return fast
	case IsDeep():
		return deep
	default:
		return usual
	}
}

// Sampled tells whether case i of a sweep is tried: one in fast, one in usual,
// in the deep tier all.
func Sampled(i, fast, usual int) bool { return i%Of(fast, usual, 1) == 0 }
