package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/defaultsecuritygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/eip"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/internetgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/natgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetable"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetableassociation"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/subnet"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpc"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcendpoint"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/spec"
)

const anywhere = "0.0.0.0/0"

// Tiers of subnets of every site. A tier's subnets are the consecutive /24
// ranges that start at its number times the number of zones.
var tiers = []string{"public", "private", "database"}

// tierGuard has the guard in it and nothing else: the fence lets this tier
// through, so an application here would write to a fenced primary.
const tierGuard = "guard"

// network is the VPC of a site: its tiers of subnets in each zone. Only the
// database tier has no way to the Internet.
type network struct {
	place
	cidr  string
	zones []string
	tiers []string
	vpc   vpc.Vpc
	// subnets by tier, and their ranges, in the order of the zones.
	subnets map[string][]subnet.Subnet
	cidrs   map[string][]string
	// tables are all route tables: public, private one a zone, which the guard's
	// subnets share, database.
	tables  []routetable.RouteTable
	private []routetable.RouteTable
}

// newNetwork makes a site's network. With after, it has a tier for the guard
// beside those of every site, which is made after that and removed before it.
func newNetwork(at place, site spec.Site, after ...cdktf.ITerraformDependable) *network {
	n := &network{
		place:   at.in("network"),
		cidr:    site.CIDR,
		zones:   site.Zones,
		tiers:   slices.Clone(tiers),
		subnets: map[string][]subnet.Subnet{},
		cidrs:   map[string][]string{},
	}
	if len(after) > 0 {
		n.tiers = append(n.tiers, tierGuard)
	}
	n.vpc = vpc.NewVpc(n.scope, new("vpc"), &vpc.VpcConfig{
		Provider:           n.provider,
		CidrBlock:          new(n.cidr),
		EnableDnsSupport:   true,
		EnableDnsHostnames: true, // names of a peered VPC resolve to private addresses
		Tags:               n.nameTag("vpc"),
	})
	// The VPC's default group admits its own members to everything; without
	// rules it admits no traffic.
	defaultsecuritygroup.NewDefaultSecurityGroup(n.scope, new("default-security-group"), &defaultsecuritygroup.DefaultSecurityGroupConfig{
		Provider: n.provider,
		VpcId:    n.vpc.Id(),
		Tags:     n.nameTag("default-unused"),
	})
	n.addSubnets(after)
	n.addRouteTables(site.NATGateways)
	n.addGatewayEndpoints()
	return n
}

func (n *network) addSubnets(beforeGuard []cdktf.ITerraformDependable) {
	for t, tier := range n.tiers {
		for z, zone := range n.zones {
			cidr := subnetCIDR(n.cidr, t*len(n.zones)+z)
			config := &subnet.SubnetConfig{
				Provider:         n.provider,
				VpcId:            n.vpc.Id(),
				AvailabilityZone: new(zone),
				CidrBlock:        new(cidr),
				Tags:             n.nameTag(fmt.Sprintf("%s-%s", tier, zone)),
			}
			if tier == tierGuard {
				config.DependsOn = &beforeGuard
			}
			s := subnet.NewSubnet(n.scope, new(fmt.Sprintf("%s-subnet-%d", tier, z+1)), config)
			n.subnets[tier] = append(n.subnets[tier], s)
			n.cidrs[tier] = append(n.cidrs[tier], cidr)
		}
	}
}

// addRouteTables makes the same tables whatever the number of NAT gateways,
// so that changing that number moves routes and not subnets.
func (n *network) addRouteTables(natGateways int) {
	gateway := internetgateway.NewInternetGateway(n.scope, new("internet-gateway"), &internetgateway.InternetGatewayConfig{
		Provider: n.provider,
		VpcId:    n.vpc.Id(),
		Tags:     n.nameTag("internet-gateway"),
	})
	public := n.addTable("public", n.subnets["public"]...)
	route.NewRoute(n.scope, new("public-default-route"), &route.RouteConfig{
		Provider:             n.provider,
		RouteTableId:         public.Id(),
		DestinationCidrBlock: new(anywhere),
		GatewayId:            gateway.Id(),
	})
	nats := n.addNATGateways(natGateways, gateway)
	for z, s := range n.subnets["private"] {
		members := []subnet.Subnet{s}
		if guard := n.subnets[tierGuard]; guard != nil {
			members = append(members, guard[z])
		}
		table := n.addTable(fmt.Sprintf("private-%d", z+1), members...)
		n.private = append(n.private, table)
		route.NewRoute(n.scope, new(fmt.Sprintf("private-%d-default-route", z+1)), &route.RouteConfig{
			Provider:             n.provider,
			RouteTableId:         table.Id(),
			DestinationCidrBlock: new(anywhere),
			NatGatewayId:         nats[z%len(nats)].Id(),
		})
	}
	n.addTable("database", n.subnets["database"]...)
}

// tierCIDR is the range of a tier's subnet in the zone with the given index.
func tierCIDR(site spec.Site, tier string, zone int) string {
	return subnetCIDR(site.CIDR, slices.Index(append(slices.Clone(tiers), tierGuard), tier)*len(site.Zones)+zone)
}

func (n *network) addTable(id string, members ...subnet.Subnet) routetable.RouteTable {
	table := routetable.NewRouteTable(n.scope, new(id+"-routes"), &routetable.RouteTableConfig{
		Provider: n.provider,
		VpcId:    n.vpc.Id(),
		Tags:     n.nameTag(id),
	})
	for i, s := range members {
		routetableassociation.NewRouteTableAssociation(n.scope, new(fmt.Sprintf("%s-association-%d", id, i+1)), &routetableassociation.RouteTableAssociationConfig{
			Provider:     n.provider,
			RouteTableId: table.Id(),
			SubnetId:     s.Id(),
		})
	}
	n.tables = append(n.tables, table)
	return table
}

func (n *network) addNATGateways(count int, gateway internetgateway.InternetGateway) []natgateway.NatGateway {
	nats := make([]natgateway.NatGateway, 0, count)
	for i := range count {
		address := eip.NewEip(n.scope, new(fmt.Sprintf("nat-address-%d", i+1)), &eip.EipConfig{
			Provider: n.provider,
			Domain:   new("vpc"),
			Tags:     n.nameTag(fmt.Sprintf("nat-%d", i+1)),
		})
		nats = append(nats, natgateway.NewNatGateway(n.scope, new(fmt.Sprintf("nat-gateway-%d", i+1)), &natgateway.NatGatewayConfig{
			Provider:     n.provider,
			AllocationId: address.Id(),
			SubnetId:     n.subnets["public"][i].Id(),
			Tags:         n.nameTag(fmt.Sprintf("nat-%d", i+1)),
			DependsOn:    &[]cdktf.ITerraformDependable{gateway},
		}))
	}
	return nats
}

// addGatewayEndpoints adds the two endpoints that cost nothing: the ledger
// and the buckets of the region stay reachable without the NAT gateway.
func (n *network) addGatewayEndpoints() {
	ids := make([]string, len(n.private))
	for i, table := range n.private {
		ids[i] = *table.Id()
	}
	for _, service := range []string{"dynamodb", "s3"} {
		vpcendpoint.NewVpcEndpoint(n.scope, new(service+"-endpoint"), &vpcendpoint.VpcEndpointConfig{
			Provider:        n.provider,
			VpcId:           n.vpc.Id(),
			VpcEndpointType: new("Gateway"),
			ServiceName:     new(strings.Join([]string{"com.amazonaws", n.region, service}, ".")),
			RouteTableIds:   pointers(ids...),
			Tags:            n.nameTag(service),
		})
	}
}

func (n *network) subnetIDs(tier string) []string {
	ids := make([]string, len(n.subnets[tier]))
	for i, s := range n.subnets[tier] {
		ids[i] = *s.Id()
	}
	return ids
}

func (n *network) tableIDs() []string {
	ids := make([]string, len(n.tables))
	for i, t := range n.tables {
		ids[i] = *t.Id()
	}
	return ids
}
