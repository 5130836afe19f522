package ec2

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/ec2: vpc_peering_connection.go,
// vpc_peering_connection_accepter.go, vpc_peering_connection_options.go.

func vpcPeeringConnectionTraits() *tf.Traits {
	return &tf.Traits{
		Replace:        tf.Words("peer_owner_id peer_region peer_vpc_id vpc_id"),
		Local:          tf.Words("auto_accept"),
		ComputedBlocks: tf.Words("accepter requester"),
		PlanChecks:     []tf.PlanCheck{autoAcceptCheck},
	}
}

func vpcPeeringConnectionAccepterTraits() *tf.Traits {
	return &tf.Traits{
		Replace:        tf.Words("vpc_peering_connection_id"),
		Local:          tf.Words("auto_accept"),
		ComputedBlocks: tf.Words("accepter requester"),
	}
}

func vpcPeeringConnectionOptionsTraits() *tf.Traits {
	return &tf.Traits{
		Replace:        tf.Words("vpc_peering_connection_id"),
		ComputedBlocks: tf.Words("accepter requester"),
	}
}

// autoAcceptCheck: only a peering within one region can be accepted by the
// side that asks for it (resourceVPCPeeringConnectionCreate).
func autoAcceptCheck(c tf.Change, f *tf.Faults) {
	if c.Planned.GetAttr("auto_accept").RawEquals(cty.True) && tf.IsSet(c.Config, "peer_region") {
		f.Addf(cty.GetAttrPath("peer_region"), "`peer_region` cannot be set whilst `auto_accept` is `true` when creating an EC2 VPC Peering Connection")
	}
}
