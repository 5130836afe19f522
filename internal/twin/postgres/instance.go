package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/awssim"
	"github.com/pgdr/pgdr/internal/pgtest"
)

// instance is one database instance and its server.
type instance struct {
	resource awssim.Resource
	// mu: pgtest's servers are for one goroutine at a time.
	mu     sync.Mutex
	server *pgtest.Server
	// path that a replica receives its WAL over; nil for a primary.
	path *pgtest.Relay
	// standby: the server is one still.
	standby bool
}

// group holds the parameters of a parameter group by name.
type group map[string]string

// options are those of an instance's server.
func (s *Servers) options(r awssim.Resource, g group) pgtest.Options {
	settings := s.channelSettings()
	for name, value := range g {
		// RDS's own parameters are no settings of PostgreSQL.
		if !strings.HasPrefix(name, "rds.") {
			settings[name] = value
		}
	}
	settings["cluster_name"] = r.Attrs.Str("identifier")
	settings["max_connections"] = maxConnections
	if !strings.Contains(settings["shared_preload_libraries"], "pgaudit") {
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
func (s *Servers) makePrimary(ctx context.Context, r awssim.Resource, g group) (*instance, error) {
	server, err := pgtest.New(ctx, s.options(r, g))
	if err != nil {
		return nil, err
	}
	if err := likeRDS(ctx, server, r, g); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return &instance{resource: r, server: server}, nil
}

// makeReplica makes a server that streams from its source.
func (s *Servers) makeReplica(ctx context.Context, r awssim.Resource, g group, source *instance) (*instance, error) {
	source.mu.Lock()
	defer source.mu.Unlock()
	path, err := pgtest.NewRelay(ctx, source.server.Addr())
	if err != nil {
		return nil, err
	}
	server, err := source.server.NewReplica(ctx, s.options(r, g), path.Addr())
	if err != nil {
		return nil, errors.Join(err, path.Close())
	}
	return &instance{resource: r, server: server, path: path, standby: true}, nil
}

// likeRDS makes what RDS makes in a new instance: the administrator, who is no
// superuser, and its database. On RDS the administrator may create pgaudit; of
// PostgreSQL's own users only a superuser may, so it is made here.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
func likeRDS(ctx context.Context, server *pgtest.Server, r awssim.Resource, g group) error {
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
	if !strings.Contains(g["shared_preload_libraries"], "pgaudit") {
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
