package guardclient

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Level says whether an operator has to act.
type Level string

// Levels of a verdict.
const (
	// LevelOK: the guard protects the database.
	LevelOK Level = "OK"
	// LevelWait: the guard is judging, and acts without an operator.
	LevelWait Level = "WAIT"
	// LevelFailover: a failover is ordered or in progress, and needs nothing.
	LevelFailover Level = "FAILOVER"
	// LevelAction: an operator has to act.
	LevelAction Level = "ACTION"
)

// Verdict is the first line of the status, and the operator's next step.
type Verdict struct {
	Level Level
	// Text goes on from the level: "armed", "not armed".
	Text string
	// Next step in one line.
	Next string
}

func (v Verdict) String() string {
	if v.Level == LevelFailover {
		return "FAILOVER " + v.Text
	}
	return string(v.Level) + ": " + v.Text
}

// Measures of a verdict.
const (
	// checkedWithin is how old the newest sample may be: as the alarm
	// guard-silent, it allows for invocations that are late.
	checkedWithin = 5 * time.Minute
	// promotionWithin is how long RDS may take to promote before an operator
	// should read the replica's events.
	promotionWithin = 20 * time.Minute
)

// Judge maps a view to its verdict. The first rule that holds decides: what
// blinds the guard, then a failover, then what the guard wants an operator to
// decide, then what keeps it from acting by itself.
func Judge(t Target, v engine.View) Verdict {
	for _, rule := range []func(Target, engine.View) (Verdict, bool){
		judgeBlind, judgeFailover, judgeFailedOver, judgeEvidence, judgeArming, judgeDebts, judgeObstacles,
	} {
		if verdict, ok := rule(t, v); ok {
			return verdict
		}
	}
	if v.Decision.Has(refusal.ModeManual) {
		return Verdict{LevelOK, "armed, in manual mode: the guard asks and an operator orders the failover", "Nothing to do until it asks."}
	}
	return Verdict{LevelOK, "armed", "Nothing to do. The guard fails over by itself."}
}

func act(text, next string) (Verdict, bool) { return Verdict{LevelAction, text, next}, true }

// judgeBlind is about a guard that can't see or does not run.
func judgeBlind(t Target, v engine.View) (Verdict, bool) {
	if v.LedgerError != "" {
		return act("the guard can't read its ledger", refusal.Next(refusal.LedgerUnavailable))
	}
	st := v.State
	if st.Writer.Site == "" {
		return act("not armed, the guard does not know the writer yet", "Wait for the first invocation, a minute. If this stays, see what is missing: "+t.Type("check"))
	}
	if age := v.Decision.At.Sub(lastSample(st.Watch)); age > checkedWithin {
		return act(fmt.Sprintf("the guard has not checked the database for %s, automatic failover is not running", span(age)),
			fmt.Sprintf("Look at the schedule rule of %s and the log group /aws/lambda/%s.", t.Function(), t.Function()))
	}
	return Verdict{}, false
}

// lastSample is when the guard last looked at anything.
func lastSample(w engine.Watch) time.Time {
	var last time.Time
	for _, p := range []decide.Path{w.SQL, w.WAL, w.RDSAPI, w.OtherAPI, w.Witness} {
		if p.LastSample.After(last) {
			last = p.LastSample
		}
	}
	return last
}

// judgeFailover is about a failover that is ordered or in progress.
func judgeFailover(t Target, v engine.View) (Verdict, bool) {
	st, now := v.State, v.Decision.At
	follow := "Follow it: " + t.Type("status", "--follow")
	f := st.Failover
	if f == nil {
		if st.Order != nil && now.Before(st.Order.Expires) {
			return Verdict{LevelFailover, "ordered, waits at most until " + clock(st.Order.Expires), follow}, true
		}
		return Verdict{}, false
	}
	switch {
	case f.Abandoned != nil:
		return Verdict{LevelFailover, "abandoned, the guard undoes it when the replica is known to be untouched", follow}, true
	case f.Standing != nil:
		if _, operator := lackedBy[f.Standing.Name]; operator {
			return act(fmt.Sprintf("failover in progress, blocked at %s by %s", f.Step, f.Standing.Name), "See what would help: "+t.Type("failover", "--dry-run"))
		}
		fallthrough
	default:
		if f.MaybeSent && (f.Step == engine.StepPromote || f.Step == engine.StepAwait) && now.Sub(f.ClaimedAt) > promotionWithin {
			return act(fmt.Sprintf("failover in progress, not promoted after %s", span(now.Sub(f.ClaimedAt))),
				"Look at the replica's events in RDS. If RDS will not promote it: "+t.Type("abandon"))
		}
		text := fmt.Sprintf("in progress for %s, at %s", span(now.Sub(f.ClaimedAt)), f.Step)
		if f.Standing != nil {
			text += fmt.Sprintf(", the guard retries after %s", f.Standing.Name)
		}
		return Verdict{LevelFailover, text, follow}, true
	}
}

// judgeFailedOver is about what a failover leaves to operators.
func judgeFailedOver(_ Target, v engine.View) (Verdict, bool) {
	if v.State.Writer.Site != engine.SiteReplica {
		return Verdict{}, false
	}
	if _, unfenced := v.State.Debts[engine.DebtFence]; unfenced {
		return act("failed over, the old primary is not fenced", "Keep every application from the old primary's own address; the guard retries the fence.")
	}
	return act("failed over, not protected: there is no replica", "Give the data a second home: docs/runbook.md, After a failover.")
}

// judgeEvidence is about a primary that may be lost.
func judgeEvidence(t Target, v engine.View) (Verdict, bool) {
	d := v.Decision
	order := "See what a failover would do: " + t.Type("failover", "--dry-run")
	switch {
	case d.Evidence == decide.EvidenceIsolated:
		return act("the guard is cut off, it can't know whether the primary lives", "Fix its network (NAT gateway, routes). "+order)
	case d.Evidence == decide.EvidenceNotWritable:
		return act(fmt.Sprintf("the writer answers but takes no writes (%s)", v.State.Watch.SQL.Class), "Fix the server: password, connections, disk, certificate. A failover would lose writes for nothing.")
	case d.Verdict == decide.Ask:
		return act("the guard asks whether to fail over", order)
	case d.Verdict == decide.Refuse:
		return act("the guard refuses to fail over: "+names(obstacles(v)), order)
	case d.Verdict == decide.Promote:
		return Verdict{LevelFailover, "starts at the guard's next check", "Follow it: " + t.Type("status", "--follow")}, true
	case d.Evidence == decide.EvidenceAlive, d.Evidence == decide.EvidenceIncomplete:
		return Verdict{}, false // An incomplete round between two invocations is no news.
	}
	if blocked := blocking(v); len(blocked) > 0 {
		return act(fmt.Sprintf("the primary is silent, and a failover would be refused: %s", names(blocked)), order)
	}
	text := "the primary is silent, the guard is judging"
	if !d.Until.IsZero() {
		text += ", until " + clock(d.Until)
	}
	return Verdict{LevelWait, text, "Wait: the guard fails over by itself. Watch it: " + t.Type("status", "--watch")}, true
}

// judgeArming is about what keeps the guard from failing over by itself.
func judgeArming(t Target, v engine.View) (Verdict, bool) {
	st, now := v.State, v.Decision.At
	arm := t.Type("arm")
	switch a := st.Arming; {
	case a.Held:
		return act("not armed, an operator has disarmed the guard", "When the reason is over: "+arm)
	case a.ArmedFor == "" && len(v.NotGreen) == 0:
		return act("not armed", "It arms itself after ten minutes of green. To arm it now: "+arm)
	case a.ArmedFor == "":
		return act("not armed: "+strings.Join(v.NotGreen, ", "), "See what to fix: "+t.Type("check"))
	case a.ArmedFor != st.Writer.ResourceID:
		return act("not armed for this writer", "It arms itself after ten minutes of green. What keeps it: "+t.Type("check"))
	}
	switch p := st.Pause; {
	case p.Active(now):
		return act(fmt.Sprintf("paused until %s by %s, automatic failover is off", clock(p.End()), orSomebody(p.By)), "When the reason is over: "+t.Type("resume"))
	case now.Before(st.CooldownUntil):
		return act(fmt.Sprintf("no automatic failover until %s (cooldown)", clock(st.CooldownUntil)), "See why the last failover was undone: "+t.Type("history", "--limit 1"))
	}
	return Verdict{}, false
}

// judgeDebts is about work that the guard could not finish.
func judgeDebts(t Target, v engine.View) (Verdict, bool) {
	debts := slices.Sorted(maps.Keys(v.State.Debts))
	switch {
	case len(debts) == 0:
		return Verdict{}, false
	case slices.Contains(debts, engine.DebtUnfence):
		return act("the primary is still fenced, applications can't reach it", refusal.Next(refusal.UnfenceFailed))
	}
	words := make([]string, len(debts))
	for i, d := range debts {
		words[i] = string(d)
	}
	return act("armed, but the last failover's work is pending: "+strings.Join(words, ", "), "The guard retries. Read the errors below, and remove their cause: "+t.Type("check"))
}

// judgeObstacles is about an armed guard whose failover would be refused.
func judgeObstacles(t Target, v engine.View) (Verdict, bool) {
	if blocked := blocking(v); len(blocked) > 0 {
		return act("armed, but a failover would be refused: "+names(blocked), blocked[0].Next)
	}
	if r := v.State.Readiness; len(r.Failing) > 0 {
		return act("armed, but readiness fails: "+strings.Join(r.Failing, ", "), "See what to fix: "+t.Type("check"))
	}
	return Verdict{}, false
}

// passing are refusals that end by themselves, or that a line of their own
// tells of. A name that is not here needs an operator.
var passing = []refusal.Name{
	refusal.PrimaryAlive, refusal.EvidenceIncomplete, refusal.PrimaryInTransition, refusal.PrimaryRecovering,
	refusal.WindowOpen, refusal.ModeManual, refusal.AskRegionSilent, refusal.FailoverInFlight, refusal.ReplicaBusy,
}

// unseen are refusals that also stand between two invocations, when the last
// look is too old to speak of now.
var unseen = []refusal.Name{refusal.ReplicaStateUnknown, refusal.PositionUnknown, refusal.RDSStatusUnknown}

// blocking are the obstacles that need an operator.
func blocking(v engine.View) []refusal.Refusal {
	return slices.DeleteFunc(obstacles(v), func(r refusal.Refusal) bool {
		old := v.Decision.Evidence == decide.EvidenceIncomplete && slices.Contains(unseen, r.Name)
		return old || slices.Contains(passing, r.Name)
	})
}

func names(all []refusal.Refusal) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = string(r.Name)
	}
	return strings.Join(words, ", ")
}
