// Package kms is the room of KMS in the simulated account: keys, their replicas and aliases, and who may use a key.
package kms

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of KMS.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
