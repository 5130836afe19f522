package ec2

import (
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

const (
	peeringActive  = "active"
	peeringPending = "pending-acceptance"
)

// The connection is one object, stored as the aws_vpc_peering_connection in the
// requester's region. The accepter and the options are views of it: their
// resources hold little more than its id.
func peeringKinds() map[string]*sim.Kind {
	missingCode, missingText := "InvalidVpcPeeringConnectionID.NotFound", "The vpcPeeringConnection ID '%s' does not exist"
	return map[string]*sim.Kind{
		"aws_vpc_peering_connection": {
			Schema:  resource.AwsVpcPeeringConnectionSchema,
			Traits:  vpcPeeringConnectionTraits(),
			Example: `{"vpc_id":"vpc-1","peer_vpc_id":"vpc-2","peer_region":"us-east-1"}`,
			Service: service, CreateOp: "CreateVpcPeeringConnection", UpdateOp: "ModifyVpcPeeringConnectionOptions", DeleteOp: "DeleteVpcPeeringConnection",
			MissingCode: missingCode, MissingText: missingText,
			Create: createPeering, Update: updatePeering, Show: showPeering,
		},
		"aws_vpc_peering_connection_accepter": {
			Schema:  resource.AwsVpcPeeringConnectionAccepterSchema,
			Traits:  vpcPeeringConnectionAccepterTraits(),
			Example: `{"vpc_peering_connection_id":"pcx-1","auto_accept":true}`,
			Service: service, CreateOp: "AcceptVpcPeeringConnection", UpdateOp: "ModifyVpcPeeringConnectionOptions", DeleteOp: "DeleteVpcPeeringConnection",
			MissingCode: missingCode, MissingText: missingText,
			Create: acceptPeering, Update: updatePeering, Show: showAccepter,
		},
		"aws_vpc_peering_connection_options": {
			Schema:  resource.AwsVpcPeeringConnectionOptionsSchema,
			Traits:  vpcPeeringConnectionOptionsTraits(),
			Example: `{"vpc_peering_connection_id":"pcx-1"}`,
			Service: service, CreateOp: "ModifyVpcPeeringConnectionOptions", UpdateOp: "ModifyVpcPeeringConnectionOptions", DeleteOp: "ModifyVpcPeeringConnectionOptions",
			MissingCode: missingCode, MissingText: missingText,
			Create: createPeeringOptions, Update: updatePeering, Show: showPeeringOptions,
		},
	}
}

// findPeering returns the connection with an id, whatever its region.
func findPeering(tx *sim.Tx, id string) *sim.Resource {
	return tx.FindBy("aws_vpc_peering_connection", "", "id", id)
}

func peeringSeenFrom(pcx *sim.Resource, regionName string) bool {
	return pcx.Region == regionName || pcx.Attrs.Str("peer_region") == regionName
}

func createPeering(c *sim.Call) (string, error) {
	a := c.Attrs
	vpc, err := c.Need("vpc_id", "aws_vpc", c.Region, a.Str("vpc_id"))
	if err != nil {
		return "", err
	}
	peerRegion := a.Str("peer_region")
	if peerRegion == "" {
		peerRegion = c.Region
	}
	if !sim.HasRegion(peerRegion) {
		return "", c.Refuse("peer_region", "InvalidParameterValue", "Invalid value '%s' for peerRegion.", peerRegion)
	}
	if owner := a.Str("peer_owner_id"); owner != "" && owner != c.Account() {
		return "", c.Refuse("peer_owner_id", "Unsupported", "the simulator has one account, %s: no peering with %s", c.Account(), owner)
	}
	if a.Bool("auto_accept") && peerRegion != c.Region {
		return "", c.Refuse("auto_accept", "InvalidParameterCombination", "`peer_region` cannot be set whilst `auto_accept` is `true` when creating an EC2 VPC Peering Connection")
	}
	if err := checkPeeringNetworks(c, vpc, peerRegion); err != nil {
		return "", err
	}
	status := peeringPending
	if a.Bool("auto_accept") {
		status = peeringActive
	}
	id := c.NewID("pcx")
	a.Defaults(sim.Attrs{"peer_region": peerRegion, "peer_owner_id": c.Account()})
	a.Set(sim.Attrs{"accept_status": status})
	if err := setPeeringOptions(c, c.Hidden, peerRegion, status); err != nil {
		return "", err
	}
	return id, nil
}

// checkPeeringNetworks finds what makes AWS put a new connection in the state
// "failed", which the real provider reports with the same message.
func checkPeeringNetworks(c *sim.Call, vpc *sim.Resource, peerRegion string) error {
	const message = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
	peer := c.Get("aws_vpc", peerRegion, c.Attrs.Str("peer_vpc_id"))
	if peer == nil {
		return c.Refuse("peer_vpc_id", "failed", message)
	}
	p, _ := parseNetwork(vpc.Attrs.Str("cidr_block"))
	q, _ := parseNetwork(peer.Attrs.Str("cidr_block"))
	if p.Overlaps(q) {
		return c.Refuse("peer_vpc_id", "failed", message)
	}
	for _, other := range c.List("aws_vpc_peering_connection", "") {
		a, b := other.Attrs.Str("vpc_id"), other.Attrs.Str("peer_vpc_id")
		if (a == vpc.ID && b == peer.ID) || (a == peer.ID && b == vpc.ID) {
			return c.Refuse("peer_vpc_id", "VpcPeeringConnectionAlreadyExists", "%s and %s are already connected by %s", vpc.ID, peer.ID, other.ID)
		}
	}
	return nil
}

func acceptPeering(c *sim.Call) (string, error) {
	id := c.Attrs.Str("vpc_peering_connection_id")
	pcx := findPeering(c.Tx, id)
	if pcx == nil || !peeringSeenFrom(pcx, c.Region) {
		return "", c.Refuse("vpc_peering_connection_id", c.Kind.MissingCode, c.Kind.MissingText, id)
	}
	if peerRegion := pcx.Attrs.Str("peer_region"); peerRegion != c.Region {
		return "", c.Refuse("vpc_peering_connection_id", "OperationNotPermitted",
			"Incorrect region (%s) specified for this request.VPC peering connection %s must be accepted in region %s", c.Region, id, peerRegion)
	}
	pcx = c.Edit(pcx)
	if c.Attrs.Bool("auto_accept") {
		pcx.Attrs["accept_status"] = peeringActive
	}
	if err := setPeeringOptions(c, pcx.Hidden, c.Region, pcx.Attrs.Str("accept_status")); err != nil {
		return "", err
	}
	return id, nil
}

func createPeeringOptions(c *sim.Call) (string, error) {
	id := c.Attrs.Str("vpc_peering_connection_id")
	pcx := findPeering(c.Tx, id)
	if pcx == nil || !peeringSeenFrom(pcx, c.Region) {
		return "", c.Refuse("vpc_peering_connection_id", c.Kind.MissingCode, c.Kind.MissingText, id)
	}
	pcx = c.Edit(pcx)
	return id, setPeeringOptions(c, pcx.Hidden, pcx.Attrs.Str("peer_region"), pcx.Attrs.Str("accept_status"))
}

func updatePeering(c *sim.Call) error {
	pcx := findPeering(c.Tx, c.Resource.ID) // there, or the object would not be shown
	status := pcx.Attrs.Str("accept_status")
	if c.Attrs.Bool("auto_accept") && pcx.Attrs.Str("peer_region") == c.Region {
		status = peeringActive
	}
	hidden := c.Hidden
	if c.Type != "aws_vpc_peering_connection" {
		pcx = c.Edit(pcx)
		pcx.Attrs["accept_status"] = status
		hidden = pcx.Hidden
	} else {
		c.Attrs["accept_status"] = status
	}
	return setPeeringOptions(c, hidden, pcx.Attrs.Str("peer_region"), status)
}

// setPeeringOptions writes the configured options of both sides. Each side's
// can be set in its own region only, and once the connection is active.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcPeeringConnectionOptions.html
func setPeeringOptions(c *sim.Call, hidden sim.Attrs, peerRegion, status string) error {
	const option = "allow_remote_vpc_dns_resolution"
	for _, side := range []string{"requester", "accepter"} {
		block := c.Attrs.Block(side)
		if block == nil || block[option] == nil {
			continue
		}
		current := hidden.Block(side)
		if c.Was != nil && !c.Changed(side) || current.Bool(option) == block.Bool(option) {
			continue
		}
		modify := c.During("ModifyVpcPeeringConnectionOptions")
		if status != peeringActive {
			return modify.Refuse(side, "OperationNotPermitted", "VPC Peering Connection (%s) is not active: its options cannot be modified", status)
		}
		if !ownsSide(c, side, peerRegion) {
			return modify.Refuse(side, "OperationNotPermitted", "Peering connection options of the %s can only be modified in its own region, not in %s", side, c.Region)
		}
		hidden.Set(sim.Attrs{side: sim.Attrs{option: block.Bool(option)}})
	}
	return nil
}

// ownsSide tells whether the caller's region is that of a side's VPC.
func ownsSide(c *sim.Call, side, peerRegion string) bool {
	if side == "accepter" {
		return c.Region == peerRegion
	}
	pcx := c.Find("aws_vpc_peering_connection", c.Region, func(a sim.Attrs) bool {
		id := c.Attrs.Str("vpc_peering_connection_id")
		return id == "" || a.Str("id") == id
	})
	return c.Type == "aws_vpc_peering_connection" || pcx != nil
}

// peeringSides adds the blocks of both sides, which AWS shows once the
// connection is active.
func peeringSides(pcx *sim.Resource, a sim.Attrs) {
	for _, side := range []string{"requester", "accepter"} {
		a[side] = []any{}
		if pcx.Attrs.Str("accept_status") == peeringActive {
			on := pcx.Hidden.Block(side).Bool("allow_remote_vpc_dns_resolution")
			a[side] = []any{map[string]any{"allow_remote_vpc_dns_resolution": on}}
		}
	}
}

func showPeering(_ *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	peeringSides(r, a)
	return a
}

func showAccepter(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	pcx := findPeering(tx, r.ID)
	if pcx == nil {
		return nil
	}
	a := r.Attrs.Clone()
	peeringSides(pcx, a)
	// Where one account has both sides, the provider stores the requester's view
	// with the accepter too.
	for _, name := range []string{"accept_status", "vpc_id", "peer_vpc_id", "peer_owner_id", "peer_region"} {
		a[name] = pcx.Attrs[name]
	}
	return a
}

func showPeeringOptions(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	pcx := findPeering(tx, r.ID)
	if pcx == nil {
		return nil
	}
	a := r.Attrs.Clone()
	peeringSides(pcx, a)
	return a
}
