package leftover_test

import (
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
