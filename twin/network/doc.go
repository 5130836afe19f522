// Package network is the network between applications, the guard and the
// databases of a simulated account: real TCP connections over loopback, which
// get as far as the account's routes, security groups and network ACLs let
// them.
//
// Who connects does so from a [Vantage], to a listener that stands for one
// database's host name as seen from there ([Network.Addr]). When a connection
// arrives, package vpc is asked whether it may be opened; while it is open,
// package vpc is asked again and again what becomes of its packets:
//
//   - A connection that may not be opened is held: no answer, no end, until it
//     may or the client gives up. That is what a dropped SYN looks like to a
//     client that sets a time limit, except that the kernel has accepted it.
//   - A connection without a listener is reset.
//   - An open connection goes on when a security group is changed, and freezes
//     when a route goes or a network ACL denies it: bytes and ends are held in
//     the direction that is denied, and pass when it is admitted again.
//
// Faults of the network itself are laid on top: [Network.Cut].
package network

import (
	"net/netip"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

// Interval is how often, in machine time, open connections are judged again
// unless Options say otherwise.
const Interval = 15 * time.Millisecond

// Options of a network.
type Options struct {
	// Cloud holds the instances, routes, groups and ACLs.
	Cloud *sim.Cloud
	// Server tells where an instance's server listens, false if it does not
	// run. It is asked for each connection, outside of the Cloud's lock.
	Server func(region, identifier string) (netip.AddrPort, bool)
	// Port that listeners have, so that clients may use the database's own
	// (5432); 0, and everywhere but on Linux, is one that the kernel chooses.
	Port uint16
	// Interval at which open connections are judged, in machine time; 0 is
	// [Interval].
	Interval time.Duration
}

// Vantage is where connections come from.
type Vantage struct {
	// ID tells vantages apart, for example "guard".
	ID string
	// Place gives the interface that they leave by. It is called within the
	// Cloud's lock and must use nothing but the transaction. While it fails,
	// connections are held.
	Place func(tx *sim.Tx) (vpc.Interface, error)
	// Seen has servers see connections come from the vantage's own loopback
	// address, where the machine has several; otherwise they come from
	// 127.0.0.1, which the guard takes for RDS's own.
	Seen bool
}

// Path is what a connection takes.
type Path struct {
	// Vantage that it starts from and Host that it was meant for.
	Vantage, Host string
	// Region and Identifier of the instance, and its port.
	Region, Identifier string
	Port               int
	From, To           vpc.Interface
}
