// Package postgres turns the database instances of a simulated account into
// PostgreSQL servers on this machine: each has the certificate of its endpoint,
// the settings of its parameter group and the administrator that was applied;
// a replica streams from its source over a path of its own; and what RDS does
// to an instance (restart, promotion, stop, failover, deletion) happens to the
// server when the account says that it happens.
//
// A server is PostgreSQL itself. What stands for RDS around it is here and in
// [lifecycle].
package postgres

import (
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// want is how a server is to be.
type want struct {
	// running: RDS has the server up.
	running bool
	// standby: RDS names a replication source.
	standby bool
}

// wanted reads it from what the account says of the instance at a moment.
func wanted(r *sim.Resource, now time.Time) want {
	w := want{running: true, standby: r.Attrs.Has("replicate_source_db")}
	switch r.Attrs.Str("status") {
	case lifecycle.Rebooting, lifecycle.Starting, lifecycle.Stopping, lifecycle.Stopped, lifecycle.Failed:
		w.running = false
	}
	if failingOver(r, now) {
		w.running = false
	}
	return w
}

// The events between which a Multi-AZ instance is not there.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
const (
	eventFailoverStarted   = "RDS-EVENT-0013"
	eventFailoverCompleted = "RDS-EVENT-0049"
)

// failingOver tells whether RDS has begun to fail the instance over to its
// standby and has not ended. Its status says "available" all the while.
func failingOver(r *sim.Resource, now time.Time) bool {
	under := false
	for _, e := range lifecycle.Events(r, time.Time{}, now) {
		switch e.ID {
		case eventFailoverStarted:
			under = true
		case eventFailoverCompleted:
			under = false
		}
	}
	return under
}
