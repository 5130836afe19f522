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

// witnesses are regions that every account has, by the first part of a region's
// code: the nearest first.
var witnesses = map[string][]string{
	"us": {"us-west-2", "us-east-2", "us-east-1"},
	"ca": {"us-east-2", "us-west-2", "us-east-1"},
	"mx": {"us-west-2", "us-east-2", "us-east-1"},
	"sa": {"us-east-1", "us-east-2", "us-west-2"},
	"eu": {"eu-central-1", "eu-west-3", "eu-west-1"},
	"il": {"eu-central-1", "eu-west-3", "eu-west-1"},
	"af": {"eu-west-1", "eu-central-1", "eu-west-3"},
	"me": {"ap-south-1", "eu-central-1", "eu-west-3"},
	"ap": {"ap-southeast-1", "ap-northeast-1", "ap-south-1", "ap-southeast-2"},
}

// defaultWitnesses are a region near each site, neither of them a site.
func defaultWitnesses(sites Sites) []string {
	taken := []string{sites.Primary.Region, sites.Replica.Region}
	for _, region := range slices.Clone(taken) {
		area, _, _ := strings.Cut(region, "-")
		for _, near := range slices.Concat(witnesses[area], witnesses["us"], witnesses["eu"]) {
			if !slices.Contains(taken, near) {
				taken = append(taken, near)
				break
			}
		}
	}
	return taken[2:]
}

// optIn are the regions that an account has only once it asked for them.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var optIn = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
	"me-central-1", "me-south-1", "mx-central-1",
}

// SNSPrincipal is who SNS signs as when it delivers from a topic in region: a
// principal of its own where an account has to ask for the region.
// https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
func SNSPrincipal(region string) string {
	if slices.Contains(optIn, region) {
		return "sns." + region + ".amazonaws.com"
	}
	return "sns.amazonaws.com"
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
