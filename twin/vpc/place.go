package vpc

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
)

// reserved are the addresses of a subnet that AWS keeps for itself: the first
// four and the last.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const (
	reservedFirst = 4
	reservedLast  = 1
)

// OfInstance is the interface of a database instance: in the subnet of its
// group that is in its availability zone, at an address that follows from its
// resource id. The error wraps [ErrNoPlace].
func (n *Networks) OfInstance(db *sim.Resource) (Interface, error) {
	a := db.Attrs
	group := n.find("aws_db_subnet_group", db.Region, "name", a.Str("db_subnet_group_name"))
	if group == nil {
		return Interface{}, fmt.Errorf("instance %s: subnet group %q is not there: %w", a.Str("identifier"), a.Str("db_subnet_group_name"), ErrNoPlace)
	}
	for _, id := range group.Attrs.Strings("subnet_ids") {
		subnet := n.tx.Get("aws_subnet", db.Region, id)
		if subnet == nil || subnet.Attrs.Str("availability_zone") != a.Str("availability_zone") {
			continue
		}
		return place(subnet, a.Str("resource_id"), a.Strings("vpc_security_group_ids"))
	}
	return Interface{}, fmt.Errorf("instance %s: subnet group %q has no subnet in %s: %w",
		a.Str("identifier"), group.ID, a.Str("availability_zone"), ErrNoPlace)
}

// OfFunction are the interfaces of a function in a VPC, one in each of its
// subnets: which one an invocation uses is AWS's choice. The error wraps
// [ErrNoPlace] for a function that is in no VPC.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
func (n *Networks) OfFunction(fn *sim.Resource) ([]Interface, error) {
	config := fn.Attrs.Block("vpc_config")
	var out []Interface
	for _, id := range slices.Sorted(slices.Values(config.Strings("subnet_ids"))) {
		subnet := n.tx.Get("aws_subnet", fn.Region, id)
		if subnet == nil {
			return nil, fmt.Errorf("function %s: subnet %s is not there: %w", fn.ID, id, ErrNoPlace)
		}
		i, err := place(subnet, fn.ID, config.Strings("security_group_ids"))
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("function %s: it is in no VPC: %w", fn.ID, ErrNoPlace)
	}
	return out, nil
}

// Kind is what a subnet is for, by what the account does with it.
type Kind string

// Kinds of subnets. A public one has a route to an internet gateway; a database
// one is in a database subnet group; the others are private.
// https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
const (
	Public   Kind = "public"
	Private  Kind = "private"
	Database Kind = "database"
)

// KindOf tells what a subnet is for.
func (n *Networks) KindOf(subnet *sim.Resource) Kind {
	switch {
	case n.forDatabases(subnet):
		return Database
	case n.leavesBy(subnet) == toInternet:
		return Public
	}
	return Private
}

// InSubnet is the interface of an application in a subnet.
func (n *Networks) InSubnet(subnet *sim.Resource) (Interface, error) {
	prefix, err := rangeOf(subnet)
	if err != nil {
		return Interface{}, err
	}
	return Interface{
		Region: subnet.Region, VPC: subnet.Attrs.Str("vpc_id"), Subnet: subnet.ID, Addr: at(prefix, size(prefix)-reservedLast-1),
	}, nil
}

// OfClient is the interface of the n-th application (from 0) of a VPC. They
// take the private subnets in turn and count down from the last address: those
// that no function is in, if there are any, and of these those behind a NAT
// gateway, if there are any. The error wraps [ErrNoPlace].
func (n *Networks) OfClient(region, vpcID string, number int) (Interface, error) {
	if number < 0 {
		return Interface{}, fmt.Errorf("application: found number %d, want 0 or more: %w", number, ErrNoPlace)
	}
	subnets := n.privateSubnets(region, vpcID)
	if len(subnets) == 0 {
		return Interface{}, fmt.Errorf("application %d: VPC %q has no private subnet in %s: %w", number, vpcID, region, ErrNoPlace)
	}
	subnet := subnets[number%len(subnets)]
	prefix, err := rangeOf(subnet)
	if err != nil {
		return Interface{}, err
	}
	offset := size(prefix) - reservedLast - 1 - number/len(subnets)
	if offset < reservedFirst {
		return Interface{}, fmt.Errorf("application %d: %s is full: %w", number, label("subnet", subnet), ErrNoPlace)
	}
	return Interface{Region: region, VPC: vpcID, Subnet: subnet.ID, Addr: at(prefix, offset)}, nil
}

// privateSubnets are those of OfClient, in the order of their ranges.
func (n *Networks) privateSubnets(region, vpcID string) []*sim.Resource {
	var out []*sim.Resource
	for _, r := range n.list("aws_subnet", region) {
		if r.Attrs.Str("vpc_id") == vpcID && n.KindOf(r) == Private {
			out = append(out, r)
		}
	}
	for _, better := range []func(*sim.Resource) bool{
		func(r *sim.Resource) bool { return !n.forFunctions(r) },
		func(r *sim.Resource) bool { return n.leavesBy(r) == toNAT },
	} {
		if slices.ContainsFunc(out, better) {
			out = slices.DeleteFunc(out, func(r *sim.Resource) bool { return !better(r) })
		}
	}
	slices.SortFunc(out, func(a, b *sim.Resource) int {
		p, _ := rangeOf(a) // an empty range sorts first
		q, _ := rangeOf(b)
		return cmp.Or(p.Addr().Compare(q.Addr()), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func (n *Networks) forFunctions(subnet *sim.Resource) bool {
	return slices.ContainsFunc(n.list("aws_lambda_function", subnet.Region), func(f *sim.Resource) bool {
		return slices.Contains(f.Attrs.Block("vpc_config").Strings("subnet_ids"), subnet.ID)
	})
}

func (n *Networks) forDatabases(subnet *sim.Resource) bool {
	return slices.ContainsFunc(n.list("aws_db_subnet_group", subnet.Region), func(g *sim.Resource) bool {
		return slices.Contains(g.Attrs.Strings("subnet_ids"), subnet.ID)
	})
}

// leavesBy is what a subnet's route to public addresses leads to, "" without
// one.
func (n *Networks) leavesBy(subnet *sim.Resource) targetKind {
	i := Interface{Region: subnet.Region, VPC: subnet.Attrs.Str("vpc_id"), Subnet: subnet.ID}
	r, _ := n.table(i).to(anyPublic)
	return r.kind
}

// place gives something an address of a subnet that follows from its id.
func place(subnet *sim.Resource, id string, groups []string) (Interface, error) {
	prefix, err := rangeOf(subnet)
	if err != nil {
		return Interface{}, err
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	// The upper half is for applications.
	room := max(size(prefix)/2-reservedFirst, 1)
	if groups == nil {
		groups = []string{}
	}
	return Interface{
		Region: subnet.Region, VPC: subnet.Attrs.Str("vpc_id"), Subnet: subnet.ID,
		Addr: at(prefix, reservedFirst+int(h.Sum32())%room), Groups: groups,
	}, nil
}

func rangeOf(subnet *sim.Resource) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(subnet.Attrs.Str("cidr_block"))
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("%s: range: found %q, want an IPv4 network: %w", label("subnet", subnet), subnet.Attrs.Str("cidr_block"), ErrNoPlace)
	}
	return p, nil
}

func size(p netip.Prefix) int { return 1 << (32 - p.Bits()) }

// at is an address by its distance from the first of a network.
func at(p netip.Prefix, offset int) netip.Addr {
	first := p.Masked().Addr().As4()
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(first[:])+uint32(offset)) // #nosec G115 -- an offset within a subnet
	return netip.AddrFrom4(b)
}
