package probe_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// patience bounds waiting for a server to get into a state.
const patience = 20 * time.Second

func TestSample_AsTheServerComesAndGoes(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	t.Run("a blip as of Multi-AZ is silent, then alive", func(t *testing.T) { blip(t, s) })
	t.Run("a suspended server is silent", func(t *testing.T) { suspended(t, s) })
	t.Run("a heartbeat waits for no other server", func(t *testing.T) { waitsForNobody(t, s) })
	t.Run("shutting down is a reply", func(t *testing.T) {
		// A smart shutdown waits for this session.
		conn, err := s.primary.Admin(t.Context(), "postgres")
		require.NoError(t, err)
		require.NoError(t, s.primary.RequestStop(pgtest.Smart))
		awaitStartingUp(t, d.Sample)
		require.NoError(t, conn.Close(t.Context()))
		require.Eventually(t, func() bool { return !s.primary.Running() }, patience, 10*time.Millisecond)
	})
	t.Run("starting up is a reply", func(t *testing.T) {
		// A server that restores from an archive which is slow to answer.
		signal := filepath.Join(dataDir(t, s.primary), "standby.signal")
		require.NoError(t, os.WriteFile(signal, nil, 0o644))
		require.NoError(t, s.primary.Configure(map[string]string{"restore_command": "sleep 60"}))
		require.NoError(t, s.primary.Launch(t.Context()))
		awaitStartingUp(t, d.Sample)
	})
}

func blip(t *testing.T, s *site) {
	t.Helper()
	d := newDatabases(t, s.config())
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)

	require.NoError(t, s.primary.Stop(pgtest.Immediate))
	out := d.Sample(t.Context(), beat(2))
	requireClass(t, decide.ClassRefused, out.SQL)
	require.Equal(t, decide.Negative, out.SQL.Class.Outcome())
	require.Zero(t, out.SQL.Heard)
	require.Nil(t, out.Acked)

	require.NoError(t, s.primary.Start(t.Context()))
	out = d.Sample(t.Context(), beat(2))
	requireClass(t, decide.ClassOK, out.SQL)
	require.Equal(t, int64(2), out.Acked.Seq)
}

func suspended(t *testing.T, s *site) {
	t.Helper()
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

// waitsForNobody lets commits wait for a standby that there is not.
func waitsForNobody(t *testing.T, s *site) {
	t.Helper()
	standbys := func(names string) {
		require.NoError(t, s.primary.Configure(map[string]string{"synchronous_standby_names": names}))
		require.NoError(t, s.primary.Reload())
		require.Eventually(t, func() bool {
			var now string
			s.row(t, `SHOW synchronous_standby_names`, &now)
			return now == names
		}, patience, 10*time.Millisecond)
	}
	standbys("nobody")
	requireClass(t, decide.ClassOK, newDatabases(t, s.config()).Sample(t.Context(), beat(3)).SQL)
	standbys("")
}

// awaitStartingUp waits until the server says that it takes no connections
// now. All that it does before is to go on serving, or not to listen yet.
func awaitStartingUp(t *testing.T, sample func(context.Context, engine.Target) engine.Samples) {
	t.Helper()
	require.Eventually(t, func() bool {
		out := sample(t.Context(), beat(1))
		if out.SQL.Class == decide.ClassOK || out.SQL.Class == decide.ClassRefused {
			return false
		}
		requireClass(t, decide.ClassStartingUp, out.SQL)
		require.Contains(t, out.SQL.Detail, "57P03")
		require.Equal(t, decide.Positive, out.SQL.Class.Outcome())
		return true
	}, patience, 20*time.Millisecond)
}

// dataDir of a server, running or not.
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

func TestSample_FullConnectionsAreAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{Settings: map[string]string{"max_connections": "8", "superuser_reserved_connections": "3"}})
	d := s.prepared(t)
	var held []*pgx.Conn
	for range 6 { // into the three that are the superuser's
		conn, err := s.primary.Admin(t.Context(), "postgres")
		require.NoError(t, err)
		held = append(held, conn)
	}
	out := d.Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassTooManyConnections, out.SQL)
	require.True(t, out.SQL.Class.Unwritable())
	for _, conn := range held {
		require.NoError(t, conn.Close(t.Context()))
	}
	require.Eventually(t, func() bool { return d.Sample(t.Context(), beat(1)).SQL.Class == decide.ClassOK }, patience, 50*time.Millisecond)
}

func TestSample_AServerThatFallsSilentInTheMiddleLivedUntilThen(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	s.exec(t, `CREATE FUNCTION pgdr.sleep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
		CREATE TRIGGER sleep BEFORE INSERT ON pgdr.heartbeat EXECUTE FUNCTION pgdr.sleep()`)
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.point("primary.pgdr.test", relay.Addr())
	cfg := s.config()
	cfg.Clock = guardClock{ahead: time.Hour}
	var dials atomic.Int32
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return s.dial(ctx, network, address)
	}
	d := newDatabases(t, cfg)
	done := make(chan engine.Samples)
	// asleep waits for a statement of another process than the one before, and
	// returns which.
	asleep := func(before int) (pid int) {
		require.Eventually(t, func() bool {
			err := s.primary.QueryRow(t.Context(), `SELECT coalesce(max(pid), 0) FROM pg_stat_activity
				WHERE usename = 'pgdr_guard' AND wait_event = 'PgSleep' AND pid <> $1`, []any{before}, &pid)
			return err == nil && pid != 0
		}, patience, 5*time.Millisecond)
		return pid
	}
	go func() { done <- d.Sample(t.Context(), beat(1)) }()
	first := asleep(0)
	relay.Freeze()
	out := <-done
	requireClass(t, decide.ClassSQLError, out.SQL)
	require.WithinRange(t, out.SQL.Heard, out.SQL.From, out.SQL.At)
	require.True(t, out.SQL.Heard.Before(out.SQL.At))
	require.Nil(t, out.Acked)
	require.Less(t, out.SQL.At.Sub(out.SQL.From), 10*time.Second, "closing what is frozen must not wait for it")
	require.Equal(t, int32(1), dials.Load(), "a look dials once, also to be rid of a statement")

	// The same where the connection is closed instead.
	relay.Thaw()
	go func() { done <- d.Sample(t.Context(), beat(1)) }()
	asleep(first)
	relay.Cut()
	out = <-done
	requireClass(t, decide.ClassSQLError, out.SQL)
	require.WithinRange(t, out.SQL.Heard, out.SQL.From, out.SQL.At)
}

func TestSample_TLSThatFailsIsAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	sample := func(t *testing.T, c pgtest.Certificate) decide.Sample {
		t.Helper()
		require.NoError(t, s.primary.Recertify(c))
		d := newDatabases(t, s.config())
		var got decide.Sample
		// The server takes up a certificate when it comes to it.
		require.Eventually(t, func() bool {
			got = d.Sample(t.Context(), beat(1)).SQL
			return got.Class == decide.ClassTLSFailed
		}, patience, 20*time.Millisecond)
		return got
	}
	t.Run("expired", func(t *testing.T) {
		got := sample(t, pgtest.Certificate{
			Names:     []string{"primary.pgdr.test"},
			NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour),
		})
		require.Contains(t, got.Detail, "expired")
	})
	t.Run("of another name", func(t *testing.T) {
		got := sample(t, pgtest.Certificate{Names: []string{"writer.db-dev.internal"}})
		require.Contains(t, got.Detail, "writer.db-dev.internal")
	})
	t.Run("of another authority", func(t *testing.T) {
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
