package probe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Readers stampede onto the replica just when the primary dies. The guard must
// still see how far it is, and later that it takes writes: the administrator's
// places are left.
func TestReplica_IsReadAndProvenByTheAdministratorWhereClientsHoldTheGuardsPlaces(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	d := s.prepared(t)
	require.NotNil(t, d.Sample(ctx, both(7)).Acked)
	s.exec(t, `GRANT pg_monitor TO dbadmin; ALTER ROLE pgdr_guard CONNECTION LIMIT 0`)
	defer s.exec(t, `ALTER ROLE pgdr_guard CONNECTION LIMIT 10; REVOKE pg_monitor FROM dbadmin`)
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))

	out := d.Sample(ctx, both(8))
	requireClass(t, decide.ClassStreaming, out.WAL)
	require.NotNil(t, out.Standby)
	requireClass(t, decide.ClassTooManyConnections, out.SQL) // an alarm on the writer, not to be hidden
	require.Nil(t, out.Acked)

	_, err := d.Prove(ctx, standby)
	require.ErrorIs(t, err, engine.ErrInRecovery, "it was asked")
	proof, err := d.Prove(ctx, writer)
	require.NoError(t, err)
	require.NotZero(t, proof.LSN)
}

func TestProve_SaysThatNoPlaceIsLeftWhereTheAdministratorHasNoneEither(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	d := s.prepared(t)
	s.exec(t, `ALTER ROLE pgdr_guard CONNECTION LIMIT 0; ALTER ROLE dbadmin CONNECTION LIMIT 0`)
	defer s.exec(t, `ALTER ROLE pgdr_guard CONNECTION LIMIT 10; ALTER ROLE dbadmin CONNECTION LIMIT -1`)
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))

	out := d.Sample(ctx, both(8))
	requireClass(t, decide.ClassReplicaSilent, out.WAL)
	require.Nil(t, out.Standby)
	_, err := d.Prove(ctx, standby)
	require.ErrorContains(t, err, "53300")
	require.NotErrorIs(t, err, engine.ErrInRecovery)
}
