package awsapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

const (
	// firstBackoff is the pause before the second try of a call; each further
	// one is twice as long, up to maxBackoff.
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 500 * time.Millisecond
	// minGap and maxGap bound the distance between two tries of a client that
	// AWS throttles. The longest is that of the SDK's own adaptive mode.
	minGap = 200 * time.Millisecond
	maxGap = 2 * time.Second
)

// paced is the SDK's standard mode, slowed down where AWS throttles. The SDK's
// adaptive mode would do that too, but it counts and waits by the machine's
// clock; here every wait is on the guard's, and ends with its context. Nothing
// is random: there is one guard, no herd to spread.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
type paced struct {
	*retry.Standard
	clock engine.Clock

	mu sync.Mutex
	// gap between two tries of this client; zero while AWS does not throttle.
	gap time.Duration
	// next is when the next try may be sent.
	next time.Time
}

var _ aws.RetryerV2 = (*paced)(nil)

func newRetryer(clock engine.Clock) *paced {
	return &paced{clock: clock, Standard: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = maxAttempts })}
}

// GetAttemptToken waits for the client's turn. What it returns hears how the
// try ended.
func (p *paced) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	done, err := p.Standard.GetAttemptToken(ctx)
	if err != nil {
		return nil, err
	}
	if wait := p.turn(); wait > 0 {
		if err := p.clock.Sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("wait %s, since AWS throttles: %w", wait.Round(time.Millisecond), err)
		}
	}
	return func(err error) error {
		p.learn(err)
		return done(err)
	}, nil
}

// turn tells how long the next try has to wait, and takes its place.
func (p *paced) turn() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gap == 0 {
		return 0
	}
	now := p.clock.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.gap)
	return at.Sub(now)
}

// learn slows down after a throttle, and speeds up after any other answer.
func (p *paced) learn(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil && !answered(err):
	case errors.Is(meaningOf(err), engine.ErrThrottled):
		p.gap = min(max(2*p.gap, minGap), maxGap)
		p.next = p.clock.Now().Add(p.gap)
	default:
		if p.gap /= 2; p.gap < minGap {
			p.gap = 0
		}
	}
}

// GetRetryToken pauses before another try, as RetryDelay would without a
// context.
func (p *paced) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	done, quota := p.Standard.GetRetryToken(ctx, err)
	if quota != nil {
		return nil, quota
	}
	if err := p.clock.Sleep(ctx, backoff(ctx)); err != nil {
		return nil, fmt.Errorf("pause before another try: %w", err)
	}
	return done, nil
}

// RetryDelay is none: GetRetryToken has waited.
func (p *paced) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

// backoff before the next try of the call that the context belongs to.
func backoff(ctx context.Context) time.Duration {
	t, _ := ctx.Value(traceKey{}).(*trace)
	if t == nil || t.tries < 2 {
		return firstBackoff
	}
	return maxBackoff
}
