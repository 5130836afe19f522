package sim

import (
	"slices"
	"strings"
)

const cloudWatch = "CloudWatch"

func alarmKinds() map[string]*kind {
	return map[string]*kind{
		"aws_cloudwatch_metric_alarm": {
			service: cloudWatch, createOp: "PutMetricAlarm", updateOp: "PutMetricAlarm", deleteOp: "DeleteAlarms",
			missingCode: "ResourceNotFound", missingText: "The alarm %s does not exist",
			create: createAlarm, update: checkAlarm,
		},
	}
}

var (
	comparisons = []string{
		"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
		"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold",
	}
	statistics      = []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
	missingHandling = []string{"", "breaching", "notBreaching", "ignore", "missing"}
	actionLists     = []string{"alarm_actions", "ok_actions", "insufficient_data_actions"}
)

// maxActions is how many actions an alarm may have for each state.
const maxActions = 5

func createAlarm(c *call) (string, error) {
	name := c.attrs.Str("alarm_name")
	if name == "" || len(name) > 255 {
		return "", c.refuse("alarm_name", "ValidationError", "AlarmName must have 1 to 255 characters, found %d", len(name))
	}
	if c.Get("aws_cloudwatch_metric_alarm", c.region, name) != nil {
		return "", c.refuse("alarm_name", "AlreadyExists", "the simulator refuses a second alarm %s in %s: AWS would silently replace the first", name, c.region)
	}
	if err := checkAlarm(c); err != nil {
		return "", err
	}
	c.attrs.Defaults(Attrs{"actions_enabled": true, "treat_missing_data": "missing", "evaluate_low_sample_count_percentiles": ""})
	c.attrs["arn"] = c.arn("cloudwatch", c.region, "alarm:%s", name)
	c.hidden.Set(Attrs{"state": "INSUFFICIENT_DATA"})
	return name, nil
}

func checkAlarm(c *call) error {
	a := c.attrs
	switch {
	case !slices.Contains(comparisons, a.Str("comparison_operator")):
		return c.refuse("comparison_operator", "ValidationError", "Value '%s' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: %v", a.Str("comparison_operator"), comparisons)
	case a.Int("evaluation_periods") < 1:
		return c.refuse("evaluation_periods", "ValidationError", "Value '%d' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1", a.Int("evaluation_periods"))
	case a.Int("datapoints_to_alarm") > a.Int("evaluation_periods"):
		return c.refuse("datapoints_to_alarm", "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods")
	case !slices.Contains(missingHandling, a.Str("treat_missing_data")):
		return c.refuse("treat_missing_data", "ValidationError", "TreatMissingData must be one of breaching, notBreaching, ignore, missing: found %s", a.Str("treat_missing_data"))
	case a["threshold"] == nil && !a.Has("threshold_metric_id"):
		return c.refuse("threshold", "ValidationError", "Either Threshold or ThresholdMetricId must be specified")
	}
	if len(a.Blocks("metric_query")) == 0 {
		if err := checkMetric(c); err != nil {
			return err
		}
	}
	for _, list := range actionLists {
		if err := checkAlarmActions(c, list); err != nil {
			return err
		}
	}
	return nil
}

func checkMetric(c *call) error {
	a := c.attrs
	switch {
	case !a.Has("metric_name"):
		return c.refuse("metric_name", "MissingParameter", "The parameter MetricName is required.")
	case !a.Has("namespace"):
		return c.refuse("namespace", "MissingParameter", "The parameter Namespace is required.")
	case a.Has("statistic") == a.Has("extended_statistic"):
		return c.refuse("statistic", "ValidationError", "Exactly one of Statistic and ExtendedStatistic must be specified")
	case a.Has("statistic") && !slices.Contains(statistics, a.Str("statistic")):
		return c.refuse("statistic", "ValidationError", "Value '%s' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: %v", a.Str("statistic"), statistics)
	}
	period := a.Int("period")
	if period <= 0 || period%60 != 0 && !slices.Contains([]int{10, 20, 30}, period) {
		return c.refuse("period", "ValidationError", "Period must be 10, 20, 30 or a multiple of 60, found %d", period)
	}
	if limit := 86400; period < 3600 && period*a.Int("evaluation_periods") > limit {
		return c.refuse("evaluation_periods", "ValidationError", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= %d).", limit)
	}
	return nil
}

func checkAlarmActions(c *call, list string) error {
	actions := c.attrs.Strings(list)
	if len(actions) > maxActions {
		return c.refuse(list, "ValidationError", "Number of actions must be at most %d, found %d", maxActions, len(actions))
	}
	for _, action := range actions {
		arn, ok := ParseARN(action)
		if !ok || arn.Service != "sns" && arn.Service != "lambda" {
			return c.refuse(list, "ValidationError", "Invalid arn syntax or unsupported action: %s", action)
		}
		if arn.Region != c.region {
			return c.refuse(list, "ValidationError", "Invalid region %s specified. Only %s is supported.", arn.Region, c.region)
		}
		if !c.exists(arn) {
			return c.refuse(list, "ResourceNotFound", "alarm action %s does not exist: AWS would accept it and tell nobody", action)
		}
	}
	return nil
}

// exists tells whether the thing is there that a message can be sent to:
// topic, queue or function.
func (tx *Tx) exists(arn ARN) bool {
	typ := map[string]string{"sns": "aws_sns_topic", "sqs": "aws_sqs_queue", "lambda": "aws_lambda_function"}[arn.Service]
	text := arn.String()
	if arn.Service == "lambda" { // without alias or version
		if parts := strings.SplitN(arn.Resource, ":", 3); len(parts) == 3 {
			arn.Resource = parts[0] + ":" + parts[1]
			text = arn.String()
		}
	}
	return typ != "" && tx.FindBy(typ, arn.Region, "arn", text) != nil
}
