package twin_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin"
)

func TestLock_WaitsAndGivesUpWithItsContext(t *testing.T) {
	dir := twin.Dir(t.TempDir())
	var all sync.WaitGroup
	var inside atomic.Int32
	for range 4 {
		all.Go(func() {
			for range 3 {
				release, err := dir.Lock(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d have the lock at once", n)
				}
				inside.Add(-1)
				release()
			}
		})
	}
	all.Wait()

	release, err := dir.Lock(t.Context())
	require.NoError(t, err)
	defer release()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = dir.Lock(ended)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "wait for the process that has locked")
}
