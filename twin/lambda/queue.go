package lambda

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

const typeInvokeConfig = "aws_lambda_function_event_invoke_config"

// Lambda's own settings of the queue.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	defaultRetries = 2
	defaultAge     = 6 * time.Hour
	// firstRetry is the wait before the second try, laterRetry that before
	// each later one.
	firstRetry, laterRetry = time.Minute, 2 * time.Minute
	// Where Lambda itself is at fault the waits double from one to the other.
	shortestBackoff, longestBackoff = time.Second, 5 * time.Minute
)

// The conditions under which an event is given up.
const (
	RetriesExhausted = "RetriesExhausted"
	EventAgeExceeded = "EventAgeExceeded"
)

// newID makes an id in the form of Lambda's request ids.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail on the systems that this runs on
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// event is one in the queue.
type event struct {
	arn, id string
	payload []byte
	at      time.Time
	// tries so far that reached the function.
	tries int
	// last is the answer to the last of them.
	last Answer
}

// invokeConfig is how the queue treats the events of a function.
type invokeConfig struct {
	retries     int
	age         time.Duration
	destination string
}

// Queue takes an event for a function, as Lambda does with InvocationType
// Event: it is run at once and, if that fails, again after a minute and after
// two more, as configured. An event that is given up is told to the failure
// destination. The error, if it is not taken, wraps ErrNoFunction,
// ErrUnavailable or ErrClosed.
func (m *Manager) Queue(arn string, payload []byte) error {
	if _, err := m.find(arn); err != nil {
		return fmt.Errorf("queue an event: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("queue an event for %s: %w", arn, ErrClosed)
	}
	e := &event{arn: arn, id: newID(), payload: payload, at: m.o.Clock.Now()}
	m.queued.Go(func() { m.work(e) })
	return nil
}

// work tries an event until it is done or given up.
func (m *Manager) work(e *event) {
	backoff := shortestBackoff
	for {
		cfg := m.invokeConfig(e.arn)
		if m.o.Clock.Now().Sub(e.at) > cfg.age {
			m.giveUp(e, cfg, EventAgeExceeded)
			return
		}
		answer, err := m.try(m.ctx, e.arn, e.id, e.payload, e.tries+1)
		var wait time.Duration
		switch {
		case err == nil && answer.FunctionError == "":
			return
		case err == nil:
			e.tries++
			e.last = answer
			if e.tries > cfg.retries {
				m.giveUp(e, cfg, RetriesExhausted)
				return
			}
			wait = retryAfter(e.tries)
		case errors.Is(err, ErrUnavailable):
			wait, backoff = backoff, min(2*backoff, longestBackoff)
		default:
			return // closed, or the function is gone and its events with it
		}
		if m.o.Clock.Sleep(m.ctx, wait) != nil {
			return
		}
	}
}

func retryAfter(tries int) time.Duration {
	if tries == 1 {
		return firstRetry
	}
	return laterRetry
}

// invokeConfig reads what is applied.
func (m *Manager) invokeConfig(arn string) invokeConfig {
	cfg := invokeConfig{retries: defaultRetries, age: defaultAge}
	at, _ := sim.ParseARN(arn)
	_ = m.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(typeInvokeConfig, at.Region) {
			if nameOf(r.Attrs.Str("function_name")) != nameOf(arn) {
				continue
			}
			cfg.retries = r.Attrs.Int("maximum_retry_attempts")
			if age := r.Attrs.Int("maximum_event_age_in_seconds"); age > 0 {
				cfg.age = time.Duration(age) * time.Second
			}
			cfg.destination = r.Attrs.Block("destination_config").Block("on_failure").Str("destination")
		}
		return nil
	})
	return cfg
}

// within bounds a context on the manager's clock.
func (m *Manager) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		if m.o.Clock.Sleep(ctx, d) == nil {
			cancel()
		}
	}()
	return ctx, cancel
}
