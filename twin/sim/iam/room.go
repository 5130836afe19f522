// Package iam is the room of IAM in the simulated account: roles, their policies, and what a role may do.
package iam

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of IAM.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
