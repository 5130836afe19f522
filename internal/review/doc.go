// Package review reads what Terraform plans to do to the two stacks and says
// it in words that a person can decide from: what is made, changed, replaced
// and destroyed, what that does to the protection that the system is there to
// give, and whether a human has to look.
//
// A review has three layers, each in files of its own:
//
//   - A plan file is read, checked to be what it says it is, and turned into
//     one [Document] of both stacks, in which nothing is left that Terraform
//     marks as sensitive.
//   - Policies in Rego judge the document. Ours are embedded; users add
//     theirs. They see the document and nothing else: no clock, no network.
//   - The verdict is the worst severity that was found. Markdown and JSON show
//     the same review.
package review
