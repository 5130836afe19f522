package spec

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

var securityGroupPattern = regexp.MustCompile(`^sg-([0-9a-f]{8}|[0-9a-f]{17})$`)

// checkClients notes faults of who may reach the databases. A range that holds
// the whole Internet is one: the databases have no public address, so that it
// would only hide who the clients are.
func checkClients(fs *Faults, c Config) {
	const path = "network.clients"
	clients := c.Network.Clients
	for i, cidr := range clients.CIDRs {
		at := indexed(path+".cidrs", i)
		prefix, err := netip.ParsePrefix(cidr)
		switch {
		case err != nil || !prefix.Addr().Is4():
			fs.add(at, quoted(cidr), `give an IPv4 range such as "10.20.0.0/16"`)
		case prefix != prefix.Masked():
			fs.add(at, quoted(cidr), fmt.Sprintf("give the first address of the range: %q", prefix.Masked()))
		case prefix.Bits() < 8:
			fs.add(at, quoted(cidr), "give a /8 or a smaller range: name the clients, not the Internet")
		case slices.Contains(clients.CIDRs[:i], cidr):
			fs.add(at, quoted(cidr)+" a second time", "give each range once")
		}
	}
	for site, groups := range map[string][]string{
		"primary_security_groups": clients.PrimarySecurityGroups,
		"replica_security_groups": clients.ReplicaSecurityGroups,
	} {
		for i, group := range groups {
			at := indexed(path+"."+site, i)
			switch {
			case !securityGroupPattern.MatchString(group):
				fs.add(at, quoted(group), `give the id of a security group, such as "sg-0123456789abcdef0"`)
			case slices.Contains(groups[:i], group):
				fs.add(at, quoted(group)+" a second time", "give each group once")
			}
		}
	}
}
