// Package ec2 is the room of EC2 in the simulated account: networks and what guards them.
package ec2

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of EC2.
func Types() sim.Types {
	return sim.Types{Resources: sim.Together(vpcKinds(), gatewayKinds(), routeKinds(), networkACLKinds(), endpointKinds(), peeringKinds(), securityGroupKinds(), flowLogKinds())}
}
