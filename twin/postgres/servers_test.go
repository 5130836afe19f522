package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/postgres"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
	"github.com/pgdr/pgdr/twin/simclock"
)

const (
	home, away         = "eu-west-1", "us-east-1"
	primaryDB, replica = "primary-db-dev", "replica-db-dev"
)

// world is the applied account and its servers, 25 times as fast: a restart
// of a minute takes what a busy machine does not look away for.
type world struct {
	t       *testing.T
	cloud   *sim.Cloud
	clock   simclock.Clock
	metrics *metrics.Store
	servers *postgres.Servers
	dark    atomic.Bool
}

func newWorld(t *testing.T, change ...func(*postgres.Options)) *world {
	t.Helper()
	now := time.Now()
	clock, err := simclock.New(now, now, 25)
	require.NoError(t, err)
	cloud, err := simaws.New(sim.Options{Clock: clock, Seed: 1})
	require.NoError(t, err)
	_, err = simstacks.Apply(t.Context(), cloud, "../../stacks/testdata/golden")
	require.NoError(t, err)
	cloud.Evolve(lifecycle.Settle)
	w := &world{t: t, cloud: cloud, clock: clock, metrics: &metrics.Store{}}
	options := postgres.Options{
		Cloud: cloud, Clock: clock, Metrics: w.metrics, Log: slog.New(slog.DiscardHandler),
		Down: func(region string) bool { return region == away && w.dark.Load() },
	}
	for _, do := range change {
		do(&options)
	}
	w.servers, err = postgres.New(options)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.servers.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		require.NoError(t, w.servers.Close())
	})
	w.await("both serve", func() bool { return w.up(away, primaryDB) && w.up(home, replica) })
	return w
}

func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	require.Eventually(w.t, holds, 30*time.Second, 10*time.Millisecond, "%s; problems: %v", what, w.servers.Problems())
}

func (w *world) up(region, identifier string) bool {
	_, ok := w.servers.Addr(region, identifier)
	return ok
}

// change does something to an instance as RDS would.
func (w *world) change(region, identifier string, do func(*sim.Tx, *sim.Resource) error) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error { return do(tx, lifecycle.Find(tx, region, identifier)) }))
}

func (w *world) recovering(region, identifier string) (yes bool) {
	w.t.Helper()
	require.NoError(w.t, w.servers.With(region, identifier, func(s *pgtest.Server) error {
		return s.QueryRow(w.t.Context(), "SELECT pg_is_in_recovery()", nil, &yes)
	}))
	return yes
}

// signIn connects as the administrator that was applied.
func (w *world) signIn(sslmode string) (*pgx.Conn, error) {
	addr, ok := w.servers.Addr(away, primaryDB)
	require.True(w.t, ok)
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=dbadmin dbname=app sslmode=%s", addr.Addr(), addr.Port(), sslmode))
	require.NoError(w.t, err)
	cfg.Password = simstacks.Password
	return pgx.ConnectConfig(w.t.Context(), cfg)
}

func TestServers_AreWhatTheAccountSays(t *testing.T) {
	w := newWorld(t)
	require.False(t, w.recovering(away, primaryDB))
	require.True(t, w.recovering(home, replica))

	conn, err := w.signIn("require")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE t (n int); GRANT pg_monitor TO CURRENT_USER")
	require.NoError(t, err, "the administrator owns its database")
	var audit, name string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting('pgaudit.log'), current_setting('cluster_name')").Scan(&audit, &name))
	require.Equal(t, "ddl,role,write", audit, "from the parameter group")
	require.Equal(t, primaryDB, name)
	require.NoError(t, conn.Close(t.Context()))
	_, err = w.signIn("disable")
	require.Error(t, err, "the parameter group forces TLS")

	t.Run("metrics are published as RDS does", func(t *testing.T) {
		read := func(region, name, instance string) func() bool {
			return func() bool {
				_, ok := w.metrics.Last(metrics.ID{Region: region, Namespace: "AWS/RDS", Name: name, Dimensions: metrics.Dimensions(map[string]string{"DBInstanceIdentifier": instance})})
				return ok
			}
		}
		w.await("lag", read(home, "ReplicaLag", replica))
		w.await("connections", read(away, "DatabaseConnections", primaryDB))
		w.await("writes", read(away, "WriteIOPS", primaryDB))
		require.False(t, read(away, "ReplicaLag", primaryDB)(), "the source has no lag")
	})
	t.Run("a slot keeps what the replica has not received, though nobody receives by it", func(t *testing.T) {
		held := func() float64 {
			p, ok := w.metrics.Last(metrics.ID{Region: away, Namespace: "AWS/RDS", Name: "OldestReplicationSlotLag", Dimensions: metrics.Dimensions(map[string]string{"DBInstanceIdentifier": primaryDB})})
			if !ok {
				return 0
			}
			return p.Value
		}
		w.change(home, replica, func(tx *sim.Tx, r *sim.Resource) error {
			lifecycle.Force(tx, r, lifecycle.Failed)
			return nil
		})
		w.await("the replica is dead", func() bool { return !w.up(home, replica) })
		require.NoError(t, w.servers.With(away, primaryDB, func(s *pgtest.Server) error {
			return s.Exec(t.Context(), "CREATE TABLE kept AS SELECT repeat('x', 1000) FROM generate_series(1, 2000)")
		}))
		w.await("its slot lags", func() bool { return held() > 1<<20 })
		w.change(home, replica, func(tx *sim.Tx, r *sim.Resource) error {
			lifecycle.Force(tx, r, lifecycle.Available)
			return nil
		})
		w.await("it catches up", func() bool { return w.up(home, replica) && held() < 1<<20 })
	})
	t.Run("a promotion promotes", func(t *testing.T) {
		w.change(home, replica, func(tx *sim.Tx, r *sim.Resource) error {
			return lifecycle.Promote(tx, r, lifecycle.Promotion{}, lifecycle.DefaultTiming())
		})
		require.True(t, w.recovering(home, replica), "not at once")
		w.await("restarts first", func() bool { return !w.up(home, replica) })
		w.await("serves", func() bool { return w.up(home, replica) })
		w.await("takes writes", func() bool { return !w.recovering(home, replica) })
		w.await("the source keeps nothing for it any more", func() (gone bool) {
			err := w.servers.With(away, primaryDB, func(s *pgtest.Server) error {
				return s.QueryRow(t.Context(), "SELECT count(*) = 0 FROM pg_replication_slots", nil, &gone)
			})
			return err == nil && gone
		})
	})
}

// A server does not start with a library in shared_preload_libraries that is not
// there.
func TestServers_DoWithoutPgauditWhereTheMachineHasNone(t *testing.T) {
	w := newWorld(t, func(o *postgres.Options) { o.Unaudited = true })
	for region, name := range map[string]string{away: primaryDB, home: replica} {
		var preloads string
		require.NoError(t, w.servers.With(region, name, func(s *pgtest.Server) error {
			return s.QueryRow(t.Context(), "SELECT current_setting('shared_preload_libraries')", nil, &preloads)
		}))
		require.Equal(t, "pg_stat_statements", preloads, "%s keeps the other library of its parameter group", name)
	}
	conn, err := w.signIn("require")
	require.NoError(t, err)
	var created int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_extension WHERE extname = 'pgaudit'").Scan(&created))
	require.Zero(t, created)
	require.NoError(t, conn.Close(t.Context()))
}

// started is when a server's process began; empty while it does not answer.
func (w *world) started(region, identifier string) string {
	var at string
	if !w.up(region, identifier) {
		return at
	}
	_ = w.servers.With(region, identifier, func(s *pgtest.Server) error {
		return s.QueryRow(w.t.Context(), "SELECT pg_postmaster_start_time()::text", nil, &at)
	})
	return at
}

func TestServers_FollowRestartFailoverAndDeletion(t *testing.T) {
	w := newWorld(t)
	for name, do := range map[string]func(*sim.Tx, *sim.Resource) error{
		"restart": func(tx *sim.Tx, r *sim.Resource) error {
			lifecycle.Restart(tx, r, lifecycle.DefaultTiming())
			return nil
		},
		"failover": func(tx *sim.Tx, r *sim.Resource) error {
			return lifecycle.Failover(tx, r, lifecycle.DefaultTiming())
		},
	} {
		// By the process, since a busy machine may look away while it is down.
		before := w.started(away, primaryDB)
		w.change(away, primaryDB, do)
		w.await(name+" of the server", func() bool { at := w.started(away, primaryDB); return at != "" && at != before })
	}
	w.dark.Store(true)
	w.await("without power", func() bool { return !w.up(away, primaryDB) })
	require.True(t, w.up(home, replica), "the other region has power")
	w.dark.Store(false)
	w.await("power is back", func() bool { return w.up(away, primaryDB) })

	w.change(home, replica, func(tx *sim.Tx, r *sim.Resource) error { tx.Remove(r); return nil })
	w.await("the server goes with its instance", func() bool {
		return w.servers.With(home, replica, func(*pgtest.Server) error { return nil }) != nil
	})
}
