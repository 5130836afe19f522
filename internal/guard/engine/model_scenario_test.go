package engine_test

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// upgrading is a status in which RDS is at work.
const upgrading = "upgrading"

func (w *world) at(t time.Time, do func(*world)) { w.plan(event{at: t, do: do}) }

// trouble is something that healing puts an end to.
func (w *world) trouble(t time.Time, do func(*world)) { w.plan(event{at: t, do: do, trouble: true}) }

func (w *world) plan(e event) {
	w.events = append(w.events, e)
	slices.SortStableFunc(w.events, func(a, b event) int { return a.at.Compare(b.at) })
}

// backUp keeps the replica busy, if it is one and RDS lets it.
func (w *world) backUp(d time.Duration) {
	if !w.replica.IsReplica || !w.pg.writableAt.IsZero() {
		return
	}
	timing := w.aws.timing
	timing.Backup = d
	_ = w.aws.cloud.Update(func(tx *sim.Tx) error {
		return lifecycle.BackUp(tx, w.aws.find(tx, engine.SiteReplica), timing)
	})
}

// failOver has RDS fail the primary over to its standby, which it reports as
// events only.
func (w *world) failOver() {
	w.aws.change(func(tx *sim.Tx) error {
		return lifecycle.Failover(tx, w.aws.find(tx, engine.SitePrimary), w.aws.timing)
	})
	w.pg.alive, w.recoveryAt = false, w.now
}

// during cuts ways for a while.
func (w *world) during(from time.Time, d time.Duration, ways ...string) {
	w.trouble(from, func(w *world) { w.setCuts(true, ways) })
	w.trouble(from.Add(d), func(w *world) { w.setCuts(false, ways) })
}

func (w *world) setCuts(cut bool, ways []string) {
	for _, way := range ways {
		w.setCut(way, cut)
		w.cutFast[way] = w.quick
	}
}

// setFaulty has a service answer with faults of its own, or no longer. While it
// did, to the caller it was down.
func (w *world) setFaulty(way string, on bool) {
	if w.faulty[way] && !on {
		w.upSince[way] = w.now
	}
	w.faulty[way] = on
}

// disaster lets one happen: one that the guard has to act in, or one in which
// it had better not.
func (w *world) disaster(at time.Time) {
	all := disasters[graveDisasters:]
	if w.chance(0.5) {
		all = disasters[:graveDisasters]
	}
	all[w.rng.IntN(len(all))](w, at)
}

// graveDisasters is how many, from the first on, call for a failover.
const graveDisasters = 7

// disasters are what a run is about.
var disasters = []func(w *world, at time.Time){
	// The region is lost, and comes back with its primary, or without. Route
	// 53's control plane is in it.
	func(w *world, at time.Time) {
		d := w.between(time.Minute, 9*time.Minute)
		w.during(at, d, peering, replication, east)
		if w.chance(0.5) {
			w.during(at, d, route53)
		}
		w.trouble(at, func(w *world) { w.pg.alive = false })
		if w.chance(0.7) {
			w.trouble(at.Add(d), func(w *world) { w.pg.alive = true })
		}
	},
	// The instance is lost, the region lives.
	func(w *world, at time.Time) {
		w.trouble(at, func(w *world) { w.pg.alive = false })
		if w.chance(0.5) {
			w.trouble(at.Add(w.between(0, time.Minute)), func(w *world) { w.aws.force(engine.SitePrimary, lifecycle.Failed) })
		}
	},
	// Both data paths are cut, the primary serves its own region.
	func(w *world, at time.Time) {
		w.during(at, w.between(time.Minute, 8*time.Minute), peering, replication)
	},
	// The same, and IAM does not let the guard promote.
	func(w *world, at time.Time) {
		w.during(at, w.between(6*time.Minute, 9*time.Minute), peering, replication)
		w.trouble(at, func(w *world) { w.deny("promote") })
	},
	// The same, and the replica is backed up just then, while RDS does not
	// answer.
	func(w *world, at time.Time) {
		w.during(at, w.between(2*time.Minute, 9*time.Minute), peering, replication)
		backup := at.Add(w.between(20*time.Second, 50*time.Second))
		w.during(backup, w.between(30*time.Second, 70*time.Second), westRDS)
		d := w.between(time.Minute, 4*time.Minute)
		w.trouble(backup, func(w *world) { w.backUp(d) })
	},
	// An operator's failover.
	func(w *world, at time.Time) {
		r := decide.Request{By: "ops", Force: w.chance(0.6), AllowDataLoss: w.chance(0.3), Unfenced: w.chance(0.2)}
		w.trouble(at, func(w *world) {
			w.operator(func(s *engine.State) {
				s.Order = &engine.Order{ID: "o", Request: r, At: w.now, Expires: w.now.Add(2 * time.Minute)}
			})
		})
	},
	// An operator moves a living primary, and what it takes fails meanwhile.
	func(w *world, at time.Time) {
		w.trouble(at, func(w *world) {
			w.operator(func(s *engine.State) {
				s.Order = &engine.Order{ID: "o", Request: decide.Request{By: "ops", Force: true}, At: w.now, Expires: w.now.Add(2 * time.Minute)}
			})
		})
		if w.chance(0.5) {
			w.during(at.Add(-10*time.Second), w.between(time.Minute, 4*time.Minute), eastEC2)
			return
		}
		w.trouble(at.Add(-w.between(50*time.Second, 80*time.Second)), func(w *world) { w.pg.replayStop = w.now })
		w.trouble(at.Add(-10*time.Second), func(w *world) { w.deny("fence") })
		w.trouble(at.Add(w.between(40*time.Second, 110*time.Second)), func(w *world) { w.grant("fence") })
		w.trouble(at.Add(w.between(3*time.Minute, 6*time.Minute)), func(w *world) { w.pg.replayStop = time.Time{} })
	},
	// The guard is cut off from everything.
	func(w *world, at time.Time) {
		w.during(at, w.between(time.Minute, 8*time.Minute), peering, replication, east, route53, w.witness())
	},
	// A Multi-AZ failover of RDS's own.
	func(w *world, at time.Time) {
		w.trouble(at, (*world).failOver)
		w.trouble(at.Add(w.aws.timing.Failover), func(w *world) { w.pg.alive = true })
	},
	// An upgrade.
	func(w *world, at time.Time) {
		w.trouble(at, func(w *world) { w.aws.force(engine.SitePrimary, upgrading) })
		w.trouble(at.Add(20*time.Second), func(w *world) { w.pg.alive = false })
		w.trouble(at.Add(w.between(2*time.Minute, 5*time.Minute)), (*world).endUpgrade)
	},
	// Flapping.
	func(w *world, at time.Time) {
		for range 8 {
			at = at.Add(w.between(10*time.Second, 80*time.Second))
			w.trouble(at, func(w *world) { w.pg.alive = !w.pg.alive })
		}
		w.trouble(at, func(w *world) { w.pg.alive = true })
	},
	// One data path is cut.
	func(w *world, at time.Time) { w.during(at, w.between(time.Minute, 8*time.Minute), peering) },
	func(w *world, at time.Time) { w.during(at, w.between(time.Minute, 8*time.Minute), replication) },
}

func (w *world) endUpgrade() {
	if w.aws.instance(engine.SitePrimary).Status == upgrading {
		w.aws.force(engine.SitePrimary, lifecycle.Available)
		// RDS says so, and the database is not there yet.
		w.at(w.now.Add(w.between(0, 45*time.Second)), func(w *world) { w.pg.alive = true })
	}
}

// troubles come on top.
var troubles = []func(w *world, at time.Time){
	func(w *world, at time.Time) {
		d := w.between(20*time.Second, 5*time.Minute)
		w.trouble(at, func(w *world) { w.backUp(d) })
	},
	func(w *world, at time.Time) {
		way := []string{westRDS, dynamodb, cloudwatch, sns, secrets, route53, replicaSQL, eastEC2}[w.rng.IntN(8)]
		w.during(at, w.between(20*time.Second, 4*time.Minute), way)
	},
	func(w *world, at time.Time) {
		w.during(at, w.between(time.Minute, 4*time.Minute), cloudwatch, route53)
	},
	func(w *world, at time.Time) {
		what := []string{"fence", "promote", "promote", "weights", "unfence", "metrics"}[w.rng.IntN(6)]
		w.trouble(at, func(w *world) { w.deny(what) })
		w.trouble(at.Add(w.between(time.Minute, 9*time.Minute)), func(w *world) { w.grant(what) })
	},
	// Answers are lost, the calls have their effect.
	func(w *world, at time.Time) {
		op := []string{
			"CreateNetworkAclEntry", "PromoteReadReplica", "PromoteReadReplica", "ChangeResourceRecordSets", "DeleteNetworkAclEntry", "PutItem",
		}[w.rng.IntN(6)]
		w.trouble(at, func(w *world) { w.deaf[op] = true })
		w.trouble(at.Add(w.between(time.Minute, 6*time.Minute)), func(w *world) { delete(w.deaf, op) })
	},
	// RDS stops answering in the guard's region, and begins a backup.
	func(w *world, at time.Time) {
		at = at.Add(w.between(0, time.Minute))
		w.during(at, w.between(20*time.Second, 70*time.Second), westRDS)
		d := w.between(time.Minute, 4*time.Minute)
		w.trouble(at, func(w *world) { w.backUp(d) })
	},
	// Pause and resume in quick turn.
	func(w *world, at time.Time) {
		for range 60 {
			w.trouble(at, func(w *world) { w.setPause(&engine.Pause{At: w.now}) })
			w.trouble(at.Add(1500*time.Millisecond), func(w *world) { w.setPause(nil) })
			at = at.Add(w.between(1600*time.Millisecond, 4*time.Second))
		}
	},
	func(w *world, at time.Time) {
		w.trouble(at, func(w *world) { w.setPause(&engine.Pause{At: w.now}) })
		w.trouble(at.Add(w.between(time.Minute, 5*time.Minute)), func(w *world) { w.setPause(nil) })
	},
	// An operator changes the guard's orders just before it reads them.
	func(w *world, at time.Time) {
		w.trouble(at, func(w *world) { w.meddling = 0.3 })
		w.trouble(at.Add(w.between(2*time.Minute, 5*time.Minute)), func(w *world) { w.meddling = 0 })
	},
	// RDS falls silent once it has taken the promotion.
	func(w *world, _ time.Time) { w.muteRDS = w.between(30*time.Second, 4*time.Minute) },
	func(w *world, at time.Time) {
		w.trouble(at, func(w *world) { w.operator(func(s *engine.State) { s.Arming = decide.Arming{Held: true} }) })
		w.trouble(at.Add(4*time.Minute), func(w *world) { w.operator(func(s *engine.State) { s.Arming.Held = false }) })
	},
}

// unheeded: the data paths are cut, and RDS accepts promotions and carries none of
// them out. From some time after that on an operator gives the failover up.
func (w *world) unheeded(start time.Time, after time.Duration) {
	w.swallow = 1000
	w.during(start, 4*time.Minute, peering, replication)
	for at := start.Add(after); at.Before(start.Add(15 * time.Minute)); at = at.Add(time.Minute) {
		w.at(at, func(w *world) {
			if f := w.ledger.Failover; f == nil || !f.MaybeSent || f.Abandoned != nil || w.sent {
				return
			}
			w.operator(func(s *engine.State) {
				s.Failover = s.Clone().Failover
				s.Failover.Abandoned = &engine.Abandonment{By: "ann", At: w.now}
				s.Arming, s.Order = decide.Arming{Held: true, HeldEpoch: s.Epoch}, nil
			})
		})
	}
}

func (w *world) setPause(p *engine.Pause) {
	w.operator(func(s *engine.State) { s.Pause = p })
}

// meddle pauses the guard, or lets it go on.
func (w *world) meddle() {
	if w.ledger.Version == 0 {
		return
	}
	if w.ledger.Pause != nil {
		w.setPause(nil)
		return
	}
	w.setPause(&engine.Pause{At: w.now})
}

// scenario fills a world with things to happen: a time to arm, a disaster or
// two, troubles, overlapping invocations, crashes; then all is healed and the
// guard has time to come to rest.
func scenario(seed uint64, alter setup) *world {
	w, start := setting(seed)
	w.alter = alter
	w.early = *modelDNS == string(contract.SwitchAccepted) || *modelDNS == "" && seed/2%2 == 1
	w.skewed = w.chance(0.35)
	w.crashes = []float64{0, 0, 0.002, 0.01}[w.rng.IntN(4)]
	w.stalls = []float64{0, 0, 0, 0, 0.01}[w.rng.IntN(5)]
	w.flaky = []float64{0, 0, 0.02, 0.1}[w.rng.IntN(4)]
	w.quick, w.deafFast = w.chance(0.3), w.chance(0.7)
	w.disaster(start)
	if w.chance(0.3) {
		w.disaster(start.Add(w.between(0, 5*time.Minute)))
	}
	for range w.rng.IntN(5) {
		troubles[w.rng.IntN(len(troubles))](w, start.Add(w.between(-20*time.Second, 3*time.Minute)))
	}
	if seed%7 == 4 {
		// EC2 answers with faults of its own. It draws no chance, so that the
		// other worlds stay as they are.
		w.trouble(start.Add(-10*time.Second), func(w *world) { w.setFaulty(eastEC2, true) })
		w.trouble(start.Add(time.Duration(1+seed%8)*time.Minute), func(w *world) { w.setFaulty(eastEC2, false) })
	}
	if seed%11 == 6 {
		w.unheeded(start, time.Duration(3+seed%5)*time.Minute) // It draws no chance either.
	}
	heal := w.events[len(w.events)-1].at.Add(30 * time.Second)
	if least := start.Add(4 * time.Minute); heal.Before(least) {
		heal = least
	}
	if most := start.Add(w.between(6*time.Minute, 10*time.Minute)); heal.After(most) {
		heal = most
	}
	w.end = heal.Add(15 * time.Minute)
	if w.swallow > 0 {
		w.end = heal.Add(35 * time.Minute)
	}
	w.at(heal, (*world).heal)
	w.awaken(start)
	return w
}

// setting is how a world begins, and when its troubles do: as a rule with a
// guard that is armed, else with one that has yet to arm itself and may not
// have the time.
func setting(seed uint64) (w *world, start time.Time) {
	switch seed % 10 {
	case 0, 5:
		w = newWorld(seed)
		start = modelEpoch.Add(w.between(75*time.Second, 2*time.Minute))
		if w.chance(0.5) {
			w.during(modelEpoch, start.Sub(modelEpoch)-30*time.Second, peering)
		}
	case 3:
		// The replica replays nothing from the beginning on.
		w = armedWorld(seed)
		start = modelEpoch.Add(w.between(90*time.Second, 150*time.Second))
		w.pg.replayStop = modelEpoch
		w.trouble(start.Add(w.between(2*time.Minute, 6*time.Minute)), func(w *world) { w.pg.replayStop = time.Time{} })
	default:
		w = armedWorld(seed)
		start = modelEpoch.Add(w.between(15*time.Second, 50*time.Second))
	}
	return w, start
}

// awaken plans the invocations: the schedule's, now and then twice, as it may
// happen, and alarms', which come in swarms.
func (w *world) awaken(start time.Time) {
	for at := modelEpoch; at.Before(w.end); at = at.Add(time.Minute) {
		timeout := w.between(contract.GuardTimeout, 3*time.Minute)
		w.at(at, func(w *world) { w.invoke(timeout) })
		if w.chance(0.15) {
			w.at(at.Add(w.between(0, 30*time.Second)), func(w *world) { w.invoke(timeout) })
		}
	}
	for range w.rng.IntN(3) {
		at := start.Add(w.between(0, 5*time.Minute))
		for range 1 + w.rng.IntN(4) {
			w.at(at.Add(w.between(0, 2*time.Second)), func(w *world) { w.start("alarm", 90*time.Second) })
		}
	}
}

// tick plans the schedule's invocations for a world without chance, one at each
// full minute until its end.
func (w *world) tick() {
	at := w.now.Truncate(time.Minute)
	if at.Before(w.now) {
		at = at.Add(time.Minute)
	}
	for ; at.Before(w.end); at = at.Add(time.Minute) {
		w.at(at, func(w *world) { w.invoke(contract.GuardTimeout) })
	}
}

// heal ends every fault but the loss of a primary.
func (w *world) heal() {
	w.healed = true
	w.events = slices.DeleteFunc(w.events, func(e event) bool { return e.trouble })
	for way, cut := range w.cut {
		if cut {
			w.setCut(way, false)
		}
	}
	for what := range w.denied {
		w.grant(what)
	}
	for way := range w.faulty {
		w.setFaulty(way, false)
	}
	w.endUpgrade()
	w.deaf = map[string]bool{}
	w.flaky, w.crashes, w.stalls, w.meddling, w.pg.replayStop, w.muteRDS = 0, 0, 0, 0, time.Time{}, 0
	w.operator(func(s *engine.State) { s.Pause, s.Arming.Held = nil, false })
}

// rebuild is what an operator does to fail back: a new primary, seeded from
// the writer, and the writer made its replica.
func (w *world) rebuild() {
	w.aws.become(engine.SitePrimary, "db-C", "")
	w.aws.become(engine.SiteReplica, "db-D", engine.SitePrimary)
	w.aws.replicateSecret()
	w.pg = postgres{alive: true, lsn: w.pg.lsn, receivedAt: w.now}
	w.sent, w.promotions, w.stale = false, 0, true
}

// afterFailover is a world after a failover by hand, of which the ledger has no
// record.
func (w *world) afterFailover() {
	w.aws.force(engine.SitePrimary, lifecycle.Stopped)
	w.aws.become(engine.SiteReplica, replicaID(), "")
	w.pg.alive, w.pg.writableAt = false, modelEpoch.Add(-time.Hour)
	w.sent, w.promotions, w.stale = true, 1, true
}
