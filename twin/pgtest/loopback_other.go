//go:build !linux

package pgtest

// loopback is the only address that other systems have unasked.
func loopback() string { return "127.0.0.1" }
