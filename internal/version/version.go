// Package version holds the version of this source. It is a constant, not a
// commit: the function's archive must be the same for the same source,
// whatever was committed around it.
package version

// Version of pgdr, by semantic versioning; CHANGELOG.md tells what it holds.
const Version = "0.1.0"
