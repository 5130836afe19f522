package tests

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/pgtest"
)

// The search is worth nothing unless it finds what a drill could leave: a
// server is leaked here, with its backends and its files.
func TestRemains_SeesALeakedServer(t *testing.T) {
	server, err := pgtest.New(t.Context(), pgtest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() }) // a second time after the test's own
	mark, pattern := ServersOf(os.Getpid())

	require.NoError(t, server.Exec(t.Context(), "checkpoint")) // so its process is there, by its name
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
	other := startSpeaking(t, "SOMETHING="+dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pgdr-0.sock"), nil, 0o600))

	found, err := Remains([]string{dir}, []string{filepath.Join(dir, "*.sock")})
	require.NoError(t, err)
	require.Len(t, found, 2, found)
	require.Contains(t, found[0], "cat -u ")

	require.NoError(t, other.Process.Kill())
	require.Error(t, other.Wait())
	found, err = Remains([]string{dir}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
}

// startSpeaking starts a process and waits until it has said something: that
// its program was started is told before the system shows its command and its
// environment in /proc.
func startSpeaking(t *testing.T, environment ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "cat", "-u")
	command.Env = environment
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	_, err = io.WriteString(in, ".")
	require.NoError(t, err)
	_, err = io.ReadFull(out, make([]byte, 1))
	require.NoError(t, err)
	return command
}
