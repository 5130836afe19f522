package assembly

import (
	"context"
	"sync"
	"time"
)

// handClock is moved by hand. What is to end at a moment ends when the clock
// gets there.
type handClock struct {
	mu   sync.Mutex
	now  time.Time
	ends map[*ending]bool
}

// ending is a context with a deadline on the hand clock.
type ending struct {
	context.Context
	at     time.Time
	expire context.CancelCauseFunc
}

func (e *ending) Deadline() (time.Time, bool) { return e.at, true }

func (e *ending) Err() error {
	if e.Context.Err() != nil {
		return context.Cause(e.Context)
	}
	return nil
}

func newHandClock() *handClock {
	return &handClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ends: map[*ending]bool{}}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	over, cancel := c.WithDeadline(ctx, c.Now().Add(d))
	defer cancel()
	<-over.Done()
	return ctx.Err()
}

func (c *handClock) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, expire := context.WithCancelCause(parent)
	e := &ending{Context: ctx, at: at, expire: expire}
	if own, ok := parent.Deadline(); ok && own.Before(at) {
		e.at = own
	}
	if !e.at.After(c.now) {
		expire(context.DeadlineExceeded)
	}
	c.ends[e] = true
	return e, func() {
		expire(context.Canceled)
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.ends, e)
	}
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for e := range c.ends {
		if !e.at.After(c.now) {
			e.expire(context.DeadlineExceeded)
		}
	}
}
