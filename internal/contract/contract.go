// Package contract holds what two sides of the system must agree on, each fact
// once: the variables of the guard's function with their bounds, the names of
// resources, metrics and stack outputs, the numbers of the fence, the weights of
// the records and the keys of the ledger. Stacks, guard, review and twin read it
// from here. It imports the standard library alone.
package contract

import "time"

// Roles of the two sites, fixed at birth: after a failover the site named
// replica holds the writer, and keeps its name.
const (
	RolePrimary = "primary"
	RoleReplica = "replica"
)

// DatabasePort is the TCP port of PostgreSQL at both sites.
const DatabasePort = 5432

// Numbers of the rules in the network ACL of the primary's database subnets.
// Those below FenceEnd are the guard's, those from it on Terraform's; the lower
// number wins.
const (
	// FenceFirstAllow is the number of the first rule that lets the guard
	// through its own fence; one a subnet of the guard follows.
	FenceFirstAllow = 10
	// FenceDeny is the number of the rule that keeps everyone else out.
	FenceDeny = 90
	// FenceEnd is the number of Terraform's one rule each way, which admits all.
	FenceEnd = 100
	// FenceMaxNetworks is how many networks the fence may let through: a
	// network ACL takes 20 rules a direction unless AWS raised that.
	// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
	FenceMaxNetworks = 10
)

// Weights of the two records of the database's name. At birth the writer's is
// the primary's; Terraform ignores later changes, the guard makes them agree.
const (
	WeightWriter = 100
	WeightOther  = 0
)

// Keys of the ledger's table, and of the item that holds the guard's state.
const (
	LedgerPartitionKey   = "pk"
	LedgerSortKey        = "sk"
	LedgerStatePartition = "guard"
	LedgerStateSort      = "state"
)

// Tick is the schedule expression by which the guard runs. TickEvery is the time
// between two of its events.
const (
	Tick      = "rate(1 minute)"
	TickEvery = time.Minute
)

// How long one invocation of the guard takes. It watches until the next one
// stands by to take the lease over, so that no part of a minute goes unwatched.
const (
	// GuardWatch is how long an invocation looks when nothing is wrong: TickEvery,
	// and time for a next event that comes late and for a start from cold.
	GuardWatch = TickEvery + 5*time.Second
	// GuardTimeout is the function's time-out. A look that begins at the end of
	// the watch still ends in it, and leaves time to write down what was done.
	GuardTimeout = 90 * time.Second
	// GuardInvocations is how many must be able to run at once: the one that
	// watches, and the one that stands by.
	GuardInvocations = 2
)
