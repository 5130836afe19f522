// Package sns is the room of SNS in the simulated account: topics, their policies and subscriptions.
package sns

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of SNS.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
