// Package sim simulates one AWS account: the services, regions and rules
// that this system uses, and no others.
//
// There is one state, held as resources in the shape of the Terraform schema:
// what Terraform applied is what the account holds. Everything that stands for
// AWS is a face of that state. The first face is [Cloud.Do], which the stand-in
// Terraform provider calls through [Cloud.Handler]; [Cloud.View] and
// [Cloud.Update] are for other faces.
//
// Each service has files of its own (ec2_*.go, rds_*.go, kms.go, …) that say
// what a call does, which values AWS computes, and what AWS refuses, with its
// error code. docs/simulator.md lists the refusals and the known differences.
package sim
