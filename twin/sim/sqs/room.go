// Package sqs is the room of SQS in the simulated account: queues.
package sqs

import "github.com/pgdr/pgdr/twin/sim"

// Types are the Terraform types of SQS.
func Types() sim.Types { return sim.Types{Resources: kinds()} }
