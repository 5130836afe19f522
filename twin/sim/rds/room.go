// Package rds is the room of RDS in the simulated account: database instances, their groups and replicas.
package rds

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of RDS.
func Types() sim.Types {
	return sim.Types{Resources: sim.Together(dbGroupKinds(), dbInstanceKinds(), eventKinds())}
}
