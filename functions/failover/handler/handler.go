// Package handler answers the failover function's events. This version knows
// the command "version"; of everything else it says by name that it is not
// there yet, and does nothing. While that is so no tick is counted, and the
// alarm guard-silent tells the humans that nobody would fail over.
package handler

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/pgdr/pgdr/internal/version"
)

// Names of the refusals.
const (
	RefusalMalformed    = "malformed-event"
	RefusalNotAvailable = "not-available"
)

// Answer is what the function returns. Either Version or Refusal is set.
type Answer struct {
	// Action that was asked for, where the event named one.
	Action string `json:"action,omitempty"`
	// Version of the source that is running, for example "0.1.0".
	Version string `json:"version,omitempty"`
	// Go toolchain and architecture that built it.
	Go           string `json:"go,omitempty"`
	Architecture string `json:"architecture,omitempty"`
	// Refusal is the name of what was refused; Reason says it in words.
	Refusal string `json:"refusal,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Handle answers one event. A refusal is an answer and no error: Lambda would
// retry an error, and a retry cannot mend it.
func Handle(ctx context.Context, event json.RawMessage) (Answer, error) {
	answer := answerTo(event)
	slog.InfoContext(ctx, "event", "action", answer.Action, "refusal", answer.Refusal, "reason", answer.Reason)
	return answer, nil
}

func answerTo(event json.RawMessage) Answer {
	var command struct {
		Action string `json:"action"`
	}
	if err := json.Unmarshal(event, &command); err != nil {
		return Answer{Refusal: RefusalMalformed, Reason: fmt.Sprintf("the event is no JSON object with a string \"action\": %v", err)}
	}
	switch command.Action {
	case "version":
		return Answer{Action: "version", Version: version.Version, Go: runtime.Version(), Architecture: runtime.GOARCH}
	case "":
		return Answer{Refusal: RefusalNotAvailable, Reason: "this version does not look at the databases yet: no tick and no alarm leads to an action"}
	default:
		return Answer{Action: command.Action, Refusal: RefusalNotAvailable, Reason: fmt.Sprintf("this version does not know the action %q yet; it knows \"version\"", command.Action)}
	}
}
