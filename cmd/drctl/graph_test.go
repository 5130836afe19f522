package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/graph"
)

const goldenStacks = "../../stacks/testdata/golden"

// runGraph runs the command as main does and returns what it prints.
func runGraph(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := root()
	cmd.SetArgs(append([]string{"graph"}, args...))
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestGraph_PrintsEachFormat(t *testing.T) {
	for format, begins := range map[string]string{
		"d2":      "# Written by drctl graph",
		"mermaid": "%% Written by drctl graph",
		"json":    "{\n  \"environment\": \"dev\"",
	} {
		out, err := runGraph(t, "--from", goldenStacks, "--format", format)
		require.NoError(t, err)
		require.Equal(t, begins, out[:min(len(begins), len(out))])
	}
}

func TestGraph_WritesTheFileThatIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.d2")
	printed, err := runGraph(t, "--from", goldenStacks, "-o", file)
	require.NoError(t, err)
	require.Empty(t, printed)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	want, err := runGraph(t, "--from", goldenStacks)
	require.NoError(t, err)
	require.Equal(t, want, string(written))
}

func TestGraph_SaysWhatToDoWithoutStacks(t *testing.T) {
	_, err := runGraph(t, "--from", filepath.Join(t.TempDir(), "cdktf.out"))
	require.ErrorIs(t, err, graph.ErrNotSynthesized)
	require.ErrorContains(t, err, "make synth")
}

func TestGraph_RefusesAnUnknownFormat(t *testing.T) {
	_, err := runGraph(t, "--from", goldenStacks, "--format", "png")
	require.ErrorIs(t, err, graph.ErrFormat)
}

func TestGraph_SaysWhoDrawsThePicture(t *testing.T) {
	_, err := runGraph(t, "--from", goldenStacks, "--format", "svg")
	require.ErrorIs(t, err, graph.ErrSVG)
	require.ErrorContains(t, err, "--format: svg is drawn by d2")
	require.ErrorContains(t, err, "make diagram")
}

func TestGraph_SaysThatItCannotWrite(t *testing.T) {
	_, err := runGraph(t, "--from", goldenStacks, "-o", filepath.Join(t.TempDir(), "none", "out.d2"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "write the graph")
}
