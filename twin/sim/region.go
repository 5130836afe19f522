package sim

import (
	"slices"
	"strconv"
	"strings"
)

// Global is the region of what belongs to no region: IAM and Route 53.
const Global = "global"

// Partition is the one that all regions here are of, DNSSuffix the domain of its
// endpoints.
const (
	Partition      = "aws"
	DNSSuffix      = "amazonaws.com"
	zonesOfARegion = "abc"
)

// Region holds what differs between regions and can be seen from outside.
type region struct {
	// zonePrefix begins the ids of its availability zones, for example "use1".
	zonePrefix string
	// title as aws_region describes it.
	title string
	// rdsZone is the hosted zone of RDS's endpoints.
	rdsZone string
	// s3List and dynamoList are the managed prefix lists of the gateway
	// endpoints.
	s3List, dynamoList string
}

// regions that the simulated account has enabled. The zones of a real account
// may carry other letters for the same id; here a is az1, b is az2, c is az3.
var regions = map[string]region{
	"us-east-1":      {"use1", "US East (N. Virginia)", "Z2R2ITUGPM61AM", "pl-63a5400a", "pl-02cd2c6b"},
	"us-east-2":      {"use2", "US East (Ohio)", "Z2XHWR1WZ565X2", "pl-7ba54012", "pl-4ca54025"},
	"us-west-1":      {"usw1", "US West (N. California)", "Z10WI91S59XXQN", "pl-6ba54002", "pl-6ea54007"},
	"us-west-2":      {"usw2", "US West (Oregon)", "Z1PVIF0B656C1W", "pl-68a54001", "pl-00a54069"},
	"ca-central-1":   {"cac1", "Canada (Central)", "Z1JG78YYS0KRLL", "pl-7da54014", "pl-4ea54027"},
	"eu-west-1":      {"euw1", "Europe (Ireland)", "Z29XKXDKYMONMX", "pl-6da54004", "pl-6fa54006"},
	"eu-west-2":      {"euw2", "Europe (London)", "Z1TTGA775OQIYO", "pl-7ca54015", "pl-b3a742da"},
	"eu-west-3":      {"euw3", "Europe (Paris)", "Z2ESL2PGXB4JY1", "pl-23ad484a", "pl-abb451c2"},
	"eu-central-1":   {"euc1", "Europe (Frankfurt)", "Z1RLNUO7B9Q6NB", "pl-6ea54007", "pl-66a5400f"},
	"eu-north-1":     {"eun1", "Europe (Stockholm)", "Z113VYFRYBQZ57", "pl-c3aa4faa", "pl-adae4bc4"},
	"ap-southeast-1": {"apse1", "Asia Pacific (Singapore)", "Z2G0U3KFCY8NZ5", "pl-6fa54006", "pl-67a5400e"},
	"ap-southeast-2": {"apse2", "Asia Pacific (Sydney)", "Z32T0VRHXEXS0V", "pl-6ca54005", "pl-62a5400b"},
	"ap-northeast-1": {"apne1", "Asia Pacific (Tokyo)", "Z24O6O9L7SGTNB", "pl-61a54008", "pl-78a54011"},
	"ap-south-1":     {"aps1", "Asia Pacific (Mumbai)", "Z2VFMSZA74J7XZ", "pl-78a54011", "pl-66a7420f"},
}

// KnownRegion tells whether the simulated account has the region.
func KnownRegion(name string) bool {
	_, ok := regions[name]
	return ok
}

// Zones names the availability zones of a region: three, a to c.
func Zones(regionName string) []string {
	out := make([]string, 0, len(zonesOfARegion))
	for _, letter := range zonesOfARegion {
		out = append(out, regionName+string(letter))
	}
	return out
}

// ZoneID returns the id of a zone that exists in every account under the same
// id, for example use1-az1 for us-east-1a, and "" for an unknown zone.
func ZoneID(regionName, zone string) string {
	i := slices.Index(Zones(regionName), zone)
	if i < 0 {
		return ""
	}
	return regions[regionName].zonePrefix + "-az" + strconv.Itoa(i+1)
}

// ZoneName is the inverse of zoneID.
func ZoneName(regionName, id string) string {
	for _, zone := range Zones(regionName) {
		if ZoneID(regionName, zone) == id {
			return zone
		}
	}
	return ""
}

// ComputeDomain is the domain of EC2's own names in a region.
func ComputeDomain(regionName string) string {
	if regionName == "us-east-1" {
		return "compute-1." + DNSSuffix
	}
	return regionName + ".compute." + DNSSuffix
}

// Dashed is an IPv4 address as it stands in a host name: with - for each dot.
func Dashed(ip string) string { return strings.ReplaceAll(ip, ".", "-") }

// RDSZone is the hosted zone of RDS's endpoints in a region.
func RDSZone(regionName string) string { return regions[regionName].rdsZone }

// PrefixLists are the managed prefix lists of a region's gateway endpoints for
// S3 and DynamoDB.
func PrefixLists(regionName string) (s3, dynamo string) {
	return regions[regionName].s3List, regions[regionName].dynamoList
}

// RegionTitle is a region's name for people, for example "Europe (Ireland)".
func RegionTitle(regionName string) string { return regions[regionName].title }
