package alarms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// now is 12 seconds into a minute.
var now = time.Date(2026, 11, 23, 12, 0, 12, 0, time.UTC)

func outOf(m, n int, missing alarms.Missing) alarms.Settings {
	return alarms.Settings{
		Namespace: "PGDR", Metric: "M", Statistic: "Maximum", Period: time.Minute, Periods: n, Datapoints: m,
		Operator: "GreaterThanThreshold", Threshold: 5, Missing: missing,
	}
}

// history makes values as CloudWatch's tables write them: the newest minute on
// the right, 0 within the threshold, X breaching, - missing.
func history(pattern string, before time.Time) []metrics.Point {
	var points []metrics.Point
	words := strings.Fields(pattern)
	end := before.Truncate(time.Minute)
	for i, word := range words {
		at := end.Add(-time.Duration(len(words)-i) * time.Minute).Add(10 * time.Second)
		switch word {
		case "0":
			points = append(points, metrics.Point{At: at, Value: 1, Count: 1})
		case "X":
			points = append(points, metrics.Point{At: at, Value: 9, Count: 1})
		}
	}
	return points
}

var treatments = []alarms.Missing{alarms.AsMissing, alarms.Ignore, alarms.Breaching, alarms.NotBreaching}

// The two tables of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
// and the examples in its text; "" stands for "retain current state".
func TestEvaluate_TreatsMissingDataAsCloudWatchDocumentsIt(t *testing.T) {
	const keep = alarms.State("")
	cases := []struct {
		pattern string
		m       int
		want    [4]alarms.State
	}{
		{"0 - X - X", 3, [4]alarms.State{alarms.OK, alarms.OK, alarms.OK, alarms.OK}},
		{"0 - - - -", 3, [4]alarms.State{alarms.OK, alarms.OK, alarms.OK, alarms.OK}},
		{"- - - - -", 3, [4]alarms.State{alarms.Insufficient, keep, alarms.Alarm, alarms.OK}},
		{"0 X X - X", 3, [4]alarms.State{alarms.Alarm, alarms.Alarm, alarms.Alarm, alarms.Alarm}},
		{"- - X - -", 3, [4]alarms.State{alarms.Alarm, keep, alarms.Alarm, alarms.OK}},
		{"0 - X - X", 2, [4]alarms.State{alarms.Alarm, alarms.Alarm, alarms.Alarm, alarms.Alarm}},
		{"0 0 X 0 X", 2, [4]alarms.State{alarms.Alarm, alarms.Alarm, alarms.Alarm, alarms.Alarm}},
		{"0 - X - -", 2, [4]alarms.State{alarms.OK, alarms.OK, alarms.Alarm, alarms.OK}},
		{"- - - - 0", 2, [4]alarms.State{alarms.OK, alarms.OK, alarms.Alarm, alarms.OK}},
		{"- - - X -", 2, [4]alarms.State{alarms.Alarm, keep, alarms.Alarm, alarms.OK}},
		// "does not go immediately into ALARM state"
		{"- - - - X", 3, [4]alarms.State{keep, keep, alarms.Alarm, alarms.OK}},
		{"- - - X -", 3, [4]alarms.State{keep, keep, alarms.Alarm, alarms.OK}},
		{"- - - X 0", 3, [4]alarms.State{alarms.OK, alarms.OK, alarms.OK, alarms.OK}},
		{"- - X - 0", 3, [4]alarms.State{alarms.OK, alarms.OK, alarms.OK, alarms.OK}},
	}
	for _, c := range cases {
		for i, missing := range treatments {
			for _, old := range []alarms.State{alarms.OK, alarms.Alarm, alarms.Insufficient} {
				want := c.want[i]
				if want == keep {
					want = old
				}
				got, reason := alarms.Evaluate(outOf(c.m, 3, missing), history(c.pattern, now), now, old)
				require.Equal(t, want, got, "%q, %d of 3, %s, was %s: %s", c.pattern, c.m, missing, old, reason)
			}
		}
	}
}

func TestEvaluate_LooksAtFullMinutesOnly(t *testing.T) {
	s := outOf(1, 1, alarms.NotBreaching)
	running := []metrics.Point{{At: now.Truncate(time.Minute).Add(time.Second), Value: 9, Count: 1}}
	got, _ := alarms.Evaluate(s, running, now, alarms.OK)
	require.Equal(t, alarms.OK, got, "the minute is not over")
	got, _ = alarms.Evaluate(s, running, now.Add(time.Minute), alarms.OK)
	require.Equal(t, alarms.Alarm, got)
}

func TestEvaluate_SlidesLongPeriodsWithTheMinute(t *testing.T) {
	s := outOf(1, 1, alarms.NotBreaching)
	s.Period, s.Statistic, s.Threshold = 5*time.Minute, "Sum", 4
	points := history("0 0 0 0 0", now)
	got, _ := alarms.Evaluate(s, points, now, alarms.OK)
	require.Equal(t, alarms.Alarm, got, "five in the last five minutes")
	got, _ = alarms.Evaluate(s, points, now.Add(time.Minute), alarms.OK)
	require.Equal(t, alarms.OK, got, "four in the last five minutes")
}

func TestEvaluate_TakesEachStatisticAndComparison(t *testing.T) {
	at := now.Add(-time.Minute)
	points := []metrics.Point{
		{At: at, Value: 1, Count: 1, Unit: "Count"}, {At: at, Value: 4, Count: 2, Unit: "Count"}, {At: at, Value: 100, Count: 1, Unit: "Seconds"},
	}
	for statistic, value := range map[string]float64{"Sum": 9, "Average": 3, "Minimum": 1, "Maximum": 4, "SampleCount": 3} {
		for operator, breaching := range map[string][3]bool{
			"GreaterThanThreshold":          {true, false, false},
			"GreaterThanOrEqualToThreshold": {true, true, false},
			"LessThanThreshold":             {false, false, true},
			"LessThanOrEqualToThreshold":    {false, true, true},
		} {
			for i, threshold := range []float64{value - 0.5, value, value + 0.5} {
				s := outOf(1, 1, alarms.AsMissing)
				s.Statistic, s.Operator, s.Threshold, s.Unit = statistic, operator, threshold, "Count"
				got, reason := alarms.Evaluate(s, points, now, alarms.Insufficient)
				require.Equal(t, breaching[i], got == alarms.Alarm, "%s %s %v: %s", statistic, operator, threshold, reason)
			}
		}
	}
}

func TestEvaluate_WordsItsReason(t *testing.T) {
	for _, c := range []struct {
		pattern string
		missing alarms.Missing
		want    string
	}{
		{"X X X", alarms.AsMissing, "Threshold Crossed: 3 out of the last 3 datapoints [9.0 (23/11/26 11:59:00), 9.0 (23/11/26 11:58:00), 9.0 (23/11/26 11:57:00)] were greater than the threshold (5.0)."},
		{"- - - - -", alarms.AsMissing, "Insufficient Data: 5 datapoints were unknown."},
		{"- - - - -", alarms.Breaching, "Threshold Crossed: no datapoints were received for 5 periods and 3 missing datapoints were treated as [Breaching]."},
		{"- - - - 0", alarms.NotBreaching, "Threshold Crossed: 2 missing datapoints were treated as [NonBreaching] and 1 out of the last 3 datapoints [1.0 (23/11/26 11:59:00)] was not greater than the threshold (5.0)."},
		{"- - - - -", alarms.Ignore, "Unchanged: no datapoints were received for 5 periods."},
	} {
		_, reason := alarms.Evaluate(outOf(3, 3, c.missing), history(c.pattern, now), now, alarms.OK)
		require.Equal(t, c.want, reason)
	}
}

// anyHistory draws an evaluation range of values.
func anyHistory(t *rapid.T, periods int) string {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "X", "-"}), periods+2, periods+2).Draw(t, "history")
	return strings.Join(words, " ")
}

// drawn is an evaluation of any history of any alarm.
type drawn struct {
	alarms.Settings
	pattern           string
	breaching, within int
	old, got          alarms.State
}

func draw(t *rapid.T) drawn {
	n := rapid.IntRange(1, 6).Draw(t, "n")
	d := drawn{
		Settings: outOf(rapid.IntRange(1, n).Draw(t, "m"), n, rapid.SampledFrom(treatments).Draw(t, "missing")),
		pattern:  anyHistory(t, n),
		old:      rapid.SampledFrom([]alarms.State{alarms.OK, alarms.Alarm, alarms.Insufficient}).Draw(t, "old"),
	}
	d.breaching, d.within = strings.Count(d.pattern, "X"), strings.Count(d.pattern, "0")
	var reason string
	if d.got, reason = alarms.Evaluate(d.Settings, history(d.pattern, now), now, d.old); reason == "" {
		t.Fatalf("%q: no reason", d.pattern)
	}
	return d
}

func TestEvaluate_AlarmsWithABreachOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		if d.got == alarms.Alarm && d.breaching == 0 && d.Missing != alarms.Breaching && d.old != alarms.Alarm {
			t.Fatalf("%q: alarm without a breach", d.pattern)
		}
		if d.got != alarms.Alarm && d.within == 0 && d.breaching >= d.Periods {
			t.Fatalf("%q: %s with nothing but breaches", d.pattern, d.got)
		}
		worse, _ := alarms.Evaluate(d.Settings, history(strings.ReplaceAll(d.pattern, "0", "X"), now), now, d.old)
		if d.got == alarms.Alarm && worse == alarms.OK {
			t.Fatalf("%q: worse data gave OK", d.pattern)
		}
	})
}

func TestEvaluate_HasEnoughDataOrSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		if d.got == alarms.Insufficient && d.old != alarms.Insufficient && (d.breaching+d.within > 0 || d.Missing != alarms.AsMissing) {
			t.Fatalf("%q, %s: insufficient", d.pattern, d.Missing)
		}
		if d.Missing == alarms.Ignore && d.breaching+d.within == 0 && d.got != d.old {
			t.Fatalf("%q: ignoring, and yet %s became %s", d.pattern, d.old, d.got)
		}
	})
}

func TestEvaluate_LooksAtTheEvaluationRangeOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		more := append(history("X X X", now.Add(-time.Duration(d.Periods+2)*time.Minute)), history(d.pattern, now)...)
		more = append(more, metrics.Point{At: now, Value: 9, Count: 1})
		if again, _ := alarms.Evaluate(d.Settings, more, now, d.old); again != d.got {
			t.Fatalf("%q: %s, and with data outside of the range %s", d.pattern, d.got, again)
		}
	})
}

func TestParseSettings_NamesWhatIsNotSimulated(t *testing.T) {
	good := func() sim.Attrs {
		return sim.Attrs{
			"namespace": "PGDR", "metric_name": "M", "statistic": "Sum", "period": 60.0, "evaluation_periods": 3.0,
			"comparison_operator": "LessThanThreshold", "threshold": 0.0,
		}
	}
	s, err := alarms.ParseSettings(good())
	require.NoError(t, err)
	require.Equal(t, 3, s.Datapoints, "N of N unless told otherwise")
	require.Equal(t, alarms.AsMissing, s.Missing)
	for attribute, value := range map[string]any{
		"metric_query": []any{map[string]any{"id": "m"}}, "extended_statistic": "p99", "period": 10.0, "comparison_operator": "GreaterThanUpperThreshold",
		"threshold": nil, "statistic": "", "treat_missing_data": "perhaps", "evaluation_periods": 0.0,
	} {
		a := good()
		a[attribute] = value
		_, err := alarms.ParseSettings(a)
		require.ErrorIs(t, err, alarms.ErrUnsupported, attribute)
		require.ErrorContains(t, err, attribute+":")
	}
}

func TestParseSettings_KeepsTheStateOfAlarmsOnDynamoDB(t *testing.T) {
	s, err := alarms.ParseSettings(sim.Attrs{
		"namespace": "AWS/DynamoDB", "metric_name": "ThrottledRequests", "statistic": "Sum", "period": 60.0, "evaluation_periods": 1.0,
		"comparison_operator": "GreaterThanThreshold", "threshold": 0.0, "treat_missing_data": "breaching",
	})
	require.NoError(t, err)
	require.Equal(t, alarms.Ignore, s.Missing)
}
