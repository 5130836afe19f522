//go:build !twin

package main

import "github.com/pgdr/pgdr/internal/guard/assembly"

// adapt changes nothing: what is deployed has AWS's own clock, endpoints,
// names and authorities, and nothing in its environment can change that.
func adapt(*assembly.Options) error { return nil }
