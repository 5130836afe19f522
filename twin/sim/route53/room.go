// Package route53 is the room of Route 53 in the simulated account: zones, records and health checks.
package route53

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of Route 53.
func Types() sim.Types {
	return sim.Types{Resources: sim.Together(zoneKinds(), recordKinds(), healthCheckKinds())}
}
