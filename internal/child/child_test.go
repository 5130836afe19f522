package child_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/child"
)

// roleVariable makes the test program another process of a test: a parent that
// waits to be killed, or the child that is to notice.
const roleVariable = "CHILD_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "noticing":
		child.EndWithParent()
		fmt.Println(os.Getpid())
		time.Sleep(5 * time.Minute)
	default:
		cmd := exec.CommandContext(context.Background(), "sleep", "300")
		if role == "parent of a noticing one" {
			cmd = exec.CommandContext(context.Background(), os.Args[0]) //nolint:gosec // this test
			cmd.Env = append(os.Environ(), roleVariable+"=noticing")
			cmd.Stdout = os.Stdout
		} else {
			child.Bind(cmd, syscall.SIGKILL)
		}
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if cmd.Stdout == nil {
			fmt.Println(cmd.Process.Pid)
		}
		_ = cmd.Wait() // this process is killed before
	}
}

func gone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

func TestBind_TheChildEndsWithAParentThatIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a child that its parent has ended")
	}
	requireEndsWithItsParent(t, "parent of a bound one")
}

func TestEndWithParent_NoticesAParentThatIsKilled(t *testing.T) {
	requireEndsWithItsParent(t, "parent of a noticing one")
}

// requireEndsWithItsParent kills a parent whose child's number is the first line
// that it or the child prints.
func requireEndsWithItsParent(t *testing.T, role string) {
	t.Helper()
	parent := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this test
	parent.Env = append(os.Environ(), roleVariable+"="+role)
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	pid, err := strconv.Atoi(lines.Text())
	require.NoError(t, err, lines.Text())
	require.False(t, gone(pid))

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool { return gone(pid) }, 10*time.Second, 10*time.Millisecond)
}

// A shell whose child is not interrupted with it waits for that first: then it
// would be killed in the end. The child says when it is there: a signal before
// that would reach the shell alone.
func TestGently_InterruptsTheWholeGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "sh", "-c", `trap 'exit 7' INT; sh -c 'echo ready; exec sleep 300'`)
	child.Gently(cmd, time.Minute)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	group, err := syscall.Getpgid(cmd.Process.Pid)
	require.NoError(t, err)
	require.Equal(t, cmd.Process.Pid, group, "a group of its own")
	cancel()
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	require.Equal(t, 7, exit.ExitCode(), "it was interrupted, not killed")
}
