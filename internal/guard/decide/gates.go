package decide

import (
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// gates are what must hold in every class of evidence.
func gates(p Policy, o Observation, now time.Time, loss Loss) []refusal.Refusal {
	g := finding{}
	ledgerGates(&g, p, o, now)
	replicaGates(&g, p, o, now, loss)
	return g.refusals
}

func ledgerGates(g *finding, p Policy, o Observation, now time.Time) {
	facts := o.Facts
	if !facts.Readable {
		// The rest of the facts is then nothing but zero values.
		g.refuse(refusal.LedgerUnavailable, "the ledger could not be read")
		return
	}
	if p.Mode != contract.ModeAutomatic {
		g.refuse(refusal.ModeManual, "mode is %q", p.Mode)
	}
	if facts.FailedOver {
		g.refuse(refusal.AlreadyFailedOver, "the writer is the former replica already")
	}
	if facts.InFlight != "" {
		g.refuse(refusal.FailoverInFlight, "failover %s is under way", facts.InFlight)
	}
	switch {
	case facts.Held:
		g.refuse(refusal.Disarmed, "an operator has disarmed the guard")
	case facts.ArmedFor == "":
		g.refuse(refusal.Disarmed, "the guard has not armed itself yet")
	case facts.ArmedFor != o.Primary.ResourceID:
		g.refuse(refusal.Disarmed, "the guard is armed for %q, the primary is %q", facts.ArmedFor, o.Primary.ResourceID)
	}
	if facts.Paused && (facts.PausedUntil.IsZero() || now.Before(facts.PausedUntil)) {
		g.refuse(refusal.Paused, "an operator has paused the guard")
	}
	if now.Before(facts.CooldownUntil) {
		g.refuse(refusal.Cooldown, "the last failover ended less than %s ago", p.Cooldown)
	}
}

func replicaGates(g *finding, p Policy, o Observation, now time.Time, loss Loss) {
	r := o.Replica
	switch {
	case r.StatusAt.IsZero() || now.Sub(r.StatusAt) > StatusFresh:
		g.refuse(refusal.ReplicaStateUnknown, "RDS has not told the replica's state within %s", StatusFresh)
	case !r.Exists:
		g.refuse(refusal.ReplicaMissing, "RDS knows no replica")
	case r.OutOfRecovery:
		g.refuse(refusal.NotAReplica, "PostgreSQL on %q says that it is not in recovery", r.ResourceID)
	case !r.IsReplica:
		g.refuse(refusal.NotAReplica, "RDS names no replication source for %q", r.ResourceID)
	case !Promotable(r.Status):
		g.refuse(refusal.ReplicaBusy, "RDS reports the replica %q", r.Status)
	}
	switch {
	case o.Positions.At.IsZero() || now.Sub(o.Positions.At) > PositionFresh:
		g.refuse(refusal.PositionUnknown, "the replica's position has not been read within %s", PositionFresh)
	case !loss.Known:
		g.refuse(refusal.PositionUnknown, "there is no heartbeat or commit to measure the loss by")
	case loss.Upper > p.MaxDataLoss:
		g.refuse(refusal.DataLossOverLimit, "up to %s may be lost, the policy accepts %s", loss.Upper, p.MaxDataLoss)
	}
}
