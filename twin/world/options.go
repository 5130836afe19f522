package world

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// Options of a world.
type Options struct {
	// Dir holds the account, if one was kept there, and its socket.
	Dir twin.Dir
	// Function is the program that functions run: a build for this machine of
	// the source that the applied archive is made of.
	Function string
	// Scale of the clock, 1 to simclock.MaxScale.
	Scale float64
	// Patience stretches the guard's own time-outs, so that a busy machine does
	// not look like a lost server; 0 means 1.
	Patience float64
	// Start is when the world's clock starts; never before the machine's time.
	Start time.Time
	// Timing of what RDS does; the zero value is [lifecycle.DefaultTiming].
	Timing lifecycle.Timing
	// Seed of what is drawn: ids, weighted answers, duplicates.
	Seed uint64
	Log  *slog.Logger
	// Port that databases have for applications; 0: each listener its own.
	Port uint16
	// Unaudited: the servers do without pgaudit; see [postgres.Options].
	Unaudited bool
}

func (o *Options) complete() error {
	var faults []error
	if o.Dir == "" {
		faults = append(faults, errors.New("dir: missing"))
	}
	if o.Function == "" {
		faults = append(faults, errors.New("function: missing"))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("open a world: %w", err)
	}
	if o.Patience == 0 {
		o.Patience = 1
	}
	if o.Timing == (lifecycle.Timing{}) {
		o.Timing = lifecycle.DefaultTiming()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
