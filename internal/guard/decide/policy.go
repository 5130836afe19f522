// Package decide holds the guard's judgement: from what was observed, to what
// is to be done. It is pure: no clock, no network, no state, so that a dry
// run, a test and a post-mortem get the very decision that a failover got.
package decide

import (
	"time"

	"github.com/pgdr/pgdr/internal/contract"
)

// Policy is what the guard may do and how sure it must be: see
// [contract.Policy].
type Policy = contract.Policy

// Fixed measures. They are no settings because a value that works follows from
// how the guard samples, not from what a user prefers.
const (
	// SampleFresh is how old a sample may be and still speak of now: three
	// rounds of 5 s, and one that was slow.
	SampleFresh = 20 * time.Second
	// StatusFresh is how old an answer of the RDS API may be and still tell
	// the instance's status.
	StatusFresh = time.Minute
	// StatusCarry is how long before the silence a status may have been seen
	// and still rule out that RDS itself was working on the instance. RDS sets
	// the status before it takes the instance down.
	StatusCarry = 2 * time.Minute
	// RecoveryGrace is how long after RDS reported a failover, restart or
	// recovery of its own the instance is left to come back. A Multi-AZ
	// failover takes 60 to 120 s:
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html
	RecoveryGrace = 3 * time.Minute
	// PositionFresh is how old the replica's position may be.
	PositionFresh = time.Minute
	// ReadinessFresh is how old the last readiness check may be when arming.
	ReadinessFresh = 15 * time.Minute
	// ReceiverTimeoutMax is the longest wal_receiver_timeout with which the
	// silence of a WAL receiver is evidence. One that has heard nothing for
	// half of it asks the primary for an answer (walreceiver.c); an idle
	// primary says nothing of its own accord.
	ReceiverTimeoutMax = 2 * time.Minute
	// ReceiverTimeoutMin is the shortest with which a receiver is left alone:
	// below it, an ordinary pause of the network ends its connection.
	ReceiverTimeoutMin = time.Second
	// MaxGap is the longest pause between two samples of one path that still
	// counts as an unbroken run: one tick a minute, and half a minute of slack.
	MaxGap = 90 * time.Second
)
