package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// This file is what faces of the account other than Terraform's build on.

// Evolve has fn bring the account up to date, by its own time, before each
// access from now on. fn must give the same result for the same state and
// time, since [Cloud.View] takes its changes back.
func (c *Cloud) Evolve(fn func(*Tx)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evolve = fn
}

// refresh lets time do its work.
func (c *Cloud) refresh(tx *Tx) {
	tx.expire()
	if c.evolve != nil {
		c.evolve(tx)
	}
}

// Now is the account's time.
func (c *Cloud) Now() time.Time { return c.clock.Now() }

// Do carries out one operation of the Terraform face within a transaction, so
// that several succeed or fail together. Refusals are of type [*simapi.Error].
func (tx *Tx) Do(op string, req simapi.Request) (simapi.Response, error) { return tx.dispatch(op, req) }

// HasRegion tells whether the account has a region enabled.
func HasRegion(name string) bool { return regions[name].title != "" }

// Regions are those that the account has enabled.
func Regions() []string { return slices.Sorted(maps.Keys(regions)) }
