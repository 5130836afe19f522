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

// rule is something that must not be.
type rule struct {
	broken bool
	what   string
}

func (w *world) check(rules []rule) {
	for _, r := range rules {
		if r.broken {
			w.fail("%s", r.what)
		}
	}
}

// checkClaim holds an automatic failover against the truth.
func (w *world) checkClaim(s State) {
	api := w.up("region-api")
	w.check([]rule{
		{w.held(w.sqlUpSince, seen), "claimed though the primary has answered SQL for long"},
		{w.held(w.walUpSince, seen), "claimed though WAL has flowed for long"},
		{w.isolated() && w.primary.alive, "claimed while the guard is cut off from everything"},
		{w.primary.alive && w.primary.status == "upgrading", "claimed while RDS upgrades a living primary"},
		{w.held(w.workSince, time.Minute+seen) && api, "claimed while RDS is at work on the primary"},
		{s.Arming.Held, "claimed while disarmed"},
	})
	if w.skewed {
		return // With a wrong clock a minute is not a minute.
	}
	p := modelPolicy()
	recovering := w.held(w.primary.recoveryAt, seen) && !w.held(w.primary.recoveryAt, decide.RecoveryGrace)
	allowed := s.Failover.Request != nil && s.Failover.Request.AllowDataLoss
	w.check([]rule{
		{s.Pause.Active(w.now), "claimed while paused"},
		{recovering && api && w.held(w.upSince["region-api"], decide.RecoveryGrace), "claimed just after RDS began a failover of its own"},
		// What happens between two looks is not seen, and a crash makes for a pause.
		{w.longestRun < p.Arming-25*time.Second && w.crashes == 0, "claimed for a primary that was never healthy for long"},
		{!w.lastEnd.IsZero() && w.now.Sub(w.lastEnd) < p.Cooldown-5*time.Second, "claimed during the cooldown"},
		{w.held(w.lateSince, seen) && !allowed, "claimed with the replica too far behind"},
	})
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
	if f := s.Failover; f != nil {
		w.check([]rule{
			{f.Standing == nil, "a failover hangs without a named refusal"},
			{w.writable(), "a failover hangs though the new writer is ready"},
		})
		return
	}
	w.check([]rule{
		{len(s.Debts) > 0, "debts are not paid"},
		{len(s.Outbox) > 0, "notices were not delivered"},
	})
	if w.replica.promoteAt.IsZero() {
		w.check([]rule{
			{w.fence.holds, "the primary is the writer and still fenced"},
			{!w.primary.alive && s.Told == "", "the primary is lost, nothing was promoted, and nobody was told why"},
		})
		return
	}
	w.check([]rule{
		{s.Writer.Site != SiteReplica, "the replica was promoted and the ledger does not know"},
		{w.dns.weights != SiteReplica || w.dns.metric != 1, "DNS disagrees with the ledger"},
		{!w.replica.postured || !w.replica.secretAlone, "the posture was not restored"},
		{w.takesWrites(), "the old primary takes writes beside the new one"},
	})
}
