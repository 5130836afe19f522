package probe_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// error of a moment by the guard's clock: the time between two readings of two
// clocks, on a machine under load.
const slack = 5 * time.Second

func TestSample_TheReplicaIsSeenOnTheGuardsClock(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	d := s.prepared(t)

	acked := d.Sample(ctx, both(7)).Acked
	require.NotNil(t, acked)
	s.exec(t, `CREATE TABLE IF NOT EXISTS application (n int); INSERT INTO application VALUES (1)`) // commits after the heartbeat
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))

	begin := time.Now().Add(time.Hour)
	out := d.Sample(ctx, engine.Target{Writer: writer, Replica: standby})
	requireClass(t, decide.ClassStreaming, out.WAL)
	require.WithinRange(t, out.WAL.Heard, begin.Add(-slack), out.WAL.At)
	r := out.Standby
	require.NotNil(t, r)
	require.True(t, r.InRecovery)
	require.Equal(t, acked.Seq, r.Replayed.Seq)
	require.True(t, acked.At.Equal(r.Replayed.At))
	require.GreaterOrEqual(t, r.ReceiveLSN, acked.LSN)
	require.GreaterOrEqual(t, r.ReplayLSN, acked.LSN)
	require.Positive(t, r.EndLSN)
	require.GreaterOrEqual(t, r.ReplayLSN, r.EndLSN, "it has replayed all that it was told of")
	require.WithinRange(t, r.ReplayedCommitAt, acked.At, out.WAL.At)
	require.WithinRange(t, r.MessageAt, begin.Add(-slack), out.WAL.Heard)
}

func TestSample_AReplicaOfClocksThatDisagreeIsSeenOnTheGuardsClock(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	for name, ahead := range map[string]time.Duration{"a day behind": -24 * time.Hour, "a day ahead": 24 * time.Hour} {
		cfg := s.config()
		cfg.Clock = guardClock{ahead: ahead, patience: 5}
		d := newDatabases(t, cfg)
		require.NoError(t, d.Prepare(ctx, writer))
		acked := d.Sample(ctx, both(1)).Acked
		require.NotNil(t, acked, name)
		require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))
		// Another process, which has no memory of the heartbeat.
		out := newDatabases(t, cfg).Sample(ctx, engine.Target{Writer: writer, Replica: standby})
		require.NotNil(t, out.Standby, name)
		require.WithinRange(t, out.Standby.ReplayedCommitAt, acked.At.Add(-slack), out.WAL.At, name)
		require.WithinRange(t, out.Standby.MessageAt, acked.At.Add(-slack), out.WAL.At, name)
		require.WithinRange(t, out.WAL.Heard, acked.At.Add(-slack), out.WAL.At, name)
	}
}

func TestSample_HeldReplayShowsInThePositionsAndNotAsSilence(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	d := s.prepared(t)
	first := d.Sample(ctx, both(1)).Acked
	require.NotNil(t, first)
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))
	require.NoError(t, s.replica.PauseReplay(ctx))
	second := d.Sample(ctx, both(2)).Acked
	require.NotNil(t, second)

	var out engine.Samples
	require.Eventually(t, func() bool {
		out = d.Sample(ctx, engine.Target{Writer: writer, Replica: standby})
		return out.Standby != nil && out.Standby.ReceiveLSN >= second.LSN
	}, patience, 20*time.Millisecond)
	requireClass(t, decide.ClassStreaming, out.WAL)
	require.Contains(t, out.WAL.Detail, "paused")
	require.Equal(t, first.Seq, out.Standby.Replayed.Seq)
	require.Less(t, out.Standby.ReplayLSN, second.LSN)
	require.Less(t, out.Standby.ReplayLSN, out.Standby.EndLSN)
	require.True(t, out.Standby.ReplayedCommitAt.Before(second.At))

	// What the decision makes of it: the replica has it all, and a promotion
	// replays it.
	loss := decide.EstimateLoss(decide.Observation{
		SQL: decide.Path{LastPositive: second.At},
		Positions: decide.Positions{
			Acked: *second, Replayed: out.Standby.Replayed, ReplayedCommitAt: out.Standby.ReplayedCommitAt,
			ReceiveLSN: out.Standby.ReceiveLSN, ReplayLSN: out.Standby.ReplayLSN,
		},
	})
	require.True(t, loss.Known)
	require.True(t, loss.Known)
	require.Zero(t, loss.Lower)
	require.Zero(t, loss.Bytes)

	require.NoError(t, s.replica.ResumeReplay(ctx))
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))
	require.Equal(t, second.Seq, d.Sample(ctx, engine.Target{Writer: writer, Replica: standby}).Standby.Replayed.Seq)
}

func TestSample_AFrozenReplicationPathGoesStaleThenThaws(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newSite(t, pgtest.Options{})
	s.prepared(t)
	relay := pgtest.RunRelay(t, s.primary.Addr())
	s.replicate(t, pgtest.Options{Settings: map[string]string{"wal_receiver_timeout": "10s"}}, relay.Addr())
	cfg := s.config()
	// The guard's clock runs twenty times as fast as the servers': the ten
	// seconds of grace are half a second of theirs.
	cfg.Elapsed = func(d time.Duration) time.Duration { return 20 * d }
	d := newDatabases(t, cfg)
	sample := func() engine.Samples { return d.Sample(ctx, both(1)) }
	require.Eventually(t, func() bool { return sample().WAL.Class == decide.ClassStreaming }, patience, 20*time.Millisecond)
	// The receiver says so from when it has connected. Only one that already
	// streams keeps to wal_receiver_timeout; frozen before, it would wait for
	// the answer to START_REPLICATION for as long as TCP does.
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))

	relay.Freeze()
	var out engine.Samples
	require.Eventually(t, func() bool {
		out = sample()
		return out.WAL.Class == decide.ClassStale
	}, patience, 20*time.Millisecond)
	require.Equal(t, decide.Negative, out.WAL.Class.Outcome())
	require.True(t, out.WAL.Heard.Before(out.WAL.From.Add(-20*time.Second)), "heard %s, sampled %s", out.WAL.Heard, out.WAL.From)
	requireClass(t, decide.ClassOK, out.SQL)
	require.Less(t, out.Standby.ReceiveLSN, out.Acked.LSN, "what was written since is missing")

	require.Eventually(t, func() bool { return sample().WAL.Class == decide.ClassNoReceiver }, patience, 20*time.Millisecond)
	relay.Thaw()
	require.Eventually(t, func() bool { return sample().WAL.Class == decide.ClassStreaming }, patience, 20*time.Millisecond)
}

func TestSample_AsThePrimaryIsLostAndTheReplicaPromoted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newSite(t, pgtest.Options{})
	d := s.prepared(t)
	s.replicate(t, pgtest.Options{}, netip.AddrPort{})
	acked := d.Sample(ctx, both(5)).Acked
	require.NotNil(t, acked)
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))
	t.Run("a replica proves no writer", func(t *testing.T) {
		_, err := d.Prove(t.Context(), standby)
		require.ErrorIs(t, err, probe.ErrInRecovery)
		require.ErrorIs(t, d.Prepare(t.Context(), standby), probe.ErrInRecovery)
	})

	require.NoError(t, s.primary.Stop(pgtest.Immediate))
	t.Run("a process that starts now still sees all", func(t *testing.T) {
		d := newDatabases(t, s.config())
		var out engine.Samples
		require.Eventually(t, func() bool {
			out = d.Sample(t.Context(), both(6))
			return out.WAL.Class == decide.ClassNoReceiver
		}, patience, 20*time.Millisecond)
		requireClass(t, decide.ClassRefused, out.SQL)
		require.Equal(t, decide.Negative, out.WAL.Class.Outcome())
		require.Equal(t, acked.Seq, out.Standby.Replayed.Seq)
		require.WithinRange(t, out.Standby.ReplayedCommitAt, acked.At.Add(-slack), out.WAL.At)
		require.GreaterOrEqual(t, out.Standby.ReplayLSN, acked.LSN)
	})
	t.Run("and one of whose writer nothing is known, all but the times", func(t *testing.T) {
		out := d.Sample(t.Context(), engine.Target{Writer: engine.Member{Site: engine.SitePrimary, ResourceID: "db-UNKNOWN"}, Replica: standby})
		require.NotNil(t, out.Standby)
		require.Zero(t, out.Standby.Replayed)
		require.Zero(t, out.Standby.ReplayedCommitAt, "no heartbeat ties the clocks")
		require.GreaterOrEqual(t, out.Standby.ReplayLSN, acked.LSN)
	})

	require.NoError(t, s.replica.Promote(ctx))
	t.Run("the promoted instance proves it", func(t *testing.T) {
		p, err := d.Prove(t.Context(), standby)
		require.NoError(t, err)
		require.Equal(t, 2, p.Timeline)
		require.Greater(t, p.LSN, acked.LSN)
		require.WithinRange(t, p.At, acked.At, time.Now().Add(time.Hour))
		var seq int64
		require.NoError(t, s.replica.QueryRow(t.Context(), `SELECT seq FROM pgdr.heartbeat WHERE writer = 'db-REPLICA'`, nil, &seq))
		require.Equal(t, acked.Seq+1, seq)
	})
	t.Run("and witnesses no more", func(t *testing.T) {
		out := d.Sample(t.Context(), both(7))
		require.Equal(t, decide.Inconclusive, out.WAL.Class.Outcome(), "sample %+v", out.WAL)
		require.False(t, out.Standby.InRecovery)
	})
	t.Run("and takes the heartbeats", func(t *testing.T) {
		out := d.Sample(t.Context(), engine.Target{Writer: standby, Heartbeat: &decide.Heartbeat{Seq: 9}})
		requireClass(t, decide.ClassOK, out.SQL)
		require.Equal(t, int64(9), out.Acked.Seq)
	})
}

func TestSample_AReplicaThatWasNeverPreparedIsReadAsAdministrator(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	s.exec(t, `GRANT pg_monitor TO dbadmin`)
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))
	d := newDatabases(t, s.config())
	out := d.Sample(ctx, engine.Target{Writer: writer, Replica: standby})
	requireClass(t, decide.ClassStreaming, out.WAL)
	require.Contains(t, out.WAL.Detail, "42P01", "it says that there is no heartbeat")
	require.NotNil(t, out.Standby)
	require.Zero(t, out.Standby.Replayed)

	// A role that may not see the receiver sees nothing, rather than silence.
	s.exec(t, `REVOKE pg_monitor FROM dbadmin`)
	require.NoError(t, s.primary.AwaitReplay(ctx, s.replica))
	out = d.Sample(ctx, engine.Target{Writer: writer, Replica: standby})
	requireClass(t, decide.ClassInternal, out.WAL)
	require.Contains(t, out.WAL.Detail, "pg_monitor")
}

func TestSample_OnePathThatHangsDelaysNoOther(t *testing.T) {
	ctx := t.Context()
	s := sharedPair(t)
	s.prepared(t)
	cfg := s.config()
	cfg.Clock = guardClock{}
	d := newDatabases(t, cfg)
	require.Eventually(t, func() bool { return d.Sample(ctx, both(1)).WAL.Class == decide.ClassStreaming }, patience, 20*time.Millisecond)
	hole := addrOf(listen(t))

	s.point("primary.pgdr.test", hole)
	out := d.Sample(ctx, both(2))
	requireClass(t, decide.ClassTimeout, out.SQL)
	requireClass(t, decide.ClassStreaming, out.WAL)
	require.True(t, out.WAL.At.Before(out.SQL.At))

	s.point("primary.pgdr.test", s.primary.Addr())
	s.point("replica.pgdr.test", hole)
	out = d.Sample(ctx, both(3))
	requireClass(t, decide.ClassOK, out.SQL)
	requireClass(t, decide.ClassReplicaSilent, out.WAL)
	require.True(t, out.SQL.At.Before(out.WAL.At))
	require.Nil(t, out.Standby)
}
