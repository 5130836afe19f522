package provider

import "github.com/zclconf/go-cty/cty"

// peeringTraits are of internal/service/ec2: vpc_peering_connection.go,
// vpc_peering_connection_accepter.go, vpc_peering_connection_options.go.
func peeringTraits() map[string]*traits {
	return map[string]*traits{
		"aws_vpc_peering_connection": {
			replace:        words("peer_owner_id peer_region peer_vpc_id vpc_id"),
			local:          words("auto_accept"),
			computedBlocks: words("accepter requester"),
			planChecks:     []planCheck{autoAcceptCheck},
		},
		"aws_vpc_peering_connection_accepter": {
			replace:        words("vpc_peering_connection_id"),
			local:          words("auto_accept"),
			computedBlocks: words("accepter requester"),
		},
		"aws_vpc_peering_connection_options": {
			replace:        words("vpc_peering_connection_id"),
			computedBlocks: words("accepter requester"),
		},
	}
}

// autoAcceptCheck: only a peering within one region can be accepted by the
// side that asks for it (resourceVPCPeeringConnectionCreate).
func autoAcceptCheck(c change, f *faults) {
	if c.planned.GetAttr("auto_accept").RawEquals(cty.True) && isSet(c.config, "peer_region") {
		f.addf(cty.GetAttrPath("peer_region"), "`peer_region` cannot be set whilst `auto_accept` is `true` when creating an EC2 VPC Peering Connection")
	}
}
