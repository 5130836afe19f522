package engine

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// world is the truth that the engine can only guess at: two instances, the
// paths between them and the guard, the guard's own services. It is a thin
// stand-in for the ports, not for AWS; what it does know of RDS is documented:
// the instance still looks available just after a promotion was asked for, a
// repeat finds it busy and later no replica, a backup refuses a promotion, an
// instance with replicas is not stopped, a network ACL takes effect late.
type world struct {
	rng  *rand.Rand
	seed uint64
	now  time.Time
	end  time.Time
	// violations found so far; the run stops at the first.
	violation string

	primary  truth
	replica  truth
	fence    fenceTruth
	cut      map[string]bool // paths and services that do not answer
	denied   map[string]bool // operations that IAM refuses
	deaf     map[string]bool // operations whose answers are lost
	swallow  int             // promotions that RDS accepts and forgets
	muteRDS  time.Duration   // how long RDS falls silent after a promotion
	flaky    float64         // chance that a call is lost or throttled
	skewed   bool
	upSince  map[string]time.Time // since when a cut-able thing has answered
	dns      dnsTruth
	ledger   ledgerTruth
	notices  []Notice
	events   []event
	procs    []*proc
	started  int
	crashes  float64 // chance of a crash at each yield
	onEffect func(p *proc, op string, after bool) bool

	lsn         uint64
	lateSince   time.Time // since when the replica is too far behind
	replayStop  time.Time // since when the replica replays nothing
	receivedAt  time.Time // last moment at which the replica had all WAL
	walUpSince  time.Time // zero while no WAL flows
	sqlUpSince  time.Time // zero while the guard can't reach the primary
	greenSince  time.Time // zero while anything that arming needs is bad
	longestRun  time.Duration
	workSince   time.Time // since when RDS is at work on the primary
	witnessDown time.Time // since when nothing outside the region answers
	promotable  time.Time // last moment at which a promotion would be taken
	promotions  int       // that RDS took
	sent        bool      // a promotion reached RDS
	fenceTry    time.Time // when fencing was last tried
	fenceTries  int
	lastEnd     time.Time // when a failover last ended
	outageSince time.Time // the primary lives, fenced, and nobody was promoted
	doubleSince time.Time // two instances take writes
	waived      bool      // the operator said unfenced
}

// truth of one instance.
type truth struct {
	id          string
	alive       bool // PostgreSQL takes connections
	isReplica   bool // as RDS tells
	inRecovery  bool // as PostgreSQL tells
	status      string
	busyUntil   time.Time // backup or work of RDS
	recoveryAt  time.Time
	promoteAt   time.Time // accepted
	visibleAt   time.Time // RDS shows it in progress from then on
	doneAt      time.Time // RDS says available and no source
	writableAt  time.Time // PostgreSQL leaves recovery
	exists      bool
	stopped     bool
	postured    bool
	secretAlone bool
}

type fenceTruth struct {
	rule    bool      // as last set
	holds   bool      // as packets find it
	settles time.Time // when holds becomes rule
}

type dnsTruth struct {
	weights Site
	bucket  time.Time
	metric  float64 // maximum in the bucket
}

type ledgerTruth struct{ state State }

type event struct {
	at time.Time
	do func(*world)
}

var modelEpoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Everything that can be cut.
var allPaths = []string{"peering", "replication", "witness", "region-api", "ec2", "rds-local", "ledger", "metrics", "notify", "route53", "replica-sql"}

func newWorld(seed uint64) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 7)), seed: seed, now: modelEpoch,
		cut: map[string]bool{}, denied: map[string]bool{}, deaf: map[string]bool{}, upSince: map[string]time.Time{},
		lsn: 1 << 20, receivedAt: modelEpoch,
	}
	w.primary = truth{id: "db-A", alive: true, status: "available", exists: true}
	w.replica = truth{id: "db-B", alive: true, isReplica: true, inRecovery: true, status: "available", exists: true}
	w.dns.weights = SitePrimary
	for _, p := range allPaths {
		w.upSince[p] = modelEpoch
	}
	return w
}

func (w *world) fail(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf("at +%s: ", w.now.Sub(modelEpoch).Truncate(100*time.Millisecond)) + fmt.Sprintf(format, args...)
	}
}

func (w *world) setCut(path string, cut bool) {
	if w.cut[path] && !cut {
		w.upSince[path] = w.now
	}
	w.cut[path] = cut
}

// up tells whether a path answers: those that leave the guard's region all die
// with its isolation, which is a cut of the four together.
func (w *world) up(path string) bool { return !w.cut[path] }

// takesWrites: applications could write to the old primary.
func (w *world) takesWrites() bool {
	return w.primary.alive && !w.fence.holds && !w.primary.stopped && !w.primary.isReplica
}

// writable: the former replica takes writes.
func (w *world) writable() bool {
	return w.replica.alive && !w.replica.promoteAt.IsZero() && !w.now.Before(w.replica.writableAt)
}

// advance moves the clock and all that goes on by itself.
func (w *world) advance(to time.Time) {
	for len(w.events) > 0 && !w.events[0].at.After(to) {
		e := w.events[0]
		w.events = w.events[1:]
		w.pass(e.at)
		e.do(w)
	}
	w.pass(to)
}

func (w *world) pass(to time.Time) {
	if to.After(w.now) {
		w.now = to
	}
	if w.fence.holds != w.fence.rule && !w.now.Before(w.fence.settles) {
		w.fence.holds = w.fence.rule
	}
	r := &w.replica
	if r.status == "backing-up" && !w.now.Before(r.busyUntil) {
		r.status = "available"
	}
	switch {
	case r.promoteAt.IsZero():
	case !w.now.Before(r.doneAt):
		r.status, r.isReplica = "available", false
	case !w.now.Before(r.visibleAt):
		r.status = "modifying"
	}
	r.inRecovery = !w.writable()
	w.stream()
	w.follow()
}

// stream is replication: the replica has all that the primary wrote while the
// path was up.
func (w *world) stream() {
	flows := w.primary.alive && w.up("replication") && w.replica.isReplica && w.replica.promoteAt.IsZero()
	mark(&w.walUpSince, flows, w.now)
	if w.primary.alive {
		w.lsn += 10
	}
	if flows {
		w.receivedAt = w.now
	}
	mark(&w.sqlUpSince, w.primary.alive && w.up("peering"), w.now)
	if w.replica.isReplica && w.replica.status == "available" {
		w.promotable = w.now
	}
}

// follow keeps the moments that the invariants look at.
func (w *world) follow() {
	green := !w.sqlUpSince.IsZero() && !w.walUpSince.IsZero() && w.replica.promoteAt.IsZero()
	mark(&w.greenSince, green, w.now)
	if green {
		w.longestRun = max(w.longestRun, w.now.Sub(w.greenSince))
	}
	mark(&w.workSince, w.primary.status != "available" && w.primary.status != "failed", w.now)
	mark(&w.lateSince, w.behind() > modelPolicy().MaxDataLoss+20*time.Second, w.now)
	mark(&w.witnessDown, w.cut["witness"], w.now)
	w.checkOutage()
	w.checkWriters()
}

// slack is how long the guard may take for what it can do. A lease by a wrong
// clock, or one killed process after another, keeps others out.
func (w *world) slack() time.Duration {
	if w.skewed || w.crashes > 0 {
		return 8 * time.Minute
	}
	return 3 * time.Minute
}

// checkOutage: nobody stays fenced for a failover that does not come.
func (w *world) checkOutage() {
	mendable := w.up("region-api") && w.up("ec2") && !w.denied["unfence"] && w.up("ledger")
	mark(&w.outageSince, w.primary.alive && w.fence.holds && !w.sent && mendable, w.now)
	if w.held(w.outageSince, modelPolicy().AbortAfter+w.slack()) && !w.maybeSent() {
		w.fail("the primary is fenced for %s though nothing was promoted", w.now.Sub(w.outageSince))
	}
}

// checkWriters: there are never two for longer than it takes to fence one.
func (w *world) checkWriters() {
	fenceable := w.up("ec2") && !w.denied["fence"] && w.up("ledger") && w.up("rds-local")
	mark(&w.doubleSince, w.takesWrites() && w.writable() && fenceable, w.now)
	if w.held(w.doubleSince, w.slack()) {
		w.fail("two writers for %s though fencing is reachable", w.now.Sub(w.doubleSince))
	}
}

func mark(since *time.Time, on bool, now time.Time) {
	switch {
	case !on:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
}

// maybeSent: a promotion was sent, or the guard can't know that none was.
func (w *world) maybeSent() bool {
	f := w.ledger.state.Failover
	return w.sent || f != nil && f.MaybeSent
}

// behind is how far replay is behind what was received.
func (w *world) behind() time.Duration {
	if w.replayStop.IsZero() {
		return 0
	}
	return max(0, w.receivedAt.Sub(w.replayStop))
}

// held tells whether something has been so for at least d.
func (w *world) held(since time.Time, d time.Duration) bool {
	return !since.IsZero() && w.now.Sub(since) >= d
}

func (w *world) between(a, b time.Duration) time.Duration {
	if b <= a {
		return a
	}
	return a + time.Duration(w.rng.Int64N(int64(b-a)))
}

func (w *world) chance(p float64) bool { return p > 0 && w.rng.Float64() < p }
