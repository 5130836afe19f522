// Package lambda is the room of Lambda in the simulated account: functions, who may invoke them, and where their results go.
package lambda

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of Lambda.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
