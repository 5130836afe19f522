package aside_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/aside"
)

func TestGo_TheWorkOutlastsTheLookThatBeganIt(t *testing.T) {
	invocation, end := aside.During(t.Context())
	defer end()
	look, over := context.WithCancel(invocation)
	over()
	alive := make(chan error, 1)
	aside.Go(look, func(ctx context.Context) { alive <- ctx.Err() })
	require.NoError(t, <-alive)
}

func TestDuring_TheEndOfTheInvocationEndsTheWorkAndWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		invocation, end := aside.During(t.Context())
		var ended atomic.Bool
		aside.Go(invocation, func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(time.Second) // It takes its time to see that.
			ended.Store(true)
		})
		end()
		require.True(t, ended.Load())
	})
}

func TestGo_WithoutAnInvocationTheWorkIsDoneWithinItsContext(t *testing.T) {
	look, over := context.WithCancel(t.Context())
	over()
	var done error
	aside.Go(look, func(ctx context.Context) { done = ctx.Err() })
	require.ErrorIs(t, done, context.Canceled)
}
