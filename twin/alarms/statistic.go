package alarms

import (
	"time"

	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// comparison is an operator, in code and in words.
type comparison struct {
	holds func(value, threshold float64) bool
	words string
}

var comparisons = map[string]comparison{
	"GreaterThanOrEqualToThreshold": {func(v, t float64) bool { return v >= t }, "greater than or equal to"},
	"GreaterThanThreshold":          {func(v, t float64) bool { return v > t }, "greater than"},
	"LessThanThreshold":             {func(v, t float64) bool { return v < t }, "less than"},
	"LessThanOrEqualToThreshold":    {func(v, t float64) bool { return v <= t }, "less than or equal to"},
}

// datapoint is the statistic of one period.
type datapoint struct {
	// at is the period's begin.
	at        time.Time
	missing   bool
	value     float64
	breaching bool
}

// datapoints gives one for each period of the evaluation range, the newest
// first.
func (s Settings) datapoints(points []metrics.Point, now time.Time) []datapoint {
	from, to := s.Range(now)
	var out []datapoint
	for at := to.Add(-s.Period); !at.Before(from); at = at.Add(-s.Period) {
		d := datapoint{at: at, missing: true}
		if in := s.within(points, at, at.Add(s.Period)); metrics.Samples(in) > 0 {
			d.missing, d.value = false, metrics.Statistics[s.Statistic](in)
			d.breaching = comparisons[s.Operator].holds(d.value, s.Threshold)
		}
		out = append(out, d)
	}
	return out
}

func (s Settings) within(points []metrics.Point, from, to time.Time) []metrics.Point {
	var in []metrics.Point
	for _, p := range points {
		if !p.At.Before(from) && p.At.Before(to) && (s.Unit == "" || s.Unit == p.Unit) {
			in = append(in, p)
		}
	}
	return in
}
