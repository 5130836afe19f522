package alarms

import (
	"time"

	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// State of an alarm.
type State string

// The states.
const (
	OK           State = "OK"
	Alarm        State = "ALARM"
	Insufficient State = "INSUFFICIENT_DATA"
)

// Evaluate says which state an alarm has at a moment, by the values of its
// metric (at least those of [Settings.Range]; others do no harm), and why. old
// is the state until now. It is pure and total.
//
// Where the range holds as many real data points as there are evaluation
// periods, the newest of those decide. Where it holds fewer, the missing ones
// are filled in, no more than needed, as the alarm says.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
func Evaluate(s Settings, points []metrics.Point, now time.Time, old State) (State, string) {
	v := s.view(s.datapoints(points, now))
	state := v.state(old)
	return state, v.reason(state)
}

// view is what an evaluation goes by.
type view struct {
	Settings
	// real are the data points that count, the newest first.
	real []datapoint
	// breaching of them.
	breaching int
	// oldest is the age of the oldest of them in periods; the newest period
	// has 1.
	oldest int
	// filled is how many are missing of the evaluation periods.
	filled int
	// looked is the length of the evaluation range in periods.
	looked int
}

func (s Settings) view(all []datapoint) view {
	v := view{Settings: s, looked: len(all)}
	for i, d := range all {
		if d.missing || len(v.real) == s.Periods {
			continue
		}
		v.real = append(v.real, d)
		v.oldest = i + 1
		if d.breaching {
			v.breaching++
		}
	}
	v.filled = s.Periods - len(v.real)
	return v
}

func (v view) state(old State) State {
	certain := v.breaching >= v.Datapoints
	switch {
	case certain:
		return Alarm
	case v.filled == 0 || v.Missing == NotBreaching:
		return OK
	case v.Missing == Breaching:
		if v.breaching+v.filled >= v.Datapoints {
			return Alarm
		}
		return OK
	case v.breaching < len(v.real):
		return OK // a data point within the threshold is there
	case len(v.real) == 0 && v.Missing == AsMissing:
		return Insufficient
	case v.Missing == AsMissing && v.oldest >= v.Datapoints:
		// Nothing but breaches since at least M periods: "premature alarm
		// state" of the page above.
		return Alarm
	}
	return old
}
