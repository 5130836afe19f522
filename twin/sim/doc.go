// Package sim simulates one AWS account: the services, regions and rules
// that this system uses, and no others.
//
// There is one state, held as resources in the shape of the Terraform schema:
// what Terraform applied is what the account holds. Everything that stands for
// AWS is a face of that state. The first face is [Cloud.Do], which the stand-in
// Terraform provider calls through [Cloud.Handler]; [Cloud.View] and
// [Cloud.Update] are for other faces.
//
// This package is the core. Each service has a room of its own (twin/sim/kms,
// twin/sim/rds and so on) that says what a call does, which values AWS computes,
// and what AWS refuses, with its error code. Package simaws puts the rooms
// together. docs/simulator.md lists the refusals and the known differences.
package sim
