package cloudwatch

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/cloudwatch: metric_alarm.go.

func cloudwatchMetricAlarmTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("alarm_name"),
		Defaults: map[string]any{"actions_enabled": true, "treat_missing_data": "missing", "metric_query.return_data": false},
		Checks: []tf.Check{
			tf.Length("alarm_name", 1, 255), tf.Length("alarm_description", 0, 1024),
			tf.OneOf("comparison_operator", "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
				"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
			tf.OneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
			tf.OneOf("treat_missing_data", "breaching", "notBreaching", "ignore", "missing"),
			tf.OneOf("evaluate_low_sample_count_percentiles", "evaluate", "ignore"),
			tf.Each("evaluation_periods", atLeastOne), tf.Each("datapoints_to_alarm", atLeastOne),
			tf.Each("period", periodOf("period", 10, 20, 30)), tf.Each("metric_query.period", periodOf("period", 1, 5, 10, 20, 30)),
			tf.Each("metric_query.metric.period", periodOf("period", 1, 5, 10, 20, 30)),
			tf.Matches("namespace", regexp.MustCompile(`^[^:].{0,254}$`), "1 to 255 characters, not beginning with a colon"),
			tf.Length("metric_name", 1, 255), tf.IsARN("alarm_actions"), tf.IsARN("ok_actions"), tf.IsARN("insufficient_data_actions"),
			tf.Conflicts("statistic", "extended_statistic", "metric_query"), tf.Conflicts("extended_statistic", "statistic", "metric_query"),
			tf.Conflicts("metric_name", "metric_query"), tf.Conflicts("namespace", "metric_query"), tf.Conflicts("period", "metric_query"),
			tf.Conflicts("dimensions", "metric_query"), tf.Conflicts("threshold", "threshold_metric_id"),
			tf.Conflicts("metric_query", "metric_name"),
			// AWS: five actions a state (CloudWatch API, PutMetricAlarm).
			tf.AtMost("alarm_actions", 5), tf.AtMost("ok_actions", 5), tf.AtMost("insufficient_data_actions", 5),
			alarmStatisticCheck, alarmUnit,
		},
	}
}

func atLeastOne(v cty.Value) string {
	if v.LessThan(cty.NumberIntVal(1)).True() {
		return "expected at least 1, got " + v.AsBigFloat().Text('f', -1)
	}
	return ""
}

// periodOf: one of some short periods or a multiple of 60, in seconds.
func periodOf(name string, short ...int64) func(cty.Value) string {
	return func(v cty.Value) string {
		n, accuracy := v.AsBigFloat().Int64()
		if accuracy == 0 && (slices.Contains(short, n) || n > 0 && n%60 == 0) {
			return ""
		}
		return fmt.Sprintf("expected %s to be one of %v or divisible by 60, got %s", name, short, v.AsBigFloat().Text('f', -1))
	}
}

// alarmStatisticCheck: an alarm on a metric says which statistic
// (CustomizeDiff).
func alarmStatisticCheck(config cty.Value, f *tf.Faults) {
	if tf.IsSet(config, "metric_name") && !tf.IsSet(config, "statistic") && !tf.IsSet(config, "extended_statistic") {
		f.Addf(cty.GetAttrPath("metric_name"), "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
	}
}

// alarmUnit is the enumeration StandardUnit of the CloudWatch API.
var alarmUnit = tf.OneOf("unit", "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
	"Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second",
	"Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
	"Count/Second", "None")
