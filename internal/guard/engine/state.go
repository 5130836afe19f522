package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Site is one of the two places, named for its role at birth.
type Site string

// The sites.
const (
	SitePrimary Site = contract.RolePrimary
	SiteReplica Site = contract.RoleReplica
)

// Member is one database instance.
type Member struct {
	Site Site `json:"site,omitempty"`
	// Identifier is the RDS instance identifier, which a rebuilt instance may
	// have again.
	Identifier string `json:"identifier,omitempty"`
	// ResourceID is the DbiResourceId, which no other instance ever has.
	ResourceID string `json:"resource_id,omitempty"`
}

// Step is where a failover is.
type Step string

// The steps, in order. StepAbort is the other way out.
const (
	StepClaim     Step = "claim"
	StepPreflight Step = "pre-flight"
	StepFence     Step = "fence"
	StepConfirm   Step = "confirm-fence"
	StepPromote   Step = "promote"
	StepAwait     Step = "await-writer"
	StepVerify    Step = "verify"
	StepSwitch    Step = "switch"
	StepPosture   Step = "restore-posture"
	StepSecret    Step = "detach-secret"
	StepNotify    Step = "notify"
	StepDone      Step = "done"
	StepAbort     Step = "abort"
)

// Fence is what became of fencing the old primary.
type Fence string

// States of a fence.
const (
	// FenceConfirmed: set, and found to hold.
	FenceConfirmed Fence = "confirmed"
	// FenceOwed: the old primary's region was silent.
	FenceOwed Fence = "owed"
	// FenceWaived: it failed, and the operator went on unfenced.
	FenceWaived Fence = "waived"
	// FenceVoid: the instance to fence is gone.
	FenceVoid Fence = "void"
)

// State is the ledger's record. It is a value: Clone before changing a copy.
type State struct {
	// Version counts the writes; zero means that nothing was written yet.
	Version int64 `json:"version"`
	// Stamp is unique to a write, so that a process that lost the answer to it can
	// see whether it was stored.
	Stamp string `json:"stamp,omitempty"`
	Lease Lease  `json:"lease"`
	// Epoch counts the failovers that were claimed.
	Epoch int64 `json:"epoch"`
	// Writer is the instance that takes writes; zero until it is known.
	Writer Member `json:"writer"`
	// Replica would be promoted; its ResourceID is learnt from RDS.
	Replica       Member           `json:"replica"`
	Arming        decide.Arming    `json:"arming"`
	Readiness     decide.Readiness `json:"readiness"`
	Pause         *Pause           `json:"pause,omitempty"`
	CooldownUntil time.Time        `json:"cooldown_until,omitzero"`
	// Order is an operator's failover that waits for the lease's holder.
	Order *Order `json:"order,omitempty"`
	// Failover is under way; Last is the one before.
	Failover *Failover `json:"failover,omitempty"`
	Last     *Failover `json:"last,omitempty"`
	// Debts are what a failover left to be done.
	Debts map[DebtKind]Debt `json:"debts,omitempty"`
	// AuditedAt is when what the last failover left was last looked at again.
	AuditedAt time.Time `json:"audited_at,omitzero"`
	// DNSAlarm is how long the alarm that flips DNS has not said what the ledger says.
	DNSAlarm Disagreement `json:"dns_alarm,omitzero"`
	// Outbox holds notices that are not delivered yet.
	Outbox []Notice `json:"outbox,omitempty"`
	// Told is what people were last told stands in the way.
	Told  string `json:"told,omitempty"`
	Watch Watch  `json:"watch"`
}

// Lease lets one invocation act at a time.
type Lease struct {
	Owner string `json:"owner,omitempty"`
	// Token is raised at each acquisition: who has an older one has lost it.
	Token int64     `json:"token"`
	Until time.Time `json:"until,omitzero"`
}

// Pause is an operator's order to keep still.
type Pause struct {
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	// Until is when the pause ends.
	Until time.Time `json:"until,omitzero"`
	// Epoch is the ledger's at that moment: how many failovers had been claimed.
	Epoch int64 `json:"epoch,omitempty"`
}

// A pause always ends: one that was forgotten must not leave the database
// without a failover. PauseDefault is how long it lasts unless that is said,
// PauseMost how long it may last.
const (
	PauseDefault = time.Hour
	PauseMost    = 24 * time.Hour
)

// End is when the pause ends. Versions before this one wrote pauses without an
// end; those end as late as any.
func (p *Pause) End() time.Time {
	if p.Until.IsZero() {
		return p.At.Add(PauseMost)
	}
	return p.Until
}

// Active tells whether the pause holds.
func (p *Pause) Active(now time.Time) bool { return p != nil && now.Before(p.End()) }

// Order is an operator's failover, kept in the ledger until it is taken up.
type Order struct {
	ID      string         `json:"id"`
	Request decide.Request `json:"request"`
	At      time.Time      `json:"at"`
	// Expires keeps an order from being obeyed long after it was meant.
	Expires time.Time `json:"expires"`
}

// Watch is what the samples added up to.
type Watch struct {
	SQL       decide.Path      `json:"sql"`
	WAL       decide.Path      `json:"wal"`
	RDSAPI    decide.Path      `json:"rds_api"`
	OtherAPI  decide.Path      `json:"other_api"`
	Witness   decide.Path      `json:"witness"`
	Primary   decide.Primary   `json:"primary"`
	Replica   decide.Replica   `json:"replica"`
	Positions decide.Positions `json:"positions"`
}

// Failover is one failover, from its claim to its end.
type Failover struct {
	ID    string `json:"id"`
	Epoch int64  `json:"epoch"`
	Step  Step   `json:"step"`
	From  Member `json:"from"`
	To    Member `json:"to"`
	// Request of the operator who ordered it; nil when the guard did.
	Request  *decide.Request `json:"request,omitempty"`
	Decision decide.Decision `json:"decision"`
	// Saw is what was seen on each path when it was decided.
	Saw       Watch     `json:"saw"`
	ClaimedAt time.Time `json:"claimed_at"`
	// Deadline is when an unpromoted failover is aborted.
	Deadline time.Time `json:"deadline"`
	// Times are when each step was completed.
	Times map[Step]time.Time `json:"times,omitempty"`
	// Intent is the side effect that was last about to be done.
	Intent *Intent `json:"intent,omitempty"`
	// FenceSought: a fence may have been set. FenceSet: AWS answered that one was.
	FenceSought bool `json:"fence_sought,omitempty"`
	FenceSet    bool `json:"fence_set,omitempty"`
	// SilentFrom is when fencing was first tried without an answer.
	SilentFrom time.Time `json:"silent_from,omitzero"`
	// FaultyFrom is since when AWS has answered to fencing with faults of its own
	// or throttles it; zero once it answers otherwise.
	FaultyFrom time.Time `json:"faulty_from,omitzero"`
	Fence      Fence     `json:"fence,omitempty"`
	// OwedAt is when fencing was last found to be unanswered.
	OwedAt time.Time `json:"owed_at,omitzero"`
	// MaybeSent: a promotion was sent or may have been. From then on nothing
	// is un-fenced and the failover only goes forward.
	MaybeSent bool      `json:"maybe_sent,omitempty"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	// AcceptedAt is when RDS was known to have accepted the promotion: it answered
	// so, or showed the instance at work on it.
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	// TurnedAt is when DNS was turned to the replica before the proof. The metric
	// follows it. It is zero again once that is taken back: BackFrom is since when,
	// and BackAt when the metric was first published so in a minute of its own.
	TurnedAt time.Time `json:"turned_at,omitzero"`
	BackFrom time.Time `json:"back_from,omitzero"`
	BackAt   time.Time `json:"back_at,omitzero"`
	// SentLoss is what operators are told, as of when it was sent; Decision has
	// the estimate of the claim.
	SentLoss decide.Loss `json:"sent_loss,omitzero"`
	// Activity of the old primary that CloudWatch shows, or why it was not read;
	// only where RDS reports nothing wrong with the primary.
	Activity      *Activity `json:"activity,omitempty"`
	ActivityError string    `json:"activity_error,omitempty"`
	Proof         Proof     `json:"proof"`
	// Unproven: an operator ordered the switch on RDS's word alone.
	Unproven bool `json:"unproven,omitempty"`
	// Abandoned: an operator gave it up though a promotion may have been sent.
	// Nothing more is sent.
	Abandoned *Abandonment `json:"abandoned,omitempty"`
	// UntouchedAt is when the replica of an abandoned failover was found to be
	// as it was, so that the fence may be lifted.
	UntouchedAt time.Time `json:"untouched_at,omitzero"`
	// Standing is what holds the failover up now.
	Standing *refusal.Refusal `json:"standing,omitempty"`
	// Reason of an abort.
	Reason  *refusal.Refusal `json:"reason,omitempty"`
	Outcome Outcome          `json:"outcome,omitempty"`
	EndedAt time.Time        `json:"ended_at,omitzero"`
}

// Outcome of a failover that has ended.
type Outcome string

// Outcomes.
const (
	OutcomeDone    Outcome = "done"
	OutcomeAborted Outcome = "aborted"
)

// Abandonment is an operator's word that a failover is to be given up.
type Abandonment struct {
	By string    `json:"by,omitempty"`
	At time.Time `json:"at"`
}

// Intent is a side effect that was about to be done.
type Intent struct {
	Step  Step      `json:"step"`
	At    time.Time `json:"at"`
	Token int64     `json:"token"`
}

// DebtKind is something that a failover could not do yet.
type DebtKind string

// Debts, in the order in which they are paid.
const (
	DebtFence   DebtKind = "fence"
	DebtUnfence DebtKind = "unfence"
	DebtWeights DebtKind = "weights"
	DebtPosture DebtKind = "posture"
	DebtSecret  DebtKind = "secret"
	DebtJournal DebtKind = "journal"
	DebtStop    DebtKind = "stop-old-primary"
)

var debtOrder = []DebtKind{DebtFence, DebtUnfence, DebtWeights, DebtPosture, DebtSecret, DebtJournal, DebtStop}

// Debt is what is still to be done, and how trying went.
type Debt struct {
	Since   time.Time `json:"since"`
	Target  Member    `json:"target"`
	Tries   int       `json:"tries,omitempty"`
	NextTry time.Time `json:"next_try,omitzero"`
	// GoneAt is when RDS last showed that the target does not exist; zero once
	// it shows it again.
	GoneAt time.Time `json:"gone_at,omitzero"`
	// LastError of the last try, in words.
	LastError string `json:"last_error,omitempty"`
}

// Entry is one line of the journal.
type Entry struct {
	ID       string   `json:"id"`
	Failover Failover `json:"failover"`
}

// Clone copies the state deeply enough that no change of the copy shows in the
// original.
func (s State) Clone() State {
	c := s
	if s.Pause != nil {
		p := *s.Pause
		c.Pause = &p
	}
	if s.Order != nil {
		o := *s.Order
		c.Order = &o
	}
	c.Failover, c.Last = s.Failover.clone(), s.Last.clone()
	c.Debts = maps.Clone(s.Debts)
	c.Outbox = slices.Clone(s.Outbox)
	c.Readiness.Failing, c.Readiness.Unknown = slices.Clone(s.Readiness.Failing), slices.Clone(s.Readiness.Unknown)
	return c
}

// Loss is the last estimate of what the promotion loses.
func (f *Failover) Loss() decide.Loss {
	if f.SentLoss.Known {
		return f.SentLoss
	}
	return f.Decision.Loss
}

func (f *Failover) clone() *Failover {
	if f == nil {
		return nil
	}
	c := *f
	c.Times = maps.Clone(f.Times)
	if f.Request != nil {
		r := *f.Request
		c.Request = &r
	}
	if f.Intent != nil {
		i := *f.Intent
		c.Intent = &i
	}
	if f.Standing != nil {
		r := *f.Standing
		c.Standing = &r
	}
	if f.Abandoned != nil {
		a := *f.Abandoned
		c.Abandoned = &a
	}
	if f.Activity != nil {
		a := *f.Activity
		c.Activity = &a
	}
	return &c
}

// owe records pending work, once.
func (s *State) owe(kind DebtKind, target Member, now time.Time) {
	if s.Debts == nil {
		s.Debts = map[DebtKind]Debt{}
	}
	if _, owed := s.Debts[kind]; !owed {
		s.Debts[kind] = Debt{Since: now, Target: target}
	}
}
