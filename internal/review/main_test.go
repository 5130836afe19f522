package review_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets garbage pile up: thousands of reviews are made here, of a plan
// each, and a quarter of their time would go into collecting it.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
