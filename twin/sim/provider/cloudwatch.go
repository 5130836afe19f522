package provider

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// logsTraits are of internal/service/logs: group.go.
func logsTraits() map[string]*traits {
	name := regexp.MustCompile(`^[0-9A-Za-z_./#-]+$`)
	const nameSays = "only alphanumeric characters and _./#- are allowed"
	return map[string]*traits{
		"aws_cloudwatch_log_group": {
			replace:  words("log_group_class name name_prefix"),
			defaults: map[string]any{"retention_in_days": 0, "skip_destroy": false},
			local:    words("skip_destroy"),
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
				length("name", 1, 512), matches("name", name, nameSays), matches("name_prefix", name, nameSays),
				isARN("kms_key_id"), oneOf("log_group_class", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
				numberOf("retention_in_days", 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
			},
		},
	}
}

// cloudwatchTraits are of internal/service/cloudwatch: metric_alarm.go.
func cloudwatchTraits() map[string]*traits {
	return map[string]*traits{
		"aws_cloudwatch_metric_alarm": {
			replace:  words("alarm_name"),
			defaults: map[string]any{"actions_enabled": true, "treat_missing_data": "missing", "metric_query.return_data": false},
			checks: []check{
				length("alarm_name", 1, 255), length("alarm_description", 0, 1024),
				oneOf("comparison_operator", "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
					"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
				oneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
				oneOf("treat_missing_data", "breaching", "notBreaching", "ignore", "missing"),
				oneOf("evaluate_low_sample_count_percentiles", "evaluate", "ignore"),
				each("evaluation_periods", atLeastOne), each("datapoints_to_alarm", atLeastOne),
				each("period", periodOf("period", 10, 20, 30)), each("metric_query.period", periodOf("period", 1, 5, 10, 20, 30)),
				each("metric_query.metric.period", periodOf("period", 1, 5, 10, 20, 30)),
				matches("namespace", regexp.MustCompile(`^[^:].{0,254}$`), "1 to 255 characters, not beginning with a colon"),
				length("metric_name", 1, 255), isARN("alarm_actions"), isARN("ok_actions"), isARN("insufficient_data_actions"),
				conflicts("statistic", "extended_statistic", "metric_query"), conflicts("extended_statistic", "statistic", "metric_query"),
				conflicts("metric_name", "metric_query"), conflicts("namespace", "metric_query"), conflicts("period", "metric_query"),
				conflicts("dimensions", "metric_query"), conflicts("threshold", "threshold_metric_id"),
				conflicts("metric_query", "metric_name"),
				// AWS: five actions a state (CloudWatch API, PutMetricAlarm).
				atMost("alarm_actions", 5), atMost("ok_actions", 5), atMost("insufficient_data_actions", 5),
				alarmStatisticCheck, alarmUnit,
			},
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
func alarmStatisticCheck(config cty.Value, f *faults) {
	if isSet(config, "metric_name") && !isSet(config, "statistic") && !isSet(config, "extended_statistic") {
		f.addf(cty.GetAttrPath("metric_name"), "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
	}
}

// alarmUnit is the enumeration StandardUnit of the CloudWatch API.
var alarmUnit = oneOf("unit", "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
	"Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second",
	"Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
	"Count/Second", "None")
