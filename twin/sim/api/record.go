package api

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/recent"
)

// Record is one call that was performed, whatever its outcome. A call that a
// fault kept from being performed is none.
type Record struct {
	At                         time.Time
	Region, Service, Operation string
	// Caller is the role's ARN.
	Caller string
	// Code of the refusal, "" for a success.
	Code string
	// Ignored: it was answered and had no effect.
	Ignored bool
}

// recordsKept bounds what is remembered of calls and messages.
const recordsKept = 20_000

func (c *Call) record(code string) {
	r := Record{At: c.Cloud.Now(), Region: c.Region, Service: c.Service.Name, Operation: c.Operation, Caller: c.Caller.Role, Code: code, Ignored: c.ignored}
	c.mu.Lock()
	c.calls = recent.Append(c.calls, recordsKept, r)
	c.mu.Unlock()
	if c.Options.OnCall != nil {
		c.Options.OnCall(r)
	}
}

// Calls returns what was performed, the oldest first.
func (s *Server) Calls() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}
