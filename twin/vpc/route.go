package vpc

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
)

// targetKind is where a route leads.
type targetKind string

const (
	toLocal    targetKind = "the VPC itself"
	toPeering  targetKind = "peering connection"
	toNAT      targetKind = "NAT gateway"
	toInternet targetKind = "internet gateway"
	toUnknown  targetKind = "a target that is not simulated"
)

// targets are the arguments of a route and what each leads to, in the order in
// which they are looked at.
var targets = []struct {
	argument string
	kind     targetKind
}{
	{"vpc_peering_connection_id", toPeering}, {"nat_gateway_id", toNAT}, {"gateway_id", toInternet},
}

type route struct {
	to     netip.Prefix
	kind   targetKind
	target string
}

// routeTable is the one that a subnet follows.
type routeTable struct {
	id, label string
	routes    []route
}

// table is the route table of an interface's subnet: the one that the subnet is
// associated with, otherwise the VPC's main one.
// https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html
func (n *Networks) table(i Interface) routeTable {
	t, ok := n.tables[i.Subnet]
	if !ok {
		t = n.readTable(i)
		n.tables[i.Subnet] = t
	}
	return t
}

func (n *Networks) readTable(i Interface) routeTable {
	var t routeTable
	network := n.vpcOf(i)
	if network == nil {
		return t
	}
	t.id = network.Attrs.Str("main_route_table_id")
	t.label = fmt.Sprintf("the main route table %s of %s", t.id, label("VPC", network))
	if a := n.find("aws_route_table_association", i.Region, "subnet_id", i.Subnet); a != nil {
		t.id = a.Attrs.Str("route_table_id")
	}
	// Each table has a route to its own VPC that can't be taken away.
	if p, err := netip.ParsePrefix(network.Attrs.Str("cidr_block")); err == nil {
		t.routes = append(t.routes, route{p, toLocal, "local"})
	}
	if r := n.tx.Get("aws_route_table", i.Region, t.id); r != nil {
		t.label = label("route table", r)
		for _, inline := range n.show(r).Blocks("route") {
			t.add(inline, "cidr_block")
		}
		return t
	}
	for _, r := range n.list("aws_route", i.Region) {
		if r.Attrs.Str("route_table_id") == t.id {
			t.add(r.Attrs, "destination_cidr_block")
		}
	}
	return t
}

func (t *routeTable) add(a sim.Attrs, destination string) {
	p, err := netip.ParsePrefix(a.Str(destination))
	if err != nil {
		return // an IPv6 range or a prefix list
	}
	r := route{to: p, kind: toUnknown}
	for _, known := range targets {
		if id := a.Str(known.argument); id != "" {
			r.kind, r.target = known.kind, id
			break
		}
	}
	if r.kind == toInternet && r.target == "local" {
		r.kind = toLocal
	}
	t.routes = append(t.routes, r)
}

// to is the route that an address takes: the most specific one.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html#route-tables-priority
func (t routeTable) to(addr netip.Addr) (route, bool) {
	var best route
	found := false
	for _, r := range t.routes {
		if r.to.Contains(addr) && (!found || r.to.Bits() > best.to.Bits()) {
			best, found = r, true
		}
	}
	return best, found
}

// way says whether packets from one interface are led to another.
func (n *Networks) way(from, to Interface) Verdict {
	t := n.table(from)
	r, ok := t.to(to.Addr)
	switch {
	case !ok:
		return deny("%s, which %s follows, has no route to %s", t.label, n.subnetLabel(from), to.Addr)
	case r.kind == toLocal && from.VPC == to.VPC && from.Region == to.Region:
		return allow("%s is in the same VPC", to.Addr)
	case r.kind == toPeering:
		return n.peered(t, r, from, to)
	}
	return deny("%s sends %s to %s %s, which does not lead to VPC %s", t.label, to.Addr, r.kind, r.target, to.VPC)
}

// peered says whether a route over a peering connection leads to an interface.
// A connection joins its two VPCs and nothing beyond them.
// https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
func (n *Networks) peered(t routeTable, r route, from, to Interface) Verdict {
	pcx := n.peering(r.target)
	if pcx == nil {
		return deny("%s sends %s to peering connection %s, which is not there", t.label, to.Addr, r.target)
	}
	name := label("peering connection", pcx)
	if status := pcx.Attrs.Str("accept_status"); status != "active" {
		return deny("%s sends %s to %s, which is %s", t.label, to.Addr, name, status)
	}
	requester := end{pcx.Region, pcx.Attrs.Str("vpc_id")}
	accepter := end{pcx.Attrs.Str("peer_region"), pcx.Attrs.Str("peer_vpc_id")}
	ends := []end{requester, accepter}
	here, there := slices.Index(ends, end{from.Region, from.VPC}), slices.Index(ends, end{to.Region, to.VPC})
	if here < 0 || there < 0 || here == there {
		return deny("%s sends %s to %s, which does not join VPC %s with VPC %s", t.label, to.Addr, name, from.VPC, to.VPC)
	}
	return allow("%s leads from VPC %s to VPC %s", name, from.VPC, to.VPC)
}

// end is a side of a peering connection.
type end struct{ region, vpc string }

// peering returns a connection by its id; it is kept in the requester's region.
func (n *Networks) peering(id string) *sim.Resource {
	for _, r := range n.list("aws_vpc_peering_connection", "") {
		if r.ID == id {
			return r
		}
	}
	return nil
}
