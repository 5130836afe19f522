package event

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

func file(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestParse_ReadsWhatAWSSends(t *testing.T) {
	for name, want := range map[string]Event{
		"schedule.json": {Kind: Tick},
		"sns-alarm.json": {Kind: Hint, Alarms: []Alarm{
			{Name: "primary-connections-dev", State: "ALARM", At: "2026-03-01T12:00:30.123+0000", Via: "sns"},
		}},
		"sns-rds.json": {Kind: Hint, Alarms: []Alarm{
			{Name: "primary-db-dev", State: "RDS-EVENT-0049", At: "2026-11-23 22:09:56.128", Via: "rds"},
		}},
		"alarm-direct.json": {Kind: Hint, Alarms: []Alarm{
			{Name: "active-writer-dev", State: "ALARM", At: "2026-03-01T12:00:30.123+0000", Via: "cloudwatch"},
		}},
		"alarm-eventbridge.json": {Kind: Hint, Alarms: []Alarm{
			{Name: "active-writer-dev", State: "OK", At: "2026-03-01T12:00:30.123+0000", Via: "eventbridge"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, Parse(file(t, name), "dev")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParse_ReadsEveryCommand(t *testing.T) {
	for in, want := range map[string]Command{
		`{"action":"version"}`:            {Action: Version},
		`{"action":"status","by":"anna"}`: {Action: Status, By: "anna"},
		`{"action":"check"}`:              {Action: Check},
		`{"action":"failover"}`:           {Action: Failover},
		`{"action":"failover","dry_run":true,"force":true,"allow_data_loss":true,"unfenced":true,"unproven":true,"by":"anna"}`: {
			Action: Failover, DryRun: true, Force: true, AllowDataLoss: true, Unfenced: true, Unproven: true, By: "anna"},
		`{"action":"failover","force":false}`: {Action: Failover},
		`{"action":"pause"}`:                  {Action: Pause},
		`{"action":"pause","seconds":3600,"reason":"maintenance"}`: {
			Action: Pause, For: time.Hour, Reason: "maintenance"},
		`{"action":"resume"}`:                          {Action: Resume},
		`{"action":"arm"}`:                             {Action: Arm},
		`{"action":"arm","writer":"db-ABCDEFGHIJKLM"}`: {Action: Arm, Writer: "db-ABCDEFGHIJKLM"},
		`{"action":"disarm"}`:                          {Action: Disarm},
		`{"action":"abandon","by":"ann"}`:              {Action: Abandon, By: "ann"},
		`{"action":"history"}`:                         {Action: History, Limit: 10},
		`{"action":"history","limit":3}`:               {Action: History, Limit: 3},
	} {
		t.Run(in, func(t *testing.T) {
			want := Event{Kind: Order, Command: want}
			if diff := cmp.Diff(want, Parse([]byte(in), "dev")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// sns wraps a message as SNS delivers it.
func sns(message string) string {
	m, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return `{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":` + string(m) + `}}]}`
}

func TestParse_AnswersAnythingElseByNameAndWithoutAnAction(t *testing.T) {
	long := strings.Repeat("x", 400)
	for name, c := range map[string]struct {
		in     string
		want   refusal.Name
		reason string
	}{
		"nothing":                     {``, refusal.EventMalformed, ""},
		"no JSON":                     {`failover`, refusal.EventMalformed, ""},
		"a string":                    {`"failover"`, refusal.EventMalformed, "no JSON object"},
		"a list":                      {`[{"action":"failover"}]`, refusal.EventMalformed, "no JSON object"},
		"null":                        {`null`, refusal.EventMalformed, ""},
		"cut off":                     {`{"action":"failover","force":tr`, refusal.EventMalformed, ""},
		"two objects":                 {`{"action":"status"}{"action":"failover"}`, refusal.EventMalformed, "follows"},
		"a field twice":               {`{"action":"status","action":"failover"}`, refusal.EventMalformed, `"action" stands there twice`},
		"too large":                   {`{"action":"` + strings.Repeat("x", maxBytes) + `"}`, refusal.EventTooLarge, ""},
		"an empty object":             {`{}`, refusal.EventUnrecognised, ""},
		"another source":              {`{"source":"aws.s3","detail-type":"Object Created"}`, refusal.EventUnrecognised, "aws.s3"},
		"a made-up schedule":          {`{"source":"aws.events","detail-type":"Failover"}`, refusal.EventUnrecognised, ""},
		"a command in capitals":       {`{"ACTION":"failover"}`, refusal.EventUnrecognised, ""},
		"command and records":         {`{"action":"failover","Records":[]}`, refusal.EventMalformed, "both"},
		"command and source":          {`{"action":"failover","source":"aws.events"}`, refusal.EventMalformed, "both"},
		"a command through SNS":       {sns(`{"action":"failover","force":true}`), refusal.EventUnrecognised, ""},
		"a text through SNS":          {sns(`please fail over`), refusal.EventUnrecognised, ""},
		"an alarm of another":         {sns(`{"AlarmName":"x-prod","NewStateValue":"ALARM"}`), refusal.AlarmForeign, "x-prod"},
		"RDS on another's instance":   {sns(`{"Source ID":"primary-db-prod","Event ID":"http://x#RDS-EVENT-0049"}`), refusal.AlarmForeign, "primary-db-prod"},
		"RDS without a number":        {sns(`{"Source ID":"primary-db-dev","Event ID":"x"}`), refusal.EventUnrecognised, ""},
		"an alarm without a name":     {sns(`{"NewStateValue":"ALARM"}`), refusal.EventUnrecognised, ""},
		"no records":                  {`{"Records":[]}`, refusal.EventMalformed, "0 records"},
		"records of another service":  {`{"Records":[{"EventSource":"aws:s3"}]}`, refusal.EventUnrecognised, "aws:s3"},
		"records of another shape":    {`{"Records":"x"}`, refusal.EventMalformed, ""},
		"an alarm's detail is a list": {`{"source":"aws.cloudwatch","detail-type":"CloudWatch Alarm State Change","detail":[]}`, refusal.EventMalformed, ""},
		"an unknown action":           {`{"action":"promote"}`, refusal.CommandUnknown, `"promote"`},
		"an action in capitals":       {`{"action":"FAILOVER"}`, refusal.CommandUnknown, ""},
		"an action with a space":      {`{"action":"failover "}`, refusal.CommandUnknown, ""},
		"no action":                   {`{"action":""}`, refusal.CommandUnknown, ""},
		"an action that is a number":  {`{"action":1}`, refusal.CommandInvalid, "action: found 1"},
		"a misspelt dry run":          {`{"action":"failover","dryrun":true}`, refusal.CommandInvalid, "dryrun: failover takes no such field"},
		"a dry run in capitals":       {`{"action":"failover","Dry_Run":true}`, refusal.CommandInvalid, "Dry_Run"},
		"force as a string":           {`{"action":"failover","force":"true"}`, refusal.CommandInvalid, "want true or false"},
		"force as a number":           {`{"action":"failover","force":1}`, refusal.CommandInvalid, "want true or false"},
		"force as null":               {`{"action":"failover","force":null}`, refusal.CommandInvalid, "want true or false"},
		"force where it has no place": {`{"action":"pause","force":true}`, refusal.CommandInvalid, "pause takes no such field"},
		"a pause without end":         {`{"action":"pause","seconds":9999999}`, refusal.CommandInvalid, "86400"},
		"a pause of a part":           {`{"action":"pause","seconds":0.5}`, refusal.CommandInvalid, "whole number"},
		"a pause of nothing":          {`{"action":"pause","seconds":0}`, refusal.CommandInvalid, "whole number"},
		"a reason of two lines":       {`{"action":"pause","reason":"a\nb"}`, refusal.CommandInvalid, "control characters"},
		"a reason without end":        {`{"action":"pause","reason":"` + long + long + `"}`, refusal.CommandInvalid, "bytes"},
		"a writer by its identifier":  {`{"action":"arm","writer":"primary-db-dev"}`, refusal.CommandInvalid, "DbiResourceId"},
		"an empty writer":             {`{"action":"arm","writer":""}`, refusal.CommandInvalid, "DbiResourceId"},
		"too much history":            {`{"action":"history","limit":1000}`, refusal.CommandInvalid, "50"},
	} {
		t.Run(name, func(t *testing.T) {
			e := Parse([]byte(c.in), "dev")
			if e.Kind != Ignored || e.Refusal == nil || e.Refusal.Name != c.want {
				t.Fatalf("got %+v, want refusal %s", e, c.want)
			}
			if !strings.Contains(e.Refusal.Reason, c.reason) {
				t.Errorf("reason %q does not say %q", e.Refusal.Reason, c.reason)
			}
			if len(e.Refusal.Reason) > 700 {
				t.Errorf("a stranger fills the log with %d bytes", len(e.Refusal.Reason))
			}
		})
	}
}

func TestParse_TakesNoAlarmForOursWithoutAnEnvironment(t *testing.T) {
	if e := Parse([]byte(sns(`{"AlarmName":"x-","NewStateValue":"ALARM"}`)), ""); e.Kind != Ignored {
		t.Fatalf("got %+v", e)
	}
}

func TestParse_NamesItsTrigger(t *testing.T) {
	for in, want := range map[string]string{
		`{"source":"aws.events","detail-type":"Scheduled Event"}`:        "tick",
		sns(`{"AlarmName":"active-writer-dev","NewStateValue":"ALARM"}`): "alarm active-writer-dev=ALARM",
		`{"action":"pause"}`: "command pause",
		`{}`:                 "ignored",
	} {
		if got := Parse([]byte(in), "dev").Trigger(); got != want {
			t.Errorf("%s: trigger %q, want %q", in, got, want)
		}
	}
}

// FuzzParse_NeverOrdersWhatWasNotSaid: any bytes get an answer, and only those
// that spell a command order anything.
func FuzzParse_NeverOrdersWhatWasNotSaid(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e := Parse(data, "dev")
		switch e.Kind {
		case Tick, Hint:
			if e.Command.Action != "" {
				t.Fatalf("a hint became the command %q", e.Command.Action)
			}
		case Ignored:
			if e.Refusal == nil || e.Refusal.Next == "" || e.Command != (Command{}) {
				t.Fatalf("ignored as %+v", e)
			}
		case Order:
			if err := spelt(data, e.Command); err != nil {
				t.Fatalf("%q became %+v: %v", data, e.Command, err)
			}
		default:
			t.Fatalf("kind %q", e.Kind)
		}
	})
}

// spelt reads the command in another way and compares what matters.
func spelt(data []byte, c Command) error {
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	if m["action"] != string(c.Action) {
		return fmt.Errorf("action is %v", m["action"])
	}
	for field, got := range map[string]bool{"dry_run": c.DryRun, "force": c.Force, "allow_data_loss": c.AllowDataLoss, "unfenced": c.Unfenced, "unproven": c.Unproven} {
		said, there := m[field]
		if there && said != got || !there && got {
			return fmt.Errorf("%s is %v", field, said)
		}
	}
	return nil
}
