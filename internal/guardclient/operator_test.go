package guardclient

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Whatever is sent is read by the guard's own parser as what was meant.
func TestEvent_IsReadAsItWasMeant(t *testing.T) {
	for _, c := range []event.Command{
		{Action: event.Version}, {Action: event.Status, By: "ann"}, {Action: event.Check}, {Action: event.Resume, By: `a "b"`}, {Action: event.Disarm}, {Action: event.Abandon},
		{Action: event.Failover, DryRun: true}, {Action: event.Failover, Force: true, AllowDataLoss: true, Unfenced: true},
		{Action: event.Pause, Reason: "because", For: 90 * time.Minute}, {Action: event.Pause},
		{Action: event.Arm, Writer: "db-X"}, {Action: event.History, Limit: 3},
	} {
		raw, err := Event(c)
		require.NoError(t, err)
		e := event.Parse(raw, "prod")
		require.Nil(t, e.Refusal, "%s", raw)
		require.Equal(t, c, e.Command)
	}
}

// commands are all of them, as methods.
func commands() map[string]func(*testing.T, *Operator) error {
	return map[string]func(*testing.T, *Operator) error{
		"version": func(t *testing.T, o *Operator) error { t.Helper(); return o.Version(t.Context(), "v2") },
		"status":  func(t *testing.T, o *Operator) error { t.Helper(); return o.Status(t.Context()) },
		"check":   func(t *testing.T, o *Operator) error { t.Helper(); return o.Check(t.Context()) },
		"history": func(t *testing.T, o *Operator) error { t.Helper(); return o.History(t.Context(), 5) },
		"dry run": func(t *testing.T, o *Operator) error { t.Helper(); return o.DryRun(t.Context(), Overrides{}) },
		"arm": func(t *testing.T, o *Operator) error {
			t.Helper()
			return o.Change(t.Context(), event.Command{Action: event.Arm})
		},
		"pause": func(t *testing.T, o *Operator) error {
			t.Helper()
			return o.Change(t.Context(), event.Command{Action: event.Pause, Reason: "x"})
		},
	}
}

func TestCommands_TellARefusalWithItsReasonAndNextStep(t *testing.T) {
	for name, run := range commands() {
		t.Run(name, func(t *testing.T) {
			o, guard, out := operatorOf(always(command.Answer{Refusal: refuse(refusal.LedgerUnavailable, "dynamodb: no answer")}))
			err := run(t, o)
			require.Equal(t, ExitRefused, ExitCode(err))
			require.ErrorIs(t, err, refusal.Refusal{Name: refusal.LedgerUnavailable})
			require.True(t, strings.HasPrefix(out.String(), "REFUSED: ledger-unavailable\n  dynamodb: no answer\n  Next: Look at DynamoDB"), out)
			require.Len(t, guard.asked, 1)
		})
	}
}

func TestCommands_CannotAskWithoutAnAnswer(t *testing.T) {
	unasked := &AskError{Target: prod, Problem: "no answer", Next: "wait"}
	for name, run := range commands() {
		t.Run(name, func(t *testing.T) {
			o, _, out := operatorOf(func(event.Command) (command.Answer, error) { return command.Answer{}, unasked })
			err := run(t, o)
			require.Equal(t, ExitUnasked, ExitCode(err))
			require.ErrorIs(t, err, unasked)
			require.Empty(t, out.String())
		})
	}
}

func TestCommands_PrintTheAnswerAsItIs(t *testing.T) {
	bad := []readiness.Finding{{Check: "records", Verdict: readiness.Failed, Reason: "x"}}
	answer := command.Answer{Build: &command.Build{Version: "v1"}, View: new(healthy()), Findings: bad, History: []engine.Entry{{ID: "x"}}}
	for name, run := range commands() {
		t.Run(name, func(t *testing.T) {
			o, guard, out := operatorOf(always(answer))
			o.JSON = true
			code := ExitCode(run(t, o))
			raw, err := guard.Invoke(t.Context(), []byte(guard.asked[0]), true)
			require.NoError(t, err)
			require.Equal(t, string(raw)+"\n", out.String())
			want := map[string]int{"check": ExitBad, "dry run": ExitRefused}[name]
			require.Equal(t, want, code)
		})
	}
}

func TestCommands_SayWhenAnAnswerLacksWhatWasAskedFor(t *testing.T) {
	for _, name := range []string{"version", "status", "dry run"} {
		o, _, _ := operatorOf(always(command.Answer{}))
		err := commands()[name](t, o)
		require.Equal(t, ExitUnasked, ExitCode(err))
		require.ErrorContains(t, err, "drctl guard version")
	}
}

func TestCheck_EndsWithACodeOfItsOwnForABadFinding(t *testing.T) {
	for verdict, code := range map[readiness.Verdict]int{readiness.OK: ExitDone, readiness.Warning: ExitDone, readiness.Failed: ExitBad, readiness.Unknown: ExitBad} {
		o, _, _ := operatorOf(always(command.Answer{Findings: []readiness.Finding{{Check: "records", Verdict: verdict, Reason: "x"}}}))
		require.Equal(t, code, ExitCode(o.Check(t.Context())), verdict)
	}
}

func TestVersion_SaysWhenDrctlIsOfAnother(t *testing.T) {
	o, _, out := operatorOf(always(command.Answer{Build: &command.Build{Version: "v1", Go: "go1.26", Architecture: "arm64"}}))
	require.NoError(t, o.Version(t.Context(), "v1"))
	require.Equal(t, "failover-function-prod in eu-west-1, account 123456789012: v1 (go1.26, arm64)\n", out.String())
	require.NoError(t, o.Version(t.Context(), "v2"))
	require.Contains(t, out.String(), "drctl is v2")
}

func TestChange_TellsHowTheGuardStandsThen(t *testing.T) {
	v := healthy()
	v.State.Pause = &engine.Pause{By: "ann", Reason: "upgrade", At: at, Until: at.Add(30 * time.Minute)}
	o, guard, out := operatorOf(always(command.Answer{View: &v}))
	require.NoError(t, o.Change(t.Context(), event.Command{Action: event.Pause, Reason: "upgrade", For: 30 * time.Minute}))
	require.JSONEq(t, `{"action":"pause","by":"ann","reason":"upgrade","seconds":1800}`, guard.asked[0])
	require.False(t, guard.repeats[0])
	golden(t, "change-pause", out.String())
}

func TestChange_IsDoneThoughTheGuardIsNotHeardAfterwards(t *testing.T) {
	o, _, out := operatorOf(func(c event.Command) (command.Answer, error) {
		if c.Action == event.Status {
			return command.Answer{}, &AskError{Target: prod}
		}
		return command.Answer{}, nil
	})
	require.NoError(t, o.Change(t.Context(), event.Command{Action: event.Disarm}))
	require.Contains(t, out.String(), "drctl guard status -e prod")
}

func TestTarget_TypesWhatAShellReads(t *testing.T) {
	require.Equal(t, "-", Quote("-"))
	require.Equal(t, `'a b'`, Quote("a b"))
	require.Equal(t, `'it'\''s'`, Quote("it's"))
	require.Equal(t, `''`, Quote(""))
	require.Equal(t, "drctl guard failover -e prod --yes", prod.Type("failover", "--yes"))
}
