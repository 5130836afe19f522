package probe_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/pgtest"
)

func TestSample_WritesHeartbeatsThatCountOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)

	before := time.Now().Add(time.Hour)
	first := d.Sample(ctx, beat(41))
	requireClass(t, decide.ClassOK, first.SQL)
	require.NotNil(t, first.Acked)
	require.Equal(t, int64(41), first.Acked.Seq)
	require.WithinRange(t, first.Acked.At, before.Add(-time.Millisecond), first.SQL.At)
	require.Zero(t, first.SQL.Heard)
	require.Zero(t, first.WAL, "there is no replica to look at")

	var seq, lsn int64
	var at time.Time
	s.row(t, `SELECT seq, written_at, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint FROM pgdr.heartbeat WHERE writer = 'db-PRIMARY'`, &seq, &at, &lsn)
	require.Equal(t, int64(41), seq)
	require.True(t, at.Equal(first.Acked.At), "the row says %s, the guard %s", at, first.Acked.At)
	require.Positive(t, first.Acked.LSN)
	require.LessOrEqual(t, first.Acked.LSN, uint64(lsn))

	second := d.Sample(ctx, beat(1)) // as a guard does whose ledger was lost
	require.NotNil(t, second.Acked)
	require.Equal(t, int64(42), second.Acked.Seq)
	require.Greater(t, second.Acked.LSN, first.Acked.LSN)
}

func TestSample_LooksWithoutWritingWhenNoHeartbeatIsWanted(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	nameless := beat(1)
	nameless.Writer.ResourceID = ""
	for name, target := range map[string]engine.Target{"no heartbeat": {Writer: writer}, "no resource id": nameless} {
		out := d.Sample(t.Context(), target)
		requireClass(t, decide.ClassOK, out.SQL)
		require.Nil(t, out.Acked, name)
	}
	var rows int
	s.row(t, `SELECT count(*) FROM pgdr.heartbeat`, &rows)
	require.Zero(t, rows)

	s.exec(t, `ALTER ROLE pgdr_guard SET default_transaction_read_only = on`)
	requireClass(t, decide.ClassReadOnly, d.Sample(t.Context(), engine.Target{Writer: writer}).SQL)
}

func TestSample_RepliesAreLifeWhateverTheySay(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	cases := []struct {
		name     string
		do, undo string
		class    decide.Class
		detail   string
	}{
		{"role may not sign in", `ALTER ROLE pgdr_guard NOLOGIN`, `ALTER ROLE pgdr_guard LOGIN`, decide.ClassAuthFailed, "28000"},
		{"wrong password", `ALTER ROLE pgdr_guard PASSWORD 'another'`, ``, decide.ClassAuthFailed, "28P01"},
		{"own connections used up", `ALTER ROLE pgdr_guard CONNECTION LIMIT 0`, `ALTER ROLE pgdr_guard CONNECTION LIMIT 10`, decide.ClassTooManyConnections, "53300"},
		{"read-only", `ALTER ROLE pgdr_guard SET default_transaction_read_only = on`, `ALTER ROLE pgdr_guard RESET default_transaction_read_only`, decide.ClassReadOnly, "25006"},
		{"no right to write", `REVOKE INSERT ON pgdr.heartbeat FROM pgdr_guard`, ``, decide.ClassSQLError, "42501"},
		{"no table", `DROP TABLE pgdr.heartbeat`, ``, decide.ClassSQLError, "42P01"},
		{"no schema", `DROP SCHEMA pgdr CASCADE`, ``, decide.ClassSQLError, "42P01"},
		{"a trigger that refuses", `CREATE FUNCTION pgdr.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
			CREATE TRIGGER no BEFORE INSERT ON pgdr.heartbeat EXECUTE FUNCTION pgdr.no()`, `DROP FUNCTION pgdr.no() CASCADE`, decide.ClassSQLError, "P0001"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			// Each case begins with a database that is prepared.
			require.NoError(t, newDatabases(t, s.config()).Prepare(t.Context(), writer))
			d := newDatabases(t, s.config())
			requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
			for _, statement := range []string{c.do} {
				require.NoError(t, s.primaryExec(t, statement))
			}
			target := beat(1)
			out := d.Sample(t.Context(), target)
			requireClass(t, c.class, out.SQL)
			require.Contains(t, out.SQL.Detail, c.detail)
			require.Equal(t, decide.Positive, out.SQL.Class.Outcome())
			require.Nil(t, out.Acked)
			if c.undo != "" {
				s.exec(t, c.undo)
			}
		})
	}
}

func TestSample_UnknownDatabaseIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	cfg := s.config()
	cfg.Database = "nowhere"
	out := newDatabases(t, cfg).Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassSQLError, out.SQL)
	require.Contains(t, out.SQL.Detail, "3D000")
}

func TestSample_AHeldLockIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	conn, err := s.primary.Admin(t.Context(), "postgres")
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE pgdr.heartbeat`)
	require.NoError(t, err)
	out := d.Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassSQLError, out.SQL)
	require.Contains(t, out.SQL.Detail, "55P03")
	require.NoError(t, tx.Rollback(t.Context()))
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
}

func TestSample_FullConnectionsAreAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{Settings: map[string]string{"max_connections": "8", "superuser_reserved_connections": "3"}})
	d := s.prepared(t)
	var held []*pgx.Conn
	for range 6 { // two of the five that are not reserved stay for others
		conn, err := s.primary.Admin(t.Context(), "postgres")
		require.NoError(t, err)
		held = append(held, conn)
	}
	out := d.Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassTooManyConnections, out.SQL)
	require.False(t, out.SQL.Class.Writable())
	for _, conn := range held {
		require.NoError(t, conn.Close(t.Context()))
	}
	require.Eventually(t, func() bool { return d.Sample(t.Context(), beat(1)).SQL.Class == decide.ClassOK }, 20*time.Second, 50*time.Millisecond)
}

func TestSample_StartingUpIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	require.NoError(t, s.primary.Stop(pgtest.Fast))
	// A server that restores from an archive which is slow to answer.
	signal := filepath.Join(dataDir(t, s.primary), "standby.signal")
	require.NoError(t, os.WriteFile(signal, nil, 0o644))
	require.NoError(t, s.primary.Configure(map[string]string{"restore_command": "sleep 60"}))
	require.NoError(t, s.primary.Launch(t.Context()))
	require.Eventually(t, func() bool {
		out := d.Sample(t.Context(), beat(1))
		if out.SQL.Class == decide.ClassRefused {
			return false // it does not even listen yet
		}
		requireClass(t, decide.ClassStartingUp, out.SQL)
		require.Contains(t, out.SQL.Detail, "57P03")
		return true
	}, 20*time.Second, 20*time.Millisecond)
}

// dataDir of a server that does not run.
func dataDir(t *testing.T, s *pgtest.Server) string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf("pgdr-pg-%d-*", os.Getpid())))
	require.NoError(t, err)
	for _, dir := range dirs {
		conf, err := os.ReadFile(filepath.Join(dir, "postgresql.conf"))
		if err == nil && containsLine(string(conf), fmt.Sprintf("listen_addresses = '%s'", s.Addr().Addr())) {
			return filepath.Join(dir, "data")
		}
	}
	t.Fatalf("no directory of the server at %s", s.Addr())
	return ""
}

func TestSample_ShuttingDownIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	// A smart shutdown waits for this session.
	conn, err := s.primary.Admin(t.Context(), "postgres")
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	require.NoError(t, s.primary.RequestStop(pgtest.Smart))
	require.Eventually(t, func() bool {
		out := d.Sample(t.Context(), beat(1))
		return out.SQL.Class == decide.ClassStartingUp
	}, 20*time.Second, 20*time.Millisecond)
}

func TestSample_ABlipAsOfMultiAZIsSilentThenAlive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	requireClass(t, decide.ClassOK, d.Sample(ctx, beat(1)).SQL)

	require.NoError(t, s.primary.Stop(pgtest.Immediate))
	out := d.Sample(ctx, beat(2))
	requireClass(t, decide.ClassRefused, out.SQL)
	require.Equal(t, decide.Negative, out.SQL.Class.Outcome())
	require.Zero(t, out.SQL.Heard)
	require.Nil(t, out.Acked)

	require.NoError(t, s.primary.Start(ctx))
	out = d.Sample(ctx, beat(2))
	requireClass(t, decide.ClassOK, out.SQL)
	require.Equal(t, int64(2), out.Acked.Seq)
}

func TestSample_FollowsTheNameToAnotherAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.point("primary.pgdr.test", relay.Addr())
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
	require.NoError(t, relay.Close())
	requireClass(t, decide.ClassRefused, d.Sample(t.Context(), beat(2)).SQL)
	s.point("primary.pgdr.test", s.primary.Addr())
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(3)).SQL)
}

func TestSample_ASuspendedServerIsSilent(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	cfg := s.config()
	cfg.Clock = guardClock{}
	d := newDatabases(t, cfg)
	require.NoError(t, s.primary.Suspend())
	out := d.Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassTimeout, out.SQL)
	require.Equal(t, decide.Negative, out.SQL.Class.Outcome())
	s.primary.Resume()
	requireClass(t, decide.ClassOK, newDatabases(t, s.config()).Sample(t.Context(), beat(2)).SQL)
}

func TestSample_AServerThatHangsInTheMiddleLivedUntilThen(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	// The write hangs where the server can't give up: its own processes stop.
	require.NoError(t, s.primaryExec(t, `CREATE FUNCTION pgdr.hang() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM set_config('statement_timeout', '0', false); PERFORM pg_sleep(600); RETURN NEW; END $$;
		CREATE TRIGGER hang BEFORE INSERT ON pgdr.heartbeat EXECUTE FUNCTION pgdr.hang();
		ALTER ROLE pgdr_guard SET statement_timeout = 0`))
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.point("primary.pgdr.test", relay.Addr())
	cfg := s.config()
	cfg.Clock = guardClock{ahead: time.Hour}
	d = newDatabases(t, cfg)
	done := make(chan engine.Samples)
	go func() { done <- d.Sample(t.Context(), beat(1)) }()
	require.Eventually(t, func() bool {
		var n int
		s.row(t, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'pgdr_guard' AND wait_event = 'PgSleep'`, &n)
		return n == 1
	}, 3*time.Second, 10*time.Millisecond)
	relay.Freeze()
	out := <-done
	requireClass(t, decide.ClassSQLError, out.SQL)
	require.WithinRange(t, out.SQL.Heard, out.SQL.From, out.SQL.At)
	require.True(t, out.SQL.Heard.Before(out.SQL.At))
	require.Nil(t, out.Acked)
}

func TestSample_TLSThatFailsIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	sample := func(t *testing.T, change func(*pgtest.Certificate)) decide.Sample {
		t.Helper()
		c := pgtest.Certificate{Names: []string{"primary.pgdr.test"}}
		change(&c)
		require.NoError(t, s.primary.Recertify(c))
		d := newDatabases(t, s.config())
		var got decide.Sample
		// The server takes up a certificate when it comes to it.
		require.Eventually(t, func() bool {
			got = d.Sample(t.Context(), beat(1)).SQL
			return got.Class == decide.ClassTLSFailed
		}, 20*time.Second, 20*time.Millisecond)
		return got
	}
	t.Run("expired", func(t *testing.T) {
		got := sample(t, func(c *pgtest.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
		})
		require.Contains(t, got.Detail, "expired")
	})
	t.Run("of another name", func(t *testing.T) {
		got := sample(t, func(c *pgtest.Certificate) { c.Names = []string{"writer.db-dev.internal"} })
		require.Contains(t, got.Detail, "writer.db-dev.internal")
	})
	t.Run("of another authority", func(t *testing.T) {
		require.NoError(t, s.primary.Recertify(pgtest.Certificate{Names: []string{"primary.pgdr.test"}}))
		cfg := s.config()
		cfg.Roots = pgtest.RunCA(t).Pool()
		requireClass(t, decide.ClassTLSFailed, newDatabases(t, cfg).Sample(t.Context(), beat(1)).SQL)
	})
	t.Run("not offered", func(t *testing.T) {
		plain := pgtest.Run(t, pgtest.Options{})
		s.point("primary.pgdr.test", plain.Addr())
		got := newDatabases(t, s.config()).Sample(t.Context(), beat(1)).SQL
		requireClass(t, decide.ClassTLSFailed, got)
		require.Equal(t, decide.Positive, got.Class.Outcome())
	})
}

func TestSample_NothingHeardIsSilenceOfItsOwnKind(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	blackHole := listen(t)
	closed := listen(t)
	require.NoError(t, closed.Close())
	mute := serve(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 8)) })
	reset := serve(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) })
	failing := func(errno syscall.Errno) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
		}
	}
	cases := []struct {
		name    string
		to      netip.AddrPort
		dial    func(context.Context, string, string) (net.Conn, error)
		class   decide.Class
		outcome decide.Outcome
	}{
		{"accepted and then nothing", addrOf(blackHole), nil, decide.ClassTimeout, decide.Negative},
		{"nobody listens", addrOf(closed), nil, decide.ClassRefused, decide.Negative},
		{"closed without a word", mute, nil, decide.ClassRefused, decide.Negative},
		{"reset without a word", reset, nil, decide.ClassRefused, decide.Negative},
		{"no route to host", s.primary.Addr(), failing(syscall.EHOSTUNREACH), decide.ClassUnreachable, decide.Negative},
		{"no route to network", s.primary.Addr(), failing(syscall.ENETUNREACH), decide.ClassUnreachable, decide.Negative},
		{"packets dropped", s.primary.Addr(), failing(syscall.ETIMEDOUT), decide.ClassTimeout, decide.Negative},
		{"out of files", s.primary.Addr(), failing(syscall.EMFILE), decide.ClassInternal, decide.Inconclusive},
		{"forbidden by this machine", s.primary.Addr(), failing(syscall.EPERM), decide.ClassInternal, decide.Inconclusive},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := s.config()
			cfg.Clock = guardClock{}
			cfg.Resolve = func(context.Context, string) ([]string, error) { return []string{c.to.Addr().String()}, nil }
			cfg.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, c.to.String())
			}
			if c.dial != nil {
				cfg.Dial = c.dial
			}
			out := newDatabases(t, cfg).Sample(t.Context(), beat(1))
			requireClass(t, c.class, out.SQL)
			require.Equal(t, c.outcome, out.SQL.Class.Outcome())
			require.Zero(t, out.SQL.Heard)
			require.NotEmpty(t, out.SQL.Detail)
			require.Nil(t, out.Acked)
		})
	}
}

func TestSample_TriesAllAddressesOfAName(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	cfg := s.config()
	cfg.Resolve = func(context.Context, string) ([]string, error) {
		return []string{"127.0.0.1", s.primary.Addr().Addr().String()}, nil
	}
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "127.0.0.1:5432" {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return s.dial(ctx, network, address)
	}
	requireClass(t, decide.ClassOK, newDatabases(t, cfg).Sample(t.Context(), beat(1)).SQL)
}

func TestSample_ANameThatIsNotResolvedSaysNothingOfTheDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	s.set(func(s *site) { s.deaf = true })

	fresh := newDatabases(t, s.config()).Sample(t.Context(), beat(1)).SQL
	requireClass(t, decide.ClassResolveFailed, fresh)
	require.Equal(t, decide.Inconclusive, fresh.Class.Outcome())

	known := d.Sample(t.Context(), beat(1)).SQL
	requireClass(t, decide.ClassOK, known)
	require.Contains(t, known.Detail, "last known address")

	require.NoError(t, s.primary.Stop(pgtest.Immediate))
	gone := d.Sample(t.Context(), beat(2)).SQL
	requireClass(t, decide.ClassRefused, gone)
	require.Contains(t, gone.Detail, "last known address")
}

func TestSample_AResolverThatHangsIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	cfg := s.config()
	cfg.Clock = guardClock{}
	cfg.Resolve = func(ctx context.Context, _ string) ([]string, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	requireClass(t, decide.ClassResolveFailed, newDatabases(t, cfg).Sample(t.Context(), beat(1)).SQL)
}

func TestSample_CutShortByItsCallerSaysNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	hole := listen(t)
	cfg := s.config()
	cfg.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addrOf(hole).String())
	}
	d := newDatabases(t, cfg)
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	out := d.Sample(short, both(1))
	requireClass(t, decide.ClassInternal, out.SQL)
	requireClass(t, decide.ClassInternal, out.WAL)
}

func TestSample_WithoutCredentialsStillTellsLifeFromSilence(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	s.set(func(s *site) { s.adminless = true })
	d := newDatabases(t, s.config())
	alive := d.Sample(t.Context(), both(1))
	requireClass(t, decide.ClassAuthFailed, alive.SQL)
	require.Contains(t, alive.SQL.Detail, "the secret can't be read")
	requireClass(t, decide.ClassInternal, alive.WAL)
	require.NoError(t, s.primary.Stop(pgtest.Immediate))
	requireClass(t, decide.ClassRefused, d.Sample(t.Context(), both(1)).SQL)
}

func TestSample_AWrongAdministratorsPasswordIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	s.set(func(s *site) { s.password = "wrong" })
	out := newDatabases(t, s.config()).Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassAuthFailed, out.SQL)
	require.Contains(t, out.SQL.Detail, "dbadmin", "it tried to prepare the database and tells how that went")
}
