package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// sample is a failover with something of everything in it.
func sampleFailover() (Failover, map[DebtKind]Debt) {
	at := func(s int) time.Time { return ModelEpoch.Add(time.Duration(s) * time.Second) }
	gone := func(since int, class decide.Class) decide.Path {
		return decide.Path{LastSample: at(120), LastPositive: at(since - 4), SilentSince: at(since), Class: class}
	}
	f := Failover{
		ID: "failover-1-20260301T120200Z", Epoch: 1, Step: StepNotify,
		From: Member{SitePrimary, "primary-db-dev", "db-A"}, To: Member{SiteReplica, "replica-db-dev", "db-B"},
		Request: &decide.Request{By: "anna", AllowDataLoss: true},
		Decision: decide.Decision{
			Verdict: decide.Promote, Evidence: decide.EvidenceSilent, Since: at(0),
			Waived: []refusal.Refusal{refusal.New(refusal.DataLossOverLimit, "up to 1m30s may be lost, the policy accepts 1m0s")},
			Loss:   decide.Loss{Known: true, Lower: 5 * time.Second, Upper: 90 * time.Second, Bytes: 8192},
		},
		Saw: Watch{
			SQL: gone(0, decide.ClassTimeout), WAL: gone(-2, decide.ClassStale),
			RDSAPI: gone(0, decide.ClassTimeout), OtherAPI: gone(0, decide.ClassTimeout),
			Witness: decide.Path{LastSample: at(120), LastPositive: at(120), Class: decide.ClassOK},
			Primary: decide.Primary{Status: "available", StatusAt: at(-4)},
		},
		ClaimedAt: at(120), Fence: FenceOwed, Proof: Proof{LSN: 0x1_6B374D48, Timeline: 2},
		Times: map[Step]time.Time{
			StepClaim: at(120), StepPreflight: at(121), StepFence: at(129), StepPromote: at(131),
			StepAwait: at(320), StepVerify: at(321), StepSwitch: at(322), StepPosture: at(325), StepSecret: at(326),
		},
	}
	return f, map[DebtKind]Debt{DebtFence: {Since: at(129), LastError: "fence: no answer"}}
}

func TestNotices_TellWhatAPersonNeedsToAct(t *testing.T) {
	f, debts := sampleFailover()
	now := ModelEpoch.Add(330 * time.Second)
	refused := f.Decision
	refused.Verdict, refused.Refusals = decide.Refuse, []refusal.Refusal{refusal.New(refusal.Paused, "an operator has paused the guard")}
	reason := refusal.New(refusal.DeadlinePassed, "not promoted by 12:17")
	aborted := f
	aborted.Reason = &reason
	var all strings.Builder
	for _, n := range []Notice{
		decisionNotice("dev", refused, f.Saw, now),
		claimNotice("dev", f, now),
		heldNotice("dev", f, refusal.New(refusal.PromoteRefused, "instance is busy"), now),
		abortNotice("dev", aborted, nil, now),
		summaryNotice("dev", f, debts, now),
		fencedNotice("dev", Debt{Since: ModelEpoch, Target: f.From}, FenceConfirmed, now),
		fencedNotice("dev", Debt{Since: ModelEpoch, Target: f.From}, FenceVoid, now),
	} {
		fmt.Fprintf(&all, "== %s (%s)\n%s\n\n", n.Subject, n.ID, n.Text)
		if len(n.Subject) > subjectMax || strings.ContainsAny(n.Subject, "\n\r") {
			t.Errorf("SNS takes no subject like %q", n.Subject)
		}
	}
	docpage.File(t, "testdata/notices.golden.txt", all.String())
}

func TestTell_KeepsTheNewestAndNothingTwice(t *testing.T) {
	var s State
	for i := range outboxMax + 3 {
		for range 2 {
			s.tell(Notice{ID: fmt.Sprint(i)})
		}
	}
	if len(s.Outbox) != outboxMax || s.Outbox[0].ID != "3" || s.Outbox[outboxMax-1].ID != fmt.Sprint(outboxMax+2) {
		t.Fatalf("outbox %+v", s.Outbox)
	}
}
