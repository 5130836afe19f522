// Package filelock locks files against other processes of this machine. The
// system lets go of a lock when its process ends, whatever ends it.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// every is the pause between two tries.
const every = 50 * time.Millisecond

// Lock waits for the lock on a file, which it makes, until the context ends.
func Lock(ctx context.Context, path string) (release func(), err error) {
	for {
		release, ok, err := Try(path)
		if ok || err != nil {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for whoever has locked %s: %w", path, ctx.Err())
		case <-time.After(every):
		}
	}
}

// Try takes the lock on a file, which it makes and release removes; ok is false
// where somebody has it.
func Try(path string) (release func(), ok bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the caller's own path
	if err != nil {
		return nil, false, fmt.Errorf("open the lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil && named(file, path) {
		return func() {
			_ = os.Remove(path) // while it is ours: the next one makes its own
			_ = file.Close()
		}, true, nil
	}
	_ = file.Close()
	if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, fmt.Errorf("lock %s: %w", path, err)
	}
	return nil, false, nil
}

// named tells whether the path still leads to the file: whoever had the lock
// before has removed it meanwhile.
func named(file *os.File, path string) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(ours, there)
}
