// Package handler is between Lambda and the guard.
package handler

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/pgdr/pgdr/internal/guard/assembly"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/event"
)

// Guard answers events; [command.Handler] does.
type Guard interface {
	Handle(ctx context.Context, raw []byte) command.Answer
}

// Invocation names an invocation by Lambda's request id, as in Lambda's own
// log lines. Lambda tries an event again under the same id, but never twice at
// once in one process.
func Invocation(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok && c.AwsRequestID != "" {
		return c.AwsRequestID
	}
	return rand.Text()
}

// Function is what Lambda invokes. Either Guard or Fault is set.
type Function struct {
	Guard Guard
	// Fault is why there is no guard: an environment variable, say.
	Fault error
}

// Handle answers one event. A refusal is an answer and no error, because
// Lambda would retry an error and a retry cannot help. A function that was
// deployed wrongly is an error: it is counted, and the alarm guard-errors
// tells the humans. It still says which version it is.
func (f Function) Handle(ctx context.Context, raw json.RawMessage) (command.Answer, error) {
	if f.Fault == nil {
		return f.Guard.Handle(ctx, raw), nil
	}
	if e := event.Parse(raw, ""); e.Kind == event.Order && e.Command.Action == event.Version {
		build := assembly.Build()
		return command.Answer{Action: string(event.Version), Build: &build}, nil
	}
	return command.Answer{}, fmt.Errorf("the guard cannot be assembled: %w", f.Fault)
}
