package decide

import "time"

// Observation is all that a decision rests on. Every time in it is on the
// guard's own clock; adapters convert what databases say by the age it had
// when it was read.
type Observation struct {
	// SQL is the path to the primary through the peering.
	SQL Path `json:"sql"`
	// WAL is the replica's WAL receiver: it uses RDS's own channel, not the
	// peering.
	WAL Path `json:"wal"`
	// RDSAPI and OtherAPI are two AWS services in the primary's region.
	RDSAPI   Path `json:"rds_api"`
	OtherAPI Path `json:"other_api"`
	// Witness is AWS in two further regions: if both are silent too, it is the
	// guard that is cut off. If one is, the way to the primary's region may be.
	Witness Path `json:"witness"`

	Primary   Primary   `json:"primary"`
	Replica   Replica   `json:"replica"`
	Positions Positions `json:"positions"`
	Facts     Facts     `json:"facts"`
	// Request is an operator's order to fail over; nil when the guard looks of
	// its own accord.
	Request *Request `json:"request,omitempty"`
}

// Primary is what RDS says of the instance that is the writer.
type Primary struct {
	// ResourceID is the DbiResourceId, which no other instance ever has.
	ResourceID string `json:"resource_id"`
	// Status as RDS words it, and when it was read.
	Status   string    `json:"status"`
	StatusAt time.Time `json:"status_at,omitzero"`
	// WorkAt is when RDS last reported a status in which it is at work, or after
	// that another: until then it may have been.
	WorkAt time.Time `json:"work_at,omitzero"`
	// Gone: RDS answered that there is no such instance.
	Gone bool `json:"gone,omitempty"`
	// RecoveryAt is the time of the last event in which RDS reported a
	// failover, restart or recovery of its own.
	RecoveryAt time.Time `json:"recovery_at,omitzero"`
}

// Replica is what RDS says of the instance that would be promoted.
type Replica struct {
	ResourceID string `json:"resource_id"`
	Exists     bool   `json:"exists"`
	// IsReplica: RDS names a replication source for it.
	IsReplica bool `json:"is_replica"`
	// OutOfRecovery: PostgreSQL on it says that it is no replica, whatever RDS
	// says.
	OutOfRecovery bool      `json:"out_of_recovery,omitempty"`
	Status        string    `json:"status"`
	StatusAt      time.Time `json:"status_at,omitzero"`
}

// Heartbeat is one row that the guard wrote on the primary.
type Heartbeat struct {
	// Seq counts up by one a heartbeat.
	Seq int64 `json:"seq"`
	// At is when the guard wrote it.
	At time.Time `json:"at,omitzero"`
	// LSN of the primary just after, in bytes.
	LSN uint64 `json:"lsn,omitempty"`
}

// Positions are how far the primary was and how far the replica is.
type Positions struct {
	// Acked is the last heartbeat whose commit the primary acknowledged.
	Acked Heartbeat `json:"acked"`
	// Replayed is the newest heartbeat that can be read on the replica.
	Replayed Heartbeat `json:"replayed"`
	// ReplayedCommitAt is the commit time of the last transaction replayed.
	ReplayedCommitAt time.Time `json:"replayed_commit_at,omitzero"`
	// CaughtUpAt is the last moment of which the replica is known to have
	// received all WAL: all that the primary had told it of, or that of the last
	// heartbeat. On an idle primary it moves on though nothing is committed.
	CaughtUpAt time.Time `json:"caught_up_at,omitzero"`
	// ReceiveLSN and ReplayLSN of the replica, in bytes.
	ReceiveLSN uint64 `json:"receive_lsn,omitempty"`
	ReplayLSN  uint64 `json:"replay_lsn,omitempty"`
	// At is when the replica was last read.
	At time.Time `json:"at,omitzero"`
}

// Facts are what the ledger says.
type Facts struct {
	// Readable: the ledger was read, strongly consistent, for this decision.
	Readable bool `json:"readable"`
	// FailedOver: the writer is already the former replica.
	FailedOver bool `json:"failed_over,omitempty"`
	// InFlight is the id of a failover under way.
	InFlight string `json:"in_flight,omitempty"`
	// ArmedFor is the ResourceID that the guard has seen healthy.
	ArmedFor string `json:"armed_for,omitempty"`
	// Held: an operator has disarmed the guard.
	Held bool `json:"held,omitempty"`
	// Paused by an operator; PausedUntil zero means until resumed.
	Paused      bool      `json:"paused,omitempty"`
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// CooldownUntil is when the next failover may start.
	CooldownUntil time.Time `json:"cooldown_until,omitzero"`
}

// PrimarySilent tells whether nothing is heard from the primary, by fresh
// samples of both data paths. One that was not looked at is not silent.
func (o Observation) PrimarySilent(now time.Time) bool { return o.SQL.Silent(now) && o.WAL.Silent(now) }

// RegionSilent tells whether nothing is heard from the primary's region either.
func (o Observation) RegionSilent(now time.Time) bool {
	return o.PrimarySilent(now) && o.RDSAPI.Silent(now) && o.OtherAPI.Silent(now)
}

// Request is an operator's order to fail over, with what it may override.
type Request struct {
	// By is who asked, as far as is known.
	By string `json:"by,omitempty"`
	// Force does without evidence, arming, pause and cooldown.
	Force bool `json:"force,omitempty"`
	// AllowDataLoss does without the limit of loss and a known position.
	AllowDataLoss bool `json:"allow_data_loss,omitempty"`
	// Unfenced goes on where AWS answered but fencing failed.
	Unfenced bool `json:"unfenced,omitempty"`
	// Unproven switches to the new writer on RDS's word alone, where PostgreSQL
	// on it can't be asked.
	Unproven bool `json:"unproven,omitempty"`
}
