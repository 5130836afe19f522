package postgres

import (
	"errors"
	"fmt"

	"github.com/pgdr/pgdr/twin/pgtest"
)

// ErrNoInstance is returned for an instance that has no server.
var ErrNoInstance = errors.New("no server of that instance")

// With calls do with the server of an instance, while nothing else is done
// with it.
func (s *Servers) With(region, identifier string, do func(*pgtest.Server) error) error {
	i := s.named(region, identifier)
	if i == nil {
		return fmt.Errorf("%s in %s: %w", identifier, region, ErrNoInstance)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return do(i.server)
}

// HoldReplication holds the WAL on its way to all replicas of a region, or lets
// it go on: nothing arrives and nothing is closed.
func (s *Servers) HoldReplication(region string, hold bool) {
	for _, i := range s.snapshot() {
		i.mu.Lock()
		if i.path != nil && i.resource.Load().Region == region {
			if hold {
				i.path.Freeze()
			} else {
				i.path.Thaw()
			}
		}
		i.mu.Unlock()
	}
}
