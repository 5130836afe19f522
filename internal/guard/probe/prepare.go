package probe

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Faults of a database that can't be prepared as it is.
var (
	// ErrExtension: an extension is not installed on the server, or can't be
	// created. Everything else has been prepared.
	ErrExtension = errors.New("extension can't be created")
	// ErrRoleTooPowerful: a role of the guard's name exists and may do more
	// than the guard should. Only an operator may change it.
	ErrRoleTooPowerful = errors.New("role " + Role + " exists with more rights than the guard's")
)

// prepareLock keeps two guards from preparing one database at once.
const prepareLock = 0x70676472 // "pgdr"

// step is one thing that a prepared database has.
type step struct {
	what string
	// missing asks for one boolean.
	missing string
	make    string
}

// steps bring the schema and the rights. pg_monitor is what shows the WAL
// receiver's columns; of the roles that do, it is the one that RDS lets an
// administrator grant in every version
// (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html).
func steps(database string) []step {
	return []step{
		{"the role's right to read statistics", `SELECT NOT pg_has_role('` + Role + `', 'pg_monitor', 'USAGE')`,
			`GRANT pg_monitor TO ` + Role},
		{"the role's right to connect", `SELECT NOT has_database_privilege('` + Role + `', current_database(), 'CONNECT')`,
			`GRANT CONNECT ON DATABASE ` + pgx.Identifier{database}.Sanitize() + ` TO ` + Role},
		{"the schema", `SELECT to_regnamespace('pgdr') IS NULL`, schemaSQL},
		{"the right to use the schema", `SELECT NOT has_schema_privilege('` + Role + `', 'pgdr', 'USAGE')`,
			`GRANT USAGE ON SCHEMA pgdr TO ` + Role},
		{"the heartbeat table", `SELECT to_regclass('pgdr.heartbeat') IS NULL`, tableSQL},
		{"the right to write heartbeats", `SELECT NOT (has_table_privilege('` + Role + `', 'pgdr.heartbeat', 'SELECT')
			AND has_table_privilege('` + Role + `', 'pgdr.heartbeat', 'INSERT')
			AND has_table_privilege('` + Role + `', 'pgdr.heartbeat', 'UPDATE'))`,
			`GRANT SELECT, INSERT, UPDATE ON pgdr.heartbeat TO ` + Role},
	}
}

// Prepare gives a writer what the guard needs, as the administrator: its role
// with the password that follows from the administrator's, its schema, its
// heartbeat table, and the configured extensions. It changes only what is
// missing, so it may be repeated. It returns ErrInRecovery on a replica,
// ErrRoleTooPowerful, or ErrExtension when that alone failed; all wrapped, and
// none holding a password.
func (d *Databases) Prepare(ctx context.Context, m engine.Member) error {
	if err := d.prepare(ctx, m); err != nil {
		return fmt.Errorf("prepare %q: %w", m.Identifier, err)
	}
	return nil
}

func (d *Databases) prepare(ctx context.Context, m engine.Member) error {
	e, err := d.endpoint(m)
	if err != nil {
		return err
	}
	admin, err := d.credentials(ctx)
	if err != nil {
		return err
	}
	guard, err := guardCredentials(admin)
	if err != nil {
		return err
	}
	ctx, cancel := d.cfg.Clock.WithDeadline(ctx, d.cfg.Clock.Now().Add(prepareTime))
	defer cancel()
	_, _, refused := d.session(ctx, e, guard, func(context.Context, *pgx.Conn) error { return nil })
	if refused != nil && !authFailed(refused) {
		return refused
	}
	_, _, err = d.session(ctx, e, admin, func(ctx context.Context, conn *pgx.Conn) error {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if err := ready(ctx, tx); err != nil {
				return err
			}
			if err := prepareRole(ctx, tx, guard, refused != nil); err != nil {
				return err
			}
			return d.prepareRights(ctx, tx)
		})
		if err != nil {
			return err
		}
		return d.createExtensions(ctx, conn)
	})
	return err
}

// ready makes sure that the server takes writes and that no other session
// prepares it.
func ready(ctx context.Context, tx pgx.Tx) error {
	var recovering bool
	if err := tx.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&recovering); err != nil {
		return fmt.Errorf("ask whether it is in recovery: %w", err)
	}
	if recovering {
		return ErrInRecovery
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(prepareLock)); err != nil {
		return fmt.Errorf("wait for another guard that prepares: %w", err)
	}
	return nil
}

// prepareRole makes the role, or gives it its password when a sign-in was
// refused. The verifier is made of characters that need no quoting.
func prepareRole(ctx context.Context, tx pgx.Tx, guard Credentials, refused bool) error {
	var powerful bool
	err := tx.QueryRow(ctx, `SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
		FROM pg_roles WHERE rolname = $1`, guard.User).Scan(&powerful)
	absent := errors.Is(err, pgx.ErrNoRows)
	switch {
	case err != nil && !absent:
		return fmt.Errorf("look for role %s: %w", guard.User, err)
	case powerful:
		return ErrRoleTooPowerful
	case !absent && !refused:
		return nil
	}
	secret, err := verifier(guard.Password)
	if err != nil {
		return err
	}
	statement := `ALTER ROLE ` + Role + ` LOGIN PASSWORD '` + secret + `'`
	if absent {
		// A limit, so that no fault of the guard's uses up the database's
		// connections.
		statement = `CREATE ROLE ` + Role + ` LOGIN CONNECTION LIMIT 10 PASSWORD '` + secret + `'`
	}
	if _, err := tx.Exec(ctx, statement); err != nil {
		return fmt.Errorf("give role %s its password: %w", guard.User, err)
	}
	return nil
}

func (d *Databases) prepareRights(ctx context.Context, tx pgx.Tx) error {
	for _, s := range steps(d.cfg.Database) {
		var missing bool
		if err := tx.QueryRow(ctx, s.missing).Scan(&missing); err != nil {
			return fmt.Errorf("look for %s: %w", s.what, err)
		}
		if !missing {
			continue
		}
		if _, err := tx.Exec(ctx, s.make); err != nil {
			return fmt.Errorf("make %s: %w", s.what, err)
		}
	}
	return nil
}

// mayPrepare limits how often a look prepares what it finds unprepared.
func (d *Databases) mayPrepare() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Clock.Now()
	if !d.preparedAt.IsZero() && now.Sub(d.preparedAt) < retryPrepare {
		return false
	}
	d.preparedAt = now
	return true
}
