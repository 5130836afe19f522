package cloudwatch

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

const typeAlarm = "aws_cloudwatch_metric_alarm"

// describeAlarms describes metric alarms; there are no composite ones.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func describeAlarms(c *api.Call) (any, error) {
	in, err := c.DecodeCBOR()
	if err != nil {
		return nil, err
	}
	m := api.Reader{Map: in}
	if err := m.Only("AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue"); err != nil {
		return nil, err
	}
	names, kinds, state := m.Texts("AlarmNames"), m.Texts("AlarmTypes"), m.Text("StateValue")
	found := cbor.List{}
	err = c.View(func(tx *sim.Tx) error {
		for _, arn := range alarmScope(c, names, kinds) {
			if err := c.Authorize(tx, "cloudwatch:DescribeAlarms", arn, nil); err != nil {
				return err
			}
		}
		for _, r := range tx.List(typeAlarm, c.Region) {
			name := r.Attrs.Str("alarm_name")
			wanted := (len(names) == 0 || slices.Contains(names, name)) && strings.HasPrefix(name, m.Text("AlarmNamePrefix")) &&
				(state == "" || state == r.Hidden.Str("state")) && (len(kinds) == 0 || slices.Contains(kinds, "MetricAlarm"))
			if wanted {
				found = append(found, viewAlarm(r))
			}
		}
		return nil
	})
	return cbor.Map{"MetricAlarms": found, "CompositeAlarms": cbor.List{}}, err
}

// setAlarmState forces a state, which holds until the alarm is evaluated again. It
// moves no health check: Route 53 goes by the metric's data.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
func setAlarmState(c *api.Call) (any, error) {
	in, err := c.DecodeCBOR()
	if err != nil {
		return nil, err
	}
	m := api.Reader{Map: in}
	if err := m.Only("AlarmName", "StateValue", "StateReason"); err != nil {
		return nil, err
	}
	name, state := m.Text("AlarmName"), m.Text("StateValue")
	if !slices.Contains([]string{"OK", "ALARM", "INSUFFICIENT_DATA"}, state) {
		return nil, api.Refuse("ValidationError", "Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", state)
	}
	err = c.Update(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "cloudwatch:SetAlarmState", c.ARN("cloudwatch", "alarm:"+name), nil); err != nil {
			return err
		}
		r := tx.Get(typeAlarm, c.Region, name)
		if r == nil {
			return api.Refuse("ResourceNotFound", "The alarm %s does not exist", name)
		}
		tx.Edit(r).Hidden.Set(sim.Attrs{"state": state, "state_reason": m.Text("StateReason"), "state_at": tx.At.UTC().Format(time.RFC3339Nano)})
		return nil
	})
	return cbor.Map{}, err
}

// alarmScope is what the caller must be allowed to see: the alarms that it
// names; all where it names none, or asks for composite ones.
func alarmScope(c *api.Call, names, kinds []string) []string {
	if len(names) == 0 || slices.Contains(kinds, "CompositeAlarm") {
		return []string{c.ARN("cloudwatch", "alarm:*")}
	}
	arns := make([]string, 0, len(names))
	for _, name := range names {
		arns = append(arns, c.ARN("cloudwatch", "alarm:"+name))
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
		"StateUpdatedTimestamp": api.CBORTime(stateSince(r)), "StateTransitionedTimestamp": api.CBORTime(stateSince(r)), "AlarmConfigurationUpdatedTimestamp": api.CBORTime(r.Created),
		"AlarmActions": api.CBORTexts(a.Strings("alarm_actions")), "OKActions": api.CBORTexts(a.Strings("ok_actions")),
		"InsufficientDataActions": api.CBORTexts(a.Strings("insufficient_data_actions")), "Dimensions": dimensionList(a),
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
