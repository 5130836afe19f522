// Package graph reads the synthesized stacks and draws them: the parts that
// matter for a failover, in which region each is, and what reaches what. It
// knows nothing that the stacks do not say: every node is a resource (or what
// a resource names), every edge a reference, a subscription, a route or a
// permission.
package graph

import (
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// Kind says what a node is.
type Kind string

// The kinds of nodes.
const (
	KindVPC         Kind = "vpc"
	KindSubnet      Kind = "subnet"
	KindNATGateway  Kind = "nat-gateway"
	KindNetworkACL  Kind = "network-acl"
	KindPeering     Kind = "peering"
	KindDatabase    Kind = "database"
	KindKey         Kind = "key"
	KindSecret      Kind = "secret"
	KindZone        Kind = "dns-zone"
	KindRecord      Kind = "dns-record"
	KindHealthCheck Kind = "health-check"
	KindAlarm       Kind = "alarm"
	KindTopic       Kind = "topic"
	KindGuard       Kind = "guard"
	KindSchedule    Kind = "schedule"
	KindLedger      Kind = "ledger"
	KindClients     Kind = "clients"
	KindHumans      Kind = "humans"
	KindWitness     Kind = "witness-region"
)

// Role says which of two alike a site, a database, a key, a secret or a
// record is.
type Role string

// The roles: at birth, before any failover.
const (
	RolePrimary Role = contract.RolePrimary
	RoleReplica Role = contract.RoleReplica
)

// Relation says what an edge means, read from its first node to its second.
type Relation string

// The relations.
const (
	Replicates Relation = "replicates-to"       // database, key or secret, to its copy
	Encrypts   Relation = "encrypts"            // key to what it encrypts
	Protects   Relation = "protects"            // network ACL to database
	Peers      Relation = "peers"               // peering to each of its VPCs
	Asks       Relation = "asks"                // clients to zone: the name is looked up
	Associated Relation = "answers-in"          // zone to VPC
	Answers    Relation = "answers-with"        // record to database
	Probes     Relation = "connects-to"         // guard to database, PostgreSQL
	Describes  Relation = "describes"           // guard to database, RDS's API
	Witnesses  Relation = "checks-itself-with"  // guard to another region's API
	Measures   Relation = "measured-by"         // database or guard to alarm
	Notifies   Relation = "notifies"            // alarm to topic
	Reports    Relation = "reports-to"          // database to topic, RDS's events
	Wakes      Relation = "wakes"               // topic or schedule to guard
	Tells      Relation = "tells"               // guard to topic, topic to humans
	Remembers  Relation = "remembers-in"        // guard to ledger
	Reads      Relation = "reads"               // guard to secret
	Egress     Relation = "reaches-aws-through" // guard to NAT gateway
	Fences     Relation = "fences"              // guard to network ACL
	Promotes   Relation = "promotes"            // guard to database
	Publishes  Relation = "publishes-to"        // guard to the alarm of the writer's place
	Follows    Relation = "followed-by"         // alarm to health check
	TakesOut   Relation = "takes-out"           // health check to record
	Weighs     Relation = "weighs"              // guard to zone, records' weights
)

// Step is the stage of a failover that an edge serves; 0 is none.
type Step int

// The steps, in the order of a failover.
const (
	StepDetect Step = iota + 1
	StepDecide
	StepFence
	StepPromote
	StepSwitch
)

// steps are the relations that serve a stage. The ledger's is the decision,
// because the guard claims the failover there before it acts.
var steps = map[Relation]Step{
	Probes: StepDetect, Describes: StepDetect, Witnesses: StepDetect,
	Remembers: StepDecide,
	Fences:    StepFence,
	Promotes:  StepPromote,
	Publishes: StepSwitch, Follows: StepSwitch, TakesOut: StepSwitch, Weighs: StepSwitch,
}

// Graph is what two stacks deploy. Nodes and edges are sorted, so that the
// same stacks give the same graph.
type Graph struct {
	// Environment is the tag that the providers put on everything.
	Environment string   `json:"environment"`
	Stacks      []string `json:"stacks"`
	// Sites are two: where the primary database is, then where the replica is.
	Sites []Site `json:"sites"`
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
}

// Site is a region with a database in it.
type Site struct {
	Role   Role   `json:"role"`
	Region string `json:"region"`
}

// Node is one thing that is deployed, or that what is deployed speaks of.
type Node struct {
	// ID is the stack's name and the Terraform address, or the kind and name
	// of what no stack holds (clients, humans, witness regions).
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	Role Role   `json:"role,omitempty"`
	// Region is empty for what is global.
	Region string `json:"region,omitempty"`
	// Parent is the ID of the node that holds this one: a subnet's VPC, a NAT
	// gateway's subnet, a record's zone.
	Parent string `json:"parent,omitempty"`

	Subnet   *Subnet   `json:"subnet,omitempty"`
	CIDR     string    `json:"cidr,omitempty"` // of a VPC or subnet
	Database *Database `json:"database,omitempty"`
	Record   *Record   `json:"record,omitempty"`
	Metric   *Metric   `json:"metric,omitempty"`   // of an alarm
	Schedule string    `json:"schedule,omitempty"` // EventBridge's expression
	Policy   *Policy   `json:"policy,omitempty"`   // of the guard
	// Subnets are the IDs of the subnets of a database, guard or network ACL.
	Subnets []string `json:"subnets,omitempty"`
	// Count is how many humans.
	Count int `json:"count,omitempty"`
}

// Tier says what a subnet is for.
type Tier string

// The tiers: a route to an internet gateway makes a subnet public, a subnet
// group of RDS makes it the databases'.
const (
	TierPublic   Tier = "public"
	TierPrivate  Tier = "private"
	TierDatabase Tier = "database"
)

// Subnet is a subnet's place.
type Subnet struct {
	Tier Tier   `json:"tier"`
	Zone string `json:"zone"`
}

// Database is an RDS instance. Engine and version are the source's, where a
// replica leaves them out.
type Database struct {
	Engine  string `json:"engine,omitempty"`
	Version string `json:"version,omitempty"`
	Class   string `json:"class"`
	MultiAZ bool   `json:"multi_az"`
}

// Record is a weighted DNS record; TTL in seconds.
type Record struct {
	SetIdentifier string `json:"set_identifier"`
	Weight        string `json:"weight"`
	TTL           string `json:"ttl"`
}

// Metric is what an alarm watches.
type Metric struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Policy is when the guard acts, as it is told in its environment: times in
// whole seconds, as written there, empty where it is not told.
type Policy struct {
	Mode                       string `json:"mode,omitempty"`
	OnRegionSilent             string `json:"on_region_silent,omitempty"`
	InstanceFailedSeconds      string `json:"instance_failed_seconds,omitempty"`
	InstanceUnreachableSeconds string `json:"instance_unreachable_seconds,omitempty"`
	RegionSilentSeconds        string `json:"region_silent_seconds,omitempty"`
	MaxDataLossSeconds         string `json:"max_data_loss_seconds,omitempty"`
	Port                       string `json:"port,omitempty"`
}

// Edge is a relation between two nodes.
type Edge struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Relation Relation `json:"relation"`
	Step     Step     `json:"step,omitempty"`
	// Via is the ID of the peering that a connection goes through.
	Via string `json:"via,omitempty"`
}

// Node is the node of that ID, nil where there is none.
func (g *Graph) Node(id string) *Node {
	for i := range g.Nodes {
		if g.Nodes[i].ID == id {
			return &g.Nodes[i]
		}
	}
	return nil
}

// Find are the nodes for which keep holds, in the order of their IDs.
func (g *Graph) Find(keep func(Node) bool) []*Node {
	var found []*Node
	for i := range g.Nodes {
		if keep(g.Nodes[i]) {
			found = append(found, &g.Nodes[i])
		}
	}
	return found
}

// first is the first node of that kind for which all of keep hold, nil where
// there is none.
func (g *Graph) first(kind Kind, keep ...func(Node) bool) *Node {
	for i := range g.Nodes {
		n := g.Nodes[i]
		ok := n.Kind == kind
		for _, k := range keep {
			ok = ok && k(n)
		}
		if ok {
			return &g.Nodes[i]
		}
	}
	return nil
}

// short drops the environment from a name: the stacks' names say it.
func (g *Graph) short(name string) string {
	return strings.TrimSuffix(name, "-"+g.Environment)
}

// edges are those of a relation, in order.
func (g *Graph) edges(relation Relation) []Edge {
	var found []Edge
	for _, e := range g.Edges {
		if e.Relation == relation {
			found = append(found, e)
		}
	}
	return found
}

func inRegion(region string) func(Node) bool {
	return func(n Node) bool { return n.Region == region }
}
