package filelock_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/filelock"
)

func TestTry_IsForOneAtATimeAndLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, ok, err := filelock.Try(path)
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = filelock.Try(path)
	require.NoError(t, err)
	require.False(t, ok)
	release()
	require.NoFileExists(t, path)
	again, ok, err := filelock.Try(path)
	require.NoError(t, err)
	require.True(t, ok)
	again()
}

func TestLock_WaitsAndGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var all sync.WaitGroup
	inside, most := 0, 0
	var mu sync.Mutex
	for range 8 {
		all.Go(func() {
			for range 5 {
				release, err := filelock.Lock(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				release()
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, most, "one at a time")

	release, err := filelock.Lock(t.Context(), path)
	require.NoError(t, err)
	defer release()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = filelock.Lock(ended, path)
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = filelock.Try(filepath.Join(path, "below"))
	require.Error(t, err, "a path that cannot be")
}
