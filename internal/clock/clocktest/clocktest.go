// Package clocktest is a clock for tests, which is moved by hand.
package clocktest

import (
	"context"
	"sync"
	"time"
)

// Hand is a clock that stands still until it is moved. Who sleeps on it is not
// delayed. It is safe for concurrent use.
type Hand struct {
	mu    sync.Mutex
	now   time.Time
	slept time.Duration
}

// At is a clock that stands at a moment.
func At(now time.Time) *Hand { return &Hand{now: now} }

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
}

// Sleep returns at once, with the context's error. The clock stays.
func (h *Hand) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slept += d
	return ctx.Err()
}

// Slept is for how long all who slept asked to.
func (h *Hand) Slept() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.slept
}
