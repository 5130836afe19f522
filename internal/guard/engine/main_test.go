package engine_test

import (
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

// TestMain keeps what is set on this machine from the AWS SDK: the model's
// account is the only one there is.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name)
		}
	}
	for _, file := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		_ = os.Setenv(file, os.DevNull)
	}
	// Worlds are many and short-lived: collecting garbage less often makes
	// them a fifth faster.
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
