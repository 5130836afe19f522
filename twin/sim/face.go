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

// Show returns the attributes of a resource as AWS describes it now, nil if it
// went with something else.
func (tx *Tx) Show(r *Resource) Attrs { return tx.show(r) }

// HasRegion tells whether the account has a region enabled.
func HasRegion(name string) bool { return regions[name].title != "" }

// Regions are those that the account has enabled.
func Regions() []string { return slices.Sorted(maps.Keys(regions)) }

// KeyState says whether a key can be used.
type KeyState string

// The states of a key. KeyElsewhere is a key that is named by an ARN of
// another region.
const (
	KeyUsable    KeyState = "usable"
	KeyMissing   KeyState = "not found"
	KeyElsewhere KeyState = "in another region"
	KeyPending   KeyState = "pending deletion"
	KeyDisabled  KeyState = "disabled"
)

// FindKey resolves a key by id, ARN, alias name or alias ARN as a service of a
// region would. A key managed by AWS (alias/aws/…) is usable and has no
// resource.
func (tx *Tx) FindKey(regionName, ref string) (*Resource, KeyState) {
	r, problem := tx.findKey(regionName, ref)
	return r, [...]KeyState{keyUsable: KeyUsable, keyMissing: KeyMissing, keyElsewhere: KeyElsewhere, keyPending: KeyPending, keyDisabled: KeyDisabled}[problem]
}

// FindSecret resolves a secret by ARN, partial ARN or name, as a call in a
// region would: the region's own secrets and those replicated to it.
func (tx *Tx) FindSecret(regionName, ref string) *Resource { return findSecret(tx, regionName, ref) }

// SecretVersion returns a version of a secret, by id or by staging label; nil
// if there is none.
func (tx *Tx) SecretVersion(secret *Resource, id, stage string) *Resource {
	return secretVersion(tx, secret, id, stage)
}

// SecretVersions returns all versions of a secret.
func (tx *Tx) SecretVersions(secret *Resource) []*Resource { return versionsOf(tx, secret) }

// SecretKey returns the key that encrypts a secret in a region; "" is the one
// that AWS manages.
func SecretKey(secret *Resource, regionName string) string { return secretKeyIn(secret, regionName) }

// ReplicasOf returns the read replicas of a database instance, in every region.
func (tx *Tx) ReplicasOf(source *Resource) []*Resource { return replicasOf(tx, source) }

// ManagedPolicy returns the text of a policy of AWS's own that the account
// knows, "" for another.
func ManagedPolicy(arn string) string { return managedPolicyText(arn) }

// ProtocolNumber returns an IP protocol as EC2 stores it, "" for an unknown one.
func ProtocolNumber(text string) string { return protocolNumber(text) }

// ACLEntries returns the entries of a network ACL in one direction, each in
// the shape of the blocks "ingress" and "egress", whichever resource made them.
func (tx *Tx) ACLEntries(acl *Resource, egress bool) []Attrs {
	return showNetworkACL(tx, acl).Blocks(direction(egress))
}

// RecordName is the absolute name of a record in a zone, in lower case and
// without the last dot.
func RecordName(name, zone string) string { return fullName(name, zone) }

// RoutingPolicy names the argument that says how one of several records of a
// name is chosen, "" for a simple record.
func RoutingPolicy(record Attrs) string { return policyOf(record) }
