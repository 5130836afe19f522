package pgtest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/pgtest"
)

func run(t *testing.T) *pgtest.Server {
	t.Helper()
	return pgtest.Run(t, pgtest.Options{CA: pgtest.RunCA(t)})
}

// dial opens a TCP connection and asks for TLS as a PostgreSQL client does;
// it returns the server's one-letter answer.
func dial(t *testing.T, to netip.AddrPort, patience time.Duration) (string, error) {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", to.String())
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = c.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}) // SSLRequest
	require.NoError(t, err)
	b := make([]byte, 1)
	_, err = c.Read(b)
	return string(b), err
}

func TestRun_ServesTLSUnderItsName(t *testing.T) {
	t.Parallel()
	ca := pgtest.RunCA(t)
	s := pgtest.Run(t, pgtest.Options{CA: ca, Name: "orders"})
	require.Equal(t, "orders.pgdr.test", s.Host())

	var d net.Dialer
	raw, err := d.DialContext(t.Context(), "tcp", s.Addr().String())
	require.NoError(t, err)
	defer func() { _ = raw.Close() }()
	_, err = raw.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47})
	require.NoError(t, err)
	_, err = raw.Read(make([]byte, 1))
	require.NoError(t, err)
	c := tls.Client(raw, &tls.Config{RootCAs: ca.Pool(), ServerName: s.Host(), MinVersion: tls.VersionTLS12})
	require.NoError(t, c.HandshakeContext(t.Context()))
}

func TestRun_WithoutAuthorityRefusesTLS(t *testing.T) {
	t.Parallel()
	s := pgtest.Run(t, pgtest.Options{})
	answer, err := dial(t, s.Addr(), time.Second)
	require.NoError(t, err)
	require.Equal(t, "N", answer)
}

func TestServer_KeepsItsAddressAndDataOverARestart(t *testing.T) {
	t.Parallel()
	s := run(t)
	addr := s.Addr()
	require.NoError(t, s.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS n"))
	for _, how := range []pgtest.Shutdown{pgtest.Smart, pgtest.Fast, pgtest.Immediate} {
		require.NoError(t, s.Stop(how))
		require.False(t, s.Running())
		_, err := dial(t, addr, time.Second)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)

		require.NoError(t, s.Start(t.Context()))
		require.Equal(t, addr, s.Addr())
		var n int
		require.NoError(t, s.QueryRow(t.Context(), "SELECT n FROM kept", nil, &n))
		require.Equal(t, 7, n)
	}
}

func TestServer_SuspendedAcceptsAndSaysNothing(t *testing.T) {
	t.Parallel()
	s := run(t)
	require.NoError(t, s.Suspend())
	_, err := dial(t, s.Addr(), 300*time.Millisecond)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	s.Resume()
	answer, err := dial(t, s.Addr(), 5*time.Second)
	require.NoError(t, err)
	require.Equal(t, "S", answer)
}

func TestServer_StopCutsThePowerOfASuspendedServer(t *testing.T) {
	t.Parallel()
	s := run(t)
	require.NoError(t, s.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS n"))
	require.NoError(t, s.Suspend())
	require.NoError(t, s.Stop(pgtest.Immediate), "it cannot obey, and does not have to")
	require.False(t, s.Running())
	require.NoError(t, s.Start(t.Context()))
	var n int
	require.NoError(t, s.QueryRow(t.Context(), "SELECT n FROM kept", nil, &n))
	require.Equal(t, 7, n)
}

func TestServer_CloseEndsASuspendedServerAndRemovesItsFiles(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := pgtest.New(ctx, pgtest.Options{})
	require.NoError(t, err)
	var dir string
	require.NoError(t, s.QueryRow(ctx, "SHOW data_directory", nil, &dir))
	require.NoError(t, s.Suspend())
	require.NoError(t, s.Close())
	require.False(t, s.Running())
	require.NoDirExists(t, filepath.Dir(dir))
}

func TestServer_DiesWithTheProcessThatStartedIt(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only Linux ends children with their parent")
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "PGTEST_CHILD=1")
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	addr, err := netip.ParseAddrPort(strings.TrimSpace(line))
	require.NoError(t, err, "the child says %q", line)
	_, err = dial(t, addr, 5*time.Second)
	require.NoError(t, err)

	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // it was killed
	require.Eventually(t, func() bool {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", addr.String())
		if err == nil {
			_ = c.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	}, 30*time.Second, 20*time.Millisecond)
	for _, dir := range leftBy(t, child.Process.Pid) {
		require.NoError(t, os.RemoveAll(dir))
	}
}

// leftBy lists the directories of a process.
func leftBy(t *testing.T, pid int) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), "pgdr-pg-"+strconv.Itoa(pid)+"-*"))
	require.NoError(t, err)
	return dirs
}

func TestReplica_FollowsAndIsPromoted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary := run(t)
	replica := pgtest.RunReplica(t, primary, pgtest.Options{CA: pgtest.RunCA(t)}, netip.AddrPort{})
	require.NoError(t, primary.Exec(ctx, "CREATE TABLE followed AS SELECT 1 AS n"))
	require.NoError(t, primary.AwaitReplay(ctx, replica))
	require.Error(t, replica.Exec(ctx, "INSERT INTO followed VALUES (2)"), "a replica takes no writes")

	require.NoError(t, replica.Promote(ctx))
	require.NoError(t, replica.Exec(ctx, "INSERT INTO followed VALUES (2)"))
}

func TestReplica_ReplayIsHeldWhilePausedOnly(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary := run(t)
	replica := pgtest.RunReplica(t, primary, pgtest.Options{}, netip.AddrPort{})
	require.NoError(t, replica.PauseReplay(ctx))
	require.NoError(t, primary.Exec(ctx, "CREATE TABLE late AS SELECT 1 AS n"))
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	require.Error(t, primary.AwaitReplay(short, replica))

	require.NoError(t, replica.ResumeReplay(ctx))
	require.NoError(t, primary.AwaitReplay(ctx, replica))
}

func TestRelay_FreezesThawsAndCuts(t *testing.T) {
	t.Parallel()
	s := run(t)
	relay := pgtest.RunRelay(t, s.Addr())
	answer, err := dial(t, relay.Addr(), 5*time.Second)
	require.NoError(t, err)
	require.Equal(t, "S", answer)

	relay.Freeze()
	_, err = dial(t, relay.Addr(), 200*time.Millisecond)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	relay.Thaw()
	_, err = dial(t, relay.Addr(), 5*time.Second)
	require.NoError(t, err)

	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", relay.Addr().String())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	// Once the relay has answered, it knows the connection.
	_, err = c.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47})
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 1))
	require.NoError(t, err)
	relay.Cut()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(5*time.Second)))
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)

	require.NoError(t, relay.Close())
	_, err = dial(t, relay.Addr(), time.Second)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestNew_FailsWithTheLogWhenTheServerDoesNotStart(t *testing.T) {
	t.Parallel()
	_, err := pgtest.New(t.Context(), pgtest.Options{Settings: map[string]string{"max_connections": "many"}})
	require.ErrorContains(t, err, `invalid value for parameter "max_connections": "many"`)
	for _, dir := range leftBy(t, os.Getpid()) {
		text, err := os.ReadFile(filepath.Join(dir, "postgresql.conf"))
		if errors.Is(err, os.ErrNotExist) {
			continue // another test's, just closed
		}
		require.NoError(t, err)
		require.False(t, strings.Contains(string(text), "'many'"), "the directory of the server that failed is still there")
	}
}
