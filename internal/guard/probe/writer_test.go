package probe_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/pgtest"
)

func TestSample_WritesHeartbeatsThatCountOn(t *testing.T) {
	s := sharedSite(t)
	d := s.prepared(t)

	before := time.Now().Add(time.Hour)
	first := d.Sample(t.Context(), beat(41))
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

	second := d.Sample(t.Context(), beat(1)) // as a guard does whose ledger was lost
	require.NotNil(t, second.Acked)
	require.Equal(t, int64(42), second.Acked.Seq)
	require.Greater(t, second.Acked.LSN, first.Acked.LSN)
}

func TestSample_LooksWithoutWritingWhenNoHeartbeatIsWanted(t *testing.T) {
	s := sharedSite(t)
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
	cases := []struct {
		name, do string
		class    decide.Class
		detail   string
	}{
		{"role may not sign in", `ALTER ROLE pgdr_guard NOLOGIN`, decide.ClassAuthFailed, "28000"},
		{"wrong password", `ALTER ROLE pgdr_guard PASSWORD 'another'`, decide.ClassAuthFailed, "28P01"},
		{"no such role", unprepare, decide.ClassAuthFailed, "28P01"},
		{"own connections used up", `ALTER ROLE pgdr_guard CONNECTION LIMIT 0`, decide.ClassTooManyConnections, "53300"},
		{"read-only", `ALTER ROLE pgdr_guard SET default_transaction_read_only = on`, decide.ClassReadOnly, "25006"},
		{"no right to write", `REVOKE INSERT ON pgdr.heartbeat FROM pgdr_guard`, decide.ClassSQLError, "42501"},
		{"no table", `DROP TABLE pgdr.heartbeat`, decide.ClassSQLError, "42P01"},
		{"no schema", `DROP SCHEMA pgdr CASCADE`, decide.ClassSQLError, "42P01"},
		{"a trigger that refuses", `CREATE FUNCTION pgdr.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
			CREATE TRIGGER no BEFORE INSERT ON pgdr.heartbeat EXECUTE FUNCTION pgdr.no()`, decide.ClassSQLError, "P0001"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := sharedSite(t)
			d := s.prepared(t)
			requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
			s.exec(t, c.do)
			out := d.Sample(t.Context(), beat(2))
			requireClass(t, c.class, out.SQL)
			require.Contains(t, out.SQL.Detail, c.detail)
			require.Equal(t, decide.Positive, out.SQL.Class.Outcome())
			require.Nil(t, out.Acked)
		})
	}
}

func TestSample_UnknownDatabaseIsAReply(t *testing.T) {
	s := sharedSite(t)
	s.prepared(t)
	cfg := s.config()
	cfg.Database = "nowhere"
	out := newDatabases(t, cfg).Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassSQLError, out.SQL)
	require.Contains(t, out.SQL.Detail, "3D000")
}

func TestSample_AHeldLockIsAReply(t *testing.T) {
	s := sharedSite(t)
	d := s.prepared(t)
	conn, err := s.primary.Admin(t.Context(), "postgres")
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
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

func TestSample_PreparesWhatItFindsUnpreparedOnceAMinute(t *testing.T) {
	s := sharedSite(t)
	cfg := s.config()
	clock := newHandClock()
	cfg.Clock = clock
	d := newDatabases(t, cfg)
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), engine.Target{Writer: writer}).SQL)
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), beat(1)).SQL)
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)

	s.exec(t, unprepare)
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), beat(1)).SQL)
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), beat(1)).SQL)
	clock.Advance(time.Minute)
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), beat(1)).SQL)
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
}

func TestSample_FollowsTheNameToAnotherAddress(t *testing.T) {
	s := sharedSite(t)
	d := s.prepared(t)
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.point("primary.pgdr.test", relay.Addr())
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
	require.NoError(t, relay.Close())
	requireClass(t, decide.ClassRefused, d.Sample(t.Context(), beat(2)).SQL)
	s.point("primary.pgdr.test", s.primary.Addr())
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(3)).SQL)
}

func TestSample_TriesAllAddressesOfAName(t *testing.T) {
	s := sharedSite(t)
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
	s := sharedSite(t)
	d := s.prepared(t)
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.point("primary.pgdr.test", relay.Addr())
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
	s.set(func(s *site) { s.deaf = true })

	fresh := newDatabases(t, s.config()).Sample(t.Context(), beat(2)).SQL
	requireClass(t, decide.ClassResolveFailed, fresh)
	require.Equal(t, decide.Inconclusive, fresh.Class.Outcome())

	known := d.Sample(t.Context(), beat(2)).SQL
	requireClass(t, decide.ClassOK, known)
	require.Contains(t, known.Detail, "last known address")

	require.NoError(t, relay.Close())
	gone := d.Sample(t.Context(), beat(3)).SQL
	requireClass(t, decide.ClassRefused, gone)
	require.Contains(t, gone.Detail, "last known address")
}

func TestSample_WithoutCredentialsStillTellsLifeFromSilence(t *testing.T) {
	s := sharedSite(t)
	s.prepared(t)
	s.set(func(s *site) { s.adminless = true })
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.point("primary.pgdr.test", relay.Addr())
	d := newDatabases(t, s.config())
	alive := d.Sample(t.Context(), both(1))
	requireClass(t, decide.ClassAuthFailed, alive.SQL)
	require.Contains(t, alive.SQL.Detail, "the secret can't be read")
	requireClass(t, decide.ClassInternal, alive.WAL)
	require.NoError(t, relay.Close())
	requireClass(t, decide.ClassRefused, d.Sample(t.Context(), both(1)).SQL)
}

func TestSample_AWrongAdministratorsPasswordIsAReply(t *testing.T) {
	s := sharedSite(t)
	s.prepared(t)
	s.set(func(s *site) { s.password = "wrong" })
	out := newDatabases(t, s.config()).Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassAuthFailed, out.SQL)
	require.Contains(t, out.SQL.Detail, "dbadmin", "it tried to prepare the database and tells how that went")
}

func TestSample_TakesUpACorrectedPassword(t *testing.T) {
	s := sharedSite(t)
	s.prepared(t)
	s.set(func(s *site) { s.password = "not replicated yet" })
	cfg := s.config()
	clock := newHandClock()
	cfg.Clock = clock
	d := newDatabases(t, cfg)
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), beat(1)).SQL)
	s.set(func(s *site) { s.password = adminPassword })
	clock.Advance(time.Minute)
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
}
