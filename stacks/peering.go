package stacks

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53zoneassociation"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcpeeringconnection"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcpeeringconnectionaccepter"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// peerNetwork is the primary site's network as the replica stack sees it:
// what it reads from the primary stack's outputs.
type peerNetwork struct {
	place
	vpcID    string
	cidr     string
	tableIDs []string
	zoneID   string
}

// newPeering joins the two VPCs, with routes both ways from every subnet, and
// lets the replica's VPC resolve the database's zone. No DNS resolution option
// of the peering is set: the name of an instance without a public address
// resolves to its private one everywhere.
func newPeering(n *network, peer peerNetwork) cdktf.ITerraformDependable {
	here, there := n.in("peering"), peer.in("peering-primary")
	connection := vpcpeeringconnection.NewVpcPeeringConnection(here.scope, new("connection"), &vpcpeeringconnection.VpcPeeringConnectionConfig{
		Provider:   here.provider,
		VpcId:      n.vpc.Id(),
		PeerVpcId:  new(peer.vpcID),
		PeerRegion: new(peer.region),
		AutoAccept: false, // another region's must be accepted there
		Tags:       here.nameTag("to-primary"),
	})
	accepter := vpcpeeringconnectionaccepter.NewVpcPeeringConnectionAccepterA(there.scope, new("accepter"), &vpcpeeringconnectionaccepter.VpcPeeringConnectionAccepterAConfig{
		Provider:               there.provider,
		VpcPeeringConnectionId: connection.Id(),
		AutoAccept:             true,
		Tags:                   there.nameTag("from-replica"),
	})
	addRoutes(here, n.tableIDs(), peer.cidr, *accepter.Id())
	addRoutes(there, peer.tableIDs, n.cidr, *accepter.Id())
	route53zoneassociation.NewRoute53ZoneAssociation(here.scope, new("zone-association"), &route53zoneassociation.Route53ZoneAssociationConfig{
		Provider:  here.provider,
		ZoneId:    new(peer.zoneID),
		VpcId:     n.vpc.Id(),
		VpcRegion: new(n.region),
	})
	return accepter
}

func addRoutes(p place, tableIDs []string, cidr, connectionID string) {
	for i, table := range tableIDs {
		route.NewRoute(p.scope, new(fmt.Sprintf("route-%d", i+1)), &route.RouteConfig{
			Provider:               p.provider,
			RouteTableId:           new(table),
			DestinationCidrBlock:   new(cidr),
			VpcPeeringConnectionId: new(connectionID),
		})
	}
}
