package gobuild

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// With other flags the Makefile's builds and the twin's would compile every
// package twice.
func TestFlags_AreTheMakefiles(t *testing.T) {
	raw, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	require.Contains(t, string(raw), "\nexport GOFLAGS := "+strings.Join(Flags[:3], " ")+"\n")
	require.Contains(t, string(raw), "\nexport CGO_ENABLED := 0\n")
	require.Contains(t, string(raw), "go build -ldflags='"+strings.TrimPrefix(Flags[3], "-ldflags=")+"'")
}

func TestEnvironment_LeavesNothingThatBuildsForAnotherMachine(t *testing.T) {
	got := Environment([]string{"PATH=/bin", "GOARCH=arm64", "GOOS=plan9", "GOFLAGS=-race", "CGO_ENABLED=1"})
	require.Equal(t, []string{"PATH=/bin", "GOFLAGS="}, got)
}
