package stacks

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// subnetCIDR returns the nth /24 of an IPv4 range, for example the third of
// 10.0.0.0/16 is 10.0.3.0/24. The configuration has checked that it fits.
func subnetCIDR(vpc string, n int) string {
	prefix, err := netip.ParsePrefix(vpc)
	if err != nil {
		panic(fmt.Sprintf("subnet of %q: %v", vpc, err))
	}
	base := prefix.Masked().Addr().As4()
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], binary.BigEndian.Uint32(base[:])+uint32(n)<<8) //nolint:gosec // n is below 256
	return netip.PrefixFrom(netip.AddrFrom4(sum), 24).String()
}
