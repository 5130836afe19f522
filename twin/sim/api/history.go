package api

import (
	"slices"
	"sync"
	"time"
)

// History keeps how things were before they changed, for as long as an
// eventually consistent answer may be that old.
type History[T any] struct {
	lag time.Duration

	mu      sync.Mutex
	changes map[string][]change[T]
}

type change[T any] struct {
	at  time.Time
	was T
}

// NewHistory returns an empty history for answers that may be as old as lag. With
// a lag of 0 it keeps nothing.
func NewHistory[T any](lag time.Duration) *History[T] {
	return &History[T]{lag: lag, changes: map[string][]change[T]{}}
}

// Changed notes that the thing under a key was so until now.
func (h *History[T]) Changed(key string, at time.Time, was T) {
	if h.lag <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes[key] = append(h.recent(key, at), change[T]{at, was})
}

// recent are the changes that an answer may still leave out.
func (h *History[T]) recent(key string, now time.Time) []change[T] {
	return slices.DeleteFunc(h.changes[key], func(c change[T]) bool { return now.Sub(c.at) >= h.lag })
}

// Stale returns how the thing under a key was the longest time ago that is
// permitted; ok is false if it has not changed since.
func (h *History[T]) Stale(key string, now time.Time) (was T, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes[key] = h.recent(key, now)
	if len(h.changes[key]) == 0 {
		return was, false
	}
	return h.changes[key][0].was, true
}
