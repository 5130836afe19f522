package decide

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Verdict is what is to be done.
type Verdict string

// Verdicts.
const (
	// Nothing is to be done.
	Nothing Verdict = "nothing"
	// Wait: there is a suspicion, or too little to judge by.
	Wait Verdict = "wait"
	// Promote the replica.
	Promote Verdict = "promote"
	// Ask a person: all holds, but the policy leaves the word to people.
	Ask Verdict = "ask"
	// Refuse: the evidence calls for a promotion, something forbids it.
	Refuse Verdict = "refuse"
)

// Evidence is the class that the observation falls in.
type Evidence string

// Classes of evidence.
const (
	EvidenceIncomplete  Evidence = "incomplete"
	EvidenceAlive       Evidence = "alive"
	EvidenceNotWritable Evidence = "not-writable"
	EvidenceFailed      Evidence = "instance-failed"
	EvidenceUnreachable Evidence = "instance-unreachable"
	EvidenceSilent      Evidence = "region-silent"
	EvidenceIsolated    Evidence = "isolated"
)

// Decision is a verdict and all that led to it.
type Decision struct {
	Verdict  Verdict   `json:"verdict"`
	Evidence Evidence  `json:"evidence"`
	At       time.Time `json:"at"`
	// Since is when the last sign of life that the evidence rests on ended;
	// zero while the primary is alive.
	Since time.Time `json:"since,omitzero"`
	// Until is when the evidence will have lasted long enough.
	Until time.Time `json:"until,omitzero"`
	// Refusals are what forbids a promotion now. With the verdicts nothing and
	// wait they are what would forbid one.
	Refusals []refusal.Refusal `json:"refusals,omitempty"`
	// Waived are the refusals that the operator's overrides set aside.
	Waived []refusal.Refusal `json:"waived,omitempty"`
	Loss   Loss              `json:"loss"`
}

// Has tells whether the decision was refused for that reason, among others.
func (d Decision) Has(n refusal.Name) bool {
	return slices.ContainsFunc(d.Refusals, func(r refusal.Refusal) bool { return r.Name == n })
}

// Decide judges one observation. It is total: any input gets a decision, and
// an input that makes no sense gets one that promotes nothing.
func Decide(p Policy, o Observation, now time.Time) Decision {
	d := Decision{At: now, Loss: EstimateLoss(o)}
	if err := p.Validate(); err != nil {
		d.Verdict, d.Evidence = Refuse, EvidenceIncomplete
		d.Refusals = []refusal.Refusal{refusal.New(refusal.PolicyInvalid, "%v", err)}
		return d
	}
	f := assess(p, o, now)
	d.Evidence, d.Since, d.Until = f.evidence, f.since, f.until
	d.sort(append(f.refusals, gates(p, o, now, d.Loss)...), o.Request)
	d.Verdict = verdict(d, f, o.Request)
	return d
}

// sort parts what stands from what the operator's overrides set aside.
func (d *Decision) sort(all []refusal.Refusal, req *Request) {
	for _, r := range all {
		if waives(req, r.Name) {
			d.Waived = append(d.Waived, r)
		} else {
			d.Refusals = append(d.Refusals, r)
		}
	}
}

// verdict weighs the finding against what still stands.
func verdict(d Decision, f finding, req *Request) Verdict {
	switch {
	case req == nil && f.calm:
		return Nothing
	case req == nil && f.open:
		return Wait
	case len(d.Refusals) == 0:
		return Promote
	case onlyAsks(d.Refusals):
		return Ask
	case req != nil && onlyWindow(d.Refusals):
		return Wait
	default:
		return Refuse
	}
}

func onlyAsks(rs []refusal.Refusal) bool {
	return !slices.ContainsFunc(rs, func(r refusal.Refusal) bool {
		return r.Name != refusal.ModeManual && r.Name != refusal.AskRegionSilent
	})
}

func onlyWindow(rs []refusal.Refusal) bool {
	return !slices.ContainsFunc(rs, func(r refusal.Refusal) bool { return r.Name != refusal.WindowOpen })
}

// waives tells whether the operator's request sets a refusal aside. What is
// not listed can't be waived by anyone: it is about what is possible.
func waives(req *Request, n refusal.Name) bool {
	if req == nil {
		return false
	}
	switch n {
	case refusal.ModeManual, refusal.AskRegionSilent:
		return true
	case refusal.PrimaryAlive, refusal.EvidenceIncomplete, refusal.PrimaryInTransition,
		refusal.PrimaryRecovering, refusal.PrimaryDeleted, refusal.RDSStatusUnknown,
		refusal.WindowOpen, refusal.Disarmed, refusal.Paused, refusal.Cooldown:
		return req.Force
	case refusal.Isolated:
		return req.Force && req.Unfenced
	case refusal.DataLossOverLimit, refusal.PositionUnknown:
		return req.AllowDataLoss
	default:
		return false
	}
}
