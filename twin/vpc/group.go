package vpc

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/ec2"
)

// groupOf returns a security group by id with what AWS shows of it. A VPC's
// default group that Terraform did not take over has AWS's own rules.
// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
func (n *Networks) groupOf(region, id string) (name string, shown sim.Attrs) {
	for _, typ := range []string{"aws_security_group", "aws_default_security_group"} {
		if r := n.tx.Get(typ, region, id); r != nil {
			return fmt.Sprintf("security group %q (%s)", r.Attrs.Str("name"), id), n.show(r)
		}
	}
	if n.find("aws_vpc", region, "default_security_group_id", id) == nil {
		return "security group " + id, nil
	}
	all := map[string]any{"protocol": "-1", "cidr_blocks": []any{"0.0.0.0/0"}}
	self := map[string]any{"protocol": "-1", "self": true}
	first := &sim.Resource{Type: "aws_security_group", Region: region, ID: id,
		Attrs: sim.Attrs{"egress": []any{all}, "ingress": []any{self}}}
	return "the default security group " + id, n.tx.Show(first)
}

// leaves says whether an interface's groups let it open a connection.
func (n *Networks) leaves(from, to Interface, lists []string, port int) Verdict {
	if from.Groups == nil {
		return allow("the application's own security group lets everything out")
	}
	return n.passes(from, to, "egress", lists, port)
}

// enters says whether an interface's groups let a connection in.
func (n *Networks) enters(from, to Interface, port int) Verdict {
	return n.passes(to, from, "ingress", nil, port)
}

// passes: any rule of any group will do; there are no rules that deny.
// https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
func (n *Networks) passes(of, peer Interface, direction string, lists []string, port int) Verdict {
	var names []string
	for _, id := range of.Groups {
		name, shown := n.groupOf(of.Region, id)
		names = append(names, name)
		for _, rule := range shown.Blocks(direction) {
			if covers(rule, port) && (names4(rule, peer.Addr) || namesGroup(rule, id, of, peer) || namesList(rule, lists)) {
				return allow("%s has an %s rule for it", name, direction)
			}
		}
	}
	way := map[string]string{"egress": "to", "ingress": "from"}[direction]
	if len(names) == 0 {
		return deny("%s in %s has no security group", of.Addr, n.subnetLabel(of))
	}
	return deny("no %s rule of %s allows tcp %d %s %s", direction, strings.Join(names, ", "), port, way, peer.Addr)
}

func covers(rule sim.Attrs, port int) bool {
	switch ec2.ProtocolNumber(rule.Str("protocol")) {
	case ec2.ProtocolNumber("all"):
		return true
	case ec2.ProtocolNumber("tcp"):
		return rule.Int("from_port") <= port && port <= rule.Int("to_port")
	}
	return false
}

func names4(rule sim.Attrs, addr netip.Addr) bool {
	return slices.ContainsFunc(rule.Strings("cidr_blocks"), func(text string) bool {
		p, err := netip.ParsePrefix(text)
		return err == nil && p.Contains(addr)
	})
}

// namesGroup: the rule refers to a group of the peer. A group of a peered VPC
// can be referred to within one region only.
// https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
func namesGroup(rule sim.Attrs, own string, of, peer Interface) bool {
	if of.Region != peer.Region {
		return false
	}
	named := slices.Clone(rule.Strings("security_groups"))
	if rule.Bool("self") {
		named = append(named, own)
	}
	return slices.ContainsFunc(named, func(id string) bool { return slices.Contains(peer.Groups, id) })
}

// namesList: the rule refers to a list of AWS's own address ranges.
func namesList(rule sim.Attrs, lists []string) bool {
	return slices.ContainsFunc(rule.Strings("prefix_list_ids"), func(id string) bool { return slices.Contains(lists, id) })
}
