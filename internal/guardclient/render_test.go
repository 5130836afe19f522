package guardclient

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

func TestStatus_TellsHowThingsStand(t *testing.T) {
	for name, view := range map[string]func() engine.View{
		"status-healthy": healthy,
		"status-new": func() engine.View {
			v := healthy()
			v.State.Arming = decide.Arming{GreenFor: "db-PRIMARY", GreenSince: ago(4 * time.Minute), GreenSeen: at}
			v.State.Watch.Witness = decide.Path{}
			v.State.Watch.RDSAPI = answering(decide.ClassOK, 5*time.Minute)
			v.NotGreen = []string{"readiness has not been checked within 15m0s"}
			v.Decision.Refusals = append(v.Decision.Refusals, refusal.New(refusal.Disarmed, "the guard has not armed itself yet"))
			return v
		},
		"status-paused": func() engine.View {
			v := healthy()
			v.State.Pause = &engine.Pause{By: "ann", Reason: "major upgrade", At: ago(2 * time.Minute), Until: at.Add(28 * time.Minute)}
			v.State.CooldownUntil = at.Add(10 * time.Minute)
			v.Decision.Refusals = append(v.Decision.Refusals, refusal.New(refusal.ModeManual, "mode is \"manual\""), refusal.New(refusal.Paused, "an operator has paused the guard"))
			return v
		},
		"status-disarmed": func() engine.View {
			v := darkRegion(decide.Refuse, refusal.New(refusal.Disarmed, "an operator has disarmed the guard"))
			v.State.Arming = decide.Arming{Held: true}
			return v
		},
		"status-waiting": func() engine.View {
			return darkRegion(decide.Wait, refusal.New(refusal.WindowOpen, "silent for 95 s of 120 s"))
		},
		"status-under-way": func() engine.View {
			v := darkRegion(decide.Refuse, refusal.New(refusal.FailoverInFlight, "failover failover-3-20261123T031245Z is under way"))
			f := failover(engine.StepPromote)
			v.Decision.At = at.Add(47 * time.Second)
			f.Standing = refuse(refusal.PromoteRefused, "InvalidDBInstanceState: backing-up")
			v.State.Failover, v.Standing = f, []refusal.Refusal{*f.Standing}
			return v
		},
		"status-ordered": func() engine.View {
			v := darkRegion(decide.Wait, refusal.New(refusal.WindowOpen, "silent for 95 s of 120 s"))
			v.State.Order = &engine.Order{ID: "order-1", Request: decide.Request{By: "ann", AllowDataLoss: true}, At: ago(5 * time.Second), Expires: at.Add(595 * time.Second)}
			return v
		},
		"status-failed-over": func() engine.View {
			v := healthy()
			last := failover(engine.StepDone)
			last.Outcome, last.EndedAt, last.Fence = engine.OutcomeDone, at.Add(90*time.Second), engine.FenceOwed
			v.Decision.At = at.Add(10 * time.Minute)
			v.State.Writer, v.State.Replica, v.State.Last = replica, engine.Member{}, last
			v.State.Watch.SQL = answering(decide.ClassOK, -597*time.Second)
			v.State.Debts = map[engine.DebtKind]engine.Debt{
				engine.DebtFence: {Since: at.Add(20 * time.Second), Target: primary, Tries: 9, LastError: "ec2: no answer"},
				engine.DebtStop:  {Since: at.Add(90 * time.Second), Target: primary, Tries: 8},
			}
			v.State.Outbox = []engine.Notice{{}}
			v.Standing = []refusal.Refusal{refusal.New(refusal.FencingOwed, "since 03:13:05Z, 9 tries: ec2: no answer")}
			v.Decision.Refusals = []refusal.Refusal{refusal.New(refusal.AlreadyFailedOver, "the writer is the former replica already")}
			return v
		},
		"status-blind": func() engine.View {
			return engine.View{LedgerError: "ledger-unavailable: dynamodb: no answer", Decision: decide.Decision{
				Verdict: decide.Wait, Evidence: decide.EvidenceIncomplete, At: at, Refusals: []refusal.Refusal{refusal.New(refusal.LedgerUnavailable, "the ledger could not be read")},
			}}
		},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, Status(prod, view(), false)) })
	}
}

func TestStatus_TakesTenLinesBelowTheVerdictOnAQuietNight(t *testing.T) {
	require.LessOrEqual(t, strings.Count(Status(prod, healthy(), false), "\n"), 13)
}

func TestCheck_IsATableAndBadWhereTheGuardWouldNotArm(t *testing.T) {
	ok := readiness.Finding{Check: "replica-available", Verdict: readiness.OK, Reason: "available"}
	warning := readiness.Finding{Check: "audit-extension", Verdict: readiness.Warning, Reason: "pgaudit is not there", Remedy: "create it"}
	failed := readiness.Finding{Check: "records", Verdict: readiness.Failed, Reason: "two records with the same identifier", Remedy: "deploy the stacks again"}
	unknown := readiness.Finding{Check: "permissions", Verdict: readiness.Unknown, Reason: "could not be read: IAM does not answer", Remedy: "see whether the region answers"}
	for name, c := range map[string]struct {
		findings []readiness.Finding
		bad      bool
	}{
		"check-green":   {[]readiness.Finding{ok, warning}, false},
		"check-failed":  {[]readiness.Finding{ok, failed, warning}, true},
		"check-unknown": {[]readiness.Finding{ok, unknown}, true},
		"check-empty":   {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			text, bad := Check(prod, c.findings)
			golden(t, name, text)
			require.Equal(t, c.bad, bad)
		})
	}
}

func TestHistory_ListsFailoversWithTheirSteps(t *testing.T) {
	done, undone := failover(engine.StepDone), failover(engine.StepPromote)
	done.Outcome, done.EndedAt, done.Fence = engine.OutcomeDone, at.Add(7*time.Minute), engine.FenceConfirmed
	done.Request = &decide.Request{By: "ann", Force: true}
	done.Decision.Waived = []refusal.Refusal{refusal.New(refusal.Paused, "an operator has paused the guard")}
	undone.ID, undone.Outcome, undone.EndedAt = "failover-2-20260901T101500Z", engine.OutcomeAborted, at.Add(15*time.Minute)
	undone.Reason = refuse(refusal.DeadlinePassed, "not promoted by 03:27:45Z")
	golden(t, "history", History(prod, []engine.Entry{{ID: done.ID, Failover: *done}, {ID: undone.ID, Failover: *undone}}, Objectives{RTO: 15 * time.Minute, RPO: time.Minute}))
	golden(t, "history-missed", History(prod, []engine.Entry{{ID: done.ID, Failover: *done}}, Objectives{RTO: 2 * time.Minute, RPO: 5 * time.Second}))
	golden(t, "history-alone", History(prod, []engine.Entry{{ID: done.ID, Failover: *done}}, Objectives{}))
	golden(t, "history-none", History(prod, nil, Objectives{}))
}

func TestSpan_IsNoFinerThanAPersonNeeds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 1500 * time.Millisecond: "1s", 164 * time.Second: "2m44s", 50 * time.Hour: "2d2h", 2500 * time.Hour: "104d",
	} {
		require.Equal(t, want, span(d))
	}
}

func TestWords_ThereAreForEveryStepClassAndFence(t *testing.T) {
	for _, s := range order {
		require.NotEmpty(t, stepWords[s], s)
	}
	for _, e := range []decide.Evidence{decide.EvidenceIncomplete, decide.EvidenceAlive, decide.EvidenceNotWritable, decide.EvidenceFailed,
		decide.EvidenceUnreachable, decide.EvidenceSilent, decide.EvidenceIsolated} {
		require.NotEmpty(t, evidenceWords[e], e)
	}
	for name := range overriddenBy {
		require.NotEmpty(t, refusal.Next(name), "%s is no refusal of the catalogue", name)
	}
}
