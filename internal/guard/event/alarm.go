package event

import (
	"encoding/json"
	"strings"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// maxRecords is more than SNS ever puts in one event, which is one.
const maxRecords = 10

// record is one delivery by SNS:
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
type record struct {
	EventSource string
	Sns         struct {
		Type    string
		Message string
	}
}

// message is what CloudWatch publishes to SNS.
type message struct {
	AlarmName       string
	NewStateValue   string
	StateChangeTime string
	rdsEvent
}

// rdsEvent is what RDS publishes to SNS of an event:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.overview.html
type rdsEvent struct {
	Source string `json:"Source ID"`
	// ID is an address that ends in "#RDS-EVENT-0049", for example.
	ID   string `json:"Event ID"`
	Time string `json:"Event Time"`
}

// alarm is the hint that a message is. An event of RDS is one as well: its name is
// the instance's, its state the number of the event.
func (m message) alarm() Alarm {
	if m.AlarmName == "" && m.Source != "" {
		_, number, _ := strings.Cut(m.ID, "#")
		return Alarm{Name: m.Source, State: number, At: m.Time, Via: "rds"}
	}
	return Alarm{Name: m.AlarmName, State: m.NewStateValue, At: m.StateChangeTime, Via: "sns"}
}

func parseRecords(raw json.RawMessage, environment string) Event {
	var records []record
	if err := json.Unmarshal(raw, &records); err != nil {
		return ignore(refusal.EventMalformed, "read records: %v", err)
	}
	if len(records) == 0 || len(records) > maxRecords {
		return ignore(refusal.EventMalformed, "%d records, want 1 to %d", len(records), maxRecords)
	}
	var alarms []Alarm
	for _, r := range records {
		if r.EventSource != "aws:sns" {
			return ignore(refusal.EventUnrecognised, "a record of %q", clip(r.EventSource))
		}
		var m message
		if err := json.Unmarshal([]byte(r.Sns.Message), &m); err != nil {
			return ignore(refusal.EventUnrecognised, "an SNS message that is no alarm")
		}
		alarms = append(alarms, m.alarm())
	}
	return hint(alarms, environment)
}

// awsEvent holds the fields of a schedule's tick, of an alarm that invokes the
// function itself, and of an alarm's change through EventBridge:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
type awsEvent struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Time       string          `json:"time"`
	AlarmData  *alarmData      `json:"alarmData"`
	Detail     json.RawMessage `json:"detail"`
}

type alarmData struct {
	AlarmName string `json:"alarmName"`
	State     struct {
		Value     string `json:"value"`
		Timestamp string `json:"timestamp"`
	} `json:"state"`
}

func parseAWS(fields map[string]json.RawMessage, data []byte, environment string) Event {
	var e awsEvent
	if err := json.Unmarshal(data, &e); err != nil {
		return ignore(refusal.EventMalformed, "read event: %v", err)
	}
	switch {
	case !has(fields, "source"):
		return ignore(refusal.EventUnrecognised, "it has neither action, Records nor source")
	case e.Source == "aws.events" && e.DetailType == "Scheduled Event":
		return Event{Kind: Tick}
	case e.Source == "aws.cloudwatch" && e.AlarmData != nil:
		return hint([]Alarm{e.AlarmData.alarm("cloudwatch")}, environment)
	case e.Source == "aws.cloudwatch" && e.DetailType == "CloudWatch Alarm State Change":
		var d alarmData
		if err := json.Unmarshal(e.Detail, &d); err != nil {
			return ignore(refusal.EventMalformed, "read detail: %v", err)
		}
		return hint([]Alarm{d.alarm("eventbridge")}, environment)
	default:
		return ignore(refusal.EventUnrecognised, "source %q, detail-type %q", clip(e.Source), clip(e.DetailType))
	}
}

func (d alarmData) alarm(via string) Alarm {
	return Alarm{Name: d.AlarmName, State: d.State.Value, At: d.State.Timestamp, Via: via}
}

// hint accepts alarms of this environment, in any state, old or new, twice or
// out of order: to look costs nothing, and what is seen decides.
func hint(alarms []Alarm, environment string) Event {
	for i, a := range alarms {
		if a.Name == "" || a.State == "" {
			return ignore(refusal.EventUnrecognised, "a message that is no alarm")
		}
		if environment == "" || !strings.HasSuffix(a.Name, "-"+environment) {
			return ignore(refusal.AlarmForeign, "alarm %q, want one whose name ends with %q", clip(a.Name), "-"+environment)
		}
		alarms[i] = Alarm{Name: clip(a.Name), State: clip(a.State), At: clip(a.At), Via: a.Via}
	}
	return Event{Kind: Hint, Alarms: alarms}
}
