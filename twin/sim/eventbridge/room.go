// Package eventbridge is the room of EventBridge in the simulated account: rules and their targets.
package eventbridge

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of EventBridge.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
