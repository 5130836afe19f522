package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Action is what an operator asks for.
type Action string

// The actions.
const (
	Version  Action = "version"
	Status   Action = "status"
	Check    Action = "check"
	Failover Action = "failover"
	Pause    Action = "pause"
	Resume   Action = "resume"
	Arm      Action = "arm"
	Disarm   Action = "disarm"
	Abandon  Action = "abandon"
	History  Action = "history"
)

// Command is an operator's order. Fields that its action does not take are
// zero.
type Command struct {
	Action Action
	// By is who asks, as they say; CloudTrail knows better.
	By string
	// DryRun, Force, AllowDataLoss, Unfenced and Unproven belong to Failover.
	DryRun, Force, AllowDataLoss, Unfenced, Unproven bool
	// Reason and For belong to Pause; For zero means engine.PauseDefault.
	Reason string
	For    time.Duration
	// Writer belongs to Arm: the DbiResourceId of the instance to follow.
	Writer string
	// Limit belongs to History.
	Limit int
}

// Bounds of what a command may say.
const (
	longestWord   = 100
	longestReason = 500
	defaultLimit  = 10
	highestLimit  = 50
)

// takes lists the fields of each action beside "action".
var takes = map[Action][]string{
	Version:  {"by"},
	Status:   {"by"},
	Check:    {"by"},
	Failover: {"by", "dry_run", "force", "allow_data_loss", "unfenced", "unproven"},
	Pause:    {"by", "reason", "seconds"},
	Resume:   {"by"},
	Arm:      {"by", "writer"},
	Disarm:   {"by"},
	Abandon:  {"by"},
	History:  {"by", "limit"},
}

// parseCommand reads a command strictly: a misspelt "dry_run" must not become
// a failover.
func parseCommand(fields map[string]json.RawMessage) Event {
	var action string
	if err := json.Unmarshal(fields["action"], &action); err != nil {
		return ignore(refusal.CommandInvalid, "action: found %s, want a string", clip(string(fields["action"])))
	}
	allowed, known := takes[Action(action)]
	if !known {
		return ignore(refusal.CommandUnknown, "action: found %q", clip(action))
	}
	c := Command{Action: Action(action)}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if name == "action" {
			continue
		}
		if !slices.Contains(allowed, name) {
			return ignore(refusal.CommandInvalid, "%s: %s takes no such field, it takes %s", clip(name), action, strings.Join(allowed, ", "))
		}
		if err := c.set(name, fields[name]); err != nil {
			return ignore(refusal.CommandInvalid, "%s: %v", name, err)
		}
	}
	if c.Action == History && c.Limit == 0 {
		c.Limit = defaultLimit
	}
	return Event{Kind: Order, Command: c}
}

func (c *Command) set(name string, raw json.RawMessage) error {
	switch name {
	case "by":
		return text(raw, longestWord, &c.By)
	case "reason":
		return text(raw, longestReason, &c.Reason)
	case "writer":
		if err := text(raw, longestWord, &c.Writer); err != nil {
			return err
		}
		if !strings.HasPrefix(c.Writer, "db-") {
			return fmt.Errorf("found %q, want a DbiResourceId such as db-ABCDEFGHIJKL", clip(c.Writer))
		}
		return nil
	case "dry_run":
		return flag(raw, &c.DryRun)
	case "force":
		return flag(raw, &c.Force)
	case "allow_data_loss":
		return flag(raw, &c.AllowDataLoss)
	case "unfenced":
		return flag(raw, &c.Unfenced)
	case "unproven":
		return flag(raw, &c.Unproven)
	case "seconds":
		var n int
		if err := number(raw, 1, int(engine.PauseMost/time.Second), &n); err != nil {
			return err
		}
		c.For = time.Duration(n) * time.Second
		return nil
	case "limit":
		return number(raw, 1, highestLimit, &c.Limit)
	default:
		return fmt.Errorf("is listed but not read")
	}
}

func flag(raw json.RawMessage, to *bool) error {
	switch string(raw) {
	case "true":
		*to = true
	case "false":
		*to = false
	default:
		return fmt.Errorf("found %s, want true or false", clip(string(raw)))
	}
	return nil
}

func number(raw json.RawMessage, least, most int, to *int) error {
	var n int
	if err := json.Unmarshal(raw, &n); err != nil || string(raw) == "null" || n < least || n > most {
		return fmt.Errorf("found %s, want a whole number from %d to %d", clip(string(raw)), least, most)
	}
	*to = n
	return nil
}

func text(raw json.RawMessage, most int, to *string) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || string(raw) == "null" {
		return fmt.Errorf("found %s, want a string", clip(string(raw)))
	}
	if len(s) > most {
		return fmt.Errorf("found %d bytes, want %d at most", len(s), most)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("found %q, want text without control characters", clip(s))
	}
	*to = s
	return nil
}
