// Package drill holds drills: it applies the synthesized stacks with Terraform
// to a simulated account, brings what was applied to life (package world), lets
// applications write, injects what a scenario says, and judges what came of it
// by what the applications experienced, by the guard's own record and by the
// plans that Terraform would make afterwards.
package drill
