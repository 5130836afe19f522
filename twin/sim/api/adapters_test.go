package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// guardClock is the world's clock for the guard: deadlines on it never come,
// since it stands still while calls run.
type guardClock struct{ *clocktest.Hand }

func (guardClock) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// adapters are the guard's own, with the configuration of the deployed
// function.
func (w *world) adapters() (*awsapi.Adapters, contract.Config) {
	w.t.Helper()
	// With this set the SDK insists on a client of its own.
	w.t.Setenv("AWS_CA_BUNDLE", "")
	config, err := contract.Decode(func(name string) (string, bool) {
		v, ok := w.env[name]
		return v, ok
	})
	require.NoError(w.t, err)
	a, err := awsapi.New(w.ctx, config, awsapi.Options{
		Clock: guardClock{w.clock}, HTTPClient: w.client, Endpoint: func(awsapi.Service, string) string { return w.http.URL },
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
	})
	require.NoError(w.t, err)
	return a, config
}

func TestGuardsAdapters_FindTheDeploymentInOrder(t *testing.T) {
	w := newWorld(t)
	a, config := w.adapters()
	members := awsapi.Topology(config)
	primary, err := a.Readiness.Database(w.ctx, members.Primary)
	require.NoError(t, err)
	replica, err := a.Readiness.Database(w.ctx, members.Replica)
	require.NoError(t, err)
	require.Equal(t, primary.ARN, replica.Source)
	permissions, err := a.Readiness.Permissions(w.ctx, primary, replica)
	require.NoError(t, err)
	require.NotEmpty(t, permissions)
	for _, p := range permissions {
		require.True(t, p.Allowed, "%s: %s on %s: %s", p.Purpose, p.Action, p.Resource, p.Decision)
	}
	ours, err := a.Readiness.Parameters(w.ctx, engine.SitePrimary, primary.ParameterGroup)
	require.NoError(t, err)
	theirs, err := a.Readiness.Parameters(w.ctx, engine.SiteReplica, replica.ParameterGroup)
	require.NoError(t, err)
	require.Equal(t, ours, theirs)
	alarm, err := a.Readiness.Alarm(w.ctx)
	require.NoError(t, err)
	check, err := a.Readiness.HealthCheck(w.ctx)
	require.NoError(t, err)
	require.Equal(t, alarm.Settings, check.Copied)
	for _, arn := range []string{primary.KeyARN, replica.KeyARN} {
		key, err := a.Readiness.Key(w.ctx, arn)
		require.NoError(t, err)
		require.True(t, key.Enabled)
	}
	secret, err := a.Readiness.RegionalSecret(w.ctx)
	require.NoError(t, err)
	require.Equal(t, replica.KeyARN, secret.KeyID)
	credentials, err := a.Secrets.Credentials(w.ctx)
	require.NoError(t, err)
	require.Equal(t, "dbadmin", credentials.Username)
}

func TestGuardsAdapters_FailOver(t *testing.T) {
	w := newWorld(t)
	a, config := w.adapters()
	primary, replica := awsapi.Topology(config).Primary, awsapi.Topology(config).Replica

	require.NoError(t, a.Ledger.Write(w.ctx, engine.State{Epoch: 1}))
	require.ErrorIs(t, a.Ledger.Write(w.ctx, engine.State{Epoch: 2}), engine.ErrConflict)
	state, err := a.Ledger.Read(w.ctx)
	require.NoError(t, err)
	require.Equal(t, int64(1), state.Version)

	require.NoError(t, a.Fencer.Fence(w.ctx, primary))
	fenced, err := a.Fencer.Fenced(w.ctx, primary)
	require.NoError(t, err)
	require.True(t, fenced)

	require.NoError(t, a.Promoter.Promote(w.ctx, replica))
	require.ErrorIs(t, a.Promoter.Promote(w.ctx, replica), engine.ErrBusy)
	require.ErrorIs(t, a.Posture.Stop(w.ctx, primary), engine.ErrHasReplicas)
	seen, err := a.Promoter.Inspect(w.ctx, replica)
	require.NoError(t, err)
	require.Equal(t, engine.Instance{Exists: true, ResourceID: replica.ResourceID, Status: "available", IsReplica: true}, seen)
	w.clock.Advance(5 * time.Minute)
	require.ErrorIs(t, a.Promoter.Promote(w.ctx, replica), engine.ErrNotReplica)

	require.NoError(t, a.Metrics.Put(w.ctx, w.clock.Now(), map[contract.Metric]float64{contract.ActiveWriter: 1}))
	point, ok := w.server.Metrics().Last(activeWriter())
	require.True(t, ok)
	require.InDelta(t, 1, point.Value, 0)
	require.NoError(t, a.Switcher.SetWeights(w.ctx, replica))
	agrees, err := a.Switcher.Agrees(w.ctx, replica)
	require.NoError(t, err)
	require.False(t, agrees, "the change is not in sync yet")
	w.clock.Advance(30 * time.Second)
	agrees, err = a.Switcher.Agrees(w.ctx, replica)
	require.NoError(t, err)
	require.True(t, agrees)

	require.NoError(t, a.Posture.Restore(w.ctx, replica))
	require.NoError(t, a.Posture.DetachSecret(w.ctx))
	require.NoError(t, a.Posture.DetachSecret(w.ctx))
	require.NoError(t, a.Posture.Stop(w.ctx, primary))
	w.clock.Advance(15 * time.Minute)
	db := w.describe(west, replicaDB)
	require.True(t, *db.MultiAZ)
	require.Equal(t, int32(7), *db.BackupRetentionPeriod)
	require.Equal(t, "stopped", w.status(east, primaryDB))
	require.NoError(t, a.Notifier.Notify(w.ctx, engine.Notice{ID: "1", Subject: "done", Text: "all of it"}))
	require.Len(t, w.server.Messages(), 1)
}

func TestGuardsAdapters_TellSilenceFromAnAnswer(t *testing.T) {
	w := newWorld(t)
	a, config := w.adapters()
	primary := awsapi.Topology(config).Primary
	sample, seen := a.Liveness.RDS(w.ctx, primary)
	require.Equal(t, decide.ClassOK, sample.Class)
	require.Equal(t, "available", seen.Status)
	require.Equal(t, decide.ClassOK, a.Liveness.Witness(w.ctx).Class)

	w.server.Faults().Add(api.Scope{Region: east}, api.Refused())
	sample, seen = a.Liveness.RDS(w.ctx, primary)
	require.Equal(t, decide.Negative, sample.Class.Outcome(), "%+v", sample)
	require.Nil(t, seen)
	require.Equal(t, decide.Negative, a.Liveness.Other(w.ctx, engine.SitePrimary).Class.Outcome())
	require.Equal(t, decide.ClassOK, a.Liveness.Other(w.ctx, engine.SiteReplica).Class)
	require.Equal(t, decide.ClassOK, a.Liveness.Witness(w.ctx).Class)

	w.server.Faults().Clear()
	w.server.Faults().Add(api.Scope{Region: east}, api.Throttled())
	sample, _ = a.Liveness.RDS(w.ctx, primary)
	require.Equal(t, decide.ClassThrottled, sample.Class, "an answer, whatever it says, is a sign of life")
}
