package assembly

import (
	"context"
	"crypto/x509"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe/rdsca"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/internal/version"
)

// deployed are the variables of a function as it is deployed.
func deployed() map[string]string {
	return map[string]string{
		"PGDR_ENVIRONMENT": "dev", "PGDR_MODE": "automatic", "PGDR_ON_REGION_SILENT": "promote", "PGDR_ON_FENCE_ERROR": "ask", "PGDR_SWITCH_DNS_WHEN": "proven",
		"PGDR_INSTANCE_FAILED_SECONDS": "180", "PGDR_INSTANCE_UNREACHABLE_SECONDS": "300", "PGDR_REGION_SILENT_SECONDS": "120",
		"PGDR_ARMING_SECONDS": "600", "PGDR_COOLDOWN_SECONDS": "3600", "PGDR_MAX_DATA_LOSS_SECONDS": "60", "PGDR_ABORT_AFTER_SECONDS": "900",
		"PGDR_DB_PORT": "5432", "PGDR_DB_NAME": "app", "PGDR_DB_AUDIT": "pgaudit", "PGDR_DB_MULTI_AZ": "true",
		"PGDR_DB_BACKUP_RETENTION_DAYS": "7", "PGDR_DB_DELETION_PROTECTION": "true",
		"PGDR_PRIMARY_REGION": "us-east-1", "PGDR_PRIMARY_DB_IDENTIFIER": "primary-db-dev", "PGDR_PRIMARY_DB_RESOURCE_ID": "db-PRIMARY",
		"PGDR_PRIMARY_DB_ENDPOINT": "primary-db-dev.abc.us-east-1.rds.amazonaws.com", "PGDR_PRIMARY_NETWORK_ACL_ID": "acl-0123456789abcdef0",
		"PGDR_REPLICA_REGION": "eu-west-1", "PGDR_REPLICA_DB_IDENTIFIER": "replica-db-dev", "PGDR_REPLICA_DB_RESOURCE_ID": "db-REPLICA",
		"PGDR_REPLICA_DB_ENDPOINT": "replica-db-dev.abc.eu-west-1.rds.amazonaws.com",
		"PGDR_GUARD_CIDRS":         "10.1.3.0/24,10.1.4.0/24", "PGDR_WITNESS_REGIONS": "us-west-2,eu-central-1",
		"PGDR_SECRET_ARN":         "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-credentials-dev-AbCdEf",
		"PGDR_PRIMARY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-credentials-dev-AbCdEf",
		"PGDR_HOSTED_ZONE_ID":     "Z0123456789ABCDEFGHIJ", "PGDR_RECORD_NAME": "db.db-dev.internal", "PGDR_RECORD_TTL_SECONDS": "5",
		"PGDR_HEALTH_CHECK_ID": "11111111-2222-3333-4444-555555555555", "PGDR_ACTIVE_WRITER_ALARM": "active-writer-dev",
		"PGDR_LEDGER_TABLE": "failover-ledger-dev", "PGDR_METRIC_NAMESPACE": "PGDR",
		"PGDR_NOTICE_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:failover-notices-dev",
	}
}

func options(variables map[string]string) Options {
	return Options{
		Lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		Owner:  "test", Log: slog.New(slog.DiscardHandler),
	}
}

func TestNew_AssemblesTheGuardFromItsVariables(t *testing.T) {
	h, err := New(t.Context(), options(deployed()))
	require.NoError(t, err)
	require.Equal(t, "dev", h.Environment)
	require.Equal(t, version.Version, h.Build.Version)
	require.Equal(t, runtime.GOARCH, h.Build.Architecture)
	answer := h.Handle(t.Context(), []byte(`{"action": "version"}`))
	require.Nil(t, answer.Refusal)
	require.Equal(t, h.Build, *answer.Build)
}

func TestNew_ListsEveryVariableThatIsMissingOrWrong(t *testing.T) {
	_, err := New(t.Context(), options(nil))
	for name := range deployed() {
		require.ErrorContains(t, err, name+":")
	}
	wrong := maps.Clone(deployed())
	wrong["PGDR_DB_PORT"], wrong["PGDR_GUARD_CIDRS"], wrong["PGDR_MODE"] = "none", "10.1.3.7/24", "auto"
	_, err = New(t.Context(), options(wrong))
	for _, name := range []string{"PGDR_DB_PORT", "PGDR_GUARD_CIDRS", "PGDR_MODE"} {
		require.ErrorContains(t, err, name+":")
	}
	require.Equal(t, 3, strings.Count(err.Error(), "PGDR_"), "%v", err)
}

func TestNew_NamesTheRegionWhoseCertificatesItDoesNotHave(t *testing.T) {
	far := deployed()
	far["PGDR_PRIMARY_REGION"] = "xx-nowhere-1"
	far["PGDR_PRIMARY_SECRET_ARN"] = "arn:aws:secretsmanager:xx-nowhere-1:123456789012:secret:db-credentials-dev-AbCdEf"
	_, err := New(t.Context(), options(far))
	require.ErrorIs(t, err, rdsca.ErrUnknownRegion)
	require.ErrorContains(t, err, "xx-nowhere-1")

	o := options(far)
	o.Roots = x509.NewCertPool()
	_, err = New(t.Context(), o)
	require.NoError(t, err, "whoever brings authorities needs none of RDS's")
}

func TestNew_NeedsAnOwnerForItsLease(t *testing.T) {
	o := options(deployed())
	o.Owner = ""
	_, err := New(t.Context(), o)
	require.ErrorContains(t, err, "owner: missing")
}

func TestNew_GoesByTheClockItIsGiven(t *testing.T) {
	o, clock := options(deployed()), handClock()
	o.Clock = clock
	h, err := New(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, clock.Now(), h.Now())

	before := time.Now()
	h, err = New(t.Context(), options(deployed()))
	require.NoError(t, err)
	require.WithinRange(t, h.Now(), before, time.Now(), "without one it is this machine's")
}

func TestNew_EndsWhatRunsBesideTheLooksWithTheInvocation(t *testing.T) {
	h, err := New(t.Context(), options(deployed()))
	require.NoError(t, err)
	require.IsType(t, guarded{}, h.Guard)
}

// deafPorts are those of an engine whose ledger can't be read, so that it does
// nothing but look.
type deafPorts struct{}

func (deafPorts) Read(context.Context) (engine.State, error) { return engine.State{}, engine.ErrSilent }
func (deafPorts) Write(context.Context, engine.State) error  { return engine.ErrSilent }
func (deafPorts) Append(context.Context, engine.Entry) error { return engine.ErrSilent }
func (deafPorts) History(context.Context, int) ([]engine.Entry, error) {
	return nil, engine.ErrSilent
}
func (deafPorts) Inspect(context.Context, engine.Member) (engine.Instance, error) {
	return engine.Instance{}, engine.ErrSilent
}
func (deafPorts) Find(context.Context, engine.Member) (engine.Instance, error) {
	return engine.Instance{}, engine.ErrSilent
}
func (deafPorts) Activity(context.Context, engine.Member, time.Time) (engine.Activity, error) {
	return engine.Activity{}, engine.ErrSilent
}
func (deafPorts) Promote(context.Context, engine.Member) error { return engine.ErrSilent }
func (deafPorts) Prove(context.Context, engine.Member) (engine.Proof, error) {
	return engine.Proof{}, engine.ErrSilent
}
func (deafPorts) Agrees(context.Context, engine.Member) (bool, error) { return false, engine.ErrSilent }
func (deafPorts) Diverted(context.Context) (bool, bool, error) {
	return false, false, engine.ErrSilent
}
func (deafPorts) SetWeights(context.Context, engine.Member) error { return engine.ErrSilent }
func (deafPorts) Restore(context.Context, engine.Member) error    { return engine.ErrSilent }
func (deafPorts) DetachSecret(context.Context) error              { return engine.ErrSilent }
func (deafPorts) Stop(context.Context, engine.Member) error       { return engine.ErrSilent }
func (deafPorts) Put(context.Context, time.Time, map[contract.Metric]float64) error {
	return engine.ErrSilent
}
func (deafPorts) Notify(context.Context, engine.Notice) error { return engine.ErrSilent }

// watching is a guard whose looks are surveyed.
func watching(t *testing.T) (*clocktest.Hand, *slowCheck, *survey, guarded) {
	t.Helper()
	clock, check, o := surveyed()
	policy := decide.Policy{Mode: "automatic", OnRegionSilent: "promote", OnFenceError: "ask", SwitchDNSWhen: "proven", InstanceFailed: 180 * time.Second,
		InstanceUnreachable: 300 * time.Second, RegionSilent: 120 * time.Second, Arming: 600 * time.Second, Cooldown: 3600 * time.Second, MaxDataLoss: 60 * time.Second, AbortAfter: 900 * time.Second}
	var d deafPorts
	e, err := engine.New(engine.Config{
		Policy: policy, Topology: engine.Topology{Primary: primary, Replica: replica}, Owner: "test", Watch: contract.GuardWatch,
	}, engine.Ports{
		Clock: clock, Ledger: d, Observer: o, Promoter: d, Prover: d, Fencer: &acl{}, Switcher: d, Posture: d, Metrics: d, Notifier: d, Activity: d,
	})
	require.NoError(t, err)
	return clock, check, o.survey, guarded{e}
}

func TestTick_EndsTheCheckThatItBegan(t *testing.T) {
	clock, check, _, g := watching(t)
	// Time for one round.
	ctx, cancel := clock.WithDeadline(t.Context(), clock.Now().Add(12*time.Second))
	defer cancel()
	r := g.Tick(ctx, engine.ScheduleTick)
	require.Equal(t, 1, r.Rounds)
	require.Len(t, check.began, 1)
	require.Len(t, check.over, 1, "the check goes on after the invocation")
}

func TestArm_RestsOnACheckOfNow(t *testing.T) {
	clock, check, survey, g := watching(t)
	survey.due = clock.Now().Add(checkEvery) // none is due
	type answer struct {
		view engine.View
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		v, err := g.Arm(t.Context())
		answered <- answer{v, err}
	}()
	select {
	case <-check.began:
	case got := <-answered:
		t.Fatalf("answered without a check: %+v", got)
	}
	check.ends <- readiness.Failed
	got := <-answered
	require.ErrorIs(t, got.err, refusal.Refusal{Name: refusal.LedgerUnavailable})
	require.Equal(t, []string{readiness.CheckAlarm}, got.view.State.Readiness.Failing)
}

func TestLook_WaitsForNoCheckAndBeginsNone(t *testing.T) {
	_, check, survey, g := watching(t)
	g.Look(t.Context(), &decide.Request{Force: true})
	require.Nil(t, survey.underWay())
	require.Empty(t, check.began)
}

// handClock is moved by hand. What is to end at a moment ends when the clock gets
// there.
func handClock() *clocktest.Hand {
	return clocktest.New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), clocktest.Waits)
}
