package awsapi

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/pgdr/pgdr/internal/clock"
)

// handClock stands still but for those who sleep on it.
type handClock struct {
	clock.System
	now time.Time
	end time.Time
}

func (c *handClock) Now() time.Time { return c.now }

func (c *handClock) Sleep(_ context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	if !c.end.IsZero() && c.now.After(c.end) {
		return context.DeadlineExceeded
	}
	return nil
}

// try takes a turn, tells how the try ended, and returns how long the turn
// took to come.
func try(t *testing.T, p *paced, c *handClock, ended error) time.Duration {
	t.Helper()
	from := c.now
	done, err := p.GetAttemptToken(t.Context())
	if err != nil {
		t.Fatalf("turn: %v", err)
	}
	if err := done(ended); err != nil {
		t.Fatalf("end of the try: %v", err)
	}
	return c.now.Sub(from)
}

var throttle = &smithy.GenericAPIError{Code: "Throttling"}

func TestRetryer_SlowsDownWhileAWSThrottlesAndRecovers(t *testing.T) {
	c := &handClock{now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	p := newRetryer(c)
	want := []time.Duration{0, 200, 400, 800, 1600, 2000, 2000}
	for i, ms := range want {
		if got := try(t, p, c, throttle); got != ms*time.Millisecond {
			t.Errorf("throttle %d: waited %s, want %s", i+1, got, ms*time.Millisecond)
		}
	}
	for i, ms := range []time.Duration{2000, 2000, 1000, 500, 0, 0} {
		if got := try(t, p, c, nil); got != ms*time.Millisecond {
			t.Errorf("answer %d: waited %s, want %s", i+1, got, ms*time.Millisecond)
		}
	}
}

func TestRetryer_SilenceIsNoReasonToHurry(t *testing.T) {
	c := &handClock{now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	p := newRetryer(c)
	for range 3 {
		try(t, p, c, throttle)
	}
	try(t, p, c, context.DeadlineExceeded)
	if p.gap != 800*time.Millisecond {
		t.Errorf("gap %s after no answer, want 800ms as before", p.gap)
	}
}

func TestRetryer_GivesATurnUpWithItsContext(t *testing.T) {
	c := &handClock{now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	p := newRetryer(c)
	try(t, p, c, throttle)
	c.end = c.now
	if _, err := p.GetAttemptToken(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}

// The SDK pauses by the machine's clock, which is another in a simulation.
func TestRetryer_PausesOnTheGuardsClock(t *testing.T) {
	c := &handClock{now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	p := newRetryer(c)
	for tries, want := range map[int]time.Duration{1: firstBackoff, 2: maxBackoff, 3: maxBackoff} {
		from := c.now
		ctx := context.WithValue(t.Context(), traceKey{}, &trace{tries: tries})
		if _, err := p.GetRetryToken(ctx, throttle); err != nil {
			t.Fatalf("try again: %v", err)
		}
		if got := c.now.Sub(from); got != want {
			t.Errorf("after %d tries: paused %s, want %s", tries, got, want)
		}
		if d, err := p.RetryDelay(tries, throttle); d != 0 || err != nil {
			t.Errorf("the SDK is to pause %s (%v) by its own clock", d, err)
		}
	}
	c.end = c.now
	if _, err := p.GetRetryToken(t.Context(), throttle); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}
