// Package cloudwatch is the room of CloudWatch in the simulated account: metric alarms and dashboards.
package cloudwatch

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of CloudWatch.
func Types() sim.Types { return sim.Types{Resources: sim.Together(kinds(), dashboardKinds())} }
