package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// NoticeKind says what a notice is about.
type NoticeKind string

// Kinds of notices.
const (
	NoticeDecision NoticeKind = "decision"
	NoticeClaimed  NoticeKind = "failover-claimed"
	NoticeHeld     NoticeKind = "failover-held"
	NoticeAborted  NoticeKind = "failover-aborted"
	NoticeSummary  NoticeKind = "failover-done"
	NoticeFenced   NoticeKind = "old-primary-fenced"
	NoticeAdopted  NoticeKind = "writer-adopted"
	NoticeDNSAlarm NoticeKind = "dns-alarm-disagrees"
)

// Notice is a message that a person can act on.
type Notice struct {
	// ID is the same when the notice is delivered twice.
	ID   string     `json:"id"`
	Kind NoticeKind `json:"kind"`
	At   time.Time  `json:"at"`
	// Subject is at most 100 characters, as SNS wants it.
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// subjectMax is the longest subject that SNS takes:
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const subjectMax = 100

func newNotice(kind NoticeKind, id string, at time.Time, env, subject string, lines ...string) Notice {
	subject = fmt.Sprintf("[pgdr %s] %s", env, subject)
	if len(subject) > subjectMax {
		subject = subject[:subjectMax-3] + "..."
	}
	return Notice{ID: id, Kind: kind, At: at, Subject: subject, Text: strings.Join(lines, "\n")}
}

// tell puts a notice in the outbox. When it is full the oldest goes: the
// newest is what people must know.
func (s *State) tell(n Notice) {
	if slices.ContainsFunc(s.Outbox, func(o Notice) bool { return o.ID == n.ID }) {
		return
	}
	s.Outbox = append(s.Outbox, n)
	if over := len(s.Outbox) - outboxMax; over > 0 {
		s.Outbox = slices.Delete(s.Outbox, 0, over)
	}
}

func failoverID(epoch int64, now time.Time) string {
	return fmt.Sprintf("failover-%d-%s", epoch, now.UTC().Format("20060102T150405Z"))
}

func decisionNotice(env string, d decide.Decision, w Watch, now time.Time) Notice {
	id := fmt.Sprintf("decision-%s-%d", d.Verdict, now.Unix())
	if d.Verdict == decide.Nothing {
		return newNotice(NoticeDecision, id, now, env, "nothing stands in the way any more",
			append([]string{"What was reported before is over; the primary is alive."}, pathLines(w)...)...)
	}
	verb := "refuses to fail over: "
	if d.Verdict == decide.Ask {
		verb = "asks whether to fail over: "
	}
	lines := []string{fmt.Sprintf("Evidence: %s, since %s.", d.Evidence, stamp(d.Since)), "", "What was seen:"}
	lines = append(lines, pathLines(w)...)
	lines = append(lines, "", "What stands in the way:")
	lines = append(lines, refusalLines(d.Refusals)...)
	lines = append(lines, "", lossLine(d.Loss))
	return newNotice(NoticeDecision, id, now, env, verb+string(d.Refusals[0].Name), lines...)
}

func claimNotice(env string, f Failover, now time.Time) Notice {
	lines := []string{
		fmt.Sprintf("Failover %s from %s to %s has begun.", f.ID, name(f.From), name(f.To)),
		fmt.Sprintf("Decided because of %s since %s%s.", f.Decision.Evidence, stamp(f.Decision.Since), orderedBy(f)),
		"", "What was seen:",
	}
	lines = append(lines, pathLines(f.Saw)...)
	lines = append(lines, "", lossLine(f.Decision.Loss))
	if f.Decision.Evidence == decide.EvidenceUnreachable {
		lines = append(lines, "RDS reports nothing wrong with the primary: it may live, and acknowledge writes until it is fenced. Those are lost as well; the summary counts them.")
	}
	lines = append(lines, "", "Next: nothing, unless a message says otherwise.")
	return newNotice(NoticeClaimed, f.ID+"-claimed", now, env, "failover has begun", lines...)
}

func heldNotice(env string, f Failover, r refusal.Refusal, now time.Time) Notice {
	id := fmt.Sprintf("%s-held-%s-%s", f.ID, f.Step, r.Name)
	return newNotice(NoticeHeld, id, now, env, fmt.Sprintf("failover waits at %s: %s", f.Step, r.Name),
		fmt.Sprintf("Failover %s waits at step %s.", f.ID, f.Step), "Reason: "+r.Reason, "Next: "+r.Next,
		"It is tried again at each tick.")
}

func abortNotice(env string, f Failover, debts map[DebtKind]Debt, now time.Time) Notice {
	lines := []string{fmt.Sprintf("Failover %s was undone; %s is still the writer.", f.ID, name(f.From))}
	if f.Reason != nil {
		lines = append(lines, "Reason: "+f.Reason.Reason, "Next: "+f.Reason.Next)
	}
	lines = append(lines, "", "What was seen when it was decided:")
	lines = append(lines, pathLines(f.Saw)...)
	lines = append(lines, "", "Steps:")
	lines = append(lines, stepLines(f)...)
	lines = append(lines, "", lossLine(f.Loss()))
	lines = append(lines, owedLines(debts)...)
	return newNotice(NoticeAborted, f.ID+"-aborted", now, env, "failover was undone", lines...)
}

// summaryNotice is what people read after a failover.
func summaryNotice(env string, f Failover, debts map[DebtKind]Debt, now time.Time) Notice {
	lines := []string{
		fmt.Sprintf("Failover %s: %s takes writes now.", f.ID, name(f.To)),
		fmt.Sprintf("Decided because of %s since %s%s.", f.Decision.Evidence, stamp(f.Decision.Since), orderedBy(f)),
		"", "What was seen:",
	}
	lines = append(lines, pathLines(f.Saw)...)
	for _, w := range f.Decision.Waived {
		lines = append(lines, fmt.Sprintf("  overridden: %s (%s)", w.Name, w.Reason))
	}
	lines = append(lines, "", "Steps:")
	lines = append(lines, stepLines(f)...)
	lines = append(lines, "", lossLine(f.Loss()), walLine(f))
	lines = append(lines, activityLines(f)...)
	lines = append(lines, proofLine(f))
	if !f.TurnedAt.IsZero() {
		lines = append(lines, fmt.Sprintf("DNS: turned at %s, when RDS had accepted the promotion. Until %s applications were refused writes (25006).", stamp(f.TurnedAt), stamp(f.Times[StepVerify])))
	}
	lines = append(lines, "", fenceLine(f))
	lines = append(lines, owedLines(debts)...)
	lines = append(lines, "", "Next: rebuild a replica (the data has a single home until then), salvage from the old primary what is missing, and look at what is owed.")
	return newNotice(NoticeSummary, f.ID+"-done", now, env, "failover is done", lines...)
}

func fencedNotice(env string, d Debt, paid Fence, now time.Time) Notice {
	id, after := fmt.Sprintf("fenced-%s-%d", d.Target.ResourceID, d.Since.Unix()), now.Sub(d.Since).Truncate(time.Second)
	if paid == FenceVoid {
		return newNotice(NoticeFenced, id, now, env, "the old primary is gone and needs no fence",
			fmt.Sprintf("%s does not exist any more, %s after the failover owed it a fence. An instance of its name that was made since is not fenced.", name(d.Target), after),
			"Next: see that no application writes to an instance of its name; what the old one took after the failover went with it.")
	}
	return newNotice(NoticeFenced, id, now, env, "the old primary is fenced",
		fmt.Sprintf("%s is fenced, %s after the failover owed it.", name(d.Target), after),
		"Next: compare what it took in that time with the new writer, and salvage what is missing.")
}

func keptNotice(env string, m Member, now time.Time) Notice {
	return newNotice(NoticeFenced, fmt.Sprintf("kept-%s-%d", m.ResourceID, now.Unix()), now, env, "the fence stays: the replica was promoted",
		fmt.Sprintf("%s stays fenced. The replica was promoted past the guard, and both would take writes.", name(m)),
		"Next: find out which of the two is to take writes, and arm with that one as writer.")
}

func name(m Member) string { return fmt.Sprintf("%s (%s, %s)", m.Identifier, m.Site, m.ResourceID) }

func orderedBy(f Failover) string {
	if f.Request == nil {
		return ", by the guard itself"
	}
	return fmt.Sprintf(", ordered by %q (force %t, allow_data_loss %t, unfenced %t, unproven %t)",
		f.Request.By, f.Request.Force, f.Request.AllowDataLoss, f.Request.Unfenced, f.Request.Unproven)
}

// pathLines tell what each path was like.
func pathLines(w Watch) []string {
	var lines []string
	for _, p := range []struct {
		name string
		path decide.Path
	}{
		{"SQL to the primary", w.SQL},
		{"WAL at the replica", w.WAL},
		{"RDS in its region", w.RDSAPI},
		{"another API there", w.OtherAPI},
		{"AWS elsewhere", w.Witness},
	} {
		line := fmt.Sprintf("  %-19s %s, last sign of life %s", p.name+":", orNone(string(p.path.Class)), stamp(p.path.LastPositive))
		if !p.path.SilentSince.IsZero() {
			line += ", silent since " + stamp(p.path.SilentSince)
		}
		lines = append(lines, line)
	}
	return append(lines, fmt.Sprintf("  %-19s %s, read %s", "RDS status:", orNone(w.Primary.Status), stamp(w.Primary.StatusAt)))
}

func refusalLines(rs []refusal.Refusal) []string {
	var lines []string
	for _, r := range rs {
		lines = append(lines, fmt.Sprintf("  %s: %s.", r.Name, r.Reason), "    Next: "+r.Next)
	}
	return lines
}

func stepLines(f Failover) []string {
	type done struct {
		step Step
		at   time.Time
	}
	var all []done
	for s, at := range f.Times {
		all = append(all, done{s, at})
	}
	slices.SortFunc(all, func(a, b done) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return strings.Compare(string(a.step), string(b.step))
	})
	var lines []string
	for _, d := range all {
		lines = append(lines, fmt.Sprintf("  %-16s %s (+%s)", d.step, stamp(d.at), d.at.Sub(f.ClaimedAt).Truncate(time.Second)))
	}
	return lines
}

func lossLine(l decide.Loss) string {
	if !l.Known {
		return "Data loss: unknown."
	}
	return fmt.Sprintf("Data loss: between %.1f s and %.1f s, at least %d bytes of WAL.", l.Lower.Seconds(), l.Upper.Seconds(), l.Bytes)
}

// walLine tells from where on the old primary holds what the new writer does
// not, as far as the guard saw.
func walLine(f Failover) string {
	p := f.Saw.Positions
	return fmt.Sprintf("Old primary: acknowledged a heartbeat at LSN %s last; the replica had received WAL to %s.", lsn(p.Acked.LSN), lsn(max(p.ReceiveLSN, p.ReplayLSN)))
}

func proofLine(f Failover) string {
	if f.Unproven {
		return "New writer: NOT PROVEN. RDS reports it promoted; the guard could not ask PostgreSQL. Check that it takes writes."
	}
	return fmt.Sprintf("New writer: LSN %s, timeline %d.", lsn(f.Proof.LSN), f.Proof.Timeline)
}

func fenceLine(f Failover) string {
	switch f.Fence {
	case FenceConfirmed:
		return "Fence: the old primary is cut off, confirmed."
	case FenceOwed:
		return "Fence: OWED. AWS in the old primary's region did not answer; it is fenced as soon as it does. Keep applications from its address."
	case FenceWaived:
		return "Fence: WAIVED by the operator; it is tried at each tick. Keep applications from its address."
	case FenceVoid:
		return "Fence: none needed; the old primary does not exist any more."
	default:
		return "Fence: none."
	}
}

func owedLines(debts map[DebtKind]Debt) []string {
	var lines []string
	for _, k := range debtOrder {
		if d, owed := debts[k]; owed && k != DebtJournal {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("Owed: %s, since %s. %s", k, stamp(d.Since), d.LastError)))
		}
	}
	return lines
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func orNone(s string) string {
	if s == "" {
		return "not seen"
	}
	return s
}

// lsn writes a WAL position as PostgreSQL does.
func lsn(n uint64) string { return fmt.Sprintf("%X/%X", n>>32, n&0xFFFFFFFF) }
