package leftover_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/leftover"
)

const prefix = "pgdr-test-"

func TestSweep_RemovesWhatDeadProcessesLeftAndNothingElse(t *testing.T) {
	in := t.TempDir()
	ended := exec.CommandContext(t.Context(), "/bin/true")
	require.NoError(t, ended.Run())
	mine, err := leftover.MkdirTemp(in, prefix)
	require.NoError(t, err)
	left := filepath.Join(in, prefix+strconv.Itoa(ended.Process.Pid)+"-1")
	foreign := filepath.Join(in, "other-"+strconv.Itoa(ended.Process.Pid))
	for _, dir := range []string{left, foreign, filepath.Join(in, prefix+"x")} {
		require.NoError(t, os.Mkdir(dir, 0o700))
	}
	leftover.Sweep(in, prefix)
	require.DirExists(t, mine)
	require.NoDirExists(t, left)
	require.DirExists(t, foreign)
	require.DirExists(t, filepath.Join(in, prefix+"x"))
}

func TestSweepSockets_RemovesThoseThatNobodyListensOn(t *testing.T) {
	in, err := os.MkdirTemp("", "sock") //nolint:usetesting // a socket's path must be short
	require.NoError(t, err)
	defer func() { require.NoError(t, os.RemoveAll(in)) }()
	var lc net.ListenConfig
	listen := func(name string) *net.UnixListener {
		l, err := lc.Listen(t.Context(), "unix", filepath.Join(in, name))
		require.NoError(t, err)
		return l.(*net.UnixListener)
	}
	live, dead := listen("pgdr-1.sock"), listen("pgdr-2.sock")
	defer func() { require.NoError(t, live.Close()) }()
	dead.SetUnlinkOnClose(false) // as a killed process leaves it
	require.NoError(t, dead.Close())
	require.NoError(t, os.WriteFile(filepath.Join(in, "other.sock"), nil, 0o600))

	leftover.SweepSockets(filepath.Join(in, "pgdr-*.sock"))
	require.FileExists(t, filepath.Join(in, "pgdr-1.sock"))
	require.NoFileExists(t, filepath.Join(in, "pgdr-2.sock"))
	require.FileExists(t, filepath.Join(in, "other.sock"))
}
