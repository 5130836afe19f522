// Package cloudwatch is the room of CloudWatch in the simulated account: metric alarms.
package cloudwatch

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of CloudWatch.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
