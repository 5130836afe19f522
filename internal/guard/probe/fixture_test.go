package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// adminPassword of the databases in these tests.
const adminPassword = "an administrator\"s password"

// guardClock runs ahead of this machine's clock, as one of the three clocks
// well may, and is patient: a machine under load must not look like a
// database that is lost.
type guardClock struct {
	ahead    time.Duration
	patience time.Duration
}

func (c guardClock) Now() time.Time { return time.Now().Add(c.ahead) }

func (c guardClock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, at.Sub(c.Now())*max(1, c.patience))
}

// Sleep is short: what is watched in these tests happens often.
func (c guardClock) Sleep(ctx context.Context, d time.Duration) error { return nap(ctx, d/4) }

// nap waits for a moment of real time.
func nap(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handClock is moved by hand. Deadlines and pauses are real.
type handClock struct{ *clocktest.Hand }

func newHandClock() handClock { return handClock{clocktest.At(time.Now())} }

func (c handClock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 2*at.Sub(c.Now()))
}

func (handClock) Sleep(ctx context.Context, d time.Duration) error { return nap(ctx, d) }

// site is a primary, with what the guard needs to look at it.
type site struct {
	ca      *pgtest.CA
	primary *pgtest.Server
	replica *pgtest.Server

	mu       sync.Mutex
	hosts    map[string]netip.AddrPort
	password string
	// deaf makes names unknown, adminless the credentials unknown.
	deaf, adminless bool
}

// newSite starts a primary of the test's own.
func newSite(t *testing.T, opts pgtest.Options) *site {
	t.Helper()
	opts.CA = pgtest.RunCA(t)
	primary := pgtest.Run(t, opts)
	require.NoError(t, primary.Exec(t.Context(), administrator))
	return siteOf(opts.CA, primary)
}

func siteOf(ca *pgtest.CA, primary *pgtest.Server) *site {
	return &site{ca: ca, primary: primary, password: adminPassword, hosts: map[string]netip.AddrPort{
		"primary.pgdr.test": primary.Addr(),
		"replica.pgdr.test": primary.Addr(),
	}}
}

// administrator makes an administrator like RDS's: no superuser, but the owner
// of the database.
const administrator = `CREATE ROLE dbadmin LOGIN CREATEROLE CREATEDB PASSWORD '` + adminPassword + `';
	ALTER DATABASE postgres OWNER TO dbadmin`

// shared is one primary for all the tests that leave it running. They don't
// run in parallel.
var shared struct {
	once    sync.Once
	ca      *pgtest.CA
	primary *pgtest.Server
	replica *pgtest.Server
	err     error
}

// sharedSite returns a site on the shared primary, with nothing of the guard's
// in it.
func sharedSite(t *testing.T) *site {
	t.Helper()
	shared.once.Do(func() {
		if shared.ca, shared.err = pgtest.NewCA(); shared.err != nil {
			return
		}
		ctx := context.WithoutCancel(t.Context())
		if shared.primary, shared.err = pgtest.New(ctx, pgtest.Options{CA: shared.ca}); shared.err == nil {
			shared.err = shared.primary.Exec(ctx, administrator)
		}
	})
	require.NoError(t, shared.err)
	s := siteOf(shared.ca, shared.primary)
	s.exec(t, unprepare)
	return s
}

// sharedPair returns a shared site with a shared replica, which is left as a
// replica that replays.
func sharedPair(t *testing.T) *site {
	t.Helper()
	s := sharedSite(t)
	if shared.replica == nil {
		replica, err := shared.primary.NewReplica(context.WithoutCancel(t.Context()), pgtest.Options{CA: shared.ca}, netip.AddrPort{})
		require.NoError(t, err)
		shared.replica = replica
	}
	s.replica = shared.replica
	s.point("replica.pgdr.test", s.replica.Addr())
	require.NoError(t, s.primary.AwaitReplay(t.Context(), s.replica))
	return s
}

// unprepare removes all that Prepare makes.
const unprepare = `DROP SCHEMA IF EXISTS pgdr CASCADE; DROP EXTENSION IF EXISTS pg_trgm;
	DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pgdr_guard') THEN
		DROP OWNED BY pgdr_guard; DROP ROLE pgdr_guard;
	END IF; END $$`

func closeShared() error {
	var faults []error
	for _, server := range []*pgtest.Server{shared.replica, shared.primary} {
		if server != nil {
			faults = append(faults, server.Close())
		}
	}
	return errors.Join(faults...)
}

// exec and row run SQL on the primary as superuser.
func (s *site) exec(t *testing.T, sql string) {
	t.Helper()
	require.NoError(t, s.primary.Exec(t.Context(), sql))
}

func (s *site) row(t *testing.T, sql string, into ...any) {
	t.Helper()
	require.NoError(t, s.primary.QueryRow(t.Context(), sql, nil, into...))
}

// replicate adds a replica that receives WAL through via, or directly.
func (s *site) replicate(t *testing.T, opts pgtest.Options, via netip.AddrPort) {
	t.Helper()
	opts.CA = s.ca
	s.replica = pgtest.RunReplica(t, s.primary, opts, via)
	s.point("replica.pgdr.test", s.replica.Addr())
}

// point makes a host name lead to an address.
func (s *site) point(host string, to netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[host] = to
}

func (s *site) set(change func(*site)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *site) resolve(_ context.Context, host string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	return []string{s.hosts[host].Addr().String()}, nil
}

// dial replaces the port of the configuration by the server's.
func (s *site) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, to := range s.hosts {
		if to.Addr().String() == host {
			address = to.String()
		}
	}
	s.mu.Unlock()
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func (s *site) admin(context.Context) (probe.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.adminless {
		return probe.Credentials{}, fmt.Errorf("the secret can't be read")
	}
	return probe.Credentials{User: "dbadmin", Password: s.password}, nil
}

// config looks at the site with a patient clock that is an hour ahead.
func (s *site) config() probe.Config {
	return probe.Config{
		Endpoints: map[engine.Site]probe.Endpoint{
			engine.SitePrimary: {Host: "primary.pgdr.test", Port: 5432},
			engine.SiteReplica: {Host: "replica.pgdr.test", Port: 5432},
		},
		Database: "postgres",
		Roots:    s.ca.Pool(),
		Admin:    s.admin,
		Clock:    guardClock{ahead: time.Hour, patience: 5},
		Dial:     s.dial,
		Resolve:  s.resolve,
	}
}

func newDatabases(t *testing.T, cfg probe.Config) *probe.Databases {
	t.Helper()
	d, err := probe.New(cfg)
	require.NoError(t, err)
	return d
}

// prepared returns the databases of a site whose writer is prepared.
func (s *site) prepared(t *testing.T) *probe.Databases {
	t.Helper()
	d := newDatabases(t, s.config())
	require.NoError(t, d.Prepare(t.Context(), writer))
	return d
}

var (
	writer  = engine.Member{Site: engine.SitePrimary, Identifier: "app-primary", ResourceID: "db-PRIMARY"}
	standby = engine.Member{Site: engine.SiteReplica, Identifier: "app-replica", ResourceID: "db-REPLICA"}
)

// beat is a target that wants a heartbeat of the writer alone.
func beat(seq int64) engine.Target {
	return engine.Target{Writer: writer, Heartbeat: &decide.Heartbeat{Seq: seq, At: time.Now()}}
}

// both is a target that wants a heartbeat and the replica.
func both(seq int64) engine.Target {
	t := beat(seq)
	t.Replica = standby
	return t
}

// requireClass fails with all that a sample says.
func requireClass(t *testing.T, want decide.Class, s decide.Sample) {
	t.Helper()
	require.Equal(t, want, s.Class, "sample %+v", s)
}
