package diagnose

import (
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
)

// sight is how an alarm must look at its metric to see what it is for.
type sight struct {
	statistic string
	// missing: what no data counts as.
	missing string
	// low and high are the thresholds between which it can tell: beyond them
	// its metric always or never is.
	low, high float64
}

// gibibyte in bytes, as RDS counts storage.
const gibibyte = 1 << 30

// Sights of the alarms that must be. Servers that are gone publish nothing,
// which is no news of what their alarms are about; the guard publishes its own
// metrics at each look, and nothing of them is missed but the look itself.
var (
	// An r6g.16xlarge takes no more than 5000.
	connections = sight{"Maximum", "missing", 1, 5000}
	processor   = sight{"Average", "missing", 1, 99}
	// Of storage that ends at 64 TiB.
	storage = sight{"Minimum", "missing", gibibyte / 10, 65536 * gibibyte}
	slot    = sight{"Maximum", "missing", 1, 65536 * gibibyte}
	// An hour behind is no replica to fail over to.
	lag = sight{"Maximum", "missing", 1, 3600}
	// -1 stands for no replication; all of a minute's values must be it.
	stopped  = sight{"Maximum", "missing", -0.9, 0}
	failures = sight{"Sum", "notBreaching", 1, 5}
	tick     = sight{"Sum", "breaching", 1, 1}
	flag     = sight{"Maximum", "notBreaching", 0.1, 1}
)

// longest is for how many seconds an alarm may look before it tells, and minute
// the period in which RDS and the guard publish.
const longest, minute = 30 * minute, 60

// lookAtSight: an alarm that is wired may still see nothing.
func (s *survey) lookAtSight(alarm *sim.Resource, w watch) {
	name, a := "alarm "+alarm.ID, alarm.Attrs
	wrong := func(format string, args ...any) { s.find("alarm-settings", name, format, args...) }
	missing := a.Str("treat_missing_data")
	if missing == "" {
		missing = "missing"
	}
	switch {
	case missing == w.sees.missing:
	case w.metric == string(contract.GuardTick):
		s.find("alarm-blind", name, "it counts missing data as %q", missing)
	default:
		wrong("it counts missing data as %q, want %q", missing, w.sees.missing)
	}
	if got := a.Str("statistic"); got != w.sees.statistic {
		wrong("it goes by the %s, want the %s", got, w.sees.statistic)
	}
	threshold, _ := a["threshold"].(float64)
	high := w.sees.high
	if w.namespace == contract.NamespaceRDS && (w.sees == storage || w.sees == slot) {
		high = min(high, float64(s.allocated(w)*gibibyte))
	}
	if threshold < w.sees.low || threshold > high {
		wrong("its threshold is %g, which %s never or always passes; want %g to %g", threshold, w.metric, w.sees.low, high)
	}
	if looks := a.Int("period") * a.Int("evaluation_periods"); a.Int("period") != minute || looks > longest {
		wrong("it looks at %d s in periods of %d s, want %d s at most in periods of %d s, in which the metric is published", looks, a.Int("period"), longest, minute)
	}
}

// allocated is the storage of the database that an alarm is on, in GiB. A
// replica has its source's, unless it has more of its own.
func (s *survey) allocated(w watch) int {
	own := s.primary.db.Attrs.Int("allocated_storage")
	if w.subject == contract.RoleReplica {
		own = max(own, s.replica.db.Attrs.Int("allocated_storage"))
	}
	return own
}
