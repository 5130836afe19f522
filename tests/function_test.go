package tests

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/tier"
	"github.com/pgdr/pgdr/internal/version"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// TestFunction is the life of the guard from its first tick to its pending
// fence: the built program, in the account that Terraform applied, with the
// policies of the role that was applied, over real databases.
func TestFunction(t *testing.T) {
	tier.Deep(t, "the function's whole life; a drill has its failover, internal/guardclient its commands")
	w := newFunctionWorld(t)
	began := w.clock.Now()
	w.live()

	w.run("it finds everything ready in what Terraform applied", requireReady)
	w.run("it answers an operator's commands", requireCommands)
	w.run("it refuses by name what it does not understand", requireRefusals)
	w.run("it arms itself after ten minutes of green", func(t *testing.T, w *functionWorld) {
		t.Helper()
		a := w.within(20*time.Minute, "armed", func(a command.Answer) bool { return a.View.State.Arming.ArmedFor != "" })
		require.Equal(t, w.variables()["PGDR_PRIMARY_DB_RESOURCE_ID"], a.View.State.Arming.ArmedFor)
		require.GreaterOrEqual(t, a.View.State.Arming.ArmedAt.Sub(began), 10*time.Minute)
	})
	w.run("a dry run says what it would do and does nothing", requireDryRun)
	w.run("it does not promote for a primary that answers", requirePatience)
	w.run("it fails over when the region is silent", requireFailover)
	w.run("it pays the fence that it owes when the region returns", requireFencePaid)
	require.Empty(t, w.denied(), "the role lacks a permission")
}

// run is one stage of the life. The stages after one that failed are left out:
// each begins where the one before ended.
func (w *functionWorld) run(name string, stage func(*testing.T, *functionWorld)) {
	w.t.Helper()
	whole := w.t
	passed := whole.Run(name, func(t *testing.T) {
		w.t = t
		defer func() { w.t = whole }()
		stage(t, w)
	})
	require.True(whole, passed, name)
}

// denied lists the calls that the role's policies did not permit.
func (w *functionWorld) denied() []string {
	var all []string
	for _, c := range w.aws.Calls() {
		if strings.Contains(c.Code, "AccessDenied") || strings.Contains(c.Code, "Unauthorized") || c.Code == "AuthorizationError" {
			all = append(all, fmt.Sprintf("%s %s in %s", c.Service, c.Operation, c.Region))
		}
	}
	return all
}

func requireReady(t *testing.T, w *functionWorld) {
	t.Helper()
	// The guard prepares the database in its first look.
	w.within(3*time.Minute, "heartbeats replicated", func(a command.Answer) bool { return a.View.State.Watch.Positions.Replayed.Seq > 0 })
	a := w.ask(`{"action":"check"}`)
	require.Nil(t, a.Refusal)
	require.Greater(t, len(a.Findings), 10)
	for _, f := range a.Findings {
		require.Equal(t, readiness.OK, f.Verdict, "%+v", f)
	}
}

func requireCommands(t *testing.T, w *functionWorld) {
	t.Helper()
	require.Equal(t, version.Version, w.ask(`{"action":"version"}`).Build.Version)
	require.Equal(t, "primary-db-dev", w.status().View.State.Writer.Identifier)
	require.Nil(t, w.ask(`{"action":"pause","by":"test","reason":"maintenance","seconds":3600}`).Refusal)
	require.Equal(t, "maintenance", w.status().View.State.Pause.Reason)
	require.Nil(t, w.ask(`{"action":"resume"}`).Refusal)
	require.Nil(t, w.status().View.State.Pause)
	history := w.ask(`{"action":"history"}`)
	require.Nil(t, history.Refusal)
	require.Empty(t, history.History)
}

func requireRefusals(_ *testing.T, w *functionWorld) {
	for event, name := range map[string]string{
		`[1]`:                                  "event-malformed",
		`{}`:                                   "event-unrecognised",
		`{"action":"promote"}`:                 "command-unknown",
		`{"action":"failover","dry-run":true}`: "command-invalid",
		`{"action":"failover","force":"true"}`: "command-invalid",
		`{"action":"failover","source":"aws.events"}`:                      "event-malformed",
		`{"action":"status","action":"failover"}`:                          "event-malformed",
		`{"action":"` + strings.Repeat("x", 330<<10) + `"}`:                "event-too-large",
		`{"Records":[{"EventSource":"aws:s3","Sns":{"Message":"hello"}}]}`: "event-unrecognised",
	} {
		w.requireRefusal(name, event)
	}
}

func requireDryRun(t *testing.T, w *functionWorld) {
	t.Helper()
	a := w.ask(`{"action":"failover","dry_run":true,"by":"test"}`)
	require.True(t, a.DryRun)
	require.Equal(t, decide.EvidenceAlive, a.View.Decision.Evidence)
	require.NotEqual(t, decide.Promote, a.View.Decision.Verdict)
	forced := w.ask(`{"action":"failover","dry_run":true,"by":"test","force":true}`)
	require.Equal(t, decide.Promote, forced.View.Decision.Verdict)
	w.requireUntouched(w.status())
}

func (w *functionWorld) requireUntouched(a command.Answer) {
	w.t.Helper()
	require.Zero(w.t, a.View.State.Epoch)
	require.Nil(w.t, a.View.State.Failover)
	require.Zero(w.t, w.called(api.RDS, "PromoteReadReplica"))
	require.Zero(w.t, w.called(api.EC2, "CreateNetworkAclEntry"))
}

// requirePatience takes everything from the guard but the primary's own voice.
func requirePatience(t *testing.T, w *functionWorld) {
	t.Helper()
	w.guard.SetVariables(w.environment(1))
	// The tick under way has the stretched time-outs still: it has to end first.
	w.pass(time.Minute, w.requireUntouched)
	w.stream.Freeze()
	w.aws.Faults().Add(api.Scope{Region: awayRegion}, api.BlackHole())

	// The passwords are wrong.
	restore := changePasswords(t, w)
	w.within(time.Minute, "the refused sign-in is seen", func(a command.Answer) bool { return a.View.State.Watch.SQL.Class == decide.ClassAuthFailed })
	w.pass(3*time.Minute, w.requireUntouched)

	// No connection is left.
	restore()
	session := fill(t, w)
	w.within(time.Minute, "the full server is seen", func(a command.Answer) bool {
		return a.View.State.Watch.SQL.Class == decide.ClassTooManyConnections
	})
	w.pass(3*time.Minute, w.requireUntouched)
	_, err := session.Exec(t.Context(), `SELECT 1`)
	require.NoError(t, err, "and it was alive all along")
}

// changePasswords gives the administrator and the guard's role other passwords.
func changePasswords(t *testing.T, w *functionWorld) (restore func()) {
	t.Helper()
	roles := []string{"dbadmin", "pgdr_guard"}
	back := make([]string, len(roles))
	for i, role := range roles {
		var verifier string
		require.NoError(t, w.primary.QueryRow(t.Context(), `SELECT rolpassword FROM pg_authid WHERE rolname = $1`, []any{role}, &verifier))
		back[i] = fmt.Sprintf(`ALTER ROLE %s PASSWORD '%s'`, role, verifier)
		require.NoError(t, w.primary.Exec(t.Context(), fmt.Sprintf(`ALTER ROLE %s PASSWORD 'another'`, role)))
	}
	return func() {
		// The administrator's last: as soon as it may sign in the guard repairs
		// its own role, and two sessions can't alter one role at once.
		for _, statement := range slices.Backward(back) {
			require.NoError(t, w.primary.Exec(t.Context(), statement))
		}
	}
}

// fill takes all connections that there are, for as long as the stage runs. It
// returns one of them.
func fill(t *testing.T, w *functionWorld) *pgx.Conn {
	t.Helper()
	var held []*pgx.Conn
	for {
		conn, err := w.primary.Admin(t.Context(), "postgres")
		if err != nil {
			break
		}
		held = append(held, conn)
		require.Less(t, len(held), 100, "the server has no limit")
	}
	require.NotEmpty(t, held)
	t.Cleanup(func() {
		for _, conn := range held {
			_ = conn.Close(context.WithoutCancel(t.Context()))
		}
	})
	return held[0]
}

// calm gives back what requirePatience took, and waits until all is well.
func (w *functionWorld) calm() {
	w.t.Helper()
	w.stream.Thaw()
	w.aws.Faults().Clear()
	w.within(5*time.Minute, "all is green again", func(a command.Answer) bool {
		o := a.View.State.Watch
		return o.SQL.Class == decide.ClassOK && o.WAL.Class == decide.ClassStreaming && len(a.View.NotGreen) == 0
	})
}

// goSilent takes the primary's region away: its database, its replication and
// all of its APIs, Route 53's and IAM's control planes among them.
func (w *functionWorld) goSilent() {
	w.peering.Freeze()
	w.stream.Freeze()
	w.aws.Faults().Add(api.Scope{Region: awayRegion}, api.BlackHole())
}

func requireFailover(t *testing.T, w *functionWorld) {
	t.Helper()
	w.calm()
	w.goSilent()
	gone := w.clock.Now()
	a := w.within(12*time.Minute, "failed over", func(a command.Answer) bool { return a.View.State.Last != nil })

	last := a.View.State.Last
	t.Logf("silent at 0 s; steps: %s", steps(last, gone))
	require.Equal(t, engine.OutcomeDone, last.Outcome)
	require.Equal(t, decide.EvidenceSilent, last.Decision.Evidence)
	require.GreaterOrEqual(t, last.ClaimedAt.Sub(gone), 110*time.Second, "not before the policy's window")
	require.Equal(t, engine.SiteReplica, a.View.State.Writer.Site)
	require.Equal(t, w.variables()["PGDR_REPLICA_DB_RESOURCE_ID"], a.View.State.Writer.ResourceID)
	require.Equal(t, engine.FenceOwed, last.Fence)
	require.Contains(t, a.View.State.Debts, engine.DebtFence)
	require.Equal(t, 1, w.called(api.RDS, "PromoteReadReplica"))
	require.Greater(t, last.Proof.Timeline, 1, "PostgreSQL itself was promoted")
	var recovering bool
	require.NoError(t, w.replica.QueryRow(t.Context(), "SELECT pg_is_in_recovery()", nil, &recovering))
	require.False(t, recovering)
	require.False(t, w.only("aws_db_instance", homeRegion).Attrs.Has("replicate_source_db"))

	require.EqualValues(t, 1, w.gauge("ActiveWriter"))
	w.within(2*time.Minute, "the owed fence is published", func(command.Answer) bool { return w.gauge("FencingOwed") == 1 })
	require.Equal(t, map[string]int{"primary-dev": 100, "replica-dev": 0}, w.weights(), "Route 53's control plane is in the silent region")
	require.NotEmpty(t, w.notices("replica-db-dev"), "people were told")
	w.within(2*time.Minute, "it is in the journal", func(a command.Answer) bool {
		_, owed := a.View.State.Debts[engine.DebtJournal]
		return !owed
	})
	history := w.ask(`{"action":"history"}`)
	require.Len(t, history.History, 1)
	require.Equal(t, last.ID, history.History[0].ID)
}

// steps words when each step was done, in seconds on the world's clock.
func steps(f *engine.Failover, from time.Time) string {
	var words []string
	for _, s := range []engine.Step{engine.StepClaim, engine.StepPreflight, engine.StepFence, engine.StepPromote, engine.StepAwait,
		engine.StepVerify, engine.StepSwitch, engine.StepPosture, engine.StepSecret, engine.StepNotify, engine.StepDone} {
		if at, ok := f.Times[s]; ok {
			words = append(words, fmt.Sprintf("%s %.0f s", s, at.Sub(from).Seconds()))
		}
	}
	return strings.Join(words, ", ")
}

// gauge is the last value of one of the guard's metrics; -1 without any.
func (w *functionWorld) gauge(name string) float64 {
	id := metrics.ID{Region: homeRegion, Namespace: "PGDR/dev", Name: name, Dimensions: metrics.Dimensions(map[string]string{"Environment": "dev"})}
	if p, ok := w.aws.Metrics().Last(id); ok {
		return p.Value
	}
	return -1
}

// weights of the writer's records by the site that they lead to.
func (w *functionWorld) weights() map[string]int {
	found := map[string]int{}
	for _, r := range w.cloud.Resources("aws_route53_record") {
		for _, policy := range r.Attrs.Blocks("weighted_routing_policy") {
			found[r.Attrs.Str("set_identifier")] = policy.Int("weight")
		}
	}
	return found
}

// notices are the messages to people that contain a text.
func (w *functionWorld) notices(text string) []string {
	var all []string
	for _, m := range w.aws.Messages() {
		if strings.Contains(m.Subject+m.Body, text) {
			all = append(all, m.Subject)
		}
	}
	return all
}

func requireFencePaid(t *testing.T, w *functionWorld) {
	t.Helper()
	w.aws.Faults().Clear()
	w.peering.Thaw()
	a := w.within(8*time.Minute, "nothing is owed", func(a command.Answer) bool { return len(a.View.State.Debts) == 0 })
	require.Equal(t, engine.FenceConfirmed, a.View.State.Last.Fence)
	require.Equal(t, 1, w.called(api.RDS, "PromoteReadReplica"), "promoted once")
	require.Positive(t, w.called(api.EC2, "CreateNetworkAclEntry"))
	require.Equal(t, map[string]int{"primary-dev": 0, "replica-dev": 100}, w.weights())
	require.Contains(t, []string{"stopping", "stopped"}, w.only("aws_db_instance", awayRegion).Attrs.Str("status"))
	w.within(3*time.Minute, "the paid fence is published", func(command.Answer) bool { return w.gauge("FencingOwed") == 0 })
	require.EqualValues(t, 1, w.gauge("ActiveWriter"))
	promoted := w.only("aws_db_instance", homeRegion).Attrs
	require.Equal(t, 7, promoted.Int("backup_retention_period"))
	require.Empty(t, a.View.State.Outbox, "every notice was delivered")
}
