package guardclient_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/functions/failover/handler"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/internal/guardclient"
	twinlambda "github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/simclock"
)

// variableLedger holds the file that is the test function's ledger; with it
// set the test program is a Lambda function.
const variableLedger = "OPERATOR_TEST_LEDGER"

func TestMain(m *testing.M) {
	file := os.Getenv(variableLedger)
	if file == "" {
		os.Exit(m.Run())
	}
	g := guard{ledger: file}
	lambda.Start(handler.Function{Guard: &command.Handler{
		Guard: g, Checker: g, Build: command.Build{Version: "test"}, Environment: "dev", Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}}.Handle)
}

// guard is a small one: its ledger is a file, its failover takes two steps. Of
// the function only what looks at databases and AWS is missing.
type guard struct{ ledger string }

func (g guard) read() engine.State {
	st := engine.State{
		Version: 1, Writer: engine.Member{Site: engine.SitePrimary, Identifier: "primary-db-dev", ResourceID: "db-P"},
		Replica: engine.Member{Site: engine.SiteReplica, Identifier: "replica-db-dev", ResourceID: "db-R"},
	}
	raw, err := os.ReadFile(g.ledger)
	if errors.Is(err, fs.ErrNotExist) {
		return st
	}
	if err == nil {
		err = json.Unmarshal(raw, &st)
	}
	if err != nil {
		panic(err)
	}
	return st
}

// write replaces the ledger at once, as others read it meanwhile.
func (g guard) write(st engine.State) {
	raw, err := json.Marshal(st)
	if err == nil {
		err = os.WriteFile(g.ledger+".new", raw, 0o600)
	}
	if err == nil {
		err = os.Rename(g.ledger+".new", g.ledger)
	}
	if err != nil {
		panic(err)
	}
}

func (g guard) view() engine.View {
	return engine.View{State: g.read(), Decision: decide.Decision{Verdict: decide.Nothing, Evidence: decide.EvidenceAlive, At: time.Now()}}
}

func (g guard) Status(context.Context) engine.View { return g.view() }

func (g guard) Look(_ context.Context, req *decide.Request) engine.View {
	v := g.view()
	v.Decision.Verdict = decide.Promote
	if !req.Force {
		v.Decision.Verdict, v.Decision.Refusals = decide.Refuse, []refusal.Refusal{refusal.New(refusal.PrimaryAlive, "it answers")}
	}
	return v
}

func (g guard) Order(ctx context.Context, req decide.Request) (engine.View, error) {
	v := g.Look(ctx, &req)
	if v.Decision.Verdict != decide.Promote {
		return v, v.Decision.Refusals[0]
	}
	st, now := g.read(), time.Now()
	st.Epoch++
	st.Failover = &engine.Failover{
		ID: "failover-1", Epoch: st.Epoch, Step: engine.StepPromote, From: st.Writer, To: st.Replica, Request: &req, Decision: v.Decision,
		ClaimedAt: now, Deadline: now.Add(time.Minute), Times: map[engine.Step]time.Time{engine.StepClaim: now},
	}
	g.write(st)
	return v, nil
}

func (g guard) Tick(context.Context, string) engine.Report {
	time.Sleep(100 * time.Millisecond)
	st, now := g.read(), time.Now()
	f := st.Failover
	f.Times[engine.StepPromote], f.Step, f.Outcome, f.EndedAt, f.Fence = now, engine.StepDone, engine.OutcomeDone, now, engine.FenceConfirmed
	st.Writer, st.Failover, st.Last = f.To, nil, f
	g.write(st)
	return engine.Report{Failover: f.ID}
}

func (g guard) Pause(_ context.Context, p engine.Pause) error {
	st := g.read()
	p.At = time.Now()
	st.Pause = &p
	g.write(st)
	return nil
}

func (g guard) Resume(context.Context) error { return nil }

func (g guard) Arm(context.Context) (engine.View, error) {
	return g.view(), refusal.New(refusal.NotGreen, "the replica receives no WAL")
}

func (g guard) Disarm(context.Context) error { panic("a bug") }

func (g guard) Abandon(context.Context, string) error { panic("a bug") }

func (g guard) Adopt(_ context.Context, id string) error {
	return fmt.Errorf("adopt %s: %w", id, refusal.New(refusal.WriterMismatch, "no such instance"))
}

func (g guard) History(context.Context, int) ([]engine.Entry, error) {
	st := g.read()
	if st.Last == nil {
		return nil, nil
	}
	return []engine.Entry{{ID: st.Last.ID, Failover: *st.Last}}, nil
}

func (g guard) Check(context.Context) ([]readiness.Finding, error) {
	return []readiness.Finding{{Check: "records", Verdict: readiness.Failed, Reason: "gone", Remedy: "deploy again"}}, nil
}

// deployed has a guard run behind Lambda's API on this machine, and leads the
// SDK there.
func deployed(t *testing.T) {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	account := lambdatest.Apply(t, "../../stacks/testdata/golden", clock)
	program, err := os.Executable()
	require.NoError(t, err)
	ledger := filepath.Join(t.TempDir(), "ledger.json")
	m, err := twinlambda.New(twinlambda.Options{
		Cloud: account.Cloud, Metrics: &metrics.Store{}, Clock: clock, AWS: http.NotFoundHandler(),
		Program: func(sim.Resource) ([]string, map[string]string, error) {
			return []string{program}, map[string]string{variableLedger: ledger}, nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	server := httptest.NewServer(m.API())
	t.Cleanup(server.Close)
	credentials(t, server.URL)
}

// credentials are those of a test, and no others are looked for.
func credentials(t *testing.T, endpoint string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "AKIAPERSON0000000001", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
}

// person is one on call.
func person(t *testing.T, environment string) (*guardclient.Operator, *bytes.Buffer) {
	t.Helper()
	target := guardclient.Target{Environment: environment, Region: lambdatest.Home, Account: "123456789012", Flags: []string{"-e", environment}}
	invoker, err := guardclient.Dial(t.Context(), target)
	require.NoError(t, err)
	out := &bytes.Buffer{}
	return &guardclient.Operator{Target: target, Invoker: invoker, Out: out, By: "ann"}, out
}

func TestOperator_ReachesTheFunctionThroughTheSDK(t *testing.T) {
	deployed(t)
	o, out := person(t, "dev")
	ctx := t.Context()
	require.ErrorIs(t, o.Status(ctx), guardclient.ErrAct)
	require.Contains(t, out.String(), "ACTION: ")
	require.Contains(t, out.String(), "Writer:   primary-db-dev at the primary site (db-P)")
	require.NoError(t, o.Change(ctx, event.Command{Action: event.Pause, Reason: "upgrade", For: 30 * time.Minute}))
	require.Regexp(t, `PAUSED until .* by ann: upgrade`, out.String())
	require.ErrorIs(t, o.Check(ctx), guardclient.ErrNotReady)
	err := o.Change(ctx, event.Command{Action: event.Arm})
	require.ErrorIs(t, err, refusal.Refusal{Name: refusal.NotGreen})
	require.Equal(t, guardclient.ExitRefused, guardclient.ExitCode(err))
	require.ErrorIs(t, o.Change(ctx, event.Command{Action: event.Arm, Writer: "X"}), refusal.Refusal{Name: refusal.CommandInvalid}, "by the function's own parser")

	out.Reset()
	require.ErrorIs(t, o.Failover(ctx, guardclient.Overrides{}), refusal.Refusal{Name: refusal.PrimaryAlive})
	require.ErrorIs(t, o.DryRun(ctx, guardclient.Overrides{}), refusal.Refusal{Name: refusal.PrimaryAlive})
	require.Contains(t, out.String(), "  drctl guard failover -e dev --force --yes\n")
	out.Reset()
	require.NoError(t, o.Failover(ctx, guardclient.Overrides{Force: true}))
	require.Contains(t, out.String(), "promote done")
	require.Contains(t, out.String(), "the writer is replica-db-dev at the replica site (db-R)")
	require.NoError(t, o.History(ctx, 5))
	require.Contains(t, out.String(), "from primary-db-dev to replica-db-dev, by ann, force")
}

func TestOperator_SaysWhatWasTriedAndWhatToDo(t *testing.T) {
	deployed(t)
	ask := func(o *guardclient.Operator, a event.Action) *guardclient.AskError {
		err := o.Change(t.Context(), event.Command{Action: a})
		require.Equal(t, guardclient.ExitUnasked, guardclient.ExitCode(err))
		var unasked *guardclient.AskError
		require.ErrorAs(t, err, &unasked)
		require.ErrorContains(t, err, "could not ask failover-function-")
		require.ErrorContains(t, err, "Next: "+unasked.Next)
		return unasked
	}
	o, _ := person(t, "staging")
	e := ask(o, event.Resume)
	require.Equal(t, "there is no such function", e.Problem)
	require.False(t, e.Maybe)
	require.Contains(t, e.Next, "--region")

	o, _ = person(t, "dev")
	e = ask(o, event.Disarm)
	require.Contains(t, e.Problem, "the function failed")
	require.Contains(t, e.Problem, "a bug")
	require.Contains(t, e.Next, "/aws/lambda/failover-function-dev")
	require.True(t, e.Maybe)

	o, _ = person(t, "dev")
	o.Target.Account = "210987654321"
	o.Invoker = dial(t, o.Target)
	e = ask(o, event.Resume)
	require.Equal(t, "the credentials are not accepted", e.Problem)
	require.False(t, e.Maybe)
}

func dial(t *testing.T, target guardclient.Target) guardclient.Invoker {
	t.Helper()
	invoker, err := guardclient.Dial(t.Context(), target)
	require.NoError(t, err)
	return invoker
}

// answering is an endpoint that answers every call so, and counts them.
func answering(t *testing.T, status int, kind, body string) *int {
	t.Helper()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		if kind != "" {
			w.Header().Set("X-Amzn-Errortype", kind)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	credentials(t, server.URL)
	return &calls
}

func TestLambda_SendsAnOrderOnceAndAQuestionAgain(t *testing.T) {
	calls := answering(t, http.StatusInternalServerError, "ServiceException", `{"Type":"Service","Message":"busy"}`)
	o, _ := person(t, "dev")
	var e *guardclient.AskError
	require.ErrorAs(t, o.Change(t.Context(), event.Command{Action: event.Resume}), &e)
	require.Equal(t, 1, *calls)
	require.True(t, e.Maybe, "a server that fails may have done it")
	require.ErrorAs(t, o.Status(t.Context()), &e)
	require.Greater(t, *calls, 2)
}

func TestLambda_TellsErrorsApart(t *testing.T) {
	for name, c := range map[string]struct {
		status           int
		kind, body, want string
		maybe            bool
	}{
		"throttled":    {http.StatusTooManyRequests, "TooManyRequestsException", `{"message":"Rate Exceeded."}`, "Lambda is throttling", false},
		"forbidden":    {http.StatusForbidden, "AccessDeniedException", `{"Message":"no"}`, "the credentials are not accepted", false},
		"expired":      {http.StatusForbidden, "ExpiredTokenException", `{"message":"The security token included in the request is expired"}`, "the credentials are not accepted", false},
		"our fault":    {http.StatusBadRequest, "InvalidParameterValueException", `{"message":"no"}`, "Lambda answered with an error", false},
		"not ours":     {http.StatusOK, "", `<html>`, "its answer can't be read", true},
		"no guard's":   {http.StatusOK, "", `{"hello":"world"}`, "its answer can't be read", true},
		"another's":    {http.StatusOK, "", `"hello"`, "its answer can't be read", true},
		"nothing said": {http.StatusOK, "", ``, "its answer can't be read", true},
	} {
		t.Run(name, func(t *testing.T) {
			answering(t, c.status, c.kind, c.body)
			o, _ := person(t, "dev")
			var e *guardclient.AskError
			require.ErrorAs(t, o.Change(t.Context(), event.Command{Action: event.Resume}), &e)
			require.Contains(t, e.Problem, c.want)
			require.Equal(t, c.maybe, e.Maybe)
		})
	}
}

func TestLambda_SaysThatNobodyAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	credentials(t, server.URL)
	o, _ := person(t, "dev")
	var e *guardclient.AskError
	require.ErrorAs(t, o.Change(t.Context(), event.Command{Action: event.Resume}), &e)
	require.Equal(t, "no answer", e.Problem)
	require.True(t, e.Maybe)
	require.Contains(t, e.Next, "eu-west-1")
}

func TestDial_SaysThatThereAreNoCredentials(t *testing.T) {
	credentials(t, "http://127.0.0.1:1")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := guardclient.Dial(t.Context(), guardclient.Target{Environment: "dev", Region: "eu-west-1"})
	require.Equal(t, guardclient.ExitUnasked, guardclient.ExitCode(err))
	require.ErrorContains(t, err, "found no AWS credentials")
	require.ErrorContains(t, err, "AWS_PROFILE")
}
