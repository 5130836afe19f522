package s3test

import (
	"strings"
	"sync"
)

// Hold stops one request before it is carried out, so that a test decides what
// happens meanwhile and nothing rests on timing.
type Hold struct {
	method, suffix string
	caught         chan struct{}
	released       chan struct{}
	catch, release sync.Once
}

// Hold makes the next request of a method whose key ends in suffix wait for
// [Hold.Release]. It holds one request only.
func (s *Server) Hold(method, suffix string) *Hold {
	h := &Hold{method: method, suffix: suffix, caught: make(chan struct{}), released: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds = append(s.holds, h)
	return h
}

// Caught is closed when the request has arrived and waits.
func (h *Hold) Caught() <-chan struct{} { return h.caught }

// Release lets the request go on; any later one isn't held.
func (h *Hold) Release() {
	h.release.Do(func() { close(h.released) })
}

func (s *Server) waitWhereHeld(r Request) {
	s.mu.Lock()
	var held *Hold
	for i, h := range s.holds {
		if r.Method == h.method && strings.HasSuffix(r.Key, h.suffix) {
			held = h
			s.holds = append(s.holds[:i], s.holds[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	if held != nil {
		held.catch.Do(func() { close(held.caught) })
		<-held.released
	}
}

// releaseAll lets nothing wait when the test is over. A request that is being
// held already is released by who made the Hold.
func (s *Server) releaseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.holds {
		h.Release()
	}
	s.holds = nil
}
