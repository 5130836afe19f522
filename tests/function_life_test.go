package tests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
)

// tick is what EventBridge sends each minute.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
func (w *functionWorld) tick(at time.Time) []byte {
	return fmt.Appendf(nil, `{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events",
		"account":"123456789012","time":%q,"region":%q,"resources":["arn:aws:events:%s:123456789012:rule/tick"],"detail":{}}`,
		at.UTC().Format(time.RFC3339), homeRegion, homeRegion)
}

// live ticks each minute and does to the real replica what RDS does to the
// simulated one, until the test ends. Each tick must be answered; but a busy
// machine may take one's time away, which is 2.75 s of its own: not two in turn.
func (w *functionWorld) live() {
	t := w.t // that of the whole life, not of a stage
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.keepTicking(ctx, t, &running) })
	running.Go(func() { w.promoteLikeRDS(ctx, t) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

func (w *functionWorld) keepTicking(ctx context.Context, t *testing.T, running *sync.WaitGroup) {
	t.Helper()
	var late atomic.Bool
	for ctx.Err() == nil {
		event := w.tick(w.clock.Now())
		running.Go(func() {
			r, err := w.guard.Invoke(ctx, event)
			var a command.Answer
			switch {
			case ctx.Err() != nil:
			case errors.Is(err, lambdaruntime.ErrTimedOut) && !late.Swap(true):
				t.Logf("tick: %v", err)
				return
			case err != nil:
				t.Errorf("tick: %v", err)
			case r.Fault != nil:
				t.Errorf("tick: %s: %s", r.Fault.Type, r.Fault.Message)
			case json.Unmarshal(r.Payload, &a) != nil || a.Action != "tick" || a.Report == nil || a.Report.Rounds == 0:
				t.Errorf("tick: answered with %s", r.Payload)
			}
			late.Store(false)
		})
		_ = w.clock.Sleep(ctx, time.Minute) // the loop looks at the context
	}
}

// promoteLikeRDS promotes the real replica when the simulated one has lost its
// source.
func (w *functionWorld) promoteLikeRDS(ctx context.Context, t *testing.T) {
	t.Helper()
	for ctx.Err() == nil {
		for _, r := range w.cloud.Resources("aws_db_instance") {
			if r.Region == homeRegion && !r.Attrs.Has("replicate_source_db") {
				if err := w.replica.Promote(ctx); err != nil && ctx.Err() == nil {
					t.Errorf("promote the real replica: %v", err)
				}
				return
			}
		}
		_ = w.clock.Sleep(ctx, time.Second)
	}
}

// requireRefusal wants an answer with that refusal, in words.
func (w *functionWorld) requireRefusal(name, event string) {
	w.t.Helper()
	a := w.ask(event)
	require.NotNil(w.t, a.Refusal, event)
	require.Equal(w.t, name, string(a.Refusal.Name), event)
	require.NotEmpty(w.t, a.Refusal.Reason, event)
}
