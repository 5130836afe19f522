// Package dns is the name resolution of a simulated account: a DNS server for
// each VPC, which answers from the account's private hosted zones as the
// Route 53 Resolver of that VPC would, and gives the database endpoints the
// addresses at which they are found from there.
//
// What is asked of the control plane is in force some time later; until then
// the old answer stands ([Options.Propagation]). Health checks act at once: they
// are the data plane.
//
// Known differences: no query leaves the machine, so
// other names are refused. Simple and weighted A, AAAA and CNAME records are
// answered; a name with other records, aliases or another routing policy fails
// and the log says so. The Resolver's own cache, which holds an answer for its
// TTL, is left to the clients.
package dns

import (
	"net/netip"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

// Defaults of Options.
const (
	// Propagation: Route 53 puts changes in force within 60 seconds as a rule.
	// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
	Propagation = 30 * time.Second
	// Interval at which changes are looked for, in machine time.
	Interval = 15 * time.Millisecond
	// Kept is how many answers are remembered.
	Kept = 10000
)

// endpointTTL is that of RDS's own names, in seconds.
const endpointTTL = 5

// Options of a Server.
type Options struct {
	// Cloud holds zones, records, VPCs and instances; its clock is the one.
	Cloud *sim.Cloud
	// Address gives the address at which the database endpoint of a host name
	// is found from a VPC.
	Address func(vpc, host string) (netip.Addr, error)
	// Healthy tells what Route 53 holds of a health check now.
	Healthy func(healthCheckID string) bool
	// Propagation is how long, on the Cloud's clock, a change of zones and
	// records takes to be in force; 0 is [Propagation].
	Propagation time.Duration
	// Interval at which changes are looked for, in machine time; 0 is
	// [Interval].
	Interval time.Duration
	// Seed of the choice between weighted records.
	Seed uint64
	// Kept is how many answers are remembered, the latest; 0 is [Kept].
	Kept int
}

// Answer is one answer that was given.
type Answer struct {
	// At is when, on the Cloud's clock.
	At time.Time
	// VPC in which it was asked.
	VPC string
	// Name without the last dot, and Type, for example "A".
	Name, Type string
	// Code of the answer, for example "NOERROR"; "" where none was given.
	Code string
	// Set is the identifier of the weighted record that was chosen.
	Set string
	// Host is the name that others led to, Addr the address that was given.
	Host string
	Addr netip.Addr
	// Problem is what kept the server from answering properly.
	Problem string
}
