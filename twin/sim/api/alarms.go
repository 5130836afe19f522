package api

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/twin/sim"
)

const typeAlarm = "aws_cloudwatch_metric_alarm"

// describeAlarms describes metric alarms; there are no composite ones.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func describeAlarms(c *call) (any, error) {
	in, err := c.decodeCBOR()
	if err != nil {
		return nil, err
	}
	m := reader{in}
	if err := m.only("AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue"); err != nil {
		return nil, err
	}
	names, kinds, state := m.texts("AlarmNames"), m.texts("AlarmTypes"), m.text("StateValue")
	found := cbor.List{}
	err = c.view(func(tx *sim.Tx) error {
		for _, arn := range c.alarmScope(names, kinds) {
			if err := c.authorize(tx, "cloudwatch:DescribeAlarms", arn, nil); err != nil {
				return err
			}
		}
		for _, r := range tx.List(typeAlarm, c.region) {
			name := r.Attrs.Str("alarm_name")
			wanted := (len(names) == 0 || slices.Contains(names, name)) && strings.HasPrefix(name, m.text("AlarmNamePrefix")) &&
				(state == "" || state == r.Hidden.Str("state")) && (len(kinds) == 0 || slices.Contains(kinds, "MetricAlarm"))
			if wanted {
				found = append(found, viewAlarm(r))
			}
		}
		return nil
	})
	return cbor.Map{"MetricAlarms": found, "CompositeAlarms": cbor.List{}}, err
}

// alarmScope is what the caller must be allowed to see: the alarms that it
// names; all where it names none, or asks for composite ones.
func (c *call) alarmScope(names, kinds []string) []string {
	if len(names) == 0 || slices.Contains(kinds, "CompositeAlarm") {
		return []string{c.arn("cloudwatch", "alarm:*")}
	}
	arns := make([]string, 0, len(names))
	for _, name := range names {
		arns = append(arns, c.arn("cloudwatch", "alarm:"+name))
	}
	return arns
}

func viewAlarm(r *sim.Resource) cbor.Map {
	a := r.Attrs
	m := cbor.Map{
		"AlarmArn": cbor.String(r.ARN()), "AlarmName": cbor.String(a.Str("alarm_name")), "AlarmDescription": cbor.String(a.Str("alarm_description")),
		"ActionsEnabled": cbor.Bool(a.Bool("actions_enabled")), "ComparisonOperator": cbor.String(a.Str("comparison_operator")),
		"EvaluationPeriods": whole(a.Int("evaluation_periods")), "TreatMissingData": cbor.String(a.Str("treat_missing_data")),
		"StateValue": cbor.String(r.Hidden.Str("state")), "StateReason": cbor.String(r.Hidden.Str("state_reason")),
		"StateUpdatedTimestamp": cborTime(stateSince(r)), "StateTransitionedTimestamp": cborTime(stateSince(r)), "AlarmConfigurationUpdatedTimestamp": cborTime(r.Created),
		"AlarmActions": cborTexts(a.Strings("alarm_actions")), "OKActions": cborTexts(a.Strings("ok_actions")),
		"InsufficientDataActions": cborTexts(a.Strings("insufficient_data_actions")), "Dimensions": dimensionList(a),
	}
	for member, attribute := range map[string]string{
		"Namespace": "namespace", "MetricName": "metric_name", "Statistic": "statistic", "ExtendedStatistic": "extended_statistic", "Unit": "unit",
	} {
		if v := a.Str(attribute); v != "" {
			m[member] = cbor.String(v)
		}
	}
	for member, attribute := range map[string]string{"Period": "period", "DatapointsToAlarm": "datapoints_to_alarm"} {
		if a.Int(attribute) != 0 {
			m[member] = whole(a.Int(attribute))
		}
	}
	if threshold, ok := a["threshold"].(float64); ok {
		m["Threshold"] = cbor.Float64(threshold)
	}
	return m
}

// stateSince is when an alarm came into its state.
func stateSince(r *sim.Resource) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, r.Hidden.Str("state_at")); err == nil {
		return at
	}
	return r.Created // and has been in it since
}

// whole is a number that is never negative.
func whole(n int) cbor.Value { return cbor.Uint(uint64(max(0, n))) } // #nosec G115 -- not negative

func dimensionList(a sim.Attrs) cbor.List {
	all := a.StringMap("dimensions")
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	out := cbor.List{}
	for _, name := range names {
		out = append(out, cbor.Map{"Name": cbor.String(name), "Value": cbor.String(all[name])})
	}
	return out
}
