// Package dynamodb is the room of DynamoDB in the simulated account: tables.
package dynamodb

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of DynamoDB.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
