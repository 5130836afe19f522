// Package refusal is the catalogue of everything the guard says no to: one
// name each, stable, so that people can search for it, and one next step each,
// so that an operator need not search. docs/guard.md explains every one of them; a
// test holds the two together.
package refusal

import (
	"fmt"
	"sort"
)

// Name identifies a refusal. It is part of the interface: alarms, tickets and
// runbooks quote it, so a name never changes its meaning.
type Name string

// What keeps the guard from deciding for a promotion.
const (
	PolicyInvalid       Name = "policy-invalid"
	LedgerUnavailable   Name = "ledger-unavailable"
	LedgerBlank         Name = "ledger-blank"
	PrimaryAlive        Name = "primary-alive"
	EvidenceIncomplete  Name = "evidence-incomplete"
	Isolated            Name = "isolated"
	PrimaryInTransition Name = "primary-in-transition"
	PrimaryRecovering   Name = "primary-recovering"
	PrimaryDeleted      Name = "primary-deleted"
	RDSStatusUnknown    Name = "rds-status-unknown"
	WindowOpen          Name = "window-open"
	ModeManual          Name = "mode-manual"
	AskRegionSilent     Name = "ask-region-silent"
	Disarmed            Name = "disarmed"
	Paused              Name = "paused"
	Cooldown            Name = "cooldown"
	FailoverInFlight    Name = "failover-in-flight"
	AlreadyFailedOver   Name = "already-failed-over"
	ReplicaMissing      Name = "replica-missing"
	NotAReplica         Name = "not-a-replica"
	ReplicaBusy         Name = "replica-busy"
	ReplicaStateUnknown Name = "replica-state-unknown"
	PositionUnknown     Name = "replica-position-unknown"
	DataLossOverLimit   Name = "data-loss-over-limit"
)

// What keeps a failover that was begun from going on.
const (
	LeaseHeld         Name = "lease-held"
	LeaseLost         Name = "lease-lost"
	PrimaryReturned   Name = "primary-returned"
	DeadlinePassed    Name = "deadline-passed"
	FenceFailed       Name = "fence-failed"
	FenceUnconfirmed  Name = "fence-unconfirmed"
	FencingOwed       Name = "fencing-owed"
	PromoteRefused    Name = "promote-refused"
	PromoteUnanswered Name = "promote-unanswered"
	WriterUnconfirmed Name = "writer-unconfirmed"
	WriterUnproven    Name = "writer-unproven"
	SwitchOwed        Name = "switch-owed"
	UnfenceFailed     Name = "unfence-failed"
	OldPrimaryExists  Name = "old-primary-exists"
	WriterMismatch    Name = "writer-mismatch"
	Abandoned         Name = "abandoned"
	NoFailover        Name = "no-failover"
)

// What an event or a command is answered with when nothing is done for it.
const (
	EventUnrecognised Name = "event-unrecognised"
	EventMalformed    Name = "event-malformed"
	EventTooLarge     Name = "event-too-large"
	AlarmForeign      Name = "alarm-foreign"
	CommandUnknown    Name = "command-unknown"
	CommandInvalid    Name = "command-invalid"
	CommandFailed     Name = "command-failed"
	NotGreen          Name = "not-green"
)

// next holds, for each name, what a person does about it: one or two plain
// sentences.
var next = map[Name]string{ //nolint:gosec // words for people, no credentials
	PolicyInvalid:       "Correct the guard's settings and deploy again; until then it only watches.",
	LedgerUnavailable:   "Look at DynamoDB in the guard's region. Nothing is promoted without a ledger; if the primary is lost as well, fail over by hand as docs/guard.md tells.",
	LedgerBlank:         "The ledger is empty, but the instances are not as at birth. Tell the guard which instance takes writes: arm with its resource id as writer.",
	PrimaryAlive:        "Nothing, if this was a drill of nerves. To move a living primary, repeat the failover with force: it is fenced first, and not promoted beside if that fails.",
	EvidenceIncomplete:  "See in status which path has no recent sample and restore it. If you know better, fail over with force.",
	Isolated:            "Restore the guard's own way out (NAT gateway, routes, DNS). Only force together with unfenced promotes from here.",
	PrimaryInTransition: "Wait until RDS has finished what it is doing to the primary, or end it. If it hangs, fail over with force.",
	PrimaryRecovering:   "Wait: RDS reported a failover or restart of its own a moment ago. If it does not come back, the guard goes on by itself.",
	PrimaryDeleted:      "RDS says that this instance is gone. If that was not meant, fail over with force; if it was, disarm the guard.",
	RDSStatusUnknown:    "Find out why RDS does not tell the primary's status (permission, throttling, outage). If you know that it is lost, fail over with force.",
	WindowOpen:          "Wait until the time in the answer: the evidence must last as long as the policy says. To go at once, use force.",
	ModeManual:          "The guard is set to tell, not to act. Run the failover command if you agree with its evidence.",
	AskRegionSilent:     "The policy asks before it promotes for a silent region. Run the failover command if you agree.",
	Disarmed:            "The guard has not seen this primary healthy long enough, or was disarmed. Fix what check shows, then arm; in need, fail over with force.",
	Paused:              "Resume when the reason for the pause is over; in need, fail over with force.",
	Cooldown:            "Find out why the last failover ended as it did. To start another before the cooldown is over, use force.",
	FailoverInFlight:    "Nothing: a failover is under way, status shows its step. One that is held up before its promotion takes further overrides: order it again with them. One that RDS never carries out: abandon it.",
	AlreadyFailedOver:   "The guard does not promote twice. Rebuild a replica, then arm with the resource id of the instance that is to be the primary.",
	ReplicaMissing:      "There is no replica to promote. Make one; until then the data has a single home.",
	NotAReplica:         "The instance is no replica any more. Find out who promoted it and which instance takes writes, then arm with that one as writer.",
	ReplicaBusy:         "Wait until the backup has ended, or start the replica. If RDS reports it failed, make a new one.",
	ReplicaStateUnknown: "RDS in the replica's region does not tell the replica's state. See its service health and the guard's permissions.",
	PositionUnknown:     "The guard cannot read how far the replica is. See that it answers SQL; allow_data_loss promotes without knowing.",
	DataLossOverLimit:   "More may be lost than the policy accepts. Wait for the replica to catch up, or fail over with allow_data_loss.",

	LeaseHeld:         "Nothing: another invocation is at work and sees the same evidence.",
	LeaseLost:         "Nothing: another invocation has taken over and goes on from the ledger.",
	PrimaryReturned:   "The primary answered again before it was known to be fenced, so the failover was undone. Find out why it was silent.",
	DeadlinePassed:    "The failover could not be sent in time and was undone. See its last refusal, fix that, and fail over with force or wait for the cooldown.",
	FenceFailed:       "The primary could not be cut off, so nothing is promoted beside it. Fix the cause (usually a permission); if you know that it is dead, order the failover with unfenced; to give it up, disarm.",
	FenceUnconfirmed:  "The guard looks again. See that the network ACL is that of all the primary's database subnets and has no rules of others; or order the failover with unfenced if you know that it is dead; to give it up, disarm.",
	FencingOwed:       "AWS in the old primary's region did not answer, so it is not fenced yet. The guard tries at each tick; keep applications from using its address.",
	PromoteRefused:    "RDS refuses to promote the replica now. See the reason. The guard tries again until the failover's deadline. If the replica is busy and the primary answers, it lifts the fence at once instead.",
	PromoteUnanswered: "It is not known whether RDS took the promotion. The guard asks again and finishes when RDS answers. It does not lift the fence; to give the failover up, abandon it.",
	WriterUnconfirmed: "The promoted instance does not take writes yet. The guard waits; if this lasts, see the instance's events and log. If RDS never promotes it, abandon the failover.",
	WriterUnproven:    "Give the guard a way to sign in on the new writer: free connections, correct the password or the certificate. If you know that it takes writes, order the failover with unproven.",
	SwitchOwed:        "Neither the metric nor the record weights could be set. Applications may use the new writer's endpoint; the guard tries at each tick.",
	UnfenceFailed:     "The fence could not be removed after an abort. Fix the cause: the primary is alive but cut off from its applications.",
	OldPrimaryExists:  "The fenced instance still exists. Salvage what it holds and delete it before another instance takes its place.",
	Abandoned:         "Nothing: the guard is disarmed. It lifts the fence 15 minutes after the last sending, if RDS and PostgreSQL show an untouched replica. If RDS promotes after all, the failover is finished.",
	NoFailover:        "Nothing: there is no failover to abandon. See status.",
	WriterMismatch:    "The named instance cannot be the writer. See the reason, and check the resource id with status.",

	EventUnrecognised: "The event is no tick, alarm or command that the guard knows; it was ignored.",
	EventMalformed:    "The event could not be read; it was ignored. See the sender.",
	EventTooLarge:     "The event is larger than any that the guard expects; it was ignored. See the sender.",
	AlarmForeign:      "The alarm is none of this environment's; it was ignored. See the subscription.",
	CommandUnknown:    "Use one of version, status, check, failover, pause, resume, arm, disarm, abandon, history.",
	CommandInvalid:    "Correct the named field and send the command again.",
	CommandFailed:     "See the reason. What the command changes was not changed; send it again when the cause is fixed.",
	NotGreen:          "The guard arms only for a system that is healthy now. Fix what the reason lists.",
}

// Refusal is one no, with its reason in this case.
type Refusal struct {
	Name Name `json:"name"`
	// Reason is what was found, in a sentence.
	Reason string `json:"reason"`
	// Next is what a person does about it.
	Next string `json:"next"`
}

// New makes the refusal of that name; the arguments word its reason.
func New(name Name, format string, args ...any) Refusal {
	return Refusal{Name: name, Reason: fmt.Sprintf(format, args...), Next: next[name]}
}

// Error makes a Refusal usable as an error.
func (r Refusal) Error() string { return string(r.Name) + ": " + r.Reason }

// Is lets errors.Is match a refusal by its name alone.
func (r Refusal) Is(target error) bool {
	t, ok := target.(Refusal)
	return ok && t.Name == r.Name
}

// All returns every name of the catalogue, sorted.
func All() []Name {
	names := make([]Name, 0, len(next))
	for n := range next {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	return names
}

// Next tells what a person does about a refusal of that name, or "" for a name
// that is not in the catalogue.
func Next(name Name) string { return next[name] }
