package spec

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// privateRanges are those of RFC 1918.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

func checkSites(fs *Faults, sites Sites) {
	const primary, replica = "sites.primary", "sites.replica"
	primaryRange, primaryOK := checkSite(fs, primary, sites.Primary)
	replicaRange, replicaOK := checkSite(fs, replica, sites.Replica)
	if primaryOK && replicaOK && primaryRange.Overlaps(replicaRange) {
		fs.add(replica+".cidr", fmt.Sprintf("%q, which overlaps %s of sites.primary.cidr", replicaRange, primaryRange),
			"give a range of its own: the two networks are peered")
	}
	if sites.Primary.Region == sites.Replica.Region && !fs.has(replica+".region") {
		fs.add(replica+".region", quoted(sites.Replica.Region)+", the same as sites.primary.region", "give the replica another region")
	}
}

// checkSite notes the faults of one site and returns its range, if that is
// right as far as it goes by itself.
func checkSite(fs *Faults, path string, site Site) (netip.Prefix, bool) {
	if checkRegion(fs, path+".region", site.Region) {
		checkZones(fs, path, site)
	}
	return checkCIDR(fs, path+".cidr", site.CIDR)
}

func checkCIDR(fs *Faults, path, cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	found := quoted(cidr)
	switch {
	case err != nil || !prefix.Addr().Is4():
		fs.add(path, found, `give an IPv4 range such as "10.0.0.0/16"`)
	case prefix != prefix.Masked():
		fs.add(path, found, fmt.Sprintf("give the first address of the range: %q", prefix.Masked()))
	case prefix.Bits() > maxPrefix:
		fs.add(path, found, fmt.Sprintf("give a /%d to /%d: %d zones with up to four /24 subnets each don't fit in less", minPrefix, maxPrefix, zoneCount))
	case prefix.Bits() < minPrefix:
		fs.add(path, found, fmt.Sprintf("give a /%d to /%d: a VPC is no larger", minPrefix, maxPrefix))
	case !private(prefix):
		fs.add(path, found, "give a private range (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16): routes to the others' owners would be lost")
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}

// private tells whether a range of [minPrefix] or longer is in RFC 1918's; as
// none of those is smaller, its first address decides.
func private(prefix netip.Prefix) bool {
	return slices.ContainsFunc(privateRanges, func(r netip.Prefix) bool { return r.Contains(prefix.Addr()) })
}

// checkZones expects zones as [Config.Derived] fills them.
func checkZones(fs *Faults, path string, site Site) {
	if regions[site.Region] == "" {
		fs.add(path+".region", quoted(site.Region), fmt.Sprintf("give a region with %d zones for every account", zoneCount))
		return
	}
	checkCertificates(fs, path+".region", site.Region)
	path += ".zones"
	if len(site.Zones) != zoneCount {
		fs.add(path, counted(len(site.Zones), "zone"), fmt.Sprintf("give %d, or none for %s", zoneCount, list(defaultZones(site.Region), "and")))
	}
	seen := map[string]bool{}
	for i, zone := range site.Zones {
		letter, ok := strings.CutPrefix(zone, site.Region)
		switch {
		case !ok || len(letter) != 1 || letter[0] < 'a' || letter[0] > 'f':
			fs.add(indexed(path, i), quoted(zone), fmt.Sprintf("give a zone of %s, such as %q", site.Region, defaultZones(site.Region)[0]))
		case seen[zone]:
			fs.add(indexed(path, i), quoted(zone)+" a second time", "name each zone once")
		}
		seen[zone] = true
	}
}
