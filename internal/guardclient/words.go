package guardclient

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// page collects lines.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.Builder, format+"\n", args...) }

// item is a line with a label.
func (p *page) item(label, format string, args ...any) {
	p.line("%-10s"+format, append([]any{label + ":"}, args...)...)
}

// refusals are a line each, and a line with what to do.
func (p *page) refusals(all []refusal.Refusal) {
	for _, r := range all {
		p.line("  %s: %s", r.Name, r.Reason)
		p.line("    -> %s", r.Next)
	}
}

// stamp is a moment, in UTC.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// clock is the time of day of a moment, in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// span is a length of time, no finer than a person needs.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 24*time.Hour:
		return d.Truncate(time.Second).String()
	case d < 100*24*time.Hour:
		return fmt.Sprintf("%dd%dh", int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour))
	default:
		return fmt.Sprintf("%dd", int(d/(24*time.Hour)))
	}
}

// member names an instance and where it is.
func member(m engine.Member) string {
	if m.Site == "" {
		return "not known"
	}
	return fmt.Sprintf("%s at the %s site (%s)", m.Identifier, m.Site, m.ResourceID)
}

var evidenceWords = map[decide.Evidence]string{
	decide.EvidenceIncomplete:  "not everything was looked at",
	decide.EvidenceAlive:       "the writer is alive",
	decide.EvidenceNotWritable: "the writer answers but takes no writes; fix the cause, a failover would not",
	decide.EvidenceFailed:      "the writer is silent, RDS says that it failed",
	decide.EvidenceUnreachable: "the writer is silent, RDS says that nothing is wrong",
	decide.EvidenceSilent:      "the writer's region is silent",
	decide.EvidenceIsolated:    "all is silent: most likely the guard itself is cut off",
}

// evidence words what a decision rests on.
func evidence(d decide.Decision) string {
	s := fmt.Sprintf("%s: %s", d.Evidence, evidenceWords[d.Evidence])
	if !d.Since.IsZero() {
		s += fmt.Sprintf(", for %s (since %s)", span(d.At.Sub(d.Since)), clock(d.Since))
	}
	return s
}

// intent words what the guard makes of it by itself.
func intent(v engine.View) string {
	d := v.Decision
	if v.State.Failover != nil {
		return "a failover is under way"
	}
	switch d.Verdict {
	case decide.Nothing:
		return "nothing to do"
	case decide.Wait:
		if d.Until.IsZero() {
			return "waits and looks on"
		}
		return fmt.Sprintf("waits until %s (%s left)", clock(d.Until), span(d.Until.Sub(d.At)))
	case decide.Promote:
		return "fails over at its next look"
	case decide.Ask:
		return "ASKS a person whether to fail over"
	default:
		return "REFUSES to fail over"
	}
}

// path words one path: what its last look found, and how old that is.
func path(name string, p decide.Path, now time.Time) string {
	age := now.Sub(p.LastSample)
	old := ""
	if age > decide.SampleFresh {
		old = ", OLD"
	}
	switch {
	case p.LastSample.IsZero() && p.Class == "":
		return name + " not looked at"
	case p.LastSample.IsZero():
		return fmt.Sprintf("%s told nothing yet (%s)", name, p.Class)
	case !p.SilentSince.IsZero():
		return fmt.Sprintf("%s SILENT for %s (%s, %s ago%s)", name, span(now.Sub(p.SilentSince)), p.Class, span(age), old)
	case p.Unheard != "":
		return fmt.Sprintf("%s %s, but not from %s (%s ago%s)", name, p.Class, p.Unheard, span(age), old)
	default:
		return fmt.Sprintf("%s %s (%s ago%s)", name, p.Class, span(age), old)
	}
}

// paths are all of them, those to the database first.
func paths(w engine.Watch, now time.Time) (data, apis string) {
	data = strings.Join([]string{path("SQL", w.SQL, now), path("WAL", w.WAL, now)}, "; ")
	apis = strings.Join([]string{path("RDS", w.RDSAPI, now), path("second service", w.OtherAPI, now), path("AWS elsewhere", w.Witness, now)}, "; ")
	return data, apis
}

// instances words what RDS says of both.
func instances(w engine.Watch, now time.Time) string {
	word := func(role, status string, at time.Time) string {
		switch {
		case at.IsZero():
			return role + " not seen"
		case status == "":
			return fmt.Sprintf("%s not there (%s ago)", role, span(now.Sub(at)))
		}
		return fmt.Sprintf("%s %s (%s ago)", role, status, span(now.Sub(at)))
	}
	return word("writer", w.Primary.Status, w.Primary.StatusAt) + "; " + word("replica", w.Replica.Status, w.Replica.StatusAt)
}

// loss words the estimate.
func loss(d decide.Decision) string {
	l := d.Loss
	if !l.Known {
		return "not known"
	}
	s := fmt.Sprintf("%.1f s to %.1f s of writes, at least %d bytes of WAL", l.Lower.Seconds(), l.Upper.Seconds(), l.Bytes)
	if d.Has(refusal.DataLossOverLimit) {
		s += "; OVER THE LIMIT"
	}
	return s
}

var fenceWords = map[engine.Fence]string{
	engine.FenceConfirmed: "confirmed: the old primary is cut off",
	engine.FenceOwed:      "OWED: the old primary may take writes when it returns",
	engine.FenceWaived:    "WAIVED by the operator: the old primary may take writes",
	engine.FenceVoid:      "void: the old primary is gone",
	"":                    "none",
}

// stepWords tell what a failover does at a step, and so what it waits for.
var stepWords = map[engine.Step]string{
	engine.StepClaim:     "is being written down",
	engine.StepPreflight: "asks RDS whether the replica can be promoted now",
	engine.StepFence:     "cuts applications off from the old primary",
	engine.StepConfirm:   "makes sure that the old primary is cut off",
	engine.StepPromote:   "has RDS promote the replica",
	engine.StepAwait:     "waits for RDS to finish the promotion; minutes are normal",
	engine.StepVerify:    "waits for the new writer to take a write",
	engine.StepSwitch:    "turns the DNS name",
	engine.StepPosture:   "turns backups, Multi-AZ and protection on",
	engine.StepSecret:    "makes the secret stand alone",
	engine.StepNotify:    "tells people",
	engine.StepDone:      "is being closed",
	engine.StepAbort:     "is being undone",
}

// by words who ordered a failover, and how.
func by(r *decide.Request) string {
	if r == nil {
		return "the guard itself"
	}
	who := r.By
	if who == "" {
		who = "somebody"
	}
	for _, o := range []struct {
		on   bool
		name string
	}{{r.Force, "force"}, {r.AllowDataLoss, "allow-data-loss"}, {r.Unfenced, "unfenced"}, {r.Unproven, "unproven"}} {
		if o.on {
			who += ", " + o.name
		}
	}
	return who
}
