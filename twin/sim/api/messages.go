package api

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/recent"
)

// Message is what SNS accepted for a topic.
type Message struct {
	ID       string
	At       time.Time
	TopicARN string
	Subject  string
	Body     string
}

// Messages returns what was published, the oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Accept keeps a message that SNS accepted, and tells who listens.
func (s *Server) Accept(m Message) {
	s.mu.Lock()
	s.messages = recent.Append(s.messages, recordsKept, m)
	s.mu.Unlock()
	if s.Options.OnPublish != nil {
		s.Options.OnPublish(m)
	}
}
