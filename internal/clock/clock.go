// Package clock is the time of this machine. Code that waits gets a clock,
// so that tests move it by hand and a local simulation runs it faster
// (twin/simclock).
package clock

import (
	"context"
	"time"
)

// Clock tells the time and waits. Every wait ends with its context.
type Clock interface {
	Now() time.Time
	// Sleep waits, or returns the context's error when that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// System is the machine's clock. It implements [Clock], and the guard's
// engine.Clock.
type System struct{}

// Now is the present moment, in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Sleep waits, or returns the context's error when that ends first. Where there
// is nothing to wait for it returns at once, with the context's error.
func (System) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithDeadline is context.WithDeadline.
func (System) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, at)
}
