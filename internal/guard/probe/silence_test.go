package probe_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/probe"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// leadingTo is a configuration under which both names lead to one address.
// There need not be a server.
func leadingTo(t *testing.T, ca *pgtest.CA, to netip.AddrPort) probe.Config {
	t.Helper()
	s := &site{ca: ca, password: adminPassword, hosts: map[string]netip.AddrPort{"primary.pgdr.test": to, "replica.pgdr.test": to}}
	cfg := s.config()
	cfg.Clock = guardClock{}
	return cfg
}

func TestSample_NothingHeardIsSilenceOfItsOwnKind(t *testing.T) {
	t.Parallel()
	blackHole := addrOf(listen(t))
	closing := listen(t)
	closed := addrOf(closing)
	require.NoError(t, closing.Close())
	mute := serve(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 8)) })
	reset := serve(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) })
	cases := []struct {
		name    string
		to      netip.AddrPort
		fails   syscall.Errno
		class   decide.Class
		outcome decide.Outcome
	}{
		{"accepted and then nothing", blackHole, 0, decide.ClassTimeout, decide.Negative},
		{"nobody listens", closed, 0, decide.ClassRefused, decide.Negative},
		{"closed without a word", mute, 0, decide.ClassRefused, decide.Negative},
		{"reset without a word", reset, 0, decide.ClassRefused, decide.Negative},
		{"no route to host", closed, syscall.EHOSTUNREACH, decide.ClassUnreachable, decide.Negative},
		{"no route to network", closed, syscall.ENETUNREACH, decide.ClassUnreachable, decide.Negative},
		{"packets dropped", closed, syscall.ETIMEDOUT, decide.ClassTimeout, decide.Negative},
		{"out of files", closed, syscall.EMFILE, decide.ClassInternal, decide.Inconclusive},
		{"forbidden by this machine", closed, syscall.EPERM, decide.ClassInternal, decide.Inconclusive},
	}
	ca := pgtest.RunCA(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := leadingTo(t, ca, c.to)
			if c.fails != 0 {
				cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", c.fails)}
				}
			}
			out := newDatabases(t, cfg).Sample(t.Context(), both(1))
			requireClass(t, c.class, out.SQL)
			require.Equal(t, c.outcome, out.SQL.Class.Outcome())
			require.Zero(t, out.SQL.Heard)
			require.NotEmpty(t, out.SQL.Detail)
			require.Nil(t, out.Acked)
			// The same on the replica is no evidence about the primary.
			require.Equal(t, decide.Inconclusive, out.WAL.Class.Outcome(), "sample %+v", out.WAL)
			require.Nil(t, out.Standby)
		})
	}
}

func TestSample_PacketsThatVanishAreBounded(t *testing.T) {
	t.Parallel()
	cfg := leadingTo(t, pgtest.RunCA(t), netip.MustParseAddrPort("127.0.0.1:5432"))
	cfg.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	requireClass(t, decide.ClassTimeout, newDatabases(t, cfg).Sample(t.Context(), beat(1)).SQL)
}

func TestSample_AResolverThatHangsIsBounded(t *testing.T) {
	t.Parallel()
	cfg := leadingTo(t, pgtest.RunCA(t), netip.AddrPort{})
	cfg.Resolve = func(ctx context.Context, _ string) ([]string, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	requireClass(t, decide.ClassResolveFailed, newDatabases(t, cfg).Sample(t.Context(), beat(1)).SQL)
}

func TestSample_CredentialsThatHangAreBoundedAndNotAskedForAtEveryLook(t *testing.T) {
	t.Parallel()
	closing := listen(t)
	require.NoError(t, closing.Close())
	cfg := leadingTo(t, pgtest.RunCA(t), addrOf(closing))
	asked := 0
	cfg.Admin = func(ctx context.Context) (probe.Credentials, error) {
		asked++
		<-ctx.Done()
		return probe.Credentials{}, ctx.Err()
	}
	clock := newHandClock()
	cfg.Clock = clock
	d := newDatabases(t, cfg)
	for _, want := range []int{1, 1, 2} {
		requireClass(t, decide.ClassRefused, d.Sample(t.Context(), beat(1)).SQL)
		require.Equal(t, want, asked)
		clock.Advance(5 * time.Second)
	}
}

func TestSample_EmptyCredentialsAreNone(t *testing.T) {
	t.Parallel()
	closing := listen(t)
	require.NoError(t, closing.Close())
	cfg := leadingTo(t, pgtest.RunCA(t), addrOf(closing))
	cfg.Admin = func(context.Context) (probe.Credentials, error) { return probe.Credentials{User: "dbadmin"}, nil }
	out := newDatabases(t, cfg).Sample(t.Context(), both(1))
	requireClass(t, decide.ClassRefused, out.SQL)
	requireClass(t, decide.ClassInternal, out.WAL)
	require.Contains(t, out.WAL.Detail, "empty user or password")
}

func TestSample_CutShortByItsCallerSaysNothing(t *testing.T) {
	t.Parallel()
	cfg := leadingTo(t, pgtest.RunCA(t), addrOf(listen(t)))
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	out := newDatabases(t, cfg).Sample(short, both(1))
	requireClass(t, decide.ClassInternal, out.SQL)
	requireClass(t, decide.ClassInternal, out.WAL)
}

func TestSample_AnUnknownSiteIsTheGuardsOwnFault(t *testing.T) {
	t.Parallel()
	target := both(1)
	target.Writer.Site, target.Replica.Site = "elsewhere", "elsewhere"
	out := newDatabases(t, leadingTo(t, pgtest.RunCA(t), netip.AddrPort{})).Sample(t.Context(), target)
	requireClass(t, decide.ClassInternal, out.SQL)
	requireClass(t, decide.ClassInternal, out.WAL)
	require.Contains(t, out.SQL.Detail, `found "elsewhere"`)
}
