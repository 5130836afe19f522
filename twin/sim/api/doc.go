// Package api is the account's face for AWS's own SDKs: an [http.Handler]
// that speaks the real wire protocols of the calls that the guard makes, over
// the one state of an [sim.Cloud].
//
// One listener serves every region and service: both are taken from the
// credential scope of the request's signature, as is the principal, by its
// access key. Signatures must be there and well-formed; they are not verified.
// Each call is checked against the IAM policies that the account holds.
//
// The calls of each service are in its room (twin/sim/kms and so on). [Faults] cuts, slows and breaks
// what a test says. docs/simulator.md lists the calls, the behaviours with
// AWS's pages, and the known differences.
package api
