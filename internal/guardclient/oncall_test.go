package guardclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// with changes a view.
func with(v engine.View, change func(*engine.View)) engine.View {
	change(&v)
	return v
}

// standing is a failover that something holds up.
func standing(name refusal.Name) engine.View {
	return with(darkRegion(decide.Refuse), func(v *engine.View) {
		v.State.Failover = failover(engine.StepFence)
		v.State.Failover.Standing = refuse(name, "x")
	})
}

// obstacle is a quiet night on which a failover would be refused.
func obstacle(name refusal.Name) engine.View {
	return with(healthy(), func(v *engine.View) { v.Decision.Refusals = append(v.Decision.Refusals, refusal.New(name, "x")) })
}

func TestJudge_MapsEveryStateToAVerdictAndANextStep(t *testing.T) {
	for name, c := range map[string]struct {
		view          engine.View
		verdict, next string
	}{
		"armed":                   {healthy(), "OK: armed", "Nothing to do"},
		"manual":                  {obstacle(refusal.ModeManual), "OK: armed, in manual mode", "until it asks"},
		"a backup of the replica": {obstacle(refusal.ReplicaBusy), "OK: armed", "Nothing to do"},
		"between two invocations": {with(obstacle(refusal.PositionUnknown), func(v *engine.View) {
			v.Decision.Evidence, v.Decision.Verdict = decide.EvidenceIncomplete, decide.Wait
		}), "OK: armed", "Nothing to do"},
		"position unknown while the primary is seen": {obstacle(refusal.PositionUnknown), "ACTION: armed, but a failover would be refused: replica-position-unknown", ""},
		"replica gone":   {obstacle(refusal.ReplicaMissing), "ACTION: armed, but a failover would be refused: replica-missing", ""},
		"over the limit": {obstacle(refusal.DataLossOverLimit), "ACTION: armed, but a failover would be refused: data-loss-over-limit", ""},
		"readiness":      {with(healthy(), func(v *engine.View) { v.State.Readiness.Failing = []string{"records"} }), "ACTION: armed, but readiness fails: records", "drctl guard check -e prod"},
		"ledger":         {with(healthy(), func(v *engine.View) { v.LedgerError = "no answer" }), "ACTION: the guard can't read its ledger", "DynamoDB"},
		"blank":          {with(healthy(), func(v *engine.View) { v.State.Writer = engine.Member{} }), "ACTION: not armed, the guard does not know the writer yet", "drctl guard check -e prod"},
		"no checks": {with(healthy(), func(v *engine.View) { v.Decision.At = at.Add(6 * time.Minute) }),
			"ACTION: the guard has not checked the database for 6m3s, automatic failover is not running", "schedule rule"},
		"not armed": {with(healthy(), func(v *engine.View) { v.State.Arming = decide.Arming{} }), "ACTION: not armed", "drctl guard arm -e prod"},
		"not green": {with(healthy(), func(v *engine.View) { v.State.Arming, v.NotGreen = decide.Arming{}, []string{"there is no replica"} }), "ACTION: not armed: there is no replica", "drctl guard check -e prod"},
		"disarmed":  {with(healthy(), func(v *engine.View) { v.State.Arming.Held = true }), "ACTION: not armed, an operator has disarmed the guard", "drctl guard arm -e prod"},
		"another":   {with(healthy(), func(v *engine.View) { v.State.Arming.ArmedFor = "db-OLD" }), "ACTION: not armed for this writer", "drctl guard check -e prod"},
		"paused": {with(healthy(), func(v *engine.View) {
			v.State.Pause = &engine.Pause{By: "ann", At: at, Until: at.Add(30 * time.Minute)}
		}), "ACTION: paused until 03:42:45Z by ann, automatic failover is off", "drctl guard resume -e prod"},
		"pause over": {with(healthy(), func(v *engine.View) {
			v.State.Pause = &engine.Pause{By: "ann", At: ago(time.Hour), Until: ago(time.Minute)}
		}), "OK: armed", "Nothing to do"},
		"cooldown": {with(healthy(), func(v *engine.View) { v.State.CooldownUntil = at.Add(time.Minute) }), "ACTION: no automatic failover until 03:13:45Z (cooldown)", "drctl guard history -e prod"},
		"unfence": {with(healthy(), func(v *engine.View) {
			v.State.Debts = map[engine.DebtKind]engine.Debt{engine.DebtUnfence: {}, engine.DebtJournal: {}}
		}), "ACTION: the primary is still fenced", ""},
		"journal": {with(healthy(), func(v *engine.View) {
			v.State.Debts = map[engine.DebtKind]engine.Debt{engine.DebtJournal: {}}
		}), "ACTION: armed, but the last failover's work is pending: journal", "drctl guard check -e prod"},
		"waiting":       {darkRegion(decide.Wait, refusal.New(refusal.WindowOpen, "x")), "WAIT: the primary is silent, the guard is judging, until 03:13:10Z", "drctl guard status -e prod --watch"},
		"waiting, held": {darkRegion(decide.Wait, refusal.New(refusal.WindowOpen, "x"), refusal.New(refusal.Paused, "x")), "ACTION: the primary is silent, and a failover would be refused: paused", "drctl guard failover -e prod --dry-run"},
		"asks":          {darkRegion(decide.Ask, refusal.New(refusal.AskRegionSilent, "x")), "ACTION: the guard asks whether to fail over", "drctl guard failover -e prod --dry-run"},
		"refuses":       {darkRegion(decide.Refuse, refusal.New(refusal.Disarmed, "x")), "ACTION: the guard refuses to fail over: disarmed", "drctl guard failover -e prod --dry-run"},
		"goes":          {darkRegion(decide.Promote), "FAILOVER starts at the guard's next check", "--follow"},
		"isolated":      {with(darkRegion(decide.Wait), func(v *engine.View) { v.Decision.Evidence = decide.EvidenceIsolated }), "ACTION: the guard is cut off", "NAT gateway"},
		"not writable": {with(healthy(), func(v *engine.View) {
			v.Decision.Evidence, v.State.Watch.SQL.Class = decide.EvidenceNotWritable, decide.ClassDiskFull
		}), "ACTION: the writer answers but takes no writes (disk-full)", "disk"},
		"ordered":       {with(darkRegion(decide.Wait), func(v *engine.View) { v.State.Order = &engine.Order{Expires: at.Add(time.Minute)} }), "FAILOVER ordered, waits at most until 03:13:45Z", "--follow"},
		"order expired": {with(healthy(), func(v *engine.View) { v.State.Order = &engine.Order{Expires: at} }), "OK: armed", ""},
		"in progress": {with(darkRegion(decide.Refuse), func(v *engine.View) {
			v.State.Failover, v.Decision.At = failover(engine.StepAwait), at.Add(47*time.Second)
		}), "FAILOVER in progress for 47s, at await-writer", "drctl guard status -e prod --follow"},
		"retried": {standing(refusal.PromoteRefused), "FAILOVER in progress for 0s, at fence, the guard retries after promote-refused", "--follow"},
		"blocked": {standing(refusal.FenceFailed), "ACTION: failover in progress, blocked at fence by fence-failed", "drctl guard failover -e prod --dry-run"},
		"abandoned": {with(darkRegion(decide.Refuse), func(v *engine.View) {
			v.State.Failover = failover(engine.StepAwait)
			v.State.Failover.Abandoned = &engine.Abandonment{}
		}), "FAILOVER abandoned", "--follow"},
		"not promoted": {with(darkRegion(decide.Refuse), func(v *engine.View) {
			v.State.Failover = failover(engine.StepAwait)
			v.State.Failover.MaybeSent = true
			v.State.Watch.SQL.LastSample, v.Decision.At = at.Add(21*time.Minute), at.Add(21*time.Minute)
		}), "ACTION: failover in progress, not promoted after 21m0s", "drctl guard abandon -e prod"},
		"failed over": {with(healthy(), func(v *engine.View) { v.State.Writer = replica }), "ACTION: failed over, not protected: there is no replica", "docs/runbook.md"},
		"failed over, unfenced": {with(healthy(), func(v *engine.View) {
			v.State.Writer, v.State.Debts = replica, map[engine.DebtKind]engine.Debt{engine.DebtFence: {}}
		}), "ACTION: failed over, the old primary is not fenced", "old primary's own address"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Judge(prod, c.view)
			require.True(t, strings.HasPrefix(got.String(), c.verdict), got.String())
			require.NotEmpty(t, got.Next)
			require.Contains(t, got.Next, c.next)
			require.NotContains(t, got.String()+got.Next, "\n", "a line each")
			o, _, out := operatorOf(always(command.Answer{View: &c.view}))
			code := ExitCode(o.Status(t.Context()))
			require.Equal(t, strings.HasPrefix(c.verdict, "ACTION"), code == ExitAct)
			require.Equal(t, !strings.HasPrefix(c.verdict, "ACTION"), code == ExitDone)
			require.True(t, strings.HasPrefix(out.String(), got.String()+"\nNext:     "+got.Next+"\n"), "the status begins with it: %s", out)
		})
	}
}

// A refusal that is new to the guard is not taken for one that passes.
func TestJudge_AnUnknownRefusalNeedsAnOperator(t *testing.T) {
	v := healthy()
	v.Decision.Refusals = []refusal.Refusal{{Name: "new-one", Next: "Look."}}
	require.Equal(t, Verdict{LevelAction, "armed, but a failover would be refused: new-one", "Look."}, Judge(prod, v))
}

func TestStatus_ColoursTheVerdictByLevel(t *testing.T) {
	require.True(t, strings.HasPrefix(Status(prod, healthy(), true), "\x1b[1;32mOK: armed\x1b[0m\n"))
	require.True(t, strings.HasPrefix(Status(prod, standing(refusal.FenceFailed), true), "\x1b[1;31mACTION: "))
	require.True(t, strings.HasPrefix(Status(prod, standing(refusal.PromoteRefused), true), "\x1b[1;33mFAILOVER in progress"))
	require.True(t, strings.HasPrefix(Status(prod, darkRegion(decide.Wait), true), "\x1b[1;33mWAIT: "))
}

// watched is what --watch prints in some seconds; the second question is not
// answered.
func watched(t *testing.T, terminal bool) (out string, asked int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := healthy()
		var guard *fake
		o, guard, screen := operatorOf(func(event.Command) (command.Answer, error) {
			if asked++; asked == 2 {
				return command.Answer{}, &AskError{Target: prod, Problem: "no answer", Next: "wait"}
			}
			return command.Answer{View: &v}, nil
		})
		require.NotNil(t, guard)
		ctx, cancel := context.WithTimeout(t.Context(), 2*pollEvery+time.Second)
		defer cancel()
		err := o.Watch(ctx, terminal)
		require.Equal(t, ExitStopped, ExitCode(err))
		out = screen.String()
	})
	return out, asked
}

func TestWatch_PrintsABlockATimeWhereThereIsNoTerminal(t *testing.T) {
	out, asked := watched(t, false)
	require.Equal(t, 3, asked)
	require.Equal(t, 2, strings.Count(out, "OK: armed\nNext:"))
	require.Equal(t, 1, strings.Count(out, "\n\nNO ANSWER at "), "it is told of, and asked again")
	require.NotContains(t, out, "\x1b")
}

func TestWatch_RepaintsATerminal(t *testing.T) {
	out, _ := watched(t, true)
	require.True(t, strings.HasPrefix(out, ClearScreen+cursorHome+"OK: armed"+clearLine+"\n"), "%q", out)
	require.Equal(t, 1, strings.Count(out, ClearScreen), "later pictures do not flicker")
	require.Equal(t, 3, strings.Count(out, cursorHome))
	require.Equal(t, 3, strings.Count(out, clearBelow), "what a longer picture left is erased")
}

func TestWatch_EndsWhereTheFirstQuestionIsNotAnswered(t *testing.T) {
	o, _, out := operatorOf(func(event.Command) (command.Answer, error) { return command.Answer{}, &AskError{Target: prod} })
	require.Equal(t, ExitUnasked, ExitCode(o.Watch(t.Context(), true)))
	require.Empty(t, out.String())
}

func TestConfirm_EndsWithTheContext(t *testing.T) {
	in, keyboard := io.Pipe() // at which no one types
	t.Cleanup(func() { _ = keyboard.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Confirm(ctx, in, &bytes.Buffer{}, prod, "It does."), ErrUnconfirmed)
}

func TestAskError_HasAPlainSentenceAndKeepsTheCause(t *testing.T) {
	sdk := func(service string, err error) error {
		return &smithy.OperationError{ServiceID: service, OperationName: "Invoke", Err: fmt.Errorf("https response error StatusCode: 0, RequestID: , %w", err)}
	}
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	for want, cause := range map[string]error{
		"x: AccessDeniedException: not authorized": sdk("Lambda", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}),
		"x: Throttled":         sdk("Lambda", &smithy.GenericAPIError{Code: "Throttled"}),
		"x: no answer in time": sdk("Lambda", context.DeadlineExceeded),
		"x: the name lambda.example can't be resolved": sdk("Lambda", &net.OpError{Op: "dial", Err: &net.DNSError{Name: "lambda.example"}}),
		"x: 127.0.0.1:1: connection refused":           sdk("Lambda", &net.OpError{Op: "dial", Addr: address, Err: errors.New("connection refused")}),
		"x":                                            sdk("ec2imds", &net.OpError{Op: "dial", Addr: address, Err: errors.New("connection refused")}),
		"x: profile nope does not exist":               errors.New("profile nope does not exist"),
	} {
		e := &AskError{Target: prod, Problem: "x", Next: "wait", Err: cause}
		require.Equal(t, "could not ask "+prod.String()+": "+want+"\n  Next: wait", e.Error())
		require.Equal(t, cause.Error(), Cause(e))
	}
	require.Equal(t, "could not ask "+prod.String()+": x\n  Next: wait", (&AskError{Target: prod, Problem: "x", Next: "wait", Err: sdk("Lambda", errors.New("y"))}).Error())
	require.Empty(t, Cause(&AskError{}))
}
