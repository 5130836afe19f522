// Package event reads what the function is invoked with. A tick and an alarm
// are hints to look now and nothing more; only a command, sent to the function
// itself by someone whom IAM permits, orders anything. Whatever else arrives
// gets a named answer and no action.
package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// maxBytes is the largest event that is read. SNS delivers 256 KiB at most:
// https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
const maxBytes = 320 << 10

// Kind says what an event is.
type Kind string

// Kinds of events.
const (
	// Tick of the schedule.
	Tick Kind = "tick"
	// Hint by an alarm.
	Hint Kind = "hint"
	// Order by an operator.
	Order Kind = "command"
	// Ignored: see Refusal.
	Ignored Kind = "ignored"
)

// Event is what was understood.
type Event struct {
	Kind Kind
	// Alarms of a hint.
	Alarms []Alarm
	// Command of an order.
	Command Command
	// Refusal says why an event is ignored.
	Refusal *refusal.Refusal
}

// Alarm is a change of state that CloudWatch told of, or an event of RDS. None of it
// is believed: it serves the log.
type Alarm struct {
	Name  string `json:"name"`
	State string `json:"state"`
	At    string `json:"at,omitempty"`
	// Via is "sns", "cloudwatch", "eventbridge" or "rds".
	Via string `json:"via"`
}

// Trigger words the event for the log and the report.
func (e Event) Trigger() string {
	if e.Kind == Hint {
		names := make([]string, 0, len(e.Alarms))
		for _, a := range e.Alarms {
			names = append(names, a.Name+"="+a.State)
		}
		return "alarm " + strings.Join(names, ",")
	}
	if e.Kind == Order {
		return "command " + string(e.Command.Action)
	}
	return string(e.Kind) // For a tick that is engine.ScheduleTick.
}

// Parse reads an event. It is total: any bytes get an answer. The environment
// is that of the deployment, with which the names of its alarms end.
func Parse(data []byte, environment string) Event {
	if len(data) > maxBytes {
		return ignore(refusal.EventTooLarge, "%d bytes, at most %d are read", len(data), maxBytes)
	}
	fields, err := object(data)
	if err != nil {
		return ignore(refusal.EventMalformed, "%v", err)
	}
	_, command := fields["action"]
	_, records := fields["Records"]
	switch {
	case command && (records || has(fields, "source")):
		return ignore(refusal.EventMalformed, "it is both a command and an event of AWS")
	case command:
		return parseCommand(fields)
	case records:
		return parseRecords(fields["Records"], environment)
	default:
		return parseAWS(fields, data, environment)
	}
}

func has(fields map[string]json.RawMessage, name string) bool {
	_, ok := fields[name]
	return ok
}

func ignore(name refusal.Name, format string, args ...any) Event {
	r := refusal.New(name, format, args...)
	return Event{Kind: Ignored, Refusal: &r}
}

// object reads one JSON object with its field names as they are: spelt exactly
// and each once. encoding/json would take "ACTION" for "action" and the last
// of two.
func object(data []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	start, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if start != json.Delim('{') {
		return nil, errors.New("found no JSON object")
	}
	fields := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("read JSON: %w", err)
		}
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("read JSON: found %v, want the name of a field", key)
		}
		if has(fields, name) {
			return nil, fmt.Errorf("field %q stands there twice", clip(name))
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("read field %q: %w", clip(name), err)
		}
		fields[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return fields, nil
}

// clip keeps what a stranger sent from filling the log.
func clip(s string) string {
	const most = 120
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
