package leftover_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
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

// The command is interrupted in the midst of a build, of a package that was
// never built before.
func TestGoTemp_KeepsWhatAnInterruptedBuildLeaves(t *testing.T) {
	source, in, system := t.TempDir(), t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(source, name), []byte(text), 0o600))
	}
	write("go.mod", "module interrupted\n\ngo 1.26\n")
	write("main.go", "package main\n\nfunc main() {}\n")
	// What compiles says that it is there, and waits.
	write("tool", "#!/bin/sh\ncase \"$2\" in -V*) exec \"$@\";; esac\necho >"+filepath.Join(source, "begun")+"\nexec sleep 60\n")
	require.NoError(t, os.Chmod(filepath.Join(source, "tool"), 0o700)) //nolint:gosec // it is run
	require.NoError(t, syscall.Mkfifo(filepath.Join(source, "begun"), 0o600))

	cmd := exec.CommandContext(t.Context(), "go", "build", "-toolexec", filepath.Join(source, "tool"), "-o", os.DevNull, ".") //nolint:gosec // the test's own
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "TMPDIR="+system, "GOFLAGS=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	remove, err := leftover.GoTemp(cmd, in)
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = os.ReadFile(filepath.Join(source, "begun"))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	kept, err := filepath.Glob(filepath.Join(in, "go-*", "go-build*"))
	require.NoError(t, err)
	require.NotEmpty(t, kept, "else nothing of this is needed any more")

	remove()
	for _, dir := range []string{in, system} {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
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
