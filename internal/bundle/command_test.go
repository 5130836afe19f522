package bundle

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// With other flags the Makefile's builds and ours would compile every package
// twice.
func TestFlags_AreTheMakefiles(t *testing.T) {
	raw, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	require.Contains(t, string(raw), "\nexport GOFLAGS := "+strings.Join(Flags[:3], " ")+"\n")
	require.Contains(t, string(raw), "\nexport CGO_ENABLED := 0\n")
	require.Contains(t, string(raw), "go build -ldflags='"+strings.TrimPrefix(Flags[3], "-ldflags=")+"'")
}

func TestCommand_BuildsForThisMachineWhateverTheCallerSet(t *testing.T) {
	for name, value := range map[string]string{"GOARCH": "mips", "GOOS": "plan9", "GOFLAGS": "-race", "CGO_ENABLED": "1"} {
		t.Setenv(name, value)
	}
	cmd, err := Command(t.Context(), "../..", Package, "/out")
	require.NoError(t, err)
	last := map[string]string{}
	for _, variable := range cmd.Env {
		name, value, _ := strings.Cut(variable, "=")
		last[name] = value
	}
	require.Equal(t, []string{runtime.GOARCH, runtime.GOOS, "", "0"}, []string{last["GOARCH"], last["GOOS"], last["GOFLAGS"], last["CGO_ENABLED"]})
}
