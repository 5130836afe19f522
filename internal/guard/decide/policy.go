// Package decide holds the guard's judgement: from what was observed, to what
// is to be done. It is pure: no clock, no network, no state, so that a dry
// run, a test and a post-mortem get the very decision that a failover got.
package decide

import (
	"errors"
	"fmt"
	"time"
)

// Mode says whether the guard acts on its decisions.
type Mode string

// The modes of a guard.
const (
	// ModeAutomatic promotes when policy and evidence say so.
	ModeAutomatic Mode = "automatic"
	// ModeManual observes and tells; a person starts the failover.
	ModeManual Mode = "manual"
)

// SilentRegion says what is done when the primary's whole region is silent.
type SilentRegion string

// What is done for a silent region.
const (
	SilentPromote SilentRegion = "promote"
	SilentAsk     SilentRegion = "ask"
)

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
	// MultiAZWindow is the shortest window that is accepted for an instance
	// with a standby of its own, which must have its chance first.
	MultiAZWindow = 3 * time.Minute
)

// Settings are a policy as users write it: durations in seconds. The JSON
// names are those of the configuration.
type Settings struct {
	Mode                string `json:"mode"`
	OnRegionSilent      string `json:"on_region_silent"`
	InstanceFailed      int    `json:"instance_failed_seconds"`
	InstanceUnreachable int    `json:"instance_unreachable_seconds"`
	RegionSilent        int    `json:"region_silent_seconds"`
	Arming              int    `json:"arming_seconds"`
	Cooldown            int    `json:"cooldown_seconds"`
	MaxDataLoss         int    `json:"max_data_loss_seconds"`
	AbortAfter          int    `json:"abort_after_seconds"`
	// MultiAZ tells that the primary has a standby in its own region.
	MultiAZ bool `json:"multi_az"`
}

// Policy is what the guard may do and how sure it must be. The zero Policy is
// invalid and permits nothing.
type Policy struct {
	Mode           Mode
	OnRegionSilent SilentRegion
	// InstanceFailed is how long the instance must be unreachable on both data
	// paths while RDS reports it failed.
	InstanceFailed time.Duration
	// InstanceUnreachable likewise while RDS reports nothing wrong.
	InstanceUnreachable time.Duration
	// RegionSilent is how long database, WAL and APIs must all be silent.
	RegionSilent time.Duration
	// Arming is how long everything must be green before the guard may act.
	Arming time.Duration
	// Cooldown is the time after a failover in which none is started.
	Cooldown time.Duration
	// MaxDataLoss is the largest upper bound of loss that is accepted unasked.
	MaxDataLoss time.Duration
	// AbortAfter is how long a failover may stay unpromoted.
	AbortAfter time.Duration
	// MultiAZ tells that the primary has a standby in its own region.
	MultiAZ bool
}

// NewPolicy reads settings. The error lists every fault, each with its field,
// what was found, and what would be right.
func NewPolicy(s Settings) (Policy, error) {
	sec := func(n int) time.Duration { return time.Duration(n) * time.Second }
	p := Policy{
		Mode:                Mode(s.Mode),
		OnRegionSilent:      SilentRegion(s.OnRegionSilent),
		InstanceFailed:      sec(s.InstanceFailed),
		InstanceUnreachable: sec(s.InstanceUnreachable),
		RegionSilent:        sec(s.RegionSilent),
		Arming:              sec(s.Arming),
		Cooldown:            sec(s.Cooldown),
		MaxDataLoss:         sec(s.MaxDataLoss),
		AbortAfter:          sec(s.AbortAfter),
		MultiAZ:             s.MultiAZ,
	}
	if err := p.Validate(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// Validate lists every fault of the policy, or returns nil.
func (p Policy) Validate() error {
	var faults []error
	if p.Mode != ModeAutomatic && p.Mode != ModeManual {
		faults = append(faults, fmt.Errorf("mode: found %q, want %q or %q", p.Mode, ModeAutomatic, ModeManual))
	}
	if p.OnRegionSilent != SilentPromote && p.OnRegionSilent != SilentAsk {
		faults = append(faults, fmt.Errorf("on_region_silent: found %q, want %q or %q", p.OnRegionSilent, SilentPromote, SilentAsk))
	}
	for _, w := range []struct {
		field string
		value time.Duration
	}{
		{"instance_failed_seconds", p.InstanceFailed},
		{"instance_unreachable_seconds", p.InstanceUnreachable},
		{"region_silent_seconds", p.RegionSilent},
		{"arming_seconds", p.Arming},
		{"cooldown_seconds", p.Cooldown},
		{"abort_after_seconds", p.AbortAfter},
	} {
		if w.value <= 0 {
			faults = append(faults, fmt.Errorf("%s: found %d, want more than 0", w.field, int64(w.value/time.Second)))
		}
	}
	if p.MaxDataLoss < 0 {
		faults = append(faults, fmt.Errorf("max_data_loss_seconds: found %d, want 0 or more", int64(p.MaxDataLoss/time.Second)))
	}
	return errors.Join(append(faults, p.validateMultiAZ()...)...)
}

// validateMultiAZ refuses windows in which the primary's own standby could
// still take over. A silent region is exempt: its standby is silent with it.
func (p Policy) validateMultiAZ() []error {
	if !p.MultiAZ {
		return nil
	}
	var faults []error
	for _, w := range []struct {
		field string
		value time.Duration
	}{
		{"instance_failed_seconds", p.InstanceFailed},
		{"instance_unreachable_seconds", p.InstanceUnreachable},
	} {
		if w.value > 0 && w.value < MultiAZWindow {
			faults = append(faults, fmt.Errorf("%s: found %d, want %d or more with multi_az: a Multi-AZ failover takes 60 to 120 s",
				w.field, int64(w.value/time.Second), int64(MultiAZWindow/time.Second)))
		}
	}
	return faults
}
