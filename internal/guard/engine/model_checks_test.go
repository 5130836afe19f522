package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// blame is how long something must have been so before the guard is blamed for
// not having seen it: a sample may be 20 s old, and takes 3 s.
const blame = 25 * time.Second

// acting are the operations that change the databases, the network or DNS.
var acting = []string{
	"PromoteReadReplica", "CreateNetworkAclEntry", "DeleteNetworkAclEntry", "ChangeResourceRecordSets",
	"ModifyDBInstance", "StopReplicationToReplica", "StopDBInstance",
}

// checkCaller runs when a request reaches AWS.
func (w *world) checkCaller(p *process, c call) {
	if l := w.ledger.Lease; !w.skewed && l.Owner != p.owner() && slices.Contains(acting, c.op) {
		w.fail("%s does %s while the lease is %q's", p.owner(), c.op, l.Owner)
	}
	if c.op == "DeleteNetworkAclEntry" && w.sent {
		w.fail("un-fenced after a promotion was sent")
	}
	if c.op == "DeleteNetworkAclEntry" && w.early && !w.skewed && w.stalls == 0 && w.aws.alarmed() {
		w.fail("un-fenced while DNS leads to the replica")
	}
}

// checkTransition looks at what a write of the ledger means.
func (w *world) checkTransition(old, s engine.State) {
	if old.Failover != nil && s.Failover == nil {
		w.lastEnd = w.now
	}
	if old.Failover == nil && s.Failover != nil {
		w.waived, w.fenceTries = s.Failover.Unfenced(), 0
		if !s.Failover.Forced() {
			w.checkClaim(s)
		}
	}
	if f := s.Failover; f != nil && f.MaybeSent && old.Failover != nil && !old.Failover.MaybeSent {
		w.checkSending(f)
	}
	if s.Failover != nil && s.Failover.Step == engine.StepFence && s.Failover.Times[engine.StepPreflight].IsZero() {
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
func (w *world) checkClaim(s engine.State) {
	api := w.up(eastRDS)
	w.check([]rule{
		{w.held(w.sqlUpSince, blame), "claimed though the primary has answered SQL for long"},
		{w.held(w.walUpSince, blame), "claimed though WAL has flowed for long"},
		{w.isolated() && w.pg.alive, "claimed while the guard is cut off from everything"},
		{w.pg.alive && w.primary.Status == upgrading, "claimed while RDS upgrades a living primary"},
		{w.held(w.workSince, time.Minute+blame) && api, "claimed while RDS is at work on the primary"},
		{s.Arming.Held, "claimed while disarmed"},
		{s.Pause.Active(w.now), "claimed while paused"},
	})
	if w.skewed {
		return // With a wrong clock a minute is not a minute.
	}
	p := engine.ModelPolicy()
	recovering := w.held(w.recoveryAt, blame) && !w.held(w.recoveryAt, decide.RecoveryGrace)
	allowed := s.Failover.Request != nil && s.Failover.Request.AllowDataLoss
	w.check([]rule{
		{recovering && w.upFor(eastRDS, decide.RecoveryGrace), "claimed just after RDS began a failover of its own"},
		{w.workedWithin(p.InstanceUnreachable - blame), "claimed just after RDS was at work on the primary"},
		// What happens between two looks is not seen, and a crash makes for a pause.
		{w.longestRun < p.Arming-25*time.Second && w.crashes == 0 && w.stalls == 0, "claimed for a primary that was never healthy for long"},
		{!w.lastEnd.IsZero() && w.now.Sub(w.lastEnd) < p.Cooldown-5*time.Second, "claimed during the cooldown"},
		{w.held(w.lateSince, blame) && !allowed, "claimed with the replica too far behind"},
	})
}

// workedWithin: RDS was at work on the primary that long ago, and the guard has
// heard so, for it neither crashed nor stood still.
func (w *world) workedWithin(d time.Duration) bool {
	return !w.workedAt.IsZero() && w.now.Sub(w.workedAt) < d && w.primary.Status == lifecycle.Available &&
		w.upFor(eastRDS, d+blame) && w.crashes == 0 && w.stalls == 0
}

// isolated: for long enough, nothing outside the guard's region has answered.
func (w *world) isolated() bool { return w.held(w.witnessDown, blame) }

// checkPromotion runs when RDS takes the promotion.
func (w *world) checkPromotion() {
	if w.promotions > 0 {
		w.fail("a second promotion took effect")
	}
	if !w.takesWrites() || w.waived || !w.fenceable() {
		return
	}
	if w.fenceTry.IsZero() || w.upFor(eastEC2, w.now.Sub(w.fenceTry)) {
		w.fail("promoted while the primary takes writes and could be fenced")
	}
}

// checkSending runs when the guard writes down that it is about to promote.
func (w *world) checkSending(f *engine.Failover) {
	if w.skewed || w.stalls > 0 {
		return // What it looked at may be older than it thinks.
	}
	heard := w.held(w.sqlUpSince, blame) || w.held(w.walUpSince, blame) && w.up(replicaSQL)
	w.check([]rule{
		{heard && f.Fence != engine.FenceConfirmed && !f.Unfenced(), "about to promote without a fence beside a primary that has been heard for long"},
		{w.held(w.lateSince, blame) && !f.AllowsLoss(), "about to promote with the replica too far behind for long"},
		{heard && w.now.Sub(f.ClaimedAt) > engine.ModelPolicy().AbortAfter+blame, "about to promote after the deadline beside a primary that has been heard for long"},
	})
}

// fenceable: EC2 would set a fence, and say so.
func (w *world) fenceable() bool {
	return w.up(eastEC2) && !w.faulty[eastEC2] && !w.denied["fence"] && !w.deaf["CreateNetworkAclEntry"]
}

// checkFence runs when the network ACL was changed. For a failover only the
// first try counts: a fence that was sought once is seen through.
func (w *world) checkFence(c call) {
	late := 15 * time.Second
	if w.flaky > 0 || len(w.deaf) > 0 {
		late = 45 * time.Second // Writing the intent may take several tries.
	}
	if w.stalls > 0 {
		late += 100 * time.Second
	}
	if c.op == "CreateNetworkAclEntry" && w.fenceTries == 1 && !w.sent && w.now.Sub(w.promotable) > late {
		w.fail("fenced for a replica that could not be promoted for %s", w.now.Sub(w.promotable))
	}
}

// checkWeights runs when the weights were changed.
func (w *world) checkWeights(to engine.Site) {
	w.check([]rule{
		{to == "", "the records' weights point to no single instance"},
		{to == engine.SiteReplica && !w.writable(), "the weights send applications to an instance that takes no writes"},
	})
}

// checkMetric runs when the metric that DNS follows was published. It says what
// the ledger says, where who publishes it is the one to act.
func (w *world) checkMetric(p *process, turns bool) {
	w.check([]rule{
		{turns && !w.writable() && !w.early, "applications are sent to an instance that takes no writes"},
		{turns && !w.writable() && !w.accepted, "applications are sent to an instance whose promotion RDS has not accepted"},
	})
	f, l := w.ledger.Failover, w.ledger.Lease
	if w.skewed || w.stalls > 0 || l.Owner != p.owner() {
		return // It may have been delayed, and another has gone on since.
	}
	says := w.ledger.Writer.Site == engine.SiteReplica || f != nil && !f.TurnedAt.IsZero()
	w.check([]rule{
		{turns && !says, "the metric turns DNS before the ledger says so"},
		{!turns && says, "the metric turns DNS back though the ledger does not say so"},
	})
}

// slack is how long the guard may take for what it can do. A lease by a wrong
// clock, or one killed process after another, keeps others out; lost answers
// cost time.
func (w *world) slack() time.Duration {
	switch {
	case w.skewed || w.crashes > 0 || w.stalls > 0:
		return 8 * time.Minute
	case w.flaky > 0 || len(w.deaf) > 0:
		return 3 * time.Minute
	}
	return 100 * time.Second
}

// checkOutage: no primary stays fenced for a failover that does not come.
func (w *world) checkOutage() {
	known := w.up(westRDS) && w.replica.Status != "modifying" || w.up(replicaSQL)
	mendable := w.up(eastRDS) && w.up(eastEC2) && !w.faulty[eastEC2] && !w.denied["unfence"] && w.up(dynamodb) && known
	// What may have been sent and was not, an operator abandons: from then on it
	// is known.
	mark(&w.outageSince, w.primaryUp() && w.fence.holds && !w.maybeSent() && mendable, w.now)
	if w.held(w.outageSince, engine.ModelPolicy().AbortAfter+w.slack()) {
		w.fail("the primary is fenced for %s though nothing was promoted", w.now.Sub(w.outageSince))
	}
}

// checkWriters: there are never two for longer than it takes to fence one.
func (w *world) checkWriters() {
	able := w.fenceable() && w.up(dynamodb) && w.up(westRDS)
	mark(&w.doubleSince, w.takesWrites() && w.writable() && able, w.now)
	if w.held(w.doubleSince, w.slack()) {
		w.fail("two writers for %s though fencing is reachable", w.now.Sub(w.doubleSince))
	}
}

// maybeSent: a promotion was sent, or the guard can't know that none was.
func (w *world) maybeSent() bool {
	f := w.ledger.Failover
	return w.sent || f != nil && f.MaybeSent
}

// checkEnd runs when everything has been healthy for long.
func (w *world) checkEnd() {
	w.stale = true
	w.refresh()
	s := must(w.ops.Ledger.Read(context.Background()))
	if a, b := must(json.Marshal(s)), must(json.Marshal(w.ledger)); !bytes.Equal(a, b) {
		w.fail("the ledger holds\n%s\nand was written\n%s", a, b)
	}
	if f := s.Failover; f != nil {
		w.check([]rule{
			{f.Standing == nil, "a failover hangs without a named refusal"},
			{w.writable(), "a failover hangs though the new writer is ready"},
		})
		return
	}
	w.check([]rule{
		{len(w.unpaid()) > 0, "debts are not paid"},
		{len(s.Outbox) > 0, "notices were not delivered"},
	})
	w.checkJournal(s)
	if !w.sent {
		w.check([]rule{
			{w.fence.some, "the primary is the writer and still fenced"},
			{w.aws.alarmed() || w.aws.weights() != engine.SitePrimary, "nothing was promoted and DNS leads to the replica"},
			{!w.primaryUp() && s.Told == "", "the primary is lost, nothing was promoted, and nobody was told why"},
		})
		return
	}
	w.check([]rule{
		{s.Writer.Site != engine.SiteReplica, "the replica was promoted and the ledger does not know"},
		{w.aws.weights() != engine.SiteReplica || !w.aws.alarmed(), "DNS disagrees with the ledger"},
		{!w.aws.postured() || !w.aws.secretAlone(), "the posture was not restored"},
		{w.takesWrites(), "the old primary takes writes beside the new one"},
	})
}

// checkJournal: a failover that has ended is written down.
func (w *world) checkJournal(s engine.State) {
	if s.Last == nil {
		return
	}
	entries := must(w.ops.Ledger.History(context.Background(), 1))
	if len(entries) == 0 || entries[0].ID != s.Last.ID || entries[0].Failover.Outcome != s.Last.Outcome {
		w.fail("the journal does not tell how the last failover ended")
	}
}
