package engine

import (
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// observe adds one round of samples to the state.
func (s *State) observe(p decide.Policy, top Topology, x Samples, now time.Time) {
	w := &s.Watch
	w.SQL = track(w.SQL, x.SQL)
	w.WAL = track(w.WAL, x.WAL)
	w.RDSAPI = track(w.RDSAPI, x.RDSAPI)
	w.OtherAPI = track(w.OtherAPI, x.OtherAPI)
	w.Witness = track(w.Witness, x.Witness)
	w.see(x, now)
	if x.Acked != nil && x.Acked.Seq > w.Positions.Acked.Seq {
		w.Positions.Acked = *x.Acked
	}
	if x.Standby != nil {
		w.Positions = follow(w.Positions, *x.Standby, now)
	}
	if x.Readiness != nil {
		s.Readiness = *x.Readiness
	}
	s.learn(top, x)
	s.Arming = s.Arming.Next(p, s.observation(now), s.Readiness, now)
}

func track(p decide.Path, s decide.Sample) decide.Path {
	if s.Class == "" {
		return p
	}
	return p.Track(s)
}

// see takes over what RDS answered; what it did not answer stays as it was,
// with its age.
func (w *Watch) see(x Samples, now time.Time) {
	if i := x.Writer; i != nil {
		w.Primary.Gone = !i.Exists
		if i.Exists {
			if atWork(w.Primary.Status) || atWork(i.Status) {
				w.Primary.WorkAt = now
			}
			w.Primary.ResourceID, w.Primary.Status = i.ResourceID, i.Status
		}
		w.Primary.StatusAt = now
		if i.RecoveryAt.After(w.Primary.RecoveryAt) {
			w.Primary.RecoveryAt = i.RecoveryAt
		}
	}
	if i := x.Replica; i != nil {
		w.Replica = decide.Replica{ResourceID: i.ResourceID, Exists: i.Exists, IsReplica: i.IsReplica, Status: i.Status, StatusAt: now}
	}
	if x.Standby != nil && !x.Standby.InRecovery {
		// PostgreSQL itself says that it takes writes, whatever RDS says.
		w.Replica.IsReplica, w.Replica.OutOfRecovery = false, true
	}
}

// atWork tells of a status that RDS has told whether it is one of being at work.
func atWork(status string) bool {
	return status != "" && decide.ConditionOf(status) == decide.Working
}

// follow updates the replica's position.
func follow(p decide.Positions, s Standby, now time.Time) decide.Positions {
	p.At = now
	p.ReceiveLSN, p.ReplayLSN = s.ReceiveLSN, s.ReplayLSN
	if s.Replayed.Seq >= p.Replayed.Seq {
		p.Replayed = s.Replayed
	}
	if s.ReplayedCommitAt.After(p.ReplayedCommitAt) {
		p.ReplayedCommitAt = s.ReplayedCommitAt
	}
	// A keepalive tells how much was sent, not how much there is (walsender.c,
	// WalSndKeepalive): in a backlog it falls short. Less than the last heartbeat
	// is not all, whatever the message says.
	all := max(s.EndLSN, p.Acked.LSN)
	// WAL that was received and not replayed yet is not lost: a promotion replays
	// it, and ends a pause of the replay.
	// https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
	if s.EndLSN > 0 && max(s.ReceiveLSN, s.ReplayLSN) >= all && s.MessageAt.After(p.CaughtUpAt) {
		p.CaughtUpAt = s.MessageAt
	}
	// Under load there is always a little more than was received. The heartbeat
	// was, then.
	if p.Acked.LSN > 0 && s.ReceiveLSN >= p.Acked.LSN && s.ReceiveLSN > s.ReplayLSN && p.Acked.At.After(p.CaughtUpAt) {
		p.CaughtUpAt = p.Acked.At
	}
	return p
}

// learn finds out which instances there are: the writer of a blank ledger, a
// rebuilt primary, the replica's resource id. Only a replica that is one
// proves that the primary is the writer.
func (s *State) learn(top Topology, x Samples) {
	if s.Failover != nil || s.Writer.Site == SiteReplica {
		return
	}
	w, r := x.Writer, x.Replica
	if w == nil || r == nil || !w.Exists || !r.Exists || !r.IsReplica || w.IsReplica || !s.Watch.Replica.IsReplica {
		return
	}
	s.Writer, s.Replica = top.Primary, top.Replica
	s.Writer.ResourceID, s.Replica.ResourceID = w.ResourceID, r.ResourceID
}

// observation is what Decide gets to see.
func (s *State) observation(now time.Time) decide.Observation {
	w := s.Watch
	o := decide.Observation{
		SQL: w.SQL, WAL: w.WAL, RDSAPI: w.RDSAPI, OtherAPI: w.OtherAPI, Witness: w.Witness,
		Primary: w.Primary, Replica: w.Replica, Positions: w.Positions,
		Facts: decide.Facts{
			Readable:      true,
			FailedOver:    s.Writer.Site == SiteReplica,
			ArmedFor:      s.Arming.ArmedFor,
			Held:          s.Arming.Held,
			Paused:        s.Pause != nil,
			CooldownUntil: s.CooldownUntil,
		},
	}
	// The ledger is keyed on the resource id: an instance that took over the
	// name of the writer is not the writer.
	o.Primary.ResourceID = s.Writer.ResourceID
	if w.Primary.ResourceID != "" && w.Primary.ResourceID != s.Writer.ResourceID && s.Writer.ResourceID != "" {
		o.Primary.Gone = true
	}
	if s.Pause != nil {
		o.Facts.PausedUntil = s.Pause.End()
	}
	if s.Failover != nil {
		o.Facts.InFlight = s.Failover.ID
	}
	if s.Order != nil && now.Before(s.Order.Expires) {
		r := s.Order.Request
		o.Request = &r
	}
	return o
}

// target is what to look at next.
func (s *State) target(top Topology, now time.Time) Target {
	t := Target{Writer: s.Writer, Replica: s.Replica}
	if t.Writer.Site == "" {
		t.Writer, t.Replica = top.Primary, top.Replica
	}
	if t.Writer.Site == SiteReplica {
		t.Replica = Member{}
	}
	armed := s.Arming.ArmedFor != "" && s.Arming.ArmedFor == s.Writer.ResourceID
	t.Settled = armed || s.Arming.Held || s.Writer.Site == SiteReplica
	if len(s.Readiness.Unknown) == 0 {
		t.Checked = s.Readiness.At
	}
	if s.Failover == nil {
		t.Heartbeat = &decide.Heartbeat{Seq: s.Watch.Positions.Acked.Seq + 1, At: now}
	}
	return t
}
