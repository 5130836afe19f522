//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/terraform"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// What is waited for at most, in the target's own time.
const (
	readyWithin    = time.Hour
	failoverWithin = 30 * time.Minute
	settledWithin  = time.Hour
	lookEvery      = 15 * time.Second
	// answerWithin is for one query: a lost server never answers.
	answerWithin = 30 * time.Second
	// switchedWithin is for applications to find the new writer: the alarm,
	// the health check that follows it, the record's TTL.
	switchedWithin = 10 * time.Minute
)

// destroyWithin is for a destruction, in this machine's time: two databases
// of RDS take the better part of an hour.
const destroyWithin = 2 * time.Hour

// TestEnvironment is an environment's whole life, in stages.
func TestEnvironment(t *testing.T) {
	// An interrupt ends the stage, and then what was deployed is destroyed.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := newEnvironment(ctx, t)
	defer func() { require.NoError(t, e.target.close()) }()
	s := newStages(t, e.target.name(), e.dir)
	defer s.report()
	defer e.end(t, s)

	s.run("synth", func() []string { return e.synth(ctx, t) })
	s.run("deploy", func() []string { return e.deploy(ctx, t) })
	s.run("outputs", func() []string { return e.outputs(ctx, t) })
	s.run("replan", func() []string { return e.noChanges(ctx, t) })
	s.run("connect", func() []string { return e.connect(ctx, t) })
	s.run("ready", func() []string { return e.ready(ctx, t) })
	s.run("failover", func() []string { return e.failover(ctx, t) })
	s.run("failed_over", func() []string { return e.failedOver(ctx, t) })
}

// end destroys what the suite made, whatever happened before. It has a time of
// its own: the test's is over after an interrupt.
func (e *environment) end(t *testing.T, s *stages) {
	t.Helper()
	if !e.target.ours() {
		t.Log("stage destroy: nothing was deployed by this suite, so nothing is destroyed")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), destroyWithin)
	defer cancel()
	if e.struck {
		require.NoError(t, e.target.over(ctx))
	}
	s.run("destroy", func() []string { return e.destroy(ctx, t) })
}

func (e *environment) synth(ctx context.Context, t *testing.T) []string {
	t.Helper()
	require.NoError(t, os.MkdirAll(e.outdir(), 0o750))
	require.NoError(t, e.run(ctx, "go", "run", "."))
	for _, role := range roles {
		out, err := terraform.InitContextE(t, ctx, e.terraform(role))
		require.NoError(t, err, out)
		out, err = terraform.ValidateContextE(t, ctx, e.terraform(role))
		require.NoError(t, err, out)
	}
	return nil
}

func (e *environment) deploy(ctx context.Context, t *testing.T) []string {
	t.Helper()
	require.NoError(t, e.target.claim(ctx))
	require.NoError(t, e.cdktf(ctx, "deploy"))
	return nil
}

// outputs are what people and other stacks read.
func (e *environment) outputs(ctx context.Context, t *testing.T) []string {
	t.Helper()
	east, west := e.config.Sites.Primary.Region, e.config.Sites.Replica.Region
	for role, wanted := range map[string]map[string]string{
		"primary": {
			"primary_database_endpoint": "." + east + ".rds.amazonaws.com",
			"primary_database_arn":      ":rds:" + east + ":",
			"database_secret_arn":       ":secretsmanager:" + east + ":",
			"route53_hosted_zone_id":    "Z",
			"database_cname":            "db.db-" + e.suffix() + ".internal",
		},
		"replica": {
			"replica_database_endpoint":   "." + west + ".rds.amazonaws.com",
			"replica_database_identifier": "replica-db-" + e.suffix(),
			"replica_vpc_id":              "vpc-",
			"failover_function_arn":       ":lambda:" + west + ":",
			"failover_ledger_table":       e.suffix(),
		},
	} {
		outputs, err := terraform.OutputAllContextE(t, ctx, e.terraform(role))
		require.NoError(t, err)
		for name, part := range wanted {
			require.Contains(t, fmt.Sprint(outputs[name]), part, name)
		}
	}
	return nil
}

// noChanges plans both stacks; the plan is shown if there is one.
func (e *environment) noChanges(ctx context.Context, t *testing.T) []string {
	t.Helper()
	for _, role := range roles {
		code, err := terraform.PlanExitCodeContextE(t, ctx, e.terraform(role))
		require.NoError(t, err)
		if code != terraform.DefaultSuccessExitCode {
			text, err := terraform.PlanContextE(t, ctx, e.terraform(role))
			require.Equal(t, terraform.DefaultSuccessExitCode, code, "the plan of %s (%v):\n%s", e.stack(role), err, text)
		}
	}
	return nil
}

// connect asks the database from both networks as applications do.
func (e *environment) connect(ctx context.Context, t *testing.T) (uncovered []string) {
	t.Helper()
	return e.fromBothNetworks(ctx, t, func(region, answer string) {
		require.Equal(t, "writer with TLS", answer, region)
	})
}

// whoAnswers tells whether the server takes writes, and whether the
// connection is encrypted.
const whoAnswers = `SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'writer' END || CASE WHEN ssl THEN ' with TLS' ELSE ' without TLS' END
	FROM pg_stat_ssl WHERE pid = pg_backend_pid()`

func (e *environment) fromBothNetworks(ctx context.Context, t *testing.T, check func(region, answer string)) (uncovered []string) {
	t.Helper()
	for _, region := range []string{e.config.Sites.Primary.Region, e.config.Sites.Replica.Region} {
		answer, err := e.query(ctx, region, whoAnswers)
		if errors.Is(err, errNotFromHere) {
			uncovered = append(uncovered, err.Error())
			continue
		}
		require.NoError(t, err, "from the network in %s", region)
		check(region, answer)
		if plain, ok := e.target.(interface {
			withoutTLS(ctx context.Context, region string) error
		}); ok {
			require.NoError(t, plain.withoutTLS(ctx, region))
		}
	}
	return uncovered
}

// query asks once, for as long as an application would wait.
func (e *environment) query(ctx context.Context, region, sql string) (string, error) {
	ctx, cancel := e.target.within(ctx, answerWithin)
	defer cancel()
	return e.target.query(ctx, region, sql)
}

// ready waits until the guard has armed itself, and every check is green.
func (e *environment) ready(ctx context.Context, t *testing.T) []string {
	t.Helper()
	e.await(ctx, t, readyWithin, "the guard to arm itself", func(ctx context.Context) (bool, string) {
		a, err := e.order(ctx, "status")
		if err != nil || a.View == nil {
			return false, fmt.Sprint(err)
		}
		return a.View.State.Arming.ArmedFor != "", fmt.Sprintf("not green: %v", a.View.NotGreen)
	})
	answer, err := e.order(ctx, "check")
	require.NoError(t, err)
	require.NotEmpty(t, answer.Findings)
	require.Empty(t, readiness.Failing(answer.Findings), "%+v", answer.Findings)
	require.Empty(t, readiness.Unread(answer.Findings), "%+v", answer.Findings)
	return nil
}

// failover lets the disaster happen and waits for the guard; what was
// acknowledged before must be there afterwards.
func (e *environment) failover(ctx context.Context, t *testing.T) (uncovered []string) {
	t.Helper()
	west := e.config.Sites.Replica.Region
	_, err := e.query(ctx, west, "SELECT 'here'")
	sql := !errors.Is(err, errNotFromHere)
	if !sql {
		uncovered = append(uncovered, err.Error())
	} else {
		require.NoError(t, err)
		e.writeRow(ctx, t, west)
	}
	e.struck = true
	require.NoError(t, e.target.disaster(ctx))
	e.await(ctx, t, failoverWithin, "the failover to be done", func(ctx context.Context) (bool, string) {
		a, err := e.order(ctx, "status")
		if err != nil || a.View == nil {
			return false, fmt.Sprint(err)
		}
		last := a.View.State.Last
		return last != nil && last.Outcome == engine.OutcomeDone, fmt.Sprintf("standing: %v", a.View.Standing)
	})
	if sql {
		e.await(ctx, t, switchedWithin, "the name to lead to the new writer", func(ctx context.Context) (bool, string) {
			answer, err := e.query(ctx, west, whoAnswers)
			return answer == "writer with TLS", fmt.Sprint(answer, err)
		})
		row, err := e.query(ctx, west, "SELECT note FROM integration_row")
		require.NoError(t, err)
		require.Equal(t, "before the disaster", row)
	}
	require.NoError(t, e.target.over(ctx))
	e.struck = false
	return uncovered
}

// writeRow writes what must outlive the disaster, and gives it the time to
// reach the replica: losing the last moment is allowed, losing this is not.
func (e *environment) writeRow(ctx context.Context, t *testing.T, region string) {
	t.Helper()
	_, err := e.query(ctx, region, `CREATE TABLE IF NOT EXISTS integration_row (note text)`)
	require.ErrorIs(t, err, pgxNoRows)
	note, err := e.query(ctx, region, `INSERT INTO integration_row VALUES ('before the disaster') RETURNING note`)
	require.NoError(t, err)
	require.Equal(t, "before the disaster", note)
	require.NoError(t, e.target.pause(ctx, time.Minute))
}

// failedOver waits until the guard has no pending work (the fence of a
// region that was silent, say); then both networks find the new writer, and
// Terraform has nothing to say.
func (e *environment) failedOver(ctx context.Context, t *testing.T) []string {
	t.Helper()
	e.await(ctx, t, settledWithin, "the guard to owe nothing", func(ctx context.Context) (bool, string) {
		a, err := e.order(ctx, "status")
		if err != nil || a.View == nil {
			return false, fmt.Sprint(err)
		}
		st := a.View.State
		return st.Failover == nil && len(st.Debts) == 0, fmt.Sprintf("owed: %v, standing: %v", st.Debts, a.View.Standing)
	})
	uncovered := e.fromBothNetworks(ctx, t, func(region, answer string) {
		require.Equal(t, "writer with TLS", answer, region)
	})
	return append(uncovered, e.noChanges(ctx, t)...)
}

// destroy removes both stacks; nothing may be left of them. After a failover
// the credentials' copy is no stack's any more: it is deleted as
// docs/integration.md tells users to.
func (e *environment) destroy(ctx context.Context, t *testing.T) []string {
	t.Helper()
	a, err := e.order(ctx, "status")
	failedOver := err == nil && a.View != nil && a.View.State.Last != nil && a.View.State.Last.Outcome == engine.OutcomeDone
	require.NoError(t, e.cdktf(ctx, "destroy"))
	if failedOver {
		require.NoError(t, e.target.discard(ctx))
	}
	for _, role := range roles {
		require.Empty(t, e.inState(ctx, t, role), "in the state of %s", e.stack(role))
	}
	left, err := e.target.left(ctx)
	require.NoError(t, err)
	require.Empty(t, left, "in the account")
	return nil
}

// order sends the guard a command.
func (e *environment) order(ctx context.Context, action string) (command.Answer, error) {
	var a command.Answer
	raw, err := e.target.invoke(ctx, `{"action":"`+action+`","by":"integration"}`)
	if err != nil {
		return a, fmt.Errorf("invoke the guard: %w", err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("read the guard's answer: %w", err)
	}
	if a.Refusal != nil {
		return a, fmt.Errorf("%s: %s", a.Refusal.Name, a.Refusal.Reason)
	}
	return a, nil
}

// await looks again and again until something holds, in the target's time.
func (e *environment) await(ctx context.Context, t *testing.T, within time.Duration, what string, holds func(context.Context) (bool, string)) {
	t.Helper()
	ctx, cancel := e.target.within(ctx, within)
	defer cancel()
	var seen []string
	for {
		ok, now := holds(ctx)
		if ok {
			return
		}
		if len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
		if err := e.target.pause(ctx, lookEvery); err != nil {
			require.NoError(t, err, "wait for %s; seen:\n%s", what, strings.Join(seen, "\n"))
		}
	}
}
