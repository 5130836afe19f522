package network

import (
	"crypto/rand"
	"net/netip"
)

// ownAddresses: every address of 127.0.0.0/8 is this machine's.
const ownAddresses = true

// loopback draws one from 127.128.0.0/10.
func loopback() netip.Addr {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return netip.AddrFrom4([4]byte{127, 128 + b[0]%64, b[1], 1 + b[2]%254})
}
