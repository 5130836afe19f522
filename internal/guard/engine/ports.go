// Package engine acts on decisions: claim, pre-flight, fence, promote, await
// the writer, verify, switch, restore posture, notify, done; or abort. It does
// one side effect a step, writes down what it is about to do before it does
// it, and so can be killed anywhere and go on in another process.
//
// The engine is single-threaded and sees the world only through the ports in
// this file. It imports neither the AWS SDK nor cdktf.
package engine

import (
	"context"
	"errors"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// What ports answer, besides nil. Adapters wrap these; anything else counts as
// an answer whose effect is not known.
var (
	// ErrSilent: there was no answer in time. The call may have had its effect.
	ErrSilent = errors.New("no answer")
	// ErrThrottled: answered, not now. The call had no effect.
	ErrThrottled = errors.New("throttled")
	// ErrBusy: answered, the instance is in a state that does not permit it
	// now. The call had no effect.
	ErrBusy = errors.New("instance is busy")
	// ErrDenied: answered, not permitted. The call had no effect.
	ErrDenied = errors.New("denied")
	// ErrRejected: answered, the request is refused as it stands: a client's
	// fault that has no word of its own here. The call had no effect.
	ErrRejected = errors.New("rejected")
	// ErrServerFault: answered, the service failed. The call may have had its
	// effect.
	ErrServerFault = errors.New("the service failed")
	// ErrNotReplica: a promotion of an instance that is no replica (RDS:
	// InvalidDBInstanceState, "DB Instance is not a read replica").
	ErrNotReplica = errors.New("instance is not a replica")
	// ErrNotFound: answered, there is no such instance. The call had no effect.
	ErrNotFound = errors.New("no such instance")
	// ErrHasReplicas: RDS does not stop an instance that has replicas.
	ErrHasReplicas = errors.New("instance has replicas")
	// ErrInRecovery: PostgreSQL answered that it is still a replica.
	ErrInRecovery = errors.New("it is still in recovery")
	// ErrConflict: the ledger holds another version than the one written on.
	ErrConflict = errors.New("ledger was changed by another")
)

// Clock is the only source of time.
type Clock interface {
	Now() time.Time
	// Sleep waits, or returns the context's error when that ends first.
	Sleep(ctx context.Context, d time.Duration) error
	// WithDeadline is context.WithDeadline on this clock.
	WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc)
}

// Ledger is the guard's memory: one record in the guard's own region, and a
// journal beside it.
type Ledger interface {
	// Read is strongly consistent. A ledger without a record returns the zero
	// State and no error.
	Read(ctx context.Context) (State, error)
	// Write stores s under the version s.Version+1 if the stored version is
	// s.Version, and returns ErrConflict otherwise.
	Write(ctx context.Context, s State) error
	// Append adds to the journal; an entry with the id of an older one
	// replaces it.
	Append(ctx context.Context, e Entry) error
	// History returns up to limit entries, the newest first.
	History(ctx context.Context, limit int) ([]Entry, error)
}

// Observer looks once at all paths. Each path is bounded and independent: one
// that hangs delays no other. It always returns within a few seconds; what it
// could not look at has the class decide.ClassInternal or none.
type Observer interface {
	Sample(ctx context.Context, t Target) Samples
}

// Target says what to look at.
type Target struct {
	// Writer is the instance that takes writes, or the primary at birth while
	// the ledger does not know it yet.
	Writer Member
	// Replica would be promoted; the zero Member after a failover.
	Replica Member
	// Heartbeat to write on the writer; nil means to look without writing.
	Heartbeat *decide.Heartbeat
	// Settled: no arming waits for the readiness check, which may be made seldom.
	Settled bool
	// Checked is when the ledger's readiness check was made, if it could read all.
	Checked time.Time
}

// Samples are what one round of looking found.
type Samples struct {
	SQL, WAL, RDSAPI, OtherAPI, Witness decide.Sample
	// Acked is the heartbeat that the writer acknowledged in this round, with
	// its LSN; nil when it did not.
	Acked *decide.Heartbeat
	// Writer and Replica are what RDS answered; nil when it did not.
	Writer, Replica *Instance
	// Standby is what the replica said over SQL; nil when it did not.
	Standby *Standby
	// Readiness of the last check, when one was made in this round.
	Readiness *decide.Readiness
}

// Instance is what RDS says of one instance.
type Instance struct {
	Exists     bool
	ResourceID string
	Status     string
	// IsReplica: RDS names a replication source.
	IsReplica bool
	// RecoveryAt is the time of the last event in which RDS reported a
	// failover, restart or recovery of its own.
	RecoveryAt time.Time
}

// Standby is what the replica says of itself, moments on the guard's clock.
type Standby struct {
	InRecovery       bool
	Replayed         decide.Heartbeat
	ReplayedCommitAt time.Time
	ReceiveLSN       uint64
	ReplayLSN        uint64
	// EndLSN is how far the primary's WAL went by its last message, and
	// MessageAt when that came.
	EndLSN    uint64
	MessageAt time.Time
}

// Promoter is RDS in the replica's region, and RDS's view of any member.
type Promoter interface {
	// Inspect tells RDS's view of the member, looked up by its identifier.
	// ErrNotFound when RDS answers that there is none.
	Inspect(ctx context.Context, m Member) (Instance, error)
	// Find is Inspect by the member's resource id, whatever its identifier is by
	// now. ErrNotFound when RDS shows no such instance.
	Find(ctx context.Context, m Member) (Instance, error)
	// Promote asks RDS to make the replica a primary of its own, with the
	// configured backup retention. nil means accepted, not done.
	Promote(ctx context.Context, m Member) error
}

// Prover asks the promoted instance itself.
type Prover interface {
	// Prove writes a heartbeat as the new writer. An error means that it takes
	// none, or could not be asked; ErrInRecovery that it is a replica still.
	Prove(ctx context.Context, m Member) (Proof, error)
}

// Proof is what the new writer said when it took its first write.
type Proof struct {
	At       time.Time `json:"at,omitzero"`
	LSN      uint64    `json:"lsn,omitempty"`
	Timeline int       `json:"timeline,omitempty"`
}

// Fencer cuts the old primary off from everyone but the guard. All three calls
// may be repeated.
type Fencer interface {
	Fence(ctx context.Context, m Member) error
	// Fenced tells whether the fence holds, found by trying. A fence that is set
	// and through which others get all the same is an error, not false: setting
	// it again would not help, and it is not lifted either.
	Fenced(ctx context.Context, m Member) (bool, error)
	// Unfence lifts the fence. nil means that nothing of it is left.
	Unfence(ctx context.Context, m Member) error
}

// WriterSwitcher moves the weights of the DNS records. The metric that flips
// DNS without them goes through Metrics.
type WriterSwitcher interface {
	// Agrees tells whether the weights point at the member.
	Agrees(ctx context.Context, m Member) (bool, error)
	SetWeights(ctx context.Context, m Member) error
	// Diverted tells whether the alarm that Route 53 follows takes the primary's
	// record out. known is false while the alarm has no data.
	Diverted(ctx context.Context) (diverted, known bool, err error)
}

// Posture gives a promoted instance what a primary has, and the old one its
// rest. All calls may be repeated.
type Posture interface {
	// Restore sets backups, Multi-AZ and deletion protection.
	Restore(ctx context.Context, m Member) error
	// DetachSecret makes the secret of the guard's region stand alone.
	DetachSecret(ctx context.Context) error
	// Stop stops the old primary. ErrHasReplicas while it has any.
	Stop(ctx context.Context, m Member) error
}

// Metrics publishes gauges of the moment at which they were true.
type Metrics interface {
	Put(ctx context.Context, at time.Time, values map[contract.Metric]float64) error
}

// Notifier tells people.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}

// Activist tells what a member's region shows of what clients did there.
type Activist interface {
	// Activity is what CloudWatch shows of the member after since. It trails by
	// minutes, so that it is no evidence of anything that is so now.
	Activity(ctx context.Context, m Member, since time.Time) (Activity, error)
}

// Activity are the last minutes in which clients were seen at work. A zero time
// means that there was none.
type Activity struct {
	// WritesAt is the end of the last minute with writes on the disk, Writes how
	// many a second there were in it.
	WritesAt time.Time `json:"writes_at,omitzero"`
	Writes   float64   `json:"writes,omitempty"`
	// ConnectionsAt is the end of the last minute with sessions, Connections how
	// many there were.
	ConnectionsAt time.Time `json:"connections_at,omitzero"`
	Connections   float64   `json:"connections,omitempty"`
}

// Ports are all that an Engine reaches.
type Ports struct {
	Clock    Clock
	Ledger   Ledger
	Observer Observer
	Promoter Promoter
	Prover   Prover
	Fencer   Fencer
	Switcher WriterSwitcher
	Posture  Posture
	Metrics  Metrics
	Notifier Notifier
	Activity Activist
}
