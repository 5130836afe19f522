package sim

import "time"

// Clock tells the simulated account what time it is.
type Clock interface {
	Now() time.Time
}
