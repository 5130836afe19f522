package engine_test

import (
	"time"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// seen is what the world last saw of the account, so that it need not look at
// every turn.
type seen struct {
	primary, replica engine.Instance
	ledger           engine.State
	lastLook         time.Time
	// stale: something was done since.
	stale bool
	fence fenceTruth
	// lag is how long after a change packets and EC2's answers may still be
	// those of before.
	lag time.Duration
	// points counts the values of the metric that DNS follows, flips those of them
	// that turned it.
	points, flips int
}

// fenceTruth is what the network ACL does to applications' packets.
type fenceTruth struct {
	// set: as the rules are, packets pass in no direction. some: in one of
	// them they do not.
	set, some bool
	// holds is as packets find it, a moment later.
	holds   bool
	settles time.Time
}

// record is what the invariants are held against: since when something has
// been so (zero: it is not), and what happened when.
type record struct {
	upSince     map[string]time.Time
	lateSince   time.Time // the replica is too far behind
	walUpSince  time.Time // WAL flows
	sqlUpSince  time.Time // the guard can reach the primary
	greenSince  time.Time // all that arming needs is well
	longestRun  time.Duration
	workSince   time.Time // RDS is at work on the primary
	workedAt    time.Time // RDS was last at work on the primary
	witnessDown time.Time // nothing outside the region answers
	outageSince time.Time // the primary lives, fenced, and nothing was promoted
	doubleSince time.Time // two instances take writes
	restSince   time.Time // nothing is left to do

	recoveryAt time.Time // RDS last began a recovery of its own
	promotable time.Time // last moment at which a promotion would be taken
	promotions int       // that RDS took
	sent       bool      // a promotion reached RDS
	accepted   bool      // RDS has accepted one, whatever became of it
	fenceTry   time.Time // when fencing was last tried
	fenceTries int
	lastEnd    time.Time   // when a failover last ended
	waived     bool        // the operator said unfenced
	looks      []time.Time // when an invocation began to look
}

// refreshEvery is how old the world's look at the account may be. RDS goes on
// by itself.
const refreshEvery = time.Second

func (w *world) refresh() {
	if !w.stale && w.now.Sub(w.lastLook) < refreshEvery {
		return
	}
	w.lastLook, w.stale = w.now, false
	w.primary, w.replica = w.aws.instance(engine.SitePrimary), w.aws.instance(engine.SiteReplica)
}

// passTo lets time do its work.
func (w *world) passTo(to time.Time) {
	if to.After(w.now) {
		w.now = to
	}
	w.refresh()
	if w.fence.holds != w.fence.set && !w.now.Before(w.fence.settles) {
		w.fence.holds = w.fence.set
	}
	w.stream()
	w.follow()
}

// primaryUp: the old primary takes connections.
func (w *world) primaryUp() bool {
	return w.pg.alive && w.primary.Exists && !w.stopped()
}

// takesWrites: applications could write to the old primary.
func (w *world) takesWrites() bool {
	return w.primaryUp() && !w.fence.holds && !w.primary.IsReplica
}

// writable: the former replica takes writes.
func (w *world) writable() bool {
	return !w.pg.writableAt.IsZero() && !w.now.Before(w.pg.writableAt)
}

// stream is replication: the replica has all that the primary wrote while the
// way was open.
func (w *world) stream() {
	flows := w.primaryUp() && w.up(replication) && w.replica.IsReplica && w.pg.writableAt.IsZero()
	mark(&w.walUpSince, flows, w.now)
	if w.pg.alive {
		w.pg.lsn += 10
	}
	if flows {
		w.pg.receivedAt = w.now
	}
	mark(&w.sqlUpSince, w.primaryUp() && w.up(peering), w.now)
	if w.replica.IsReplica && w.replica.Status == lifecycle.Available {
		w.promotable = w.now
	}
}

// follow keeps the moments that the invariants look at.
func (w *world) follow() {
	green := !w.sqlUpSince.IsZero() && !w.walUpSince.IsZero() && w.pg.writableAt.IsZero()
	mark(&w.greenSince, green, w.now)
	if green {
		w.longestRun = max(w.longestRun, w.now.Sub(w.greenSince))
	}
	mark(&w.workSince, w.primary.Status != lifecycle.Available && w.primary.Status != lifecycle.Failed, w.now)
	if !w.workSince.IsZero() {
		w.workedAt = w.now
	}
	mark(&w.lateSince, w.pg.behind() > engine.ModelPolicy().MaxDataLoss+20*time.Second, w.now)
	mark(&w.witnessDown, !w.up(w.witness()), w.now)
	w.checkOutage()
	w.checkWriters()
	mark(&w.restSince, w.healed && w.nothingToDo(), w.now)
}

func (w *world) witness() string { return w.aws.config.WitnessRegions[0] }

// took notes what a call that AWS took has changed.
func (w *world) took(p *process, c call) {
	switch c.op {
	case "PromoteReadReplica":
		w.tookPromotion()
	case "CreateNetworkAclEntry", "DeleteNetworkAclEntry":
		in, out := w.aws.passable()
		if set := !in && !out; set != w.fence.set {
			w.fence.set, w.fence.settles = set, w.now.Add(w.between(0, w.lag))
		}
		w.fence.some = !in || !out
		w.checkFence(c)
	case "ChangeResourceRecordSets":
		w.checkWeights(w.aws.weights())
	case "PutMetricData":
		w.tookMetrics(p)
	case "PutItem":
		if p.writing != nil {
			old := w.ledger
			w.ledger = *p.writing
			w.checkTransition(old, w.ledger)
		}
	}
	w.stale = true
}

func (w *world) tookPromotion() {
	w.checkPromotion()
	w.accepted = true
	if w.swallow > 0 {
		w.swallow--
		w.aws.force(engine.SiteReplica, lifecycle.Available)
		return
	}
	if w.muteRDS > 0 {
		w.during(w.now, w.muteRDS, westRDS)
	}
	w.sent = true
	w.promotions++
	w.pg.writableAt = w.now.Add(w.aws.timing.Promotion + w.between(-10*time.Second, 15*time.Second))
}

func (w *world) tookMetrics(p *process) {
	points, flips := w.aws.activeWriter(), 0
	for _, p := range points {
		if p.Value >= 1 {
			flips++
		}
	}
	if len(points) > w.points {
		w.checkMetric(p, flips > w.flips)
	}
	w.points, w.flips = len(points), flips
}

func mark(since *time.Time, on bool, now time.Time) {
	switch {
	case !on:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
}

// held tells whether something has been so for at least d.
func (w *world) held(since time.Time, d time.Duration) bool {
	return !since.IsZero() && w.now.Sub(since) >= d
}

// restTime is for how long nothing must have been left to do before a healed
// world is over: two ticks, and the end of what they looked for.
const restTime = 2 * time.Minute

func (w *world) rested() bool { return w.held(w.restSince, restTime) }

// nothingToDo: what there was to do is done, or refused and told.
func (w *world) nothingToDo() bool {
	s := &w.ledger
	if s.Failover != nil || s.Order != nil || len(s.Outbox) > 0 || len(w.unpaid()) > 0 {
		return false
	}
	lost := !w.primaryUp() && w.promotions == 0
	return !lost || s.Told != "" && !w.now.Before(s.CooldownUntil)
}

// unpaid are the debts that could be paid: RDS stops no instance that has
// failed.
func (w *world) unpaid() []engine.DebtKind {
	var kinds []engine.DebtKind
	for k := range w.ledger.Debts {
		if k != engine.DebtStop || w.primary.Status != lifecycle.Failed {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// stopped: RDS has stopped the old primary, or is about to.
func (w *world) stopped() bool {
	return w.primary.Status == lifecycle.Stopped || w.primary.Status == lifecycle.Stopping
}
