package policy

import "sync"

// known are the policies that were read last. Every call of the wire is judged
// by the same few, and reading them would cost more than all the rest of it.
var known = memo{documents: map[source]Document{}}

// memoLimit bounds what is kept, in documents.
const memoLimit = 500

type source struct{ name, text string }

// memo keeps documents that could be read.
type memo struct {
	mu        sync.RWMutex
	documents map[source]Document
}

func (m *memo) get(name, text string, read func(name, text string) (Document, error)) (Document, error) {
	m.mu.RLock()
	d, ok := m.documents[source{name, text}]
	m.mu.RUnlock()
	if ok {
		return d, nil
	}
	d, err := read(name, text)
	if err != nil {
		return d, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.documents) >= memoLimit {
		clear(m.documents)
	}
	m.documents[source{name, text}] = d
	return d, nil
}
