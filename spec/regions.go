package spec

import (
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/guard/probe/rdsca"
	"github.com/pgdr/pgdr/internal/nearest"
)

// usualZones are the letters of the zones that nearly every region has.
const usualZones = "abc"

// regions are the regions of the commercial partition ("aws") with the letters
// of three zones that every account has there. GovCloud, China and the
// European Sovereign Cloud are partitions of their own: a replica or a peering
// doesn't cross between them, and their IAM and Route 53 are others.
//
// The letters differ where AWS gives new accounts other zones than a, b and c.
// us-west-1 gives two only, so no site fits there (a witness does).
// Source: AWS Global Infrastructure, "AWS Availability Zones",
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
var regions = map[string]string{
	"af-south-1":     usualZones,
	"ap-east-1":      usualZones,
	"ap-east-2":      usualZones,
	"ap-northeast-1": "acd",
	"ap-northeast-2": usualZones,
	"ap-northeast-3": usualZones,
	"ap-south-1":     usualZones,
	"ap-south-2":     usualZones,
	"ap-southeast-1": usualZones,
	"ap-southeast-2": usualZones,
	"ap-southeast-3": usualZones,
	"ap-southeast-4": usualZones,
	"ap-southeast-5": usualZones,
	"ap-southeast-6": usualZones,
	"ap-southeast-7": usualZones,
	"ca-central-1":   "abd",
	"ca-west-1":      usualZones,
	"eu-central-1":   usualZones,
	"eu-central-2":   usualZones,
	"eu-north-1":     usualZones,
	"eu-south-1":     usualZones,
	"eu-south-2":     usualZones,
	"eu-west-1":      usualZones,
	"eu-west-2":      usualZones,
	"eu-west-3":      usualZones,
	"il-central-1":   usualZones,
	"me-central-1":   usualZones,
	"me-south-1":     usualZones,
	"mx-central-1":   usualZones,
	"sa-east-1":      usualZones,
	"us-east-1":      usualZones,
	"us-east-2":      usualZones,
	"us-west-1":      "",
	"us-west-2":      usualZones,
}

// defaultZones are three zones of the region, or none if it has no three.
func defaultZones(region string) []string {
	var zones []string
	for _, letter := range regions[region] {
		zones = append(zones, region+string(letter))
	}
	return zones
}

// checkRegion notes a fault unless region is one of [regions].
func checkRegion(fs *Faults, path, region string) bool {
	if _, ok := regions[region]; ok {
		return true
	}
	want := `give a region code such as "eu-west-1"`
	if other := partition(region); other != "" {
		want = "give a region of the commercial partition: " + other + " is a partition of its own, which this system wasn't made for"
	} else if n := nearest.To(region, sortedKeys(regions)); n != "" && region != "" {
		want = "did you mean " + quoted(n) + "?"
	}
	fs.add(path, quoted(region), want)
	return false
}

// checkCertificates notes a fault unless the guard holds the RDS authorities of
// a region of a site: without them it could trust no database there.
func checkCertificates(fs *Faults, path, region string) {
	known := rdsca.Regions()
	if !slices.Contains(known, region) {
		fs.add(path, quoted(region), "give a region whose RDS certificates this version holds, or the guard could not verify the database: "+list(known, "or"))
	}
}

// partition names the partition of a region that isn't in the commercial one.
func partition(region string) string {
	for prefix, name := range map[string]string{
		"us-gov-": "GovCloud",
		"cn-":     "China",
		"eusc-":   "the European Sovereign Cloud",
	} {
		if strings.HasPrefix(region, prefix) {
			return name
		}
	}
	return ""
}
