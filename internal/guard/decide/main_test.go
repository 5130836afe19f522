package decide

import (
	"flag"
	"fmt"
	"os"
	"testing"
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
