// Package provider is the stand-in for Terraform's hashicorp/aws provider: a
// thin client of the simulated account (twin/sim) that speaks
// Terraform's plugin protocol 5 and offers the real provider's schemas.
//
// The schemas come from github.com/lonegunmanb/terraform-aws-schema v5.100.0,
// which is what `terraform providers schema -json` prints. For the types in
// use it equals provider 5.99.1, the version that the CDKTF bindings are made
// from; a test compares the two, so that an argument newer than 5.99.1 can't
// slip in with a newer schema module.
//
// What that dump does not tell stands in the entry of each type, in the room of
// its service: which argument forces a replacement, defaults, which spellings
// mean the same, and the checks that the real provider makes before it calls
// AWS (package tf). All else, what AWS itself would refuse, is the simulator's.
package provider
