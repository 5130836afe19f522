package event

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// seeds are what the fuzzer begins with: what AWS sends, each command with all
// its fields, and what an attacker might send.
func seeds(tb testing.TB) [][]byte {
	tb.Helper()
	var all [][]byte
	for _, name := range []string{"schedule.json", "sns-alarm.json", "sns-rds.json", "alarm-direct.json", "alarm-eventbridge.json"} {
		all = append(all, file(tb, name))
	}
	for _, text := range slices.Concat(commandSeeds, hostileSeeds) {
		all = append(all, []byte(text))
	}
	return all
}

var commandSeeds = []string{
	`{"action":"version","by":"ops"}`,
	`{"action":"status","by":"ops"}`,
	`{"action":"check","by":"ops"}`,
	`{"action":"failover","by":"ops","dry_run":true}`,
	`{"action":"failover","by":"ops","dry_run":false,"force":true,"allow_data_loss":true,"unfenced":true,"unproven":true}`,
	`{"action":"pause","by":"ops","reason":"maintenance of the peering","seconds":3600}`,
	`{"action":"resume","by":"ops"}`,
	`{"action":"arm","by":"ops","writer":"db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}`,
	`{"action":"disarm","by":"ops"}`,
	`{"action":"abandon","by":"ops"}`,
	`{"action":"history","by":"ops","limit":50}`,
	// JSON's own escapes spell the same.
	`{"act\u0069on":"fail\u006fver","dry_run":true}`, `{"action":"pause","reason":"\u202e"}`,
}

var hostileSeeds = []string{
	// A field twice: one reader takes the first, another the last.
	`{"action":"failover","dry_run":true,"dry_run":false}`,
	`{"action":"status","action":"failover"}`,
	`{"source":"aws.events","source":"aws.cloudwatch","detail-type":"Scheduled Event"}`,
	// Names and values that only look alike.
	`{"Action":"failover"}`, `{"action":"failover ","force":true}`,
	`{"action":"failover","dry-run":true}`, `{"action":"failover","DRY_RUN":true}`, `{"action":"failover","dry_run":"true"}`, `{"action":"failover","force":1}`,
	`{"action":null}`, `{"action":["failover"]}`, `{"action":{"action":"failover"}}`,
	// A command inside an event, or both at once.
	sns(`{"action":"failover"}`), `{"action":"failover","source":"aws.events","detail-type":"Scheduled Event"}`, `{"action":"failover","Records":[]}`,
	`{"source":"aws.cloudwatch","alarmData":{"alarmName":"active-writer-dev","state":{"value":"ALARM"},"action":"failover"}}`,
	`{"source":"aws.events","detail-type":"Scheduled Event","detail":{"action":"failover"}}`,
	// Foreign alarms, and none.
	sns(`{"AlarmName":"active-writer-prod","NewStateValue":"ALARM"}`), sns(`{"AlarmName":"\u0000-dev","NewStateValue":"ALARM"}`), sns(`not JSON`), `{"Records":[]}`, `{"Records":[null]}`, `{"Records":{}}`,
	// Numbers and texts beyond their bounds.
	`{"action":"pause","seconds":1e3}`, `{"action":"pause","seconds":-1}`, `{"action":"pause","seconds":9223372036854775808}`, `{"action":"history","limit":0.5}`,
	`{"action":"arm","writer":"db-\u0000"}`, `{"action":"arm","writer":"primary-db-dev"}`,
	// Bytes that are no such object.
	``, `null`, `[]`, `"failover"`, `{`, `{"action":"failover"}{"action":"failover"}`, "\xff{\"action\"", "\xef\xbb\xbf{\"action\":\"failover\"}", strings.Repeat(`{"a":`, 300),
}

// The fuzzer begins with every kind of event, every command and every way to
// refuse but one: an event too large is no seed to make others of.
func TestSeeds_HoldEveryKindOfEvent(t *testing.T) {
	kinds, actions, refusals := map[Kind]bool{}, map[Action]bool{}, map[refusal.Name]bool{}
	for _, seed := range seeds(t) {
		e := Parse(seed, "dev")
		kinds[e.Kind] = true
		if e.Kind == Order {
			actions[e.Command.Action] = true
		}
		if e.Refusal != nil {
			refusals[e.Refusal.Name] = true
		}
	}
	for _, kind := range []Kind{Tick, Hint, Order, Ignored} {
		if !kinds[kind] {
			t.Errorf("no seed is a %s", kind)
		}
	}
	for action := range takes {
		if !actions[action] {
			t.Errorf("no seed is the command %s", action)
		}
	}
	for _, name := range []refusal.Name{refusal.EventMalformed, refusal.EventUnrecognised, refusal.CommandInvalid, refusal.CommandUnknown} {
		if !refusals[name] {
			t.Errorf("no seed is refused as %s", name)
		}
	}
}

func TestSeeds_OrderNothingWhereTheyAreHostile(t *testing.T) {
	for _, seed := range hostileSeeds {
		if e := Parse([]byte(seed), "dev"); e.Kind == Order {
			t.Errorf("%s became the command %+v", seed, e.Command)
		}
	}
}
