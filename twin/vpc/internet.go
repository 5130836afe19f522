package vpc

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
)

// anyPublic stands for every public address: no host has it (RFC 5737).
var anyPublic = netip.MustParseAddr("203.0.113.1")

// httpsPort is where AWS's APIs are.
const httpsPort = 443

// outside is what lies beyond a VPC's gateways.
var outside = Interface{Addr: anyPublic}

// Internet says whether an interface can open a connection to a port of AWS's
// public endpoints: out of its groups and its subnet, over a NAT gateway whose
// own subnet leads to an internet gateway, and back. It has no public address
// of its own, so an internet gateway alone does not help it.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
func (n *Networks) Internet(from Interface, port int) Verdict {
	if what := n.gone(from); what != "" {
		return deny("%s: %s", from.Addr, what)
	}
	if v := n.leaves(from, outside, nil, port); !v.Allowed {
		return v
	}
	if v := n.edge(from, port); !v.Allowed {
		return v
	}
	t := n.table(from)
	r, ok := t.to(anyPublic)
	switch {
	case !ok:
		return deny("%s, which %s follows, has no route out of the VPC", t.label, n.subnetLabel(from))
	case r.kind == toInternet:
		return deny("%s leads to an internet gateway, and an interface in %s has no public address: it needs a NAT gateway", t.label, n.subnetLabel(from))
	case r.kind != toNAT:
		return deny("%s sends public addresses to %s %s, which does not lead out", t.label, r.kind, r.target)
	}
	return n.translated(from, t, r, port)
}

// edge: the subnet's ACL lets requests to public addresses out and answers in.
func (n *Networks) edge(i Interface, port int) Verdict {
	if v := n.acl(i, true).admits("to", anyPublic, one(port)); !v.Allowed {
		return v
	}
	return n.acl(i, false).admits("from", anyPublic, clientPorts)
}

// translated says whether a route to a NAT gateway leads out.
func (n *Networks) translated(from Interface, t routeTable, r route, port int) Verdict {
	nat := n.tx.Get("aws_nat_gateway", from.Region, r.target)
	if nat == nil {
		return deny("%s sends public addresses to NAT gateway %s, which is not there", t.label, r.target)
	}
	name := label("NAT gateway", nat)
	addr, err := netip.ParseAddr(nat.Attrs.Str("private_ip"))
	switch {
	case nat.Attrs.Str("connectivity_type") == "private":
		return deny("%s is private: it does not lead to public addresses", name)
	case n.tx.Get("aws_eip", from.Region, nat.Attrs.Str("allocation_id")) == nil:
		return deny("%s has no public address", name)
	case err != nil:
		return deny("%s has no private address", name)
	}
	gateway := Interface{Region: from.Region, VPC: from.VPC, Subnet: nat.Attrs.Str("subnet_id"), Addr: addr}
	if what := n.gone(gateway); what != "" {
		return deny("%s: %s", name, what)
	}
	if v := n.through(from, gateway, port); !v.Allowed {
		return v
	}
	return n.attached(gateway, name)
}

// through: the ACL of the NAT gateway's subnet sees each packet twice, and not
// with the gateway's address but with those of its two ends.
func (n *Networks) through(from, gateway Interface, port int) Verdict {
	if from.Subnet != gateway.Subnet {
		if v := n.acl(gateway, false).admits("from", from.Addr, one(port)); !v.Allowed {
			return v
		}
		if v := n.acl(gateway, true).admits("to", from.Addr, clientPorts); !v.Allowed {
			return v
		}
	}
	return n.edge(gateway, port)
}

// attached: the route out of a NAT gateway's subnet leads to an internet
// gateway of its VPC.
func (n *Networks) attached(gateway Interface, name string) Verdict {
	t := n.table(gateway)
	r, ok := t.to(anyPublic)
	if !ok || r.kind != toInternet {
		return deny("%s is in %s, whose %s has no route to an internet gateway", name, n.subnetLabel(gateway), t.label)
	}
	igw := n.tx.Get("aws_internet_gateway", gateway.Region, r.target)
	if igw == nil || igw.Attrs.Str("vpc_id") != gateway.VPC {
		return deny("%s leads to internet gateway %s, which is not attached to VPC %s", t.label, r.target, gateway.VPC)
	}
	return allow("%s and %s lead out", name, label("internet gateway", igw))
}

// Service says whether an interface can call AWS's API of a service in a
// region: over an endpoint of its VPC, otherwise over the Internet. The service
// is named as in endpoints, for example "dynamodb".
func (n *Networks) Service(from Interface, region, service string) Verdict {
	if from.Region == region {
		for _, e := range n.list("aws_vpc_endpoint", region) {
			a := e.Attrs
			if a.Str("vpc_id") != from.VPC || a.Str("service_name") != "com.amazonaws."+region+"."+service {
				continue
			}
			switch {
			case n.gateway(e, from):
				return n.overGateway(from, e)
			case a.Str("vpc_endpoint_type") == "Interface" && a.Bool("private_dns_enabled"):
				return n.overInterface(from, e)
			}
		}
	}
	v := n.Internet(from, httpsPort)
	v.Because = fmt.Sprintf("no endpoint of %s in its VPC and route table, and on the way out: %s", service, v.Because)
	return v
}

// overGateway: the endpoint's route is more specific than any other.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func (n *Networks) overGateway(from Interface, e *sim.Resource) Verdict {
	if v := n.leaves(from, outside, []string{e.Attrs.Str("prefix_list_id")}, httpsPort); !v.Allowed {
		return v
	}
	if v := n.edge(from, httpsPort); !v.Allowed {
		return v
	}
	return allow("%s leads there", label("gateway endpoint", e))
}

// overInterface: any of the endpoint's interfaces may be the one that its name
// resolves to.
func (n *Networks) overInterface(from Interface, e *sim.Resource) Verdict {
	verdict := deny("%s is in no subnet", label("endpoint", e))
	for _, id := range e.Attrs.Strings("subnet_ids") {
		subnet := n.tx.Get("aws_subnet", e.Region, id)
		if subnet == nil {
			continue
		}
		to, err := place(subnet, e.ID, e.Attrs.Strings("security_group_ids"))
		if err != nil {
			return deny("%s: %s", label("endpoint", e), err)
		}
		if verdict = n.Connect(from, to, httpsPort); !verdict.Allowed {
			return verdict
		}
	}
	return verdict
}

// HasGateway tells whether the route table of an interface leads to a gateway
// endpoint of a service of its region.
func (n *Networks) HasGateway(i Interface, service string) bool {
	return slices.ContainsFunc(n.list("aws_vpc_endpoint", i.Region), func(e *sim.Resource) bool {
		return e.Attrs.Str("service_name") == "com.amazonaws."+i.Region+"."+service && n.gateway(e, i)
	})
}

// gateway: the endpoint is one that the interface's route table leads to.
func (n *Networks) gateway(e *sim.Resource, i Interface) bool {
	a := e.Attrs
	return a.Str("vpc_id") == i.VPC && a.Str("vpc_endpoint_type") == "Gateway" && slices.Contains(a.Strings("route_table_ids"), n.table(i).id)
}

// LeavesBy is what the route of an interface to public addresses leads to, for
// example "NAT gateway"; "" without one.
func (n *Networks) LeavesBy(i Interface) string {
	r, _ := n.table(i).to(anyPublic)
	return string(r.kind)
}
