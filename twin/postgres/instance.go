package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
)

// instance is one database instance and its server.
type instance struct {
	// resource is the account's, of the last look. It needs no lock: who looks
	// for one instance must not wait for what is done with another.
	resource atomic.Pointer[sim.Resource]
	// mu: pgtest's servers are for one goroutine at a time.
	mu     sync.Mutex
	server *pgtest.Server
	// path that a replica receives its WAL over; nil for a primary.
	path *pgtest.Relay
	// standby: the server is one still, of the source.
	standby bool
	source  *instance
	// writes of WAL as of writesAt, when its metrics were last published.
	writes   float64
	writesAt time.Time
}

func newInstance(r sim.Resource, server *pgtest.Server) *instance {
	i := &instance{server: server}
	i.resource.Store(&r)
	return i
}

// group holds the parameters of a parameter group; the key is the name.
type group map[string]string

// preload is the parameter that names the libraries a server starts with; it does
// not start without one of them.
const preload = "shared_preload_libraries"

// audits tells whether the server preloads pgaudit.
func (g group) audits() bool { return slices.Contains(g.preloads(), "pgaudit") }

func (g group) preloads() []string {
	return strings.FieldsFunc(g[preload], func(c rune) bool { return c == ',' || c == ' ' })
}

// withoutAudit takes pgaudit from what the server preloads.
func (g group) withoutAudit() {
	if g.audits() {
		g[preload] = strings.Join(slices.DeleteFunc(g.preloads(), func(name string) bool { return name == "pgaudit" }), ",")
	}
}

// options are those of an instance's server.
func (s *Servers) options(r sim.Resource, g group) pgtest.Options {
	settings := s.channelSettings()
	for name, value := range g {
		// RDS's own parameters are no settings of PostgreSQL.
		if !strings.HasPrefix(name, "rds.") {
			settings[name] = value
		}
	}
	settings["cluster_name"] = r.Attrs.Str("identifier")
	settings["max_connections"] = maxConnections
	if !g.audits() {
		delete(settings, "pgaudit.log")
		delete(settings, "pgaudit.log_catalog")
	}
	return pgtest.Options{
		Name: r.Attrs.Str("identifier"), CA: s.ca, Settings: settings,
		Certificate: pgtest.Certificate{Names: []string{r.Attrs.Str("address")}},
		// rds.force_ssl is on unless the group says otherwise.
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
		Plaintext: g["rds.force_ssl"] == "0",
	}
}

// maxConnections of a server. It is far below that of an instance's class, so
// that a drill can use them up; see [connectionLimit].
const maxConnections = "40"

// makePrimary makes a server of its own, empty but for what RDS makes.
func (s *Servers) makePrimary(ctx context.Context, r sim.Resource, g group) (*instance, error) {
	server, err := pgtest.New(ctx, s.options(r, g))
	if err != nil {
		return nil, err
	}
	if err := likeRDS(ctx, server, r, g); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return newInstance(r, server), nil
}

// makeReplica makes a server that streams from its source.
func (s *Servers) makeReplica(ctx context.Context, r sim.Resource, g group, source *instance) (*instance, error) {
	source.mu.Lock()
	defer source.mu.Unlock()
	path, err := pgtest.NewRelay(ctx, source.server.Addr())
	if err != nil {
		return nil, err
	}
	o := s.options(r, g)
	o.Slot = slotOf(r)
	server, err := source.server.NewReplica(ctx, o, path.Addr())
	if err != nil {
		return nil, errors.Join(err, path.Close())
	}
	i := newInstance(r, server)
	i.path, i.standby, i.source = path, true, source
	return i, nil
}

// slotOf names the slot by which a replica from another region receives: what
// it has not received stays on the source, whatever becomes of the replica.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html
func slotOf(r sim.Resource) string {
	return strings.ToLower(strings.NewReplacer("-", "_", ":", "_").Replace("rds_" + r.Region + "_" + r.Attrs.Str("resource_id")))
}

// dropSlot drops the slot of a replica that is none any more, as RDS does. A
// source that is gone keeps it.
func (i *instance) dropSlot(ctx context.Context) {
	source := i.source
	if source == nil {
		return
	}
	source.mu.Lock()
	running, server := source.server.Running(), source.server
	source.mu.Unlock()
	if !running {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	// A receiver that still uses it belongs to the past: the next look at the slot
	// finds it unused.
	_ = server.Exec(ctx, fmt.Sprintf(`SELECT pg_terminate_backend(active_pid, 100) FROM pg_replication_slots WHERE slot_name = '%[1]s' AND active;
		SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '%[1]s' AND NOT active`, slotOf(*i.resource.Load())))
}

// likeRDS makes what RDS makes in a new instance: the administrator, who is no
// superuser, and its database. On RDS the administrator may create pgaudit; of
// PostgreSQL's own users only a superuser may, so it is made here.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
func likeRDS(ctx context.Context, server *pgtest.Server, r sim.Resource, g group) error {
	admin, database := pgx.Identifier{r.Attrs.Str("username")}.Sanitize(), r.Attrs.Str("db_name")
	password := strings.ReplaceAll(r.Hidden.Str("password"), "'", "''")
	statements := []string{
		`CREATE ROLE rds_superuser NOLOGIN`,
		`GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION`,
		fmt.Sprintf(`CREATE ROLE %s LOGIN CREATEROLE CREATEDB PASSWORD '%s'`, admin, password),
		fmt.Sprintf(`GRANT rds_superuser TO %s WITH ADMIN OPTION`, admin),
	}
	for _, sql := range statements {
		if err := server.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make %s like an RDS instance: %w", r.Attrs.Str("identifier"), err)
		}
	}
	if database == "" {
		return nil
	}
	if err := server.Exec(ctx, fmt.Sprintf(`CREATE DATABASE %s OWNER %s`, pgx.Identifier{database}.Sanitize(), admin)); err != nil {
		return fmt.Errorf("make database %s: %w", database, err)
	}
	if !g.audits() {
		return nil
	}
	conn, err := server.Admin(ctx, database)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE EXTENSION pgaudit")
	if err != nil {
		err = fmt.Errorf("create pgaudit: %w", err)
	}
	return errors.Join(err, conn.Close(ctx))
}

// become makes the server what the account says: it starts, stops or promotes
// it.
func (i *instance) become(ctx context.Context, w want) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	running := i.server.Running()
	switch {
	case !w.running && running:
		return i.server.Stop(pgtest.Immediate)
	case !w.running:
		return nil
	case !running:
		if err := i.server.Start(ctx); err != nil {
			return err
		}
	}
	if i.standby && !w.standby {
		if err := i.server.Promote(ctx); err != nil {
			return err
		}
		i.standby = false
		i.dropSlot(ctx)
	}
	return nil
}

// addr is where the server listens; ok is false while it does not.
func (i *instance) addr() (at netip.AddrPort, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.server.Addr(), i.server.Running()
}

// close ends the server and removes its files.
func (i *instance) close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	var err error
	if i.path != nil {
		err = i.path.Close()
	}
	return errors.Join(i.server.Close(), err)
}
