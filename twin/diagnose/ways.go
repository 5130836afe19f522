package diagnose

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

// place is an interface and what people call it.
type place struct {
	vpc.Interface
	name string
}

// guards are the guard's interfaces.
func (s *survey) guards() []place {
	interfaces, err := s.networks.OfFunction(s.guard)
	if err != nil {
		return nil // said elsewhere
	}
	var out []place
	for _, i := range interfaces {
		out = append(out, place{i, fmt.Sprintf("the guard in %s", s.subnetName(i))})
	}
	return out
}

func (s *survey) subnetName(i vpc.Interface) string {
	return nameOf(s.tx.Get(typeSubnet, i.Region, i.Subnet))
}

// connect asks for the ways from some places to both databases, in whichever
// zone of its subnet group RDS has or may move each.
func (s *survey) connect(id string, from []place) {
	for _, at := range s.sites() {
		to := s.zonesOf(at)
		for _, a := range from {
			s.connectOne(id, a, at, to)
		}
	}
}

// connectOne names the zones where only some can't be reached.
func (s *survey) connectOne(id string, from place, at site, to []place) {
	blocked := map[string]string{}
	for _, b := range to {
		if v := s.networks.Connect(from.Interface, b.Interface, s.config.Database.Port); !v.Allowed {
			blocked[b.name] = v.Because
		}
	}
	for _, b := range to {
		why, is := blocked[b.name]
		switch {
		case is && len(blocked) == len(to):
			s.find(id, from.name+" to the "+at.role, "%s", why)
			return
		case is:
			s.find(id, from.name+" to the "+at.role+" in "+b.name, "%s", why)
		}
	}
}

// zonesOf are the interfaces that an instance has or may have, by zone.
func (s *survey) zonesOf(at site) []place {
	var out []place
	for _, subnet := range at.subnets {
		moved := *at.db
		moved.Attrs = at.db.Attrs.Clone()
		moved.Attrs["availability_zone"] = subnet.Attrs["availability_zone"]
		i, err := s.networks.OfInstance(&moved)
		if err != nil {
			s.find("database-zones", at.name(), "%s", err)
			continue
		}
		out = append(out, place{i, subnet.Attrs.Str("availability_zone")})
	}
	return out
}

// calls are the APIs that the guard calls in its own region; those of other
// regions are all reached in one way.
var calls = []string{"dynamodb", "secretsmanager", "kms", "monitoring", "rds", "sns", "sts"}

// lookAtGuardsWays: the guard reaches both databases and AWS.
func (s *survey) lookAtGuardsWays() {
	guards := s.guards()
	s.connect("way-guard", guards)
	for _, g := range guards {
		for _, service := range calls {
			if v := s.networks.Service(g.Interface, s.replica.region, service); !v.Allowed {
				s.find("way-apis", g.name+" to "+service+" of "+s.replica.region, "%s", v.Because)
			}
		}
		if v := s.networks.Service(g.Interface, s.primary.region, "rds"); !v.Allowed {
			s.find("way-apis", g.name+" to rds of "+s.primary.region, "%s", v.Because)
		} else {
			s.fact(g.name, "reaches AWS: %s", v.Because)
		}
	}
}

// lookAtApplicationsWays: applications in the private subnets of both sites
// reach both databases. Those elsewhere are named by the configuration.
func (s *survey) lookAtApplicationsWays() {
	for _, at := range s.sites() {
		for _, subnet := range s.subnetsOf(at) {
			if s.networks.KindOf(subnet) != vpc.Private {
				continue
			}
			i, err := s.networks.InSubnet(subnet)
			if err != nil {
				s.find("not-simulated", "subnet "+nameOf(subnet), "%s", err)
				continue
			}
			from := place{i, "an application in " + nameOf(subnet)}
			s.connect("way-applications", []place{from})
			s.lookAtWayOut(from)
		}
	}
}

func (s *survey) subnetsOf(at site) []*sim.Resource {
	return slices.DeleteFunc(s.tx.List(typeSubnet, at.region), func(r *sim.Resource) bool { return r.Attrs.Str("vpc_id") != at.vpc })
}

// lookAtWayOut: private subnets lead out, and to the services that have free
// endpoints without it.
func (s *survey) lookAtWayOut(from place) {
	if v := s.networks.Internet(from.Interface, 443); !v.Allowed {
		s.find("way-out", from.name, "%s", v.Because)
	}
	for _, service := range []string{"dynamodb", "s3"} {
		if !s.networks.HasGateway(from.Interface, service) {
			s.find("way-endpoint", from.name, "its route table has no gateway endpoint of %s", service)
		}
	}
}

// lookAtSubnets looks at how each VPC is divided: every zone alike.
func (s *survey) lookAtSubnets() {
	for _, at := range s.sites() {
		counts := map[vpc.Kind]map[string]int{vpc.Public: {}, vpc.Private: {}, vpc.Database: {}}
		zones := map[string]bool{}
		for _, subnet := range s.subnetsOf(at) {
			kind, zone := s.networks.KindOf(subnet), subnet.Attrs.Str("availability_zone")
			counts[kind][zone]++
			zones[zone] = true
			if s.tx.FindBy("aws_route_table_association", at.region, "subnet_id", subnet.ID) == nil {
				s.find("subnet-table", "subnet "+nameOf(subnet), "it follows the VPC's main route table")
			}
			if kind == vpc.Database {
				s.lookAtWayIn(subnet)
			}
		}
		for kind, count := range counts {
			most := slices.Max(append(slices.Collect(maps.Values(count)), 1))
			for zone := range zones {
				if count[zone] < most {
					s.find("subnet-kinds", "zone "+zone, "it has %d %s subnets, another has %d", count[zone], kind, most)
				}
			}
		}
		s.lookAtDefaultGroup(at)
	}
}

// lookAtWayIn: no route leads out of a database subnet.
func (s *survey) lookAtWayIn(subnet *sim.Resource) {
	i, err := s.networks.InSubnet(subnet)
	if err != nil {
		return // said elsewhere
	}
	if by := s.networks.LeavesBy(i); by != "" {
		s.find("way-in", "subnet "+nameOf(subnet), "its default route leads to %s", by)
	}
}

func (s *survey) lookAtDefaultGroup(at site) {
	network := s.tx.Get(typeVPC, at.region, at.vpc)
	if network == nil {
		return
	}
	group := s.tx.Get("aws_default_security_group", at.region, network.Attrs.Str("default_security_group_id"))
	if group == nil {
		s.find("default-group", "VPC "+nameOf(network), "its default security group has AWS's own rules")
		return
	}
	shown := s.tx.Show(group)
	if len(shown.Blocks("ingress"))+len(shown.Blocks("egress")) > 0 {
		s.find("default-group", "VPC "+nameOf(network), "its default security group has rules")
	}
}
