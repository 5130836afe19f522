// Package logs is the room of CloudWatch Logs in the simulated account: log groups.
package logs

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of CloudWatch Logs.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
