package awsapi

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
)

// moving is a clock that sleeping moves.
func moving() *clocktest.Hand {
	return clocktest.New(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), clocktest.Moves)
}

// try takes a turn, tells how the try ended, and returns how long the turn
// took to come.
func try(t *testing.T, p *paced, c *clocktest.Hand, ended error) time.Duration {
	t.Helper()
	from := c.Now()
	done, err := p.GetAttemptToken(t.Context())
	if err != nil {
		t.Fatalf("turn: %v", err)
	}
	if err := done(ended); err != nil {
		t.Fatalf("end of the try: %v", err)
	}
	return c.Now().Sub(from)
}

var throttle = &smithy.GenericAPIError{Code: "Throttling"}

func TestRetryer_SlowsDownWhileAWSThrottlesAndRecovers(t *testing.T) {
	c := moving()
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
	c := moving()
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
	c := moving()
	p := newRetryer(c)
	try(t, p, c, throttle)
	ctx, cancel := c.WithDeadline(t.Context(), c.Now().Add(time.Millisecond))
	defer cancel()
	if _, err := p.GetAttemptToken(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}

// The SDK pauses by the machine's clock, which is another in a simulation.
func TestRetryer_PausesOnTheGuardsClock(t *testing.T) {
	c := moving()
	p := newRetryer(c)
	for tries, want := range map[int]time.Duration{1: firstBackoff, 2: maxBackoff, 3: maxBackoff} {
		from := c.Now()
		ctx := context.WithValue(t.Context(), traceKey{}, &trace{tries: tries})
		if _, err := p.GetRetryToken(ctx, throttle); err != nil {
			t.Fatalf("try again: %v", err)
		}
		if got := c.Now().Sub(from); got != want {
			t.Errorf("after %d tries: paused %s, want %s", tries, got, want)
		}
		if d, err := p.RetryDelay(tries, throttle); d != 0 || err != nil {
			t.Errorf("the SDK is to pause %s (%v) by its own clock", d, err)
		}
	}
	ctx, cancel := c.WithDeadline(t.Context(), c.Now().Add(time.Millisecond))
	defer cancel()
	if _, err := p.GetRetryToken(ctx, throttle); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}
