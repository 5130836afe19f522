package diagnose

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/ec2"
	"github.com/pgdr/pgdr/twin/vpc"
)

const typeACLRule = "aws_network_acl_rule"

// lookAtFence: the network ACL that the guard would change is the one that
// decides about the primary, and its fence keeps out everybody but the guard.
func (s *survey) lookAtFence() {
	id := s.config.PrimaryNetworkACLID
	acl := s.tx.Get("aws_network_acl", s.primary.region, id)
	if acl == nil {
		s.find("fence-acl", "network ACL "+id, "it is not there in %s", s.primary.region)
		return
	}
	name := "network ACL " + nameOf(acl)
	has := s.tx.Show(acl).Strings("subnet_ids")
	var wants []string
	for _, subnet := range s.primary.subnets {
		wants = append(wants, subnet.ID)
		if !slices.Contains(has, subnet.ID) {
			s.find("fence-acl", name, "it does not have subnet %s, in which the primary may be", nameOf(subnet))
		}
	}
	for _, id := range has {
		if subnet := s.tx.Get(typeSubnet, s.primary.region, id); subnet != nil && !slices.Contains(wants, id) {
			s.find("fence-shared", name, "it has subnet %s, which is none of the primary's", nameOf(subnet))
		}
	}
	s.lookAtNumbers(acl, name)
	for _, other := range s.aclsOf(s.replica) { // the one to fence after a rebuild
		s.lookAtNumbers(other, "network ACL "+nameOf(other))
	}
	s.tryFence(acl)
	s.lookAtReplicasACL()
}

// lookAtNumbers: the lower number wins.
func (s *survey) lookAtNumbers(acl *sim.Resource, name string) {
	for _, egress := range []bool{false, true} {
		for _, e := range ec2.ACLEntries(s.tx, acl, egress) {
			peer, err := netip.ParsePrefix(e.Str("cidr_block"))
			if e.Int("rule_no") < contract.FenceEnd && e.Str("action") == "allow" && (err != nil || !slices.Contains(s.config.GuardCIDRs, peer)) {
				s.find("fence-numbers", name, "rule %d admits %s", e.Int("rule_no"), e.Str("cidr_block"))
			}
		}
	}
}

// lookAtReplicasACL: the default network ACL has all other subnets as well.
func (s *survey) lookAtReplicasACL() {
	acls := s.aclsOf(s.replica)
	for _, subnet := range s.replica.subnets {
		own := slices.ContainsFunc(acls, func(acl *sim.Resource) bool {
			return slices.Contains(s.tx.Show(acl).Strings("subnet_ids"), subnet.ID)
		})
		if !own {
			s.find("replica-acl", s.replica.name(), "its subnet %s has the VPC's default network ACL", nameOf(subnet))
		}
	}
}

// aclsOf are the network ACLs that subnets of an instance's group have, but for
// the default one.
func (s *survey) aclsOf(at site) []*sim.Resource {
	return slices.DeleteFunc(slices.Clone(s.tx.List("aws_network_acl", at.region)), func(acl *sim.Resource) bool {
		has := s.tx.Show(acl).Strings("subnet_ids")
		return !slices.ContainsFunc(at.subnets, func(subnet *sim.Resource) bool { return slices.Contains(has, subnet.ID) })
	})
}

// fence puts up the guard's fence, unless it is up already, and returns what
// takes it down.
func (s *survey) fence(acl *sim.Resource) (down func()) {
	var rules []*sim.Resource
	for _, egress := range []bool{false, true} {
		from, to := s.config.Database.Port, s.config.Database.Port
		if egress {
			from, to = 1024, 65535
		}
		rule := func(number int, action, cidr string) {
			taken := slices.ContainsFunc(ec2.ACLEntries(s.tx, acl, egress), func(e sim.Attrs) bool { return e.Int("rule_no") == number })
			if taken {
				return
			}
			r := &sim.Resource{Type: typeACLRule, Region: acl.Region, ID: fmt.Sprintf("trial-%t-%d", egress, number), Attrs: sim.Attrs{}}
			r.Attrs.Set(sim.Attrs{
				"network_acl_id": acl.ID, "egress": egress, "rule_number": number, "rule_action": action,
				"protocol": "6", "cidr_block": cidr, "from_port": from, "to_port": to,
			})
			s.tx.Put(r)
			rules = append(rules, s.tx.Get(typeACLRule, acl.Region, r.ID))
		}
		for i, p := range s.config.GuardCIDRs {
			rule(contract.FenceFirstAllow+i, "allow", p.String())
		}
		rule(contract.FenceDeny, "deny", "0.0.0.0/0")
	}
	return func() {
		for _, r := range rules {
			s.tx.Remove(r)
		}
	}
}

// tryFence puts up the fence for a moment and sees who gets past it.
func (s *survey) tryFence(acl *sim.Resource) {
	to, err := s.networks.OfInstance(s.primary.db)
	if err != nil {
		return // said elsewhere
	}
	guards, err := s.networks.OfFunction(s.guard)
	if err != nil {
		return // said elsewhere
	}
	port := s.primary.db.Attrs.Int("port")
	var before []vpc.Verdict
	for _, g := range guards {
		before = append(before, s.networks.Connect(g, to, port))
	}
	defer s.fence(acl)()
	fenced := vpc.Read(s.tx) // the other one remembers what was before
	for i, g := range guards {
		if after := fenced.Connect(g, to, port); before[i].Allowed && !after.Allowed {
			s.find("fence-locks", s.guardName(), "behind its fence it does not reach the primary: %s", after.Because)
		}
	}
	for _, subnet := range s.applicationSubnets(guards) {
		from, err := fenced.InSubnet(subnet)
		if err != nil {
			continue // a range that is none is said elsewhere
		}
		if v := fenced.Connect(from, to, port); v.Allowed {
			s.find("fence-leak", "subnet "+nameOf(subnet), "applications in it reach the primary past the fence: %s", v.Because)
		}
	}
}

// applicationSubnets are those in which applications may be: all but those for
// databases, and but the guard's own where applications have others.
func (s *survey) applicationSubnets(guards []vpc.Interface) []*sim.Resource {
	ofGuard := func(r *sim.Resource) bool {
		return slices.ContainsFunc(guards, func(g vpc.Interface) bool { return g.Subnet == r.ID })
	}
	var out []*sim.Resource
	for _, at := range s.sites() {
		var own, others []*sim.Resource
		room := false
		for _, subnet := range s.tx.List(typeSubnet, at.region) {
			kind := s.networks.KindOf(subnet)
			switch {
			case subnet.Attrs.Str("vpc_id") != at.vpc || kind == vpc.Database:
			case ofGuard(subnet):
				own = append(own, subnet)
			default:
				others = append(others, subnet)
				room = room || kind == vpc.Private
			}
		}
		out = append(out, others...)
		if !room {
			out = append(out, own...)
		}
	}
	return out
}
