package probe_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/probe"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// outside is an address that clients of the tests come from; the guard and the
// machine's own sessions come from another.
var outside = netip.MustParseAddr("127.0.0.77")

// client signs in as an application that comes from that address.
func (s *site) client(t *testing.T, from netip.Addr) *pgx.Conn {
	t.Helper()
	conn, err := s.connect(t.Context(), from, "application", "")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// connect is for sessions of any user; replication is the parameter of that
// name.
func (s *site) connect(ctx context.Context, from netip.Addr, user, replication string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig("user=" + user + " password=secret dbname=postgres sslmode=require host=" + s.primary.Addr().Addr().String())
	if err != nil {
		return nil, err
	}
	cfg.Port = s.primary.Addr().Port()
	if replication != "" {
		cfg.RuntimeParams["replication"] = replication
	}
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	cfg.DialFunc = dialer.DialContext
	return pgx.ConnectConfig(ctx, cfg)
}

// fencedSite is a prepared site with an application's role in it.
func fencedSite(t *testing.T) (*site, probe.Config) {
	t.Helper()
	s := sharedSite(t)
	s.prepared(t)
	s.exec(t, `CREATE ROLE application LOGIN REPLICATION PASSWORD 'secret'`)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		require.NoError(t, s.primary.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'application'`))
		require.NoError(t, s.primary.Exec(ctx, `DROP ROLE application`))
	})
	return s, s.config()
}

// during does something again and again, as the guard watches.
func during(t *testing.T, do func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var err error
		for ctx.Err() == nil && err == nil {
			err = do(ctx)
			time.Sleep(50 * time.Millisecond)
		}
		if ctx.Err() != nil {
			err = nil
		}
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

// meanwhile is a clock with which something happens when the watch has begun,
// and before it first looks.
type meanwhile struct {
	guardClock
	once *sync.Once
	do   func()
}

func (c meanwhile) Sleep(ctx context.Context, d time.Duration) error {
	c.once.Do(c.do)
	return c.guardClock.Sleep(ctx, d)
}

// whileWatched sets such a clock.
func whileWatched(cfg *probe.Config, do func()) {
	cfg.Clock = meanwhile{guardClock: cfg.Clock.(guardClock), once: new(sync.Once), do: do}
}

func TestTryFence_FindsNothingAgainstAFenceThatHolds(t *testing.T) {
	s, cfg := fencedSite(t)
	// Left over from before: one that keeps still, and one whose statement
	// ends only now.
	s.client(t, outside)
	busy := s.client(t, outside)
	holder, err := s.primary.Admin(t.Context(), "postgres")
	require.NoError(t, err)
	defer func() { require.NoError(t, holder.Close(context.WithoutCancel(t.Context()))) }()
	_, err = holder.Exec(t.Context(), `SELECT pg_advisory_lock(77)`)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := busy.Exec(t.Context(), `SELECT pg_advisory_lock(77)`)
		ended <- err
	}()
	require.Eventually(t, func() bool {
		var waiting int
		s.row(t, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'application' AND wait_event_type = 'Lock'`, &waiting)
		return waiting == 1
	}, patience, 10*time.Millisecond)
	whileWatched(&cfg, func() {
		_, err := holder.Exec(t.Context(), `SELECT pg_advisory_unlock(77)`)
		require.NoError(t, err)
		require.NoError(t, <-ended)
	})
	saw, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
	require.NoError(t, err)
	require.Contains(t, saw, "no session of others")
}

func TestTryFence_FindsThoseWhoComeIn(t *testing.T) {
	s, cfg := fencedSite(t)
	whileWatched(&cfg, func() { s.client(t, outside) })
	_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrPassable)
	require.ErrorContains(t, err, outside.String())
}

func TestTryFence_FindsThoseWhoNeverLeft(t *testing.T) {
	s, cfg := fencedSite(t)
	pooled := s.client(t, outside)
	during(t, func(ctx context.Context) error {
		_, err := pooled.Exec(ctx, `SELECT 1`)
		return err
	})
	_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrPassable)
}

func TestTryFence_TakesNobodyForAClientWhoIsNone(t *testing.T) {
	const admitted = "127.0.0.88"
	for name, work := range map[string]func(t *testing.T, s *site) func(context.Context) error{
		"the server's own, by its socket": func(_ *testing.T, s *site) func(context.Context) error {
			return func(ctx context.Context) error { return s.primary.Exec(ctx, `SELECT 1`) }
		},
		"agents on the server": func(t *testing.T, s *site) func(context.Context) error {
			t.Helper()
			conn := s.client(t, netip.MustParseAddr("127.0.0.1"))
			return func(ctx context.Context) error { _, err := conn.Exec(ctx, `SELECT 1`); return err }
		},
		"the guard's subnets": func(t *testing.T, s *site) func(context.Context) error {
			t.Helper()
			conn := s.client(t, netip.MustParseAddr(admitted))
			return func(ctx context.Context) error { _, err := conn.Exec(ctx, `SELECT 1`); return err }
		},
		"RDS's administrator": func(t *testing.T, s *site) func(context.Context) error {
			t.Helper()
			s.exec(t, `CREATE ROLE rdsadmin LOGIN PASSWORD 'secret'`)
			t.Cleanup(func() {
				require.NoError(t, s.primary.Exec(context.WithoutCancel(t.Context()), `DROP ROLE rdsadmin`))
			})
			conn, err := s.connect(t.Context(), outside, "rdsadmin", "")
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
			return func(ctx context.Context) error { _, err := conn.Exec(ctx, `SELECT 1`); return err }
		},
		"replication": func(_ *testing.T, s *site) func(context.Context) error {
			return func(ctx context.Context) error {
				conn, err := s.connect(ctx, outside, "application", "database")
				if err != nil {
					return err
				}
				if _, err := conn.PgConn().Exec(ctx, `IDENTIFY_SYSTEM`).ReadAll(); err != nil {
					return err
				}
				time.Sleep(400 * time.Millisecond)
				return conn.Close(ctx)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg := fencedSite(t)
			cfg.Guard = []netip.Prefix{netip.MustParsePrefix(admitted + "/32")}
			during(t, work(t, s))
			_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
			require.NoError(t, err)
		})
	}
}

func TestTryFence_AgreesWithADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	closing := listen(t)
	require.NoError(t, closing.Close())
	for name, to := range map[string]netip.AddrPort{"nobody listens": addrOf(closing), "nothing comes back": addrOf(listen(t))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			saw, err := newDatabases(t, leadingTo(t, pgtest.RunCA(t), to)).TryFence(t.Context(), writer)
			require.NoError(t, err)
			require.Contains(t, saw, "does not answer")
		})
	}
}

func TestTryFence_SaysWhereItCanNotTell(t *testing.T) {
	t.Run("the role may not look", func(t *testing.T) {
		s, cfg := fencedSite(t)
		s.exec(t, `REVOKE pg_monitor FROM pgdr_guard`)
		_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
		require.ErrorIs(t, err, probe.ErrUntold)
		require.ErrorContains(t, err, "pg_monitor")
	})
	t.Run("nobody may sign in", func(t *testing.T) {
		s, cfg := fencedSite(t)
		s.set(func(s *site) { s.password = "not-the-password" })
		_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
		require.ErrorIs(t, err, probe.ErrUntold)
		require.ErrorContains(t, err, "28P01")
	})
	t.Run("no credentials", func(t *testing.T) {
		s, cfg := fencedSite(t)
		s.set(func(s *site) { s.adminless = true })
		_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
		require.ErrorIs(t, err, probe.ErrUntold)
	})
	t.Run("no name", func(t *testing.T) {
		s, cfg := fencedSite(t)
		s.set(func(s *site) { s.deaf = true })
		_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
		require.ErrorIs(t, err, probe.ErrUntold)
	})
	t.Run("a fault of this machine's", func(t *testing.T) {
		_, cfg := fencedSite(t)
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EMFILE)}
		}
		_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
		require.ErrorIs(t, err, probe.ErrUntold)
	})
	t.Run("no time to watch", func(t *testing.T) {
		_, cfg := fencedSite(t)
		short, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		_, err := newDatabases(t, cfg).TryFence(short, writer)
		require.ErrorIs(t, err, probe.ErrUntold)
	})
	t.Run("nothing heard by the time the caller has no more", func(t *testing.T) {
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := newDatabases(t, leadingTo(t, pgtest.RunCA(t), addrOf(listen(t)))).TryFence(short, writer)
		require.ErrorIs(t, err, probe.ErrUntold)
	})
	t.Run("an unknown site", func(t *testing.T) {
		_, cfg := fencedSite(t)
		elsewhere := writer
		elsewhere.Site = "elsewhere"
		_, err := newDatabases(t, cfg).TryFence(t.Context(), elsewhere)
		require.ErrorIs(t, err, probe.ErrUntold)
	})
}

// Where clients hold all the places that the guard's role may have, the
// administrator looks: of RDS's databases some are kept for it.
func TestTryFence_LooksAsTheAdministratorWhereTheGuardsPlacesAreTaken(t *testing.T) {
	s, cfg := fencedSite(t)
	s.exec(t, `ALTER ROLE pgdr_guard CONNECTION LIMIT 0; GRANT pg_monitor TO dbadmin`)
	defer s.exec(t, `REVOKE pg_monitor FROM dbadmin`)
	d := newDatabases(t, cfg)
	_, err := d.TryFence(t.Context(), writer)
	require.NoError(t, err)

	pooled := s.client(t, outside)
	during(t, func(ctx context.Context) error {
		_, err := pooled.Exec(ctx, `SELECT 1`)
		return err
	})
	_, err = d.TryFence(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrPassable)
}

// A pool that has the guard's places and the administrator's says no to both.
func TestTryFence_SaysWhereAllPlacesAreTaken(t *testing.T) {
	s, cfg := fencedSite(t)
	s.exec(t, `ALTER ROLE pgdr_guard CONNECTION LIMIT 0; ALTER ROLE dbadmin CONNECTION LIMIT 0`)
	defer s.exec(t, `ALTER ROLE dbadmin CONNECTION LIMIT -1`)
	_, err := newDatabases(t, cfg).TryFence(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrUntold)
	require.ErrorContains(t, err, "53300")
}
