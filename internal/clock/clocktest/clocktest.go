// Package clocktest is a clock for tests, which is moved by hand.
package clocktest

import (
	"context"
	"sync"
	"time"
)

// Sleeping is what a [Hand] does with those who sleep on it.
type Sleeping int

const (
	// Returns lets sleeping take no time; the clock stays.
	Returns Sleeping = iota
	// Moves lets sleeping move the clock by the time that was asked for.
	Moves
	// Waits lets sleeping return when the clock is moved that far.
	Waits
)

// Hand is a clock that stands still until it is moved. A deadline on it comes when
// the clock gets there. It is safe for concurrent use.
type Hand struct {
	mu       sync.Mutex
	now      time.Time
	slept    time.Duration
	sleeping Sleeping
	ends     map[*ending]bool
}

// ending is a context with a deadline on the clock.
type ending struct {
	context.Context //nolint:containedctx // it is one
	at              time.Time
	expire          context.CancelCauseFunc
}

// Deadline is on the clock.
func (e *ending) Deadline() (time.Time, bool) { return e.at, true }

// Err is DeadlineExceeded where the clock got there.
func (e *ending) Err() error {
	if e.Context.Err() != nil {
		return context.Cause(e.Context)
	}
	return nil
}

// At is a clock that stands at a moment, on which sleeping takes no time.
func At(now time.Time) *Hand { return New(now, Returns) }

// New is a clock that stands at a moment.
func New(now time.Time, sleeping Sleeping) *Hand {
	return &Hand{now: now, sleeping: sleeping, ends: map[*ending]bool{}}
}

// Now is where the clock stands.
func (h *Hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Advance moves the clock.
func (h *Hand) Advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	for e := range h.ends {
		if !e.at.After(h.now) {
			e.expire(context.DeadlineExceeded)
		}
	}
}

// Sleep is as the clock's [Sleeping] says. The error is the context's.
func (h *Hand) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	h.slept += d
	h.mu.Unlock()
	switch h.sleeping {
	case Moves:
		h.Advance(d)
	case Waits:
		over, cancel := h.WithDeadline(ctx, h.Now().Add(d))
		defer cancel()
		<-over.Done()
	case Returns:
	}
	return ctx.Err()
}

// WithDeadline is context.WithDeadline on this clock.
func (h *Hand) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, expire := context.WithCancelCause(parent)
	e := &ending{Context: ctx, at: at, expire: expire}
	if own, ok := parent.Deadline(); ok && own.Before(at) {
		e.at = own
	}
	if !e.at.After(h.now) {
		expire(context.DeadlineExceeded)
	}
	h.ends[e] = true
	return e, func() {
		expire(context.Canceled)
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.ends, e)
	}
}

// Slept is for how long all who slept asked to.
func (h *Hand) Slept() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.slept
}
