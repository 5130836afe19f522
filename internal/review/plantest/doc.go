// Package plantest keeps changes to the stacks as test data, and the plans
// that real Terraform makes of them.
//
// A [Case] is one file: a small edit of a stack's configuration, and what the
// review has to say about it. Terraform plans each on a deployed account (see
// tests/review_test.go); what it plans is recorded as the difference from the
// plan of the unchanged stack, so that the review's own tests need neither
// Terraform nor an account.
package plantest
