package awsapi

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pgdr/pgdr/internal/contract"
)

const (
	tcp          = "6"
	allProtocols = "-1"
	// Clients' own ports, to which the database answers. A network ACL sees
	// each direction by itself, and only destination ports.
	firstClientPort, lastClientPort = 1024, 65535
)

var anywhere = netip.PrefixFrom(netip.IPv4Unspecified(), 0)

// aclRule is one rule of a network ACL.
type aclRule struct {
	egress   bool
	number   int
	allow    bool
	protocol string
	// cidr is the IPv4 network, or "" where the rule is about ipv6.
	cidr, ipv6 string
	// ports, inclusive; 0 to 0 where the protocol has none.
	from, to int
}

func (r aclRule) String() string {
	direction, action := "ingress", "deny"
	if r.egress {
		direction = "egress"
	}
	if r.allow {
		action = "allow"
	}
	return fmt.Sprintf("%s rule %d (%s protocol %s ports %d-%d %s%s)", direction, r.number, action, r.protocol, r.from, r.to, r.cidr, r.ipv6)
}

// fenceSet is the fence: what it consists of and where it is put up.
type fenceSet struct {
	acl  string
	port int
	// allows let the guard through, denies keep everyone else out. They are
	// set in this order and removed in the opposite one, so that the guard is
	// never behind its own fence.
	allows, denies []aclRule
}

// fenceRules makes the fence of a database port. Both directions are denied:
// with ingress alone a commit that is already under way would still be
// acknowledged to its client.
func fenceRules(acl string, port int, guard []netip.Prefix) fenceSet {
	f := fenceSet{acl: acl, port: port}
	in := func(number int, allow bool, cidr netip.Prefix) aclRule {
		return aclRule{number: number, allow: allow, protocol: tcp, cidr: cidr.String(), from: port, to: port}
	}
	out := func(number int, allow bool, cidr netip.Prefix) aclRule {
		return aclRule{egress: true, number: number, allow: allow, protocol: tcp, cidr: cidr.String(), from: firstClientPort, to: lastClientPort}
	}
	for i, cidr := range guard {
		f.allows = append(f.allows, in(contract.FenceFirstAllow+i, true, cidr), out(contract.FenceFirstAllow+i, true, cidr))
	}
	f.denies = []aclRule{in(contract.FenceDeny, false, anywhere), out(contract.FenceDeny, false, anywhere)}
	return f
}

// rules are all of them in the order in which they are set.
func (f fenceSet) rules() []aclRule { return slices.Concat(f.allows, f.denies) }

// slot is what identifies a rule within an ACL.
type slot struct {
	egress bool
	number int
}

// found are the rules of an ACL by slot.
type found map[slot]aclRule

func (f found) at(r aclRule) (aclRule, bool) {
	got, ok := f[slot{r.egress, r.number}]
	return got, ok
}

// where gives the rules of which something is true, in the order of their words.
func (f found) where(is func(aclRule) bool) []aclRule {
	var rules []aclRule
	for _, r := range f {
		if is(r) {
			rules = append(rules, r)
		}
	}
	slices.SortFunc(rules, func(a, b aclRule) int { return strings.Compare(a.String(), b.String()) })
	return rules
}

// holds: every rule of the fence is there.
func (f fenceSet) holds(have found) bool {
	for _, want := range f.rules() {
		if got, ok := have.at(want); !ok || got != want {
			return false
		}
	}
	return true
}

// gaps are the rules that would let others through a fence that is up. A deny
// in each direction stops IPv4 from its number on; IPv6 has rules of its own, of
// which the fence has none, since the subnets have no IPv6 addresses.
func (f fenceSet) gaps(have found) []aclRule {
	return have.where(func(r aclRule) bool {
		early := r.ipv6 != "" || r.number < contract.FenceDeny
		return r.allow && early && f.concerns(r) && !slices.Contains(f.allows, r)
	})
}

// ours are the rules of the fence that are there; taken those of others that
// have one of its numbers.
func (f fenceSet) ours(have found) (ours, taken []aclRule) {
	for _, want := range f.rules() {
		switch got, ok := have.at(want); {
		case !ok:
		case got == want:
			ours = append(ours, got)
		default:
			taken = append(taken, got)
		}
	}
	return ours, taken
}

// concerns: the rule is about what the fence is to stop.
func (f fenceSet) concerns(r aclRule) bool {
	switch {
	case r.protocol == allProtocols:
		return true
	case r.protocol != tcp:
		return false
	case r.egress:
		return r.from <= lastClientPort && r.to >= firstClientPort
	default:
		return r.from <= f.port && r.to >= f.port
	}
}

// readRules puts an ACL's entries into our own shape.
func readRules(entries []types.NetworkAclEntry) found {
	have := found{}
	for _, e := range entries {
		r := aclRule{
			egress: aws.ToBool(e.Egress), number: int(aws.ToInt32(e.RuleNumber)),
			allow: e.RuleAction == types.RuleActionAllow, protocol: protocolNumber(aws.ToString(e.Protocol)),
			cidr: canonical(aws.ToString(e.CidrBlock)), ipv6: canonical(aws.ToString(e.Ipv6CidrBlock)),
		}
		if e.PortRange != nil {
			r.from, r.to = int(aws.ToInt32(e.PortRange.From)), int(aws.ToInt32(e.PortRange.To))
		}
		have[slot{r.egress, r.number}] = r
	}
	return have
}

func protocolNumber(text string) string {
	switch strings.ToLower(text) {
	case "tcp":
		return tcp
	case "all":
		return allProtocols
	default:
		return text
	}
}

// canonical writes a network in one way, whatever way it was written in.
func canonical(cidr string) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return cidr
	}
	return p.Masked().String()
}

func (r aclRule) input(acl string) *ec2.CreateNetworkAclEntryInput {
	action := types.RuleActionDeny
	if r.allow {
		action = types.RuleActionAllow
	}
	return &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: aws.String(acl), Egress: aws.Bool(r.egress), RuleNumber: short(r.number), RuleAction: action,
		Protocol: aws.String(r.protocol), CidrBlock: aws.String(r.cidr),
		PortRange: &types.PortRange{From: short(r.from), To: short(r.to)},
	}
}

// short is for rule numbers and ports, which are below 2^16.
func short(n int) *int32 {
	if n < 0 || n > 65535 {
		panic("awsapi: " + strconv.Itoa(n) + " is neither a port nor a rule number")
	}
	return aws.Int32(int32(n))
}
