// Package aside is for work that an invocation of the guard does beside its
// looks. A look has to be short; such work may take longer than one, and ends
// with the invocation: between invocations Lambda freezes the process, and what
// still runs would wake up in the middle of another time.
package aside

import (
	"context"
	"sync"
)

type invocationKey struct{}

type invocation struct {
	ctx  context.Context
	work sync.WaitGroup
}

// During gives an invocation its context. Its end is to be called before the
// invocation answers: it ends what runs beside it, and waits for that.
func During(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	i := &invocation{ctx: ctx}
	return context.WithValue(ctx, invocationKey{}, i), func() {
		cancel()
		i.work.Wait()
	}
}

// Go does the work beside the invocation that ctx is of, however deep within
// it, and in the invocation's context. Where ctx is of none, nothing may
// outlast it: the work is done before Go returns, within ctx.
func Go(ctx context.Context, work func(context.Context)) {
	i, ok := ctx.Value(invocationKey{}).(*invocation)
	if !ok {
		work(ctx)
		return
	}
	i.work.Go(func() { work(i.ctx) })
}
