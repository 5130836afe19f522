package awssim

import "time"

// Clock tells the simulated account what time it is.
type Clock interface {
	Now() time.Time
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now returns the current time in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }
