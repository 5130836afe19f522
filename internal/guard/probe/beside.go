package probe

import (
	"context"
	"errors"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// errPreparing: the look is over before the preparation that it began.
var errPreparing = errors.New("the preparation goes on")

type invocationKey struct{}

// Within lets a preparation that a look has begun go on after the look, until
// it is done or the invocation ends. A look has to be short; a preparation has
// to be done, also where the way to the database is slow, or the guard would try
// anew for ever and never arm.
func Within(look, invocation context.Context) context.Context {
	return context.WithValue(look, invocationKey{}, invocation)
}

// prepareBeside prepares the writer and waits for that as long as the look
// lasts. Without an invocation to go on in, the look's end is the end.
func (d *Databases) prepareBeside(look context.Context, m engine.Member) error {
	ctx, ok := look.Value(invocationKey{}).(context.Context)
	if !ok {
		return d.Prepare(look, m)
	}
	done := make(chan error, 1)
	go func() { done <- d.Prepare(ctx, m) }()
	select {
	case err := <-done:
		return err
	case <-look.Done():
		return errPreparing
	}
}
