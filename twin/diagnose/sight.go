package diagnose

import (
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
)

// gibibyte in bytes, as RDS counts storage.
const gibibyte = 1 << 30

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
	case missing == w.alarm.Missing:
	case w.alarm.Metric == string(contract.GuardTick):
		s.find("alarm-blind", name, "it counts missing data as %q", missing)
	default:
		wrong("it counts missing data as %q, want %q", missing, w.alarm.Missing)
	}
	if got := a.Str("statistic"); got != w.alarm.Statistic {
		wrong("it goes by the %s, want the %s", got, w.alarm.Statistic)
	}
	threshold, _ := a["threshold"].(float64)
	high := w.alarm.Most
	if high == contract.LargestVolume {
		high = min(high, float64(s.allocated(w)*gibibyte))
	}
	if threshold < w.alarm.Least || threshold > high {
		wrong("its threshold is %g, which %s never or always passes; want %g to %g", threshold, w.alarm.Metric, w.alarm.Least, high)
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
