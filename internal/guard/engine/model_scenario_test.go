package engine

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

func (w *world) at(t time.Time, do func(*world)) {
	w.events = append(w.events, event{t, do})
	slices.SortStableFunc(w.events, func(a, b event) int { return a.at.Compare(b.at) })
}

// backUp keeps the replica busy, if it is one.
func (w *world) backUp(d time.Duration) {
	if r := &w.replica; r.isReplica && r.promoteAt.IsZero() {
		r.status, r.busyUntil = "backing-up", w.now.Add(d)
	}
}

// during cuts paths for a while.
func (w *world) during(from time.Time, d time.Duration, paths ...string) {
	w.at(from, func(w *world) {
		for _, p := range paths {
			w.setCut(p, true)
		}
	})
	w.at(from.Add(d), func(w *world) {
		for _, p := range paths {
			w.setCut(p, false)
		}
	})
}

// disasters are what a run is about.
var disasters = []func(w *world, at time.Time){
	// The region is lost, and comes back with its primary, or without.
	func(w *world, at time.Time) {
		d := w.between(time.Minute, 12*time.Minute)
		w.during(at, d, "peering", "replication", "region-api", "ec2")
		w.at(at, func(w *world) { w.primary.alive = false })
		if w.chance(0.7) {
			w.at(at.Add(d), func(w *world) { w.primary.alive = true })
		}
	},
	// The instance is lost, the region lives.
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.primary.alive = false })
		if w.chance(0.5) {
			w.at(at.Add(w.between(0, time.Minute)), func(w *world) { w.primary.status = "failed" })
		}
	},
	// Both data paths are cut, the primary serves its own region.
	func(w *world, at time.Time) {
		w.during(at, w.between(time.Minute, 8*time.Minute), "peering", "replication")
	},
	func(w *world, at time.Time) { w.during(at, w.between(time.Minute, 8*time.Minute), "peering") },
	func(w *world, at time.Time) { w.during(at, w.between(time.Minute, 8*time.Minute), "replication") },
	// The same, and IAM does not let the guard promote.
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.denied["promote"] = true })
		w.during(at, w.between(2*time.Minute, 8*time.Minute), "peering", "replication")
	},
	// The same, and RDS takes the promotion and is not heard of for long.
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.deaf["promote"], w.muteRDS = true, w.between(2*time.Minute, 6*time.Minute) })
		w.during(at, w.between(2*time.Minute, 8*time.Minute), "peering", "replication")
	},
	// The primary is lost just as the replica begins a backup, of which RDS
	// does not tell.
	func(w *world, at time.Time) {
		w.during(at, w.between(2*time.Minute, 12*time.Minute), "peering", "replication")
		backup := at.Add(w.between(20*time.Second, 50*time.Second))
		w.during(backup, w.between(30*time.Second, 70*time.Second), "rds-local")
		w.at(backup, func(w *world) { w.backUp(w.between(time.Minute, 4*time.Minute)) })
	},
	// The guard is cut off from everything.
	func(w *world, at time.Time) {
		w.during(at, w.between(time.Minute, 8*time.Minute), "peering", "replication", "region-api", "ec2", "witness")
	},
	// A Multi-AZ failover, which RDS reports as an event only.
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.primary.alive, w.primary.recoveryAt = false, w.now })
		w.at(at.Add(w.between(80*time.Second, 2*time.Minute)), func(w *world) { w.primary.alive = true })
	},
	// An upgrade.
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.primary.status = "upgrading" })
		w.at(at.Add(20*time.Second), func(w *world) { w.primary.alive = false })
		d := w.between(2*time.Minute, 5*time.Minute)
		w.at(at.Add(d), func(w *world) { w.primary.alive, w.primary.status = true, "available" })
	},
	// Flapping.
	func(w *world, at time.Time) {
		for range 8 {
			at = at.Add(w.between(10*time.Second, 80*time.Second))
			w.at(at, func(w *world) { w.primary.alive = !w.primary.alive })
		}
		w.at(at, func(w *world) { w.primary.alive = true })
	},
	// An operator's failover.
	func(w *world, at time.Time) {
		w.at(at, func(w *world) {
			r := decide.Request{By: "ops", Force: w.chance(0.6), AllowDataLoss: w.chance(0.3), Unfenced: w.chance(0.2)}
			w.operator(func(s *State) {
				s.Order = &Order{ID: "o", Request: r, At: w.now, Expires: w.now.Add(2 * time.Minute)}
			})
		})
	},
}

// troubles come on top.
var troubles = []func(w *world, at time.Time){
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.backUp(w.between(20*time.Second, 5*time.Minute)) })
	},
	func(w *world, at time.Time) {
		path := []string{"rds-local", "ledger", "metrics", "notify", "route53", "replica-sql", "ec2"}[w.rng.IntN(7)]
		w.during(at, w.between(20*time.Second, 4*time.Minute), path)
	},
	func(w *world, at time.Time) {
		w.during(at, w.between(time.Minute, 4*time.Minute), "metrics", "route53")
	},
	func(w *world, at time.Time) {
		op := []string{"fence", "promote", "promote", "weights", "unfence", "metrics"}[w.rng.IntN(6)]
		w.at(at, func(w *world) { w.denied[op] = true })
		w.at(at.Add(w.between(time.Minute, 14*time.Minute)), func(w *world) { delete(w.denied, op) })
	},
	// Answers are lost, the calls have their effect.
	func(w *world, at time.Time) {
		op := []string{"fence", "promote", "promote", "weights", "unfence", "ledger-write"}[w.rng.IntN(6)]
		w.at(at, func(w *world) { w.deaf[op] = true })
		w.at(at.Add(w.between(time.Minute, 6*time.Minute)), func(w *world) { delete(w.deaf, op) })
	},
	// RDS stops answering in the guard's region, and begins a backup.
	func(w *world, at time.Time) {
		at = at.Add(w.between(0, time.Minute))
		w.during(at, w.between(20*time.Second, 70*time.Second), "rds-local")
		w.at(at, func(w *world) { w.backUp(w.between(time.Minute, 4*time.Minute)) })
	},
	// Pause and resume in quick turn.
	func(w *world, at time.Time) {
		for range 60 {
			w.at(at, func(w *world) { w.operator(func(s *State) { s.Pause = &Pause{At: w.now} }) })
			w.at(at.Add(1500*time.Millisecond), func(w *world) { w.operator(func(s *State) { s.Pause = nil }) })
			at = at.Add(w.between(1600*time.Millisecond, 4*time.Second))
		}
	},
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.operator(func(s *State) { s.Pause = &Pause{At: w.now} }) })
		w.at(at.Add(w.between(time.Minute, 5*time.Minute)), func(w *world) { w.operator(func(s *State) { s.Pause = nil }) })
	},
	func(w *world, at time.Time) {
		w.at(at.Add(-140*time.Second), func(w *world) { w.replayStop = w.now })
		w.at(at.Add(w.between(2*time.Minute, 6*time.Minute)), func(w *world) { w.replayStop = time.Time{} })
	},
	func(w *world, at time.Time) {
		w.at(at, func(w *world) { w.operator(func(s *State) { s.Arming = decide.Arming{Held: true} }) })
		w.at(at.Add(4*time.Minute), func(w *world) { w.operator(func(s *State) { s.Arming.Held = false }) })
	},
}

// operator changes the ledger as drctl does: at once, under the next version.
func (w *world) operator(change func(*State)) {
	s := w.ledger.state.Clone()
	change(&s)
	s.Version++
	w.ledger.state = s
}

// scenario fills a world with things to happen: a time to arm, a disaster or
// two, troubles, overlapping invocations, crashes; then all is healed and the
// guard has time to come to rest.
func scenario(seed uint64, alter setup) *world {
	w := newWorld(seed)
	w.skewed = w.chance(0.35)
	w.crashes = []float64{0, 0, 0.002, 0.01}[w.rng.IntN(4)]
	w.flaky = []float64{0, 0, 0.02, 0.1}[w.rng.IntN(4)]
	start := modelEpoch.Add(w.between(90*time.Second, 3*time.Minute))
	if w.chance(0.1) {
		// Never healthy long enough to arm.
		w.during(modelEpoch, start.Sub(modelEpoch)-30*time.Second, "peering")
	}
	first := w.rng.IntN(len(disasters))
	disasters[first](w, start)
	if w.chance(0.3) {
		disasters[w.rng.IntN(len(disasters))](w, start.Add(w.between(0, 6*time.Minute)))
	}
	for range w.rng.IntN(5) {
		troubles[w.rng.IntN(len(troubles))](w, start.Add(w.between(-20*time.Second, 3*time.Minute)))
	}
	heal := modelEpoch.Add(20 * time.Minute)
	w.end = heal.Add(14 * time.Minute)
	w.at(heal, (*world).heal)
	for at := modelEpoch; at.Before(w.end); at = at.Add(time.Minute) {
		w.at(at, func(w *world) { w.invoke(w.between(55*time.Second, 3*time.Minute), alter) })
	}
	for range w.rng.IntN(6) {
		w.at(start.Add(w.between(0, 5*time.Minute)), func(w *world) { w.start("alarm", 90*time.Second, alter) })
	}
	return w
}

// heal mends all but a lost primary.
func (w *world) heal() {
	for _, p := range allPaths {
		if w.cut[p] {
			w.setCut(p, false)
		}
	}
	w.denied, w.deaf = map[string]bool{}, map[string]bool{}
	w.flaky, w.crashes, w.replayStop, w.muteRDS = 0, 0, time.Time{}, 0
	w.operator(func(s *State) { s.Pause, s.Arming.Held = nil, false })
}
