package probe

import (
	"context"
	"errors"

	"github.com/pgdr/pgdr/internal/guard/aside"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// errPreparing: the look is over before the preparation that it began.
var errPreparing = errors.New("the preparation goes on")

// prepareBeside prepares the writer and waits for that as long as the look
// lasts. The preparation goes on until it is done or the invocation ends: it has
// to be done also where the way to the database is slow, or the guard would try
// anew for ever and never arm.
func (d *Databases) prepareBeside(look context.Context, m engine.Member) error {
	done := make(chan error, 1)
	aside.Go(look, func(ctx context.Context) { done <- d.Prepare(ctx, m) })
	select {
	case err := <-done:
		return err
	case <-look.Done():
	}
	select {
	case err := <-done: // of the same moment
		return err
	default:
		return errPreparing
	}
}
