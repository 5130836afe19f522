// Package tests runs the whole: the real cdktf command and real Terraform on
// the stacks of this project, in a simulated account of their own. What is
// checked by more than one test stands beside them in plain functions, so
// that each can be shown to find what it is meant to find.
//
// What runs on a fast clock (drills, the function) runs alone, so that what else
// the machine does decides nothing; all that waits for Terraform runs at once.
package tests
