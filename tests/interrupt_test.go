package tests

import (
	"bufio"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/tier"
	"github.com/pgdr/pgdr/twin/gobuild"
)

// interrupted is a drill of the command's, in a process group of its own as a
// terminal makes one, with a temporary directory of its own.
type interrupted struct {
	t    *testing.T
	temp string
	cmd  *exec.Cmd
	said *bufio.Scanner
	out  safeBuffer
}

// begin starts a drill, or another command of the twin's, whose files are all
// below temp.
func begin(t *testing.T, program, temp, command string) *interrupted {
	t.Helper()
	d := &interrupted{t: t, temp: temp, cmd: exec.CommandContext(t.Context(), program, command, "--project", "..", "--dir", filepath.Join(temp, "twin"))} //nolint:gosec // our own program
	d.cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	d.cmd.Stderr = &d.out
	// Who started the tests may ignore it (nohup), and a child inherits that
	// unless it is caught here.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	out, err := d.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, d.cmd.Start())
	d.said = bufio.NewScanner(out)
	return d
}

// await reads what the drill says until it says something, and then waits for a
// process of it that has a word in its command, if one is given.
func (d *interrupted) await(line, process string) {
	d.t.Helper()
	found := false
	for !found && d.said.Scan() {
		_, _ = d.out.Write([]byte(d.said.Text() + "\n"))
		found = strings.Contains(d.said.Text(), line)
	}
	require.True(d.t, found, "the drill ended before it said %q:\n%s", line, &d.out)
	require.Eventually(d.t, func() bool {
		all, err := Remains([]string{d.temp}, nil)
		require.NoError(d.t, err)
		return slices.ContainsFunc(all, func(p string) bool { return strings.Contains(p, process) })
	}, time.Minute, 5*time.Millisecond, "no process %q", process)
}

// end waits for the drill's end, which is no success.
func (d *interrupted) end() {
	d.t.Helper()
	ended := make(chan error, 1)
	go func() {
		for d.said.Scan() {
			_, _ = d.out.Write([]byte(d.said.Text() + "\n"))
		}
		ended <- d.cmd.Wait()
	}()
	select {
	case err := <-ended:
		require.Error(d.t, err, "an interrupted drill is no success:\n%s", &d.out)
	case <-time.After(3 * time.Minute):
		_ = d.cmd.Process.Kill() // it is said below
		require.Fail(d.t, "the drill does not end", "%s", &d.out)
	}
}

// left is what a drill has left: processes, and files beside what it built and
// reported.
func left(t *testing.T, temp string) []string {
	t.Helper()
	all, err := Remains([]string{temp}, []string{filepath.Join(temp, "*"), filepath.Join(temp, "twin", "drill-*"), filepath.Join(temp, "twin", "build", "go-*"), filepath.Join(temp, "twin", "build", "synth-*"), filepath.Join(temp, "twin", "drills", "*.lock")})
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(what string) bool { return what == "file "+filepath.Join(temp, "twin") })
}

// TestDrill_LeavesNothingWhateverEndsIt interrupts drills as a terminal does,
// the whole process group at once, at several moments; and kills one, of which
// no process lives on, and whose files the next drill removes.
func TestDrill_LeavesNothingWhateverEndsIt(t *testing.T) {
	program := filepath.Join(t.TempDir(), "twin")
	require.NoError(t, gobuild.Program(t.Context(), "..", "./twin/cmd/twin", program))
	temp, err := os.MkdirTemp("", "pgdr-i-") //nolint:usetesting // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(temp)) })
	require.NoError(t, os.Chmod(temp, 0o711)) //nolint:gosec // PostgreSQL's user goes in

	for _, c := range []struct {
		when, line, process string
		signal              syscall.Signal
		deep                bool
	}{
		{"while it builds", "build the guard", "", syscall.SIGINT, true},
		{"while it synthesizes", "synthesize the stacks", "", syscall.SIGHUP, true},
		{"while Terraform applies", "apply both stacks", "terraform-provider", syscall.SIGINT, false},
		{"while applications write", "made ready and armed", "walsender", syscall.SIGKILL, true},
		{"after the disaster", "us-east-1 is lost", "failover", syscall.SIGINT, true},
	} {
		if c.deep && !tier.IsDeep() {
			continue // each is most of a drill
		}
		d := begin(t, program, temp, "drill")
		d.await(c.line, c.process)
		if c.signal == syscall.SIGKILL {
			require.NoError(t, d.cmd.Process.Kill())
			d.end()
			require.Eventually(t, func() bool {
				return !slices.ContainsFunc(left(t, temp), func(what string) bool { return strings.HasPrefix(what, "process") })
			}, time.Minute, 10*time.Millisecond, "processes live on: %v", left(t, temp))
			require.NotEmpty(t, left(t, temp), "its files, for the next drill to remove")
			continue
		}
		require.NoError(t, syscall.Kill(-d.cmd.Process.Pid, c.signal))
		d.end()
		require.Empty(t, left(t, temp), "%s\n%s", c.when, &d.out)
	}
}
