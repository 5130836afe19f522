package alarms

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// Type is the Terraform type of an alarm.
const Type = "aws_cloudwatch_metric_alarm"

// ErrUnsupported is wrapped by the error for an alarm that is not simulated.
var ErrUnsupported = errors.New("not simulated")

// Missing says how an alarm treats periods without data.
type Missing string

// The ways to treat missing data.
const (
	AsMissing    Missing = "missing"
	Ignore       Missing = "ignore"
	Breaching    Missing = "breaching"
	NotBreaching Missing = "notBreaching"
)

// Settings are what an alarm watches and when it is in alarm.
type Settings struct {
	// Metric without its region.
	Namespace, Metric string
	Dimensions        map[string]string
	// Unit that values must have; "" takes all.
	Unit string
	// Statistic is Average, Sum, Minimum, Maximum or SampleCount.
	Statistic string
	// Period is a multiple of a minute.
	Period time.Duration
	// Periods is N, Datapoints M of "M out of N".
	Periods, Datapoints int
	// Operator as CloudWatch names it, for example "LessThanThreshold".
	Operator  string
	Threshold float64
	Missing   Missing
	// Exact looks at the evaluation periods and nothing beyond them. No alarm
	// that is applied has it: a comparison asks with it how much depends on
	// extraPeriods.
	Exact bool
}

// extraPeriods are looked at beyond the evaluation periods: the documentation
// says that there are some and leaves open how many; its example takes 5 data
// points for 3 evaluation periods.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
const extraPeriods = 2

// alwaysIgnores is the namespace whose alarms keep their state without data,
// whatever they were told.
const alwaysIgnores = "AWS/DynamoDB"

// ParseSettings reads the attributes of an alarm, or the copy of them that a
// Route 53 health check keeps. The error names the attribute and wraps
// ErrUnsupported.
func ParseSettings(a sim.Attrs) (Settings, error) {
	threshold, given := a["threshold"].(float64)
	s := Settings{
		Namespace: a.Str("namespace"), Metric: a.Str("metric_name"), Dimensions: a.StringMap("dimensions"), Unit: a.Str("unit"),
		Statistic: a.Str("statistic"), Period: time.Duration(a.Int("period")) * time.Second,
		Periods: a.Int("evaluation_periods"), Datapoints: a.Int("datapoints_to_alarm"),
		Operator: a.Str("comparison_operator"), Threshold: threshold, Missing: Missing(a.Str("treat_missing_data")),
	}
	if s.Datapoints == 0 {
		s.Datapoints = s.Periods
	}
	if s.Missing == "" {
		s.Missing = AsMissing
	}
	if s.Namespace == alwaysIgnores {
		s.Missing = Ignore
	}
	switch {
	case len(a.Blocks("metric_query")) > 0:
		return s, fmt.Errorf("metric_query: metric math: %w", ErrUnsupported)
	case a.Has("extended_statistic"):
		return s, fmt.Errorf("extended_statistic: found %q, want a plain statistic: %w", a.Str("extended_statistic"), ErrUnsupported)
	case s.Period < time.Minute || s.Period%time.Minute != 0:
		return s, fmt.Errorf("period: found %d, want a multiple of 60: %w", a.Int("period"), ErrUnsupported)
	case comparisons[s.Operator].holds == nil:
		return s, fmt.Errorf("comparison_operator: found %q, want a comparison with a fixed threshold: %w", s.Operator, ErrUnsupported)
	case !given:
		return s, fmt.Errorf("threshold: missing: %w", ErrUnsupported)
	case metrics.Statistics[s.Statistic] == nil:
		return s, fmt.Errorf("statistic: found %q, want Average, Sum, Minimum, Maximum or SampleCount: %w", s.Statistic, ErrUnsupported)
	case !slices.Contains([]Missing{AsMissing, Ignore, Breaching, NotBreaching}, s.Missing):
		return s, fmt.Errorf("treat_missing_data: found %q, want missing, ignore, breaching or notBreaching: %w", s.Missing, ErrUnsupported)
	case s.Periods < 1 || s.Datapoints > s.Periods:
		return s, fmt.Errorf("evaluation_periods: found %d out of %d: %w", s.Datapoints, s.Periods, ErrUnsupported)
	}
	return s, nil
}

// ID is the metric in a region.
func (s Settings) ID(region string) metrics.ID {
	return metrics.ID{Region: region, Namespace: s.Namespace, Name: s.Metric, Dimensions: metrics.Dimensions(s.Dimensions)}
}

// Range is what an evaluation looks at: whole periods up to the last full
// minute. Periods slide with the minute, they are not aligned to their own
// length.
func (s Settings) Range(now time.Time) (from, to time.Time) {
	to = now.Truncate(time.Minute)
	periods := s.Periods + extraPeriods
	if s.Exact {
		periods = s.Periods
	}
	return to.Add(-s.Period * time.Duration(periods)), to
}
