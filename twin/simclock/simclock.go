// Package simclock is a clock that runs faster than the machine's, at a fixed
// scale, and alike in every process that is told the same: a
// local simulation lives by it, so that minutes of promotion pass in seconds.
//
// Its time is never behind the machine's: so a deadline of this clock, where a
// library holds it against the machine's time, is never taken for past while
// it is not.
package simclock

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxScale bounds the scale: beyond it the machine's own pauses look like
// minutes.
const MaxScale = 1000

// ErrClock is returned for numbers that make no clock.
var ErrClock = errors.New("no clock")

// Clock showed the moment start when the machine's clock showed the moment
// real, and runs scale times as fast. It implements the guard's engine.Clock.
type Clock struct {
	real, start time.Time
	scale       float64
	patience    float64
}

// New makes a clock. start must not be before real, and scale from 1 to
// MaxScale; the error wraps ErrClock.
func New(real, start time.Time, scale float64) (Clock, error) {
	switch {
	case real.IsZero():
		return Clock{}, fmt.Errorf("real: found the zero time, want a moment of the machine's clock: %w", ErrClock)
	case start.Before(real):
		return Clock{}, fmt.Errorf("start: found %s, want %s or later: %w", start, real, ErrClock)
	case !(scale >= 1 && scale <= MaxScale):
		return Clock{}, fmt.Errorf("scale: found %v, want 1 to %d: %w", scale, MaxScale, ErrClock)
	}
	// Without the monotonic reading, which no other process shares.
	return Clock{real: real.Round(0).UTC(), start: start.Round(0).UTC(), scale: scale, patience: 1}, nil
}

// Parse reads what String wrote.
func Parse(text string) (Clock, error) {
	words := strings.Fields(text)
	if len(words) != 4 {
		return Clock{}, fmt.Errorf("found %q, want two moments in RFC 3339, a scale and a patience: %w", text, ErrClock)
	}
	real, err := time.Parse(time.RFC3339Nano, words[0])
	if err != nil {
		return Clock{}, fmt.Errorf("real: found %q, want a moment in RFC 3339: %w", words[0], ErrClock)
	}
	start, err := time.Parse(time.RFC3339Nano, words[1])
	if err != nil {
		return Clock{}, fmt.Errorf("start: found %q, want a moment in RFC 3339: %w", words[1], ErrClock)
	}
	scale, err := strconv.ParseFloat(words[2], 64)
	if err != nil {
		return Clock{}, fmt.Errorf("scale: found %q, want a number: %w", words[2], ErrClock)
	}
	patience, err := strconv.ParseFloat(words[3], 64)
	if err != nil || !(patience >= 1 && patience <= MaxScale) {
		return Clock{}, fmt.Errorf("patience: found %q, want a number from 1 to %d: %w", words[3], MaxScale, ErrClock)
	}
	c, err := New(real, start, scale)
	return c.Patient(patience), err
}

// Patient is the same clock, whose deadlines leave factor times as long as they
// say: so that a busy machine does not look like a server that is lost. The
// order of deadlines that are set together stays. Now and Sleep are not
// stretched, so a wait that is not answered takes longer on this clock.
func (c Clock) Patient(factor float64) Clock {
	c.patience = factor
	return c
}

// String writes the clock for another process.
func (c Clock) String() string {
	return c.real.Format(time.RFC3339Nano) + " " + c.start.Format(time.RFC3339Nano) + " " + strconv.FormatFloat(c.scale, 'g', -1, 64) +
		" " + strconv.FormatFloat(c.patience, 'g', -1, 64)
}

// Scale is how many times as fast as the machine's it runs.
func (c Clock) Scale() float64 { return c.scale }

// Now is the present moment.
func (c Clock) Now() time.Time { return c.start.Add(c.Elapsed(time.Since(c.real))) }

// Elapsed is what passes on this clock while d passes on the machine's.
func (c Clock) Elapsed(d time.Duration) time.Duration { return time.Duration(float64(d) * c.scale) }

// Real is what passes on the machine's clock while d passes on this one.
func (c Clock) Real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.scale) }

// Sleep waits, or returns the context's error when that ends first.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(c.Real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bounded shows its deadline on the scaled clock, and ends at the machine's
// moment for it.
type bounded struct {
	context.Context //nolint:containedctx // it is one
	at              time.Time
}

func (b bounded) Deadline() (time.Time, bool) { return b.at, true }

// WithDeadline is context.WithDeadline on this clock.
func (c Clock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && end.Before(at) {
		at = end
	}
	left := float64(c.Real(at.Sub(c.Now()))) * c.patience
	inner, cancel := context.WithTimeout(ctx, time.Duration(left))
	return bounded{inner, at}, cancel
}
