package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/pgtest"
)

// The search is worth nothing unless it finds what a drill could leave: a
// server is leaked here, with its backends and its files.
func TestRemains_SeesALeakedServer(t *testing.T) {
	server, err := pgtest.New(t.Context(), pgtest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() }) // a second time after the test's own
	mark, pattern := ServersOf(os.Getpid())

	found, err := Remains([]string{mark}, []string{pattern})
	require.NoError(t, err)
	text := strings.Join(found, "\n")
	require.Contains(t, text, "bin/postgres -D ", "the server")
	require.Contains(t, text, "checkpointer", "a process of the server's, by its working directory")
	require.Contains(t, text, "file "+filepath.Join(os.TempDir(), mark), "its files")

	require.NoError(t, server.Close())
	require.NoError(t, pgtest.Cleanup())
	found, err = Remains([]string{mark}, []string{pattern})
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestRemains_SeesProcessesByTheirEnvironmentAndFilesByTheirPattern(t *testing.T) {
	dir := t.TempDir()
	sleeper := exec.CommandContext(t.Context(), "sleep", "60")
	sleeper.Env = []string{"SOMETHING=" + dir}
	require.NoError(t, sleeper.Start())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pgdr-0.sock"), nil, 0o600))

	found, err := Remains([]string{dir}, []string{filepath.Join(dir, "*.sock")})
	require.NoError(t, err)
	require.Len(t, found, 2, found)
	require.Contains(t, found[0], "sleep 60")

	require.NoError(t, sleeper.Process.Kill())
	require.Error(t, sleeper.Wait())
	found, err = Remains([]string{dir}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
}
