package cloudwatch

import (
	"slices"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is its name in the SDK's errors.
const service = "CloudWatch"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_cloudwatch_metric_alarm": {
			Schema:  resource.AwsCloudwatchMetricAlarmSchema,
			Traits:  cloudwatchMetricAlarmTraits(),
			Example: `{"alarm_name":"a","comparison_operator":"LessThanThreshold","evaluation_periods":1,"metric_name":"m","namespace":"n","period":60,"statistic":"Maximum","threshold":1}`,
			Service: service, CreateOp: "PutMetricAlarm", UpdateOp: "PutMetricAlarm", DeleteOp: "DeleteAlarms",
			MissingCode: "ResourceNotFound", MissingText: "The alarm %s does not exist",
			Create: createAlarm, Update: checkAlarm,
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

func createAlarm(c *sim.Call) (string, error) {
	name := c.Attrs.Str("alarm_name")
	if name == "" || len(name) > 255 {
		return "", c.Refuse("alarm_name", "ValidationError", "AlarmName must have 1 to 255 characters, found %d", len(name))
	}
	if c.Get("aws_cloudwatch_metric_alarm", c.Region, name) != nil {
		return "", c.Refuse("alarm_name", "AlreadyExists", "the simulator refuses a second alarm %s in %s: AWS would silently replace the first", name, c.Region)
	}
	if err := checkAlarm(c); err != nil {
		return "", err
	}
	c.Attrs.Defaults(sim.Attrs{"actions_enabled": true, "treat_missing_data": "missing", "evaluate_low_sample_count_percentiles": ""})
	c.Attrs["arn"] = c.ARN("cloudwatch", c.Region, "alarm:%s", name)
	c.Hidden.Set(sim.Attrs{"state": "INSUFFICIENT_DATA"})
	return name, nil
}

func checkAlarm(c *sim.Call) error {
	a := c.Attrs
	switch {
	case !slices.Contains(comparisons, a.Str("comparison_operator")):
		return c.Refuse("comparison_operator", "ValidationError", "Value '%s' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: %v", a.Str("comparison_operator"), comparisons)
	case a.Int("evaluation_periods") < 1:
		return c.Refuse("evaluation_periods", "ValidationError", "Value '%d' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1", a.Int("evaluation_periods"))
	case a.Int("datapoints_to_alarm") > a.Int("evaluation_periods"):
		return c.Refuse("datapoints_to_alarm", "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods")
	case !slices.Contains(missingHandling, a.Str("treat_missing_data")):
		return c.Refuse("treat_missing_data", "ValidationError", "TreatMissingData must be one of breaching, notBreaching, ignore, missing: found %s", a.Str("treat_missing_data"))
	case a["threshold"] == nil && !a.Has("threshold_metric_id"):
		return c.Refuse("threshold", "ValidationError", "Either Threshold or ThresholdMetricId must be specified")
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

func checkMetric(c *sim.Call) error {
	a := c.Attrs
	switch {
	case !a.Has("metric_name"):
		return c.Refuse("metric_name", "MissingParameter", "The parameter MetricName is required.")
	case !a.Has("namespace"):
		return c.Refuse("namespace", "MissingParameter", "The parameter Namespace is required.")
	case a.Has("statistic") == a.Has("extended_statistic"):
		return c.Refuse("statistic", "ValidationError", "Exactly one of Statistic and ExtendedStatistic must be specified")
	case a.Has("statistic") && !slices.Contains(statistics, a.Str("statistic")):
		return c.Refuse("statistic", "ValidationError", "Value '%s' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: %v", a.Str("statistic"), statistics)
	}
	period := a.Int("period")
	if period <= 0 || period%60 != 0 && !slices.Contains([]int{10, 20, 30}, period) {
		return c.Refuse("period", "ValidationError", "Period must be 10, 20, 30 or a multiple of 60, found %d", period)
	}
	if limit := 86400; period < 3600 && period*a.Int("evaluation_periods") > limit {
		return c.Refuse("evaluation_periods", "ValidationError", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= %d).", limit)
	}
	return nil
}

func checkAlarmActions(c *sim.Call, list string) error {
	actions := c.Attrs.Strings(list)
	if len(actions) > maxActions {
		return c.Refuse(list, "ValidationError", "Number of actions must be at most %d, found %d", maxActions, len(actions))
	}
	for _, action := range actions {
		arn, ok := sim.ParseARN(action)
		if !ok || arn.Service != "sns" && arn.Service != "lambda" {
			return c.Refuse(list, "ValidationError", "Invalid arn syntax or unsupported action: %s", action)
		}
		if arn.Region != c.Region {
			return c.Refuse(list, "ValidationError", "Invalid region %s specified. Only %s is supported.", arn.Region, c.Region)
		}
		if !c.Exists(arn) {
			return c.Refuse(list, "ResourceNotFound", "alarm action %s does not exist: AWS would accept it and tell nobody", action)
		}
	}
	return nil
}
