package vpc

import (
	"fmt"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
)

// Networks is an account's networks as they are within one transaction. It is
// not for use after that, nor for several goroutines.
type Networks struct {
	tx    *sim.Tx
	lists map[string][]*sim.Resource
	shown map[*sim.Resource]sim.Attrs
	// What was put together already, by subnet.
	tables map[string]routeTable
	acls   map[aclKey]acl
}

type aclKey struct {
	subnet string
	egress bool
}

// Read looks at the networks of a transaction. Many questions to one Networks
// cost little more than one.
func Read(tx *sim.Tx) *Networks {
	return &Networks{
		tx: tx, lists: map[string][]*sim.Resource{}, shown: map[*sim.Resource]sim.Attrs{},
		tables: map[string]routeTable{}, acls: map[aclKey]acl{},
	}
}

// list returns the resources of a type in a region, "" for all.
func (n *Networks) list(typ, region string) []*sim.Resource {
	all, ok := n.lists[typ]
	if !ok {
		all = n.tx.List(typ, "")
		n.lists[typ] = all
	}
	var out []*sim.Resource
	for _, r := range all {
		if region == "" || r.Region == region {
			out = append(out, r)
		}
	}
	return out
}

// show is what AWS would describe: a group with its rules, a table with its
// routes, whichever resources they were made as.
func (n *Networks) show(r *sim.Resource) sim.Attrs {
	a, ok := n.shown[r]
	if !ok {
		a = n.tx.Show(r)
		n.shown[r] = a
	}
	return a
}

// find returns the first resource of a type in a region whose attribute has a
// value, nil if there is none.
func (n *Networks) find(typ, region, attribute, value string) *sim.Resource {
	for _, r := range n.list(typ, region) {
		if r.Attrs.Str(attribute) == value {
			return r
		}
	}
	return nil
}

// label names a resource for people: its Name tag and its id.
func label(what string, r *sim.Resource) string {
	for _, tags := range []string{"tags", "tags_all"} {
		if name := r.Attrs.StringMap(tags)["Name"]; name != "" {
			return fmt.Sprintf("%s %q (%s)", what, name, r.ID)
		}
	}
	return what + " " + r.ID
}

// subnetLabel names a subnet by its id.
func (n *Networks) subnetLabel(i Interface) string {
	if r := n.tx.Get("aws_subnet", i.Region, i.Subnet); r != nil {
		return label("subnet", r)
	}
	return "subnet " + i.Subnet
}

// vpcOf returns the VPC of an interface, nil if it is gone.
func (n *Networks) vpcOf(i Interface) *sim.Resource { return n.tx.Get("aws_vpc", i.Region, i.VPC) }

// gone says what of an interface is no longer there, "" if all is.
func (n *Networks) gone(i Interface) string {
	switch {
	case i.VPC == "":
		return "it is in no VPC"
	case n.vpcOf(i) == nil:
		return fmt.Sprintf("VPC %s is not there", i.VPC)
	case !slices.ContainsFunc(n.list("aws_subnet", i.Region), func(r *sim.Resource) bool { return r.ID == i.Subnet }):
		return fmt.Sprintf("subnet %s is not there", i.Subnet)
	}
	return ""
}
