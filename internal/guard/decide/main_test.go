package decide

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// TestMain tries each property often enough that a single forgotten condition
// is found at each run; -rapid.checks still overrides.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "3000"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// tries tries a property. The seed is looked up within the test: then the go
// command does not answer for a new one with the result of an old one.
func tries(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	if seed, set := os.LookupEnv("RAPID_SEED"); set {
		t.Logf("RAPID_SEED=%s", seed)
	}
	rapid.Check(t, property)
}
