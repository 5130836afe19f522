package graph

import (
	"net/netip"
	"slices"
)

func (b *builder) addNetwork() {
	b.each("aws_vpc", func(r *resource) {
		b.add(KindVPC, r, r.text("tags", "Name")).CIDR = r.text("cidr_block")
	})
	tiers := b.tiers()
	b.each("aws_subnet", func(r *resource) {
		n := b.add(KindSubnet, r, r.text("tags", "Name"))
		n.CIDR = r.text("cidr_block")
		n.Subnet = &Subnet{Tier: tiers[r.id()], Zone: r.text("availability_zone")}
		n.Parent = b.parent(r, "vpc_id")
	})
	b.each("aws_nat_gateway", func(r *resource) {
		n := b.add(KindNATGateway, r, r.text("tags", "Name"))
		n.Parent = b.parent(r, "subnet_id")
	})
	b.each("aws_network_acl", func(r *resource) {
		n := b.add(KindNetworkACL, r, r.text("tags", "Name"))
		n.Parent, n.Subnets = b.parent(r, "vpc_id"), b.ids(r, "subnet_ids")
	})
	b.each("aws_vpc_peering_connection", func(r *resource) {
		n := b.add(KindPeering, r, r.text("tags", "Name"))
		n.Region = "" // between two
	})
}

func (b *builder) linkNetwork() {
	b.each("aws_vpc_peering_connection", func(r *resource) {
		for _, vpc := range append(b.ids(r, "vpc_id"), b.ids(r, "peer_vpc_id")...) {
			b.link(r.id(), vpc, Peers)
		}
	})
	for _, acl := range b.graph.Find(func(n Node) bool { return n.Kind == KindNetworkACL }) {
		for _, db := range b.graph.Find(func(n Node) bool { return n.Kind == KindDatabase }) {
			if slices.ContainsFunc(db.Subnets, func(id string) bool { return slices.Contains(acl.Subnets, id) }) {
				b.link(acl.ID, db.ID, Protects)
			}
		}
	}
}

// tiers are those of the subnets, by their IDs.
func (b *builder) tiers() map[string]Tier {
	tiers := map[string]Tier{}
	b.each("aws_subnet", func(subnet *resource) {
		tiers[subnet.id()] = TierPrivate
		for _, route := range b.routes(subnet) {
			for _, gateway := range b.targets(route, "gateway_id") {
				if gateway.kind == "aws_internet_gateway" {
					tiers[subnet.id()] = TierPublic
				}
			}
		}
	})
	b.each("aws_db_subnet_group", func(group *resource) {
		for _, id := range b.ids(group, "subnet_ids") {
			tiers[id] = TierDatabase
		}
	})
	return tiers
}

// routes are those of the tables that a subnet is associated with.
func (b *builder) routes(subnet *resource) []*resource {
	var tables, found []*resource
	b.each("aws_route_table_association", func(a *resource) {
		if b.refersTo(a, "subnet_id", subnet) {
			tables = append(tables, b.targets(a, "route_table_id")...)
		}
	})
	b.each("aws_route", func(route *resource) {
		for _, table := range b.targets(route, "route_table_id") {
			if slices.Contains(tables, table) {
				found = append(found, route)
			}
		}
	})
	return found
}

// path says whether packets find their way from one subnet to another and
// back: inside a VPC always, else by routes both ways through a peering,
// whose ID is given.
func (b *builder) path(from, to string) (via string, ok bool) {
	x, y := b.subnet(from), b.subnet(to)
	if x == nil || y == nil {
		return "", false
	}
	if b.parent(x, "vpc_id") == b.parent(y, "vpc_id") {
		return "", true
	}
	there, back := b.peeringTo(x, y), b.peeringTo(y, x)
	return there, there != "" && there == back
}

func (b *builder) subnet(id string) *resource {
	var found *resource
	b.each("aws_subnet", func(r *resource) {
		if r.id() == id {
			found = r
		}
	})
	return found
}

// peeringTo is the ID of the peering over which a subnet sends to another.
func (b *builder) peeringTo(from, to *resource) string {
	for _, route := range b.routes(from) {
		if !within(to.text("cidr_block"), route.text("destination_cidr_block")) {
			continue
		}
		for _, target := range b.targets(route, "vpc_peering_connection_id") {
			if id := b.peering(target); id != "" {
				return id
			}
		}
	}
	return ""
}

// peering is the node of a peering, or of the one that an accepter accepts.
func (b *builder) peering(r *resource) string {
	if n := b.node(r.id()); n != nil && n.Kind == KindPeering {
		return n.ID
	}
	return b.parent(r, "vpc_peering_connection_id")
}

func within(inner, outer string) bool {
	i, err := netip.ParsePrefix(inner)
	if err != nil {
		return false
	}
	o, err := netip.ParsePrefix(outer)
	return err == nil && o.Contains(i.Addr()) && o.Bits() <= i.Bits()
}
