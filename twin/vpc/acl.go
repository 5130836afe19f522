package vpc

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/ec2"
)

// ports are a range of TCP ports, both ends included.
type ports struct{ from, to int }

// clientPorts are those that clients connect from, and so those that answers go
// to. Operating systems use parts of this range; Lambda and NAT gateways all
// of it.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
var clientPorts = ports{1024, 65535}

func one(port int) ports { return ports{port, port} }

func (p ports) String() string {
	if p.from == p.to {
		return strconv.Itoa(p.from)
	}
	return fmt.Sprintf("%d-%d", p.from, p.to)
}

type aclRule struct {
	number int
	allow  bool
	peer   netip.Prefix
	ports  ports
}

// acl is one direction of a network ACL, its rules for TCP over IPv4 in their
// order.
type acl struct {
	label string
	rules []aclRule
}

// acl returns the network ACL of a subnet: the one that has it, otherwise the
// VPC's default one.
func (n *Networks) acl(i Interface, egress bool) acl {
	key := aclKey{i.Subnet, egress}
	a, ok := n.acls[key]
	if !ok {
		a = n.readACL(i, egress)
		n.acls[key] = a
	}
	return a
}

func (n *Networks) readACL(i Interface, egress bool) acl {
	owner := &sim.Resource{Type: "aws_network_acl", Region: i.Region, Attrs: sim.Attrs{}}
	for _, r := range n.list(owner.Type, i.Region) {
		if slices.Contains(n.show(r).Strings("subnet_ids"), i.Subnet) {
			return n.rules(acl{label: label("network ACL", r)}, r, egress)
		}
	}
	var out acl
	if network := n.vpcOf(i); network != nil {
		owner.ID = network.Attrs.Str("default_network_acl_id")
		out.label = fmt.Sprintf("the default network ACL %s of %s", owner.ID, label("VPC", network))
		// It comes with rules that admit everything.
		// https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html
		out.rules = []aclRule{{number: 100, allow: true, peer: everywhere, ports: everyPort}}
	}
	return n.rules(out, owner, egress)
}

var (
	everywhere = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	everyPort  = ports{0, 65535}
)

// rules adds those of a resource, whichever resources they were made as.
func (n *Networks) rules(to acl, owner *sim.Resource, egress bool) acl {
	for _, e := range ec2.ACLEntries(n.tx, owner, egress) {
		peer, err := netip.ParsePrefix(e.Str("cidr_block"))
		if err != nil {
			continue // for IPv6
		}
		rule := aclRule{number: e.Int("rule_no"), allow: strings.EqualFold(e.Str("action"), "allow"), peer: peer}
		switch ec2.ProtocolNumber(e.Str("protocol")) {
		case ec2.ProtocolNumber("all"):
			rule.ports = everyPort
		case ec2.ProtocolNumber("tcp"):
			rule.ports = ports{e.Int("from_port"), e.Int("to_port")}
		default:
			continue
		}
		to.rules = append(to.rules, rule)
	}
	slices.SortStableFunc(to.rules, func(a, b aclRule) int { return cmp.Compare(a.number, b.number) })
	return to
}

// admits says whether packets from or to an address with destination ports in a
// range pass. The rule with the lowest number that matches decides; what no
// rule matches is denied. Where a range of ports meets different fates, the
// worst counts: connections from some of the ports would fail.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
func (a acl) admits(way string, peer netip.Addr, want ports) Verdict {
	open := []ports{want}
	for _, rule := range a.rules {
		if !rule.peer.Contains(peer) {
			continue
		}
		var rest []ports
		for _, p := range open {
			hit := ports{max(p.from, rule.ports.from), min(p.to, rule.ports.to)}
			if hit.from > hit.to {
				rest = append(rest, p)
				continue
			}
			if !rule.allow {
				return deny("rule %d of %s denies tcp %s %s %s", rule.number, a.label, hit, way, peer)
			}
			rest = append(rest, remainder(p, hit)...)
		}
		open = rest
	}
	if len(open) > 0 {
		return deny("no rule of %s admits tcp %s %s %s", a.label, open[0], way, peer)
	}
	return allow("%s admits tcp %s %s %s", a.label, want, way, peer)
}

// remainder is a range without a part of it.
func remainder(p, hit ports) []ports {
	var out []ports
	if p.from < hit.from {
		out = append(out, ports{p.from, hit.from - 1})
	}
	if hit.to < p.to {
		out = append(out, ports{hit.to + 1, p.to})
	}
	return out
}

// crosses says whether packets with destination ports in a range get out of one
// subnet and into another. Within a subnet no ACL is asked.
func (n *Networks) crosses(from, to Interface, want ports) Verdict {
	if from.Subnet == to.Subnet {
		return allow("both are in %s", n.subnetLabel(from))
	}
	if v := n.acl(from, true).admits("to", to.Addr, want); !v.Allowed {
		return v
	}
	return n.acl(to, false).admits("from", from.Addr, want)
}
