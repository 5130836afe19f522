package daemon_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/daemon"
)

// serveVariable makes this test binary serve the directory that it names, as
// the program's own "serve" command does.
const serveVariable = "AWSSIM_TEST_SERVE"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		os.Exit(serveForTest(os.Args[2]))
	}
	os.Exit(m.Run())
}

func serveForTest(dir string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // a lost child ends by itself
	defer cancel()
	place, err := daemon.At(dir)
	if err == nil {
		err = daemon.Serve(untilTerminated(ctx), place, sim.Options{Account: os.Getenv(serveVariable)})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// at returns a place in a new directory whose process is stopped after the test.
func at(t *testing.T) daemon.Place {
	t.Helper()
	place, err := daemon.At(filepath.Join(t.TempDir(), "account"))
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := daemon.Stop(context.Background(), place)
		require.NoError(t, err)
	})
	return place
}

func start(t *testing.T, place daemon.Place) (daemon.Status, bool) {
	t.Helper()
	status, started, err := daemon.Start(t.Context(), place, []string{"serve", place.Dir})
	require.NoError(t, err)
	return status, started
}

func alive(pid int) bool {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	return !strings.HasPrefix(after, "Z") // a zombie has ended
}

// crash kills a process and waits until the kernel has freed all that it held.
func crash(t *testing.T, place daemon.Place, pid int) {
	t.Helper()
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	lock, err := os.Open(filepath.Join(place.Dir, "lock"))
	require.NoError(t, err)
	defer func() { _ = lock.Close() }()
	require.Eventually(t, func() bool {
		return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	}, 10*time.Second, 10*time.Millisecond)
}

func TestStart_StartsOnceAndStopEndsIt(t *testing.T) {
	place := at(t)
	first, started := start(t, place)
	require.True(t, started)
	require.True(t, alive(first.PID))
	require.Equal(t, sim.DefaultAccount, first.Summary.Account)

	second, started := start(t, place)
	require.False(t, started)
	require.Equal(t, first.PID, second.PID)

	stopped, err := daemon.Stop(t.Context(), place)
	require.NoError(t, err)
	require.True(t, stopped)
	require.Eventually(t, func() bool { return !alive(first.PID) }, 10*time.Second, 10*time.Millisecond)
	for _, path := range []string{place.Socket(), filepath.Join(place.Dir, "pid")} {
		require.NoFileExists(t, path)
	}
	stopped, err = daemon.Stop(t.Context(), place)
	require.NoError(t, err)
	require.False(t, stopped)
	status, err := daemon.Query(t.Context(), place)
	require.NoError(t, err)
	require.False(t, status.Running)
}

// A caller's own are a lock of flock's, or a pipe that its reader reads to the end.
func TestStart_GivesTheProcessNoDescriptorOfTheCallers(t *testing.T) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	given, err := syscall.Dup(int(writer.Fd())) // as inherited: it would go to each child
	require.NoError(t, err)
	lock, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	require.NoError(t, err)
	locked, err := syscall.Dup(int(lock.Fd()))
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(locked, syscall.LOCK_EX))

	_, started := start(t, at(t))
	require.True(t, started)
	for _, fd := range []int{given, locked} {
		require.NoError(t, syscall.Close(fd))
	}
	require.NoError(t, writer.Close())
	require.NoError(t, lock.Close())

	require.NoError(t, reader.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = reader.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "the process in the background holds the pipe")
	again, err := os.Open(lock.Name())
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(int(again.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), "the process in the background holds the lock")
	require.NoError(t, again.Close())
}

func TestStop_KnowsNothingOfADirectoryThatIsNotThere(t *testing.T) {
	place, err := daemon.At(filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	stopped, err := daemon.Stop(t.Context(), place)
	require.NoError(t, err)
	require.False(t, stopped)
	require.NoDirExists(t, place.Dir)
}

func TestStart_MakesASessionOfItsOwn(t *testing.T) {
	place := at(t)
	status, _ := start(t, place)
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(status.PID), "stat"))
	require.NoError(t, err)
	_, after, _ := strings.Cut(string(raw), ") ")
	session := strings.Fields(after)[3]
	require.Equal(t, strconv.Itoa(status.PID), session, "it would end with the terminal")
}

func TestStart_AfterACrashFindsTheAccountAgain(t *testing.T) {
	place := at(t)
	first, _ := start(t, place)
	crash(t, place, first.PID)
	require.FileExists(t, place.Socket(), "a crash leaves the socket")

	status, err := daemon.Query(t.Context(), place)
	require.NoError(t, err)
	require.False(t, status.Running)
	second, started := start(t, place)
	require.True(t, started)
	require.NotEqual(t, first.PID, second.PID)
}

func TestStop_SignalsNobodyWhenThePidFileIsStale(t *testing.T) {
	place := at(t)
	first, _ := start(t, place)
	crash(t, place, first.PID)
	bystander := exec.CommandContext(t.Context(), "sleep", "60")
	require.NoError(t, bystander.Start())
	t.Cleanup(func() { _ = bystander.Process.Kill(); _ = bystander.Wait() })
	pidFile := filepath.Join(place.Dir, "pid")
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(bystander.Process.Pid)), 0o600))

	stopped, err := daemon.Stop(t.Context(), place)
	require.NoError(t, err)
	require.False(t, stopped)
	require.True(t, alive(bystander.Process.Pid))
	require.NoFileExists(t, pidFile)
	require.NoFileExists(t, place.Socket())
}

func TestStop_KillsAProcessThatDoesNotListen(t *testing.T) {
	place := at(t)
	status, _ := start(t, place)
	require.NoError(t, syscall.Kill(status.PID, syscall.SIGSTOP))
	stopped, err := daemon.Stop(t.Context(), place)
	require.NoError(t, err)
	require.True(t, stopped)
	require.Eventually(t, func() bool { return !alive(status.PID) }, 10*time.Second, 10*time.Millisecond)
}

func TestStart_OfManyAtOnceLeavesOne(t *testing.T) {
	place := at(t)
	var wg sync.WaitGroup
	pids := make(chan int, 5)
	for range 5 {
		wg.Go(func() {
			status, _, err := daemon.Start(t.Context(), place, []string{"serve", place.Dir})
			if err != nil {
				t.Error(err)
				return
			}
			pids <- status.PID
		})
	}
	wg.Wait()
	close(pids)
	seen := map[int]bool{}
	for pid := range pids {
		seen[pid] = true
	}
	require.Len(t, seen, 1)
}

func TestStart_SaysWhyTheProcessEnded(t *testing.T) {
	place := at(t)
	t.Setenv(serveVariable, "not-an-account")
	_, _, err := daemon.Start(t.Context(), place, []string{"serve", place.Dir})
	require.ErrorIs(t, err, daemon.ErrNoAnswer)
	require.ErrorContains(t, err, `account "not-an-account": account id must be 12 digits`)
}

func TestServe_RefusesADirectoryThatIsServed(t *testing.T) {
	place := at(t)
	start(t, place)
	err := daemon.Serve(t.Context(), place, sim.Options{})
	require.ErrorIs(t, err, daemon.ErrRunning)
	status, err := daemon.Query(t.Context(), place)
	require.NoError(t, err)
	require.True(t, status.Running, "the one that was there still answers")
}

func TestServe_OpensItsSocketToTheOwnerOnly(t *testing.T) {
	place := at(t)
	start(t, place)
	info, err := os.Stat(place.Socket())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestPlace_ListensElsewhereWhenThePathIsTooLong(t *testing.T) {
	place, err := daemon.At(filepath.Join(t.TempDir(), strings.Repeat("long/", 30)))
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = daemon.Stop(context.Background(), place) })
	start(t, place)
	require.NotContains(t, place.Socket(), "long")
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "unix", place.Socket())
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	_, err = daemon.Stop(t.Context(), place)
	require.NoError(t, err)
	require.NoFileExists(t, place.Socket())
}
