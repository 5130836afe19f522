package engine

import (
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// seen is how long something must have been so before the guard is blamed for
// not having seen it: a sample may be 20 s old, and takes 3 s.
const seen = 25 * time.Second

// checkTransition looks at what a write of the ledger means.
func (w *world) checkTransition(old, s State) {
	if old.Failover != nil && s.Failover == nil {
		w.lastEnd = w.now
	}
	if old.Failover == nil && s.Failover != nil {
		w.waived, w.fenceTries = s.Failover.unfenced(), 0
		if !s.Failover.forced() {
			w.checkClaim(s)
		}
	}
	if s.Failover != nil && s.Failover.Step == StepFence && s.Failover.Times[StepPreflight].IsZero() {
		w.fail("fence without pre-flight")
	}
}

// checkClaim holds an automatic failover against the truth.
func (w *world) checkClaim(s State) {
	p := modelPolicy()
	switch {
	case w.held(w.sqlUpSince, seen):
		w.fail("claimed though the primary has answered SQL for %s", w.now.Sub(w.sqlUpSince))
	case w.held(w.walUpSince, seen):
		w.fail("claimed though WAL has flowed for %s", w.now.Sub(w.walUpSince))
	case w.isolated() && w.primary.alive:
		w.fail("claimed while the guard is cut off from everything")
	case w.primary.alive && w.primary.status == "upgrading", w.held(w.workSince, time.Minute+seen) && w.up("region-api"):
		w.fail("claimed while RDS is %s the primary", w.primary.status)
	case s.Pause.Active(w.now) && !w.skewed:
		w.fail("claimed while paused")
	case s.Arming.Held:
		w.fail("claimed while disarmed")
	}
	if w.skewed {
		return
	}
	switch {
	case !w.primary.recoveryAt.IsZero() && w.now.Sub(w.primary.recoveryAt) < decide.RecoveryGrace && w.held(w.upSince["region-api"], decide.RecoveryGrace) && w.up("region-api"):
		w.fail("claimed %s after RDS began a failover of its own", w.now.Sub(w.primary.recoveryAt))
	case w.longestRun < p.Arming-25*time.Second && w.crashes == 0: // What happens between two looks is not seen.
		w.fail("claimed for a primary that was healthy for %s at most", w.longestRun)
	case !w.lastEnd.IsZero() && w.now.Sub(w.lastEnd) < p.Cooldown-5*time.Second:
		w.fail("claimed %s after the last failover ended", w.now.Sub(w.lastEnd))
	case w.held(w.lateSince, seen) && (s.Failover.Request == nil || !s.Failover.Request.AllowDataLoss):
		w.fail("claimed with the replica %s behind", w.behind())
	}
}

// isolated: for long enough, nothing outside the guard's region has answered.
func (w *world) isolated() bool {
	return w.cut["witness"] && w.held(w.witnessDown, seen)
}

// checkPromotion runs when RDS takes the promotion.
func (w *world) checkPromotion() {
	if w.promotions > 0 {
		w.fail("a second promotion took effect")
	}
	if !w.takesWrites() || w.waived || w.denied["fence"] {
		return
	}
	reachable := w.up("ec2") && w.upSince["ec2"].Before(w.fenceTry)
	if w.up("ec2") && w.fenceTry.IsZero() {
		reachable = true
	}
	if reachable {
		w.fail("promoted while the primary takes writes and could be fenced")
	}
}

// checkFence runs when the network ACL is changed for a failover. Only the
// first try counts: a fence that was sought once is seen through.
func (w *world) checkFence(first bool) {
	late := 15 * time.Second
	if w.flaky > 0 || len(w.deaf) > 0 {
		late = 45 * time.Second // Writing the intent may take several tries.
	}
	if first && !w.sent && w.now.Sub(w.promotable) > late {
		w.fail("fenced for a replica that could not be promoted for %s", w.now.Sub(w.promotable))
	}
}

// checkSwitch runs when DNS is turned.
func (w *world) checkSwitch(to Site) {
	if to == SiteReplica && !w.writable() {
		w.fail("applications are sent to an instance that takes no writes")
	}
}

// checkEnd runs when everything has been healthy for long.
func (w *world) checkEnd() {
	s := w.ledger.state
	promoted := !w.replica.promoteAt.IsZero()
	switch {
	case s.Failover != nil && s.Failover.Standing == nil:
		w.fail("failover %s hangs at %s without a named refusal", s.Failover.ID, s.Failover.Step)
	case s.Failover != nil && promoted && w.writable():
		w.fail("failover %s hangs at %s (%v) though the new writer is ready", s.Failover.ID, s.Failover.Step, s.Failover.Standing)
	case s.Failover == nil && promoted && s.Writer.Site != SiteReplica:
		w.fail("the replica was promoted and the ledger still names %v", s.Writer)
	case s.Failover == nil && len(s.Debts) > 0:
		w.fail("debts are not paid: %v", s.Debts)
	case len(s.Outbox) > 0:
		w.fail("%d notices were not delivered", len(s.Outbox))
	case s.Failover == nil && promoted && (w.dns.weights != SiteReplica || w.dns.metric != 1):
		w.fail("DNS disagrees: weights %s, metric %v", w.dns.weights, w.dns.metric)
	case s.Failover == nil && promoted && (!w.replica.postured || !w.replica.secretAlone):
		w.fail("posture was not restored: %+v", w.replica)
	case s.Failover == nil && promoted && w.takesWrites():
		w.fail("the old primary takes writes beside the new one")
	case s.Failover == nil && !promoted && w.fence.holds:
		w.fail("the primary is the writer and still fenced")
	case !promoted && !w.primary.alive && s.Failover == nil && s.Told == "":
		w.fail("the primary is lost, nothing was promoted, and nobody was told why: %+v", s.Watch)
	}
}
