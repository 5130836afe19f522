package alarms

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

// Action is one thing that an alarm does because its state changed.
type Action struct {
	AlarmARN, Region, Name string
	Old, New               State
	Reason                 string
	// ActionARN is what is told, for example a topic.
	ActionARN string
	At        time.Time
	// Attrs are the alarm's own, as they were applied.
	Attrs sim.Attrs
	// Configured is when the alarm was last changed.
	Configured time.Time
	// RegionTitle is the region's name in words, "" if it is not known.
	RegionTitle string
}

// actionLists by the state that sets them off.
var actionLists = map[State]string{OK: "ok_actions", Alarm: "alarm_actions", Insufficient: "insufficient_data_actions"}

// actions of an alarm that came into a state.
func actions(r *sim.Resource, c Change, regionTitle string) []Action {
	if !r.Attrs.Bool("actions_enabled") {
		return nil
	}
	var out []Action
	for _, arn := range r.Attrs.Strings(actionLists[c.New]) {
		out = append(out, Action{
			AlarmARN: r.ARN(), Region: c.Region, Name: c.Name, Old: c.Old, New: c.New, Reason: c.Reason, ActionARN: arn, At: c.At,
			Attrs: r.Attrs.Clone(), Configured: r.Created, RegionTitle: regionTitle,
		})
	}
	return out
}

// Subject of the message that CloudWatch sends to a topic.
func (a Action) Subject() string {
	const longest = 100 // SNS takes no more
	text := string(a.New) + `: "` + a.Name + `" in ` + a.title()
	return text[:min(len(text), longest)]
}

// title is the region as CloudWatch writes it in its messages: as elsewhere,
// but with EU for Europe.
func (a Action) title() string {
	if a.RegionTitle == "" {
		return a.Region
	}
	return strings.Replace(a.RegionTitle, "Europe (", "EU (", 1)
}

// message is the document that CloudWatch sends to a topic.
type message struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountID                       string `json:"AWSAccountId"`
	AlarmConfigurationUpdatedTimestamp string
	NewStateValue                      State
	NewStateReason                     string
	StateChangeTime                    string
	Region                             string
	AlarmArn                           string
	OldStateValue                      State
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            trigger
}

type trigger struct {
	MetricName                       string
	Namespace                        string
	StatisticType                    string
	Statistic                        string
	Unit                             *string
	Dimensions                       []dimension
	Period                           int
	EvaluationPeriods                int
	DatapointsToAlarm                int
	ComparisonOperator               string
	Threshold                        float64
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
}

type dimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// messageTime is the form of moments in CloudWatch's messages.
const messageTime = "2006-01-02T15:04:05.000-0700"

// Message is the body that CloudWatch sends to a topic.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func (a Action) Message() (string, error) {
	arn, _ := sim.ParseARN(a.AlarmARN)
	list := func(name string) []string { return append([]string{}, a.Attrs.Strings(name)...) }
	raw, err := json.Marshal(message{
		AlarmName: a.Name, AlarmDescription: optional(a.Attrs.Str("alarm_description")), AWSAccountID: arn.Account,
		AlarmConfigurationUpdatedTimestamp: a.Configured.UTC().Format(messageTime),
		NewStateValue:                      a.New, NewStateReason: a.Reason, StateChangeTime: a.At.UTC().Format(messageTime),
		Region: a.title(), AlarmArn: a.AlarmARN, OldStateValue: a.Old,
		OKActions: list("ok_actions"), AlarmActions: list("alarm_actions"), InsufficientDataActions: list("insufficient_data_actions"),
		Trigger: a.trigger(),
	})
	return string(raw), err
}

func (a Action) trigger() trigger {
	at := a.Attrs
	threshold, _ := at["threshold"].(float64)
	t := trigger{
		MetricName: at.Str("metric_name"), Namespace: at.Str("namespace"), StatisticType: "Statistic",
		Statistic: strings.ToUpper(at.Str("statistic")), Unit: optional(at.Str("unit")), Dimensions: []dimension{},
		Period: at.Int("period"), EvaluationPeriods: at.Int("evaluation_periods"), DatapointsToAlarm: at.Int("datapoints_to_alarm"),
		ComparisonOperator: at.Str("comparison_operator"), Threshold: threshold, TreatMissingData: at.Str("treat_missing_data"),
	}
	if t.DatapointsToAlarm == 0 {
		t.DatapointsToAlarm = t.EvaluationPeriods
	}
	all := at.StringMap("dimensions")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Dimensions = append(t.Dimensions, dimension{all[name], name})
	}
	return t
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
