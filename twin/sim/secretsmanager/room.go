// Package secretsmanager is the room of Secrets Manager in the simulated account: secrets, their versions and replicas.
package secretsmanager

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of Secrets Manager.
func Types() sim.Types { return sim.Types{Resources: kinds(), Ephemerals: ephemerals()} }
