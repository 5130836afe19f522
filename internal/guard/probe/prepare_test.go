package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
)

func TestPrepare_GivesTheRoleWhatItNeedsAndNoMore(t *testing.T) {
	s := sharedSite(t)
	s.exec(t, `DROP TABLE IF EXISTS application; CREATE TABLE application (n int)`)
	s.prepared(t)
	var powers string
	s.row(t, `SELECT concat_ws(',', rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin, rolconnlimit)
		FROM pg_roles WHERE rolname = 'pgdr_guard'`, &powers)
	require.Equal(t, "f,f,f,f,f,t,10", powers)
	var groups string
	s.row(t, `SELECT string_agg(roleid::regrole::text, ',') FROM pg_auth_members WHERE member = 'pgdr_guard'::regrole`, &groups)
	require.Equal(t, "pg_monitor", groups)
	var grants string
	s.row(t, `SELECT string_agg(table_schema || '.' || table_name || ' ' || privilege_type, ', ' ORDER BY privilege_type)
		FROM information_schema.role_table_grants WHERE grantee = 'pgdr_guard'`, &grants)
	require.Equal(t, "pgdr.heartbeat INSERT, pgdr.heartbeat SELECT, pgdr.heartbeat UPDATE", grants)
	var schema string
	s.row(t, `SELECT concat_ws(',', has_schema_privilege('pgdr_guard', 'pgdr', 'USAGE'), has_schema_privilege('pgdr_guard', 'pgdr', 'CREATE'),
		has_table_privilege('pgdr_guard', 'pgdr.heartbeat', 'DELETE'), has_table_privilege('pgdr_guard', 'application', 'SELECT'))`, &schema)
	require.Equal(t, "t,f,f,f", schema)
	var method string
	s.row(t, `SELECT substr(rolpassword, 1, 18) FROM pg_authid WHERE rolname = 'pgdr_guard'`, &method)
	require.Equal(t, "SCRAM-SHA-256$4096", method)
}

func TestPrepare_RepeatedChangesNothing(t *testing.T) {
	s := sharedSite(t)
	d := s.prepared(t)
	state := func() (all string) {
		s.row(t, `SELECT string_agg(x, E'\n' ORDER BY x) FROM (
			SELECT 'role ' || xmin || rolpassword FROM pg_authid WHERE rolname = 'pgdr_guard'
			UNION ALL SELECT 'member ' || xmin FROM pg_auth_members WHERE member = 'pgdr_guard'::regrole
			UNION ALL SELECT 'schema ' || xmin FROM pg_namespace WHERE nspname = 'pgdr'
			UNION ALL SELECT 'table ' || xmin FROM pg_class WHERE oid = 'pgdr.heartbeat'::regclass
			UNION ALL SELECT 'database ' || xmin FROM pg_database WHERE datname = current_database()) AS s (x)`, &all)
		return all
	}
	before := state()
	require.NoError(t, d.Prepare(t.Context(), writer))
	require.NoError(t, newDatabases(t, s.config()).Prepare(t.Context(), writer))
	require.Equal(t, before, state())
}

func TestPrepare_MendsWhatIsMissing(t *testing.T) {
	for _, damage := range []string{
		`ALTER ROLE pgdr_guard NOLOGIN`,
		`ALTER ROLE pgdr_guard PASSWORD 'another'`,
		`ALTER ROLE pgdr_guard PASSWORD NULL`,
		`REVOKE pg_monitor FROM pgdr_guard`,
		`REVOKE UPDATE ON pgdr.heartbeat FROM pgdr_guard`,
		`REVOKE USAGE ON SCHEMA pgdr FROM pgdr_guard`,
		`DROP TABLE pgdr.heartbeat`,
		`DROP SCHEMA pgdr CASCADE`,
		unprepare,
	} {
		t.Run(damage, func(t *testing.T) {
			s := sharedSite(t)
			d := s.prepared(t)
			s.exec(t, damage)
			require.NoError(t, d.Prepare(t.Context(), writer))
			requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
			var monitors bool
			s.row(t, `SELECT pg_has_role('pgdr_guard', 'pg_monitor', 'USAGE')`, &monitors)
			require.True(t, monitors)
		})
	}
}

func TestPrepare_OpensADatabaseThatIsClosedToThePublic(t *testing.T) {
	s := sharedSite(t)
	s.exec(t, `REVOKE CONNECT ON DATABASE postgres FROM PUBLIC`)
	defer s.exec(t, `GRANT CONNECT ON DATABASE postgres TO PUBLIC`)
	d := newDatabases(t, s.config())
	require.NoError(t, d.Prepare(t.Context(), writer))
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
}

func TestPrepare_FollowsTheAdministratorsPassword(t *testing.T) {
	s := sharedSite(t)
	s.prepared(t)
	const next = "the next password of the administrator"
	s.exec(t, `ALTER ROLE dbadmin PASSWORD '`+next+`'`)
	defer s.exec(t, `ALTER ROLE dbadmin PASSWORD '`+adminPassword+`'`)
	s.set(func(s *site) { s.password = next })
	d := newDatabases(t, s.config())
	target := engine.Target{Writer: writer}
	requireClass(t, decide.ClassAuthFailed, d.Sample(t.Context(), target).SQL)
	require.NoError(t, d.Prepare(t.Context(), writer))
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), target).SQL)
}

// A guard does not wait for long for another that prepares; it tries again.
func TestPrepare_SeveralAtOnceAgree(t *testing.T) {
	s := sharedSite(t)
	var all sync.WaitGroup
	failed := make(chan error, 4)
	for range cap(failed) {
		d := newDatabases(t, s.config())
		all.Go(func() {
			err := d.Prepare(t.Context(), writer)
			for isLockTimeout(err) {
				err = d.Prepare(t.Context(), writer)
			}
			failed <- err
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	requireClass(t, decide.ClassOK, newDatabases(t, s.config()).Sample(t.Context(), beat(1)).SQL)
}

// isLockTimeout tells lock_not_available.
// https://www.postgresql.org/docs/15/errcodes-appendix.html
func isLockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

func TestPrepare_WaitsForAnotherThatPreparesButNotForLong(t *testing.T) {
	s := sharedSite(t)
	conn, err := s.primary.Admin(t.Context(), "postgres")
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_lock(x'70676472'::bigint)`) // "pgdr"
	require.NoError(t, err)
	d := newDatabases(t, s.config())
	require.ErrorContains(t, d.Prepare(t.Context(), writer), "55P03")
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`)
	require.NoError(t, err)
	require.NoError(t, d.Prepare(t.Context(), writer))
}

func TestPrepare_RefusesARoleThatMayDoMore(t *testing.T) {
	for _, power := range []string{"SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"} {
		s := sharedSite(t)
		s.exec(t, `CREATE ROLE pgdr_guard LOGIN `+power)
		d := newDatabases(t, s.config())
		require.ErrorIs(t, d.Prepare(t.Context(), writer), probe.ErrRoleTooPowerful, power)
		s.exec(t, `ALTER ROLE pgdr_guard NO`+power)
		require.NoError(t, d.Prepare(t.Context(), writer), power)
	}
}

func TestPrepare_NamesTheExtensionThatIsMissingAndDoesTheRest(t *testing.T) {
	s := sharedSite(t)
	cfg := s.config()
	cfg.Extensions = []string{"pgdr_no_such_extension", "pg_trgm"}
	d := newDatabases(t, cfg)
	err := d.Prepare(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrExtension)
	require.ErrorContains(t, err, "pgdr_no_such_extension: the server does not have it")
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
	var there string
	s.row(t, `SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_trgm'`, &there)
	require.Equal(t, "public", there)

	cfg.Extensions = []string{"pg_trgm"}
	require.NoError(t, newDatabases(t, cfg).Prepare(t.Context(), writer))

	// Installed, but not the administrator's to create.
	cfg.Extensions = []string{"pageinspect"}
	err = newDatabases(t, cfg).Prepare(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrExtension)
	require.ErrorContains(t, err, "pageinspect")
}

func TestProve_PreparesAnInstanceThatNeverWas(t *testing.T) {
	s := sharedSite(t)
	p, err := newDatabases(t, s.config()).Prove(t.Context(), writer)
	require.NoError(t, err)
	require.Equal(t, 1, p.Timeline)
	require.Positive(t, p.LSN)
}

func TestProve_FailsWhereNoWriteIsTaken(t *testing.T) {
	s := sharedSite(t)
	d := s.prepared(t)
	_, err := d.Prove(t.Context(), engine.Member{Site: engine.SitePrimary, Identifier: "app-primary"})
	require.ErrorContains(t, err, "resource id")

	s.exec(t, `ALTER ROLE pgdr_guard SET default_transaction_read_only = on`)
	_, err = d.Prove(t.Context(), writer)
	require.ErrorContains(t, err, "25006")

	closing := listen(t)
	require.NoError(t, closing.Close())
	s.point("primary.pgdr.test", addrOf(closing))
	_, err = d.Prove(t.Context(), writer)
	require.ErrorContains(t, err, `prove that "app-primary" takes writes`)
}

func TestNoPasswordLeavesThisPackage(t *testing.T) {
	s := sharedSite(t)
	s.exec(t, `ALTER ROLE dbadmin SET log_statement = 'all'`)
	defer s.exec(t, `ALTER ROLE dbadmin RESET log_statement`)
	s.prepared(t)
	require.Contains(t, s.primary.Log(), "CREATE ROLE pgdr_guard LOGIN CONNECTION LIMIT 10 PASSWORD 'SCRAM-SHA-256$4096:")
	require.NotContains(t, s.primary.Log(), probe.GuardPassword(t, probe.Credentials{Password: adminPassword}))
	require.NotContains(t, s.primary.Log(), adminPassword)

	s.set(func(s *site) { s.password = "not-the-password" })
	err := newDatabases(t, s.config()).Prepare(t.Context(), writer)
	require.Error(t, err)
	wrong := probe.GuardPassword(t, probe.Credentials{Password: "not-the-password"})
	for e := err; e != nil; e = errors.Unwrap(e) {
		require.NotContains(t, fmt.Sprintf("%v %+v", e, e), "not-the-password")
		require.NotContains(t, fmt.Sprintf("%v %+v", e, e), wrong)
	}
	out := newDatabases(t, s.config()).Sample(t.Context(), both(1))
	text, err := json.Marshal(out)
	require.NoError(t, err)
	require.NotContains(t, string(text), "not-the-password")
	require.NotContains(t, string(text), wrong)
}

func TestCredentials_PrintWithoutThePassword(t *testing.T) {
	c := probe.Credentials{User: "dbadmin", Password: "hunter2"}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	for _, printed := range []string{string(text), fmt.Sprint(c), fmt.Sprintf("%v", c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%s", []probe.Credentials{c})} {
		require.NotContains(t, printed, "hunter2")
		require.Contains(t, printed, "dbadmin")
	}
}

func TestNew_NamesEveryFaultOfTheConfiguration(t *testing.T) {
	_, err := probe.New(probe.Config{Endpoints: map[engine.Site]probe.Endpoint{engine.SitePrimary: {Host: "h"}}})
	for _, fault := range []string{
		"endpoints[primary].port: found 0", "endpoints[replica].host: found nothing", "endpoints[replica].port: found 0",
		"database: found nothing", "roots: found nothing", "admin: found nothing", "clock: found nothing",
	} {
		require.ErrorContains(t, err, fault)
	}
}

func TestNew_TakesNothingFromTheEnvironment(t *testing.T) {
	s := sharedSite(t)
	s.prepared(t)
	for name, value := range map[string]string{
		"PGHOST": "203.0.113.1", "PGPORT": "1", "PGUSER": "somebody", "PGPASSWORD": "x", "PGDATABASE": "other",
		"PGSSLMODE": "disable", "PGTARGETSESSIONATTRS": "standby", "PGCONNECT_TIMEOUT": "1", "PGOPTIONS": "-c statement_timeout=1",
	} {
		t.Setenv(name, value)
	}
	requireClass(t, decide.ClassOK, newDatabases(t, s.config()).Sample(context.WithoutCancel(t.Context()), beat(1)).SQL)
}
