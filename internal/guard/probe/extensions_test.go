package probe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// lookingFor is a guard, on a clock moved by hand, that wants extensions in a
// database that was prepared without them.
func lookingFor(t *testing.T, names ...string) (*site, handClock, *probe.Databases) {
	t.Helper()
	s := sharedSite(t)
	s.prepared(t)
	cfg, clock := s.config(), newHandClock()
	cfg.Extensions, cfg.Clock = names, clock
	return s, clock, newDatabases(t, cfg)
}

func TestSample_CreatesAnExtensionThatIsLacking(t *testing.T) {
	_, _, d := lookingFor(t, "pg_trgm")
	found, err := d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.Equal(t, []facts.Extension{{Name: "pg_trgm", Installed: true}}, found)

	out := d.Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassOK, out.SQL)
	require.Contains(t, out.SQL.Detail, "created pg_trgm")
	found, err = d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.Equal(t, []facts.Extension{{Name: "pg_trgm", Created: true, Installed: true}}, found)
}

func TestSample_NamesAnExtensionThatCanNotBeCreatedAndTriesAgainLater(t *testing.T) {
	// Installed, but a superuser's to create.
	s, clock, d := lookingFor(t, "pageinspect")
	defer s.exec(t, `DROP EXTENSION IF EXISTS pageinspect; ALTER ROLE dbadmin NOSUPERUSER`)
	out := d.Sample(t.Context(), beat(1))
	requireClass(t, decide.ClassOK, out.SQL)
	require.NotNil(t, out.Acked, "the heartbeat fails for an extension")
	require.Contains(t, out.SQL.Detail, "pageinspect")
	require.Contains(t, out.SQL.Detail, "42501")
	found, err := d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.False(t, found[0].Created)
	require.Contains(t, found[0].Fault, "42501")

	s.exec(t, `ALTER ROLE dbadmin SUPERUSER`)
	clock.Advance(9 * time.Minute)
	require.Empty(t, d.Sample(t.Context(), beat(2)).SQL.Detail, "tried again at each look")
	clock.Advance(2 * time.Minute)
	require.Contains(t, d.Sample(t.Context(), beat(3)).SQL.Detail, "created pageinspect")
	found, err = d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.Equal(t, []facts.Extension{{Name: "pageinspect", Created: true, Installed: true}}, found)
}

func TestSample_LooksForNoExtensionWhereItOnlyLooks(t *testing.T) {
	_, _, d := lookingFor(t, "pg_trgm")
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), engine.Target{Writer: writer}).SQL)
	found, err := d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.False(t, found[0].Created, "a dry run changed the database")
}

func TestExtensions_SaysWhereItCanNotLook(t *testing.T) {
	s, _, d := lookingFor(t, "pg_trgm")
	closing := listen(t)
	require.NoError(t, closing.Close())
	s.point("primary.pgdr.test", addrOf(closing))
	_, err := d.Extensions(t.Context(), writer)
	require.ErrorContains(t, err, `look for the extensions of "app-primary"`)
	_, err = d.Extensions(t.Context(), engine.Member{Site: "elsewhere"})
	require.ErrorContains(t, err, `found "elsewhere"`)

	none, err := newDatabases(t, s.config()).Extensions(t.Context(), writer)
	require.NoError(t, err, "nobody is asked about nothing")
	require.Empty(t, none)
}

// auditing are the settings that the stacks give an instance.
var auditing = map[string]string{"shared_preload_libraries": "pgaudit", "pgaudit.log": "ddl,role,write", "pgaudit.log_catalog": "off"}

// On RDS an administrator of rds_superuser may create pgaudit; PostgreSQL lets
// only a superuser do it, so here the administrator is one.
func TestPrepare_CreatesTheRealPgauditWhichAuditsTheGuardToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Options{Settings: auditing})
	cfg := s.config()
	cfg.Extensions = []string{"pgaudit"}
	d := newDatabases(t, cfg)
	before := len(s.primary.Log())

	err := d.Prepare(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrExtension, "an administrator who may not create it")
	found, err := d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.Contains(t, found[0].Fault, "42501")

	s.exec(t, `ALTER ROLE dbadmin SUPERUSER`)
	require.NoError(t, d.Prepare(t.Context(), writer))
	found, err = d.Extensions(t.Context(), writer)
	require.NoError(t, err)
	require.Equal(t, []facts.Extension{{Name: "pgaudit", Created: true, Installed: true}}, found)

	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
	log := s.primary.Log()[before:]
	for _, statement := range []string{
		"ROLE,CREATE ROLE,,,CREATE ROLE pgdr_guard LOGIN CONNECTION LIMIT 10 PASSWORD <REDACTED>",
		"ROLE,GRANT ROLE,,,GRANT pg_monitor TO pgdr_guard", "DDL,CREATE SCHEMA,,,CREATE SCHEMA pgdr",
		`DDL,CREATE TABLE,,,"CREATE TABLE pgdr.heartbeat`, `WRITE,INSERT,,,"INSERT INTO pgdr.heartbeat`,
	} {
		require.Contains(t, log, "AUDIT: SESSION", statement)
		require.Contains(t, log, statement)
	}
	require.NotContains(t, log, "READ,SELECT", "more is audited than was set")
	// Not even the verifier is in the trail, and each statement is sent by
	// itself: of several at once pgaudit writes down all, redacting none.
	for _, secret := range []string{"SCRAM-SHA-256$", adminPassword, probe.GuardPassword(t, probe.Credentials{Password: adminPassword})} {
		require.NotContains(t, log, secret)
	}
}

func TestPrepare_NamesPgauditThatIsNotPreloaded(t *testing.T) {
	s := sharedSite(t)
	s.exec(t, `ALTER ROLE dbadmin SUPERUSER`)
	defer s.exec(t, `ALTER ROLE dbadmin NOSUPERUSER`)
	cfg := s.config()
	cfg.Extensions = []string{"pgaudit"}
	d := newDatabases(t, cfg)
	err := d.Prepare(t.Context(), writer)
	require.ErrorIs(t, err, probe.ErrExtension)
	require.ErrorContains(t, err, "pgaudit must be loaded via shared_preload_libraries")
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(1)).SQL)
}
