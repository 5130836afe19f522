// Package sts is the room of STS: who calls, and from where.
package sts

import (
	"slices"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/data"

	"github.com/pgdr/pgdr/twin/sim"
)

// simulatedUser is who calls: the account's one principal.
const simulatedUser = "AIDASIMULATEDUSER0001"

// Types are the data sources that say who calls, and where.
func Types() sim.Types {
	return sim.Types{Data: map[string]*sim.Source{
		"aws_caller_identity": {Schema: data.AwsCallerIdentitySchema, Read: func(c *sim.Call) error {
			c.Attrs.Set(sim.Attrs{
				"account_id": c.Account(), "id": c.Account(), "user_id": simulatedUser,
				"arn": c.ARN("iam", "", "user/pgdr"),
			})
			return nil
		}},
		"aws_partition": {Schema: data.AwsPartitionSchema, Read: func(c *sim.Call) error {
			c.Attrs.Set(sim.Attrs{"id": sim.Partition, "partition": sim.Partition, "dns_suffix": sim.DNSSuffix, "reverse_dns_prefix": "com.amazonaws"})
			return nil
		}},
		"aws_region":             {Schema: data.AwsRegionSchema, Read: readRegion},
		"aws_availability_zones": {Schema: data.AwsAvailabilityZonesSchema, Read: readZones},
	}}
}

func readRegion(c *sim.Call) error {
	name := c.Attrs.Str("name")
	if name == "" {
		name = c.Region
	}
	if !sim.HasRegion(name) {
		return c.Refuse("name", "InvalidParameterValue", "no matching EC2 Region found for %q", name)
	}
	c.Attrs.Set(sim.Attrs{"id": name, "name": name, "description": sim.RegionTitle(name), "endpoint": "ec2." + name + "." + sim.DNSSuffix})
	return nil
}

func readZones(c *sim.Call) error {
	var names, ids []string
	for _, zone := range sim.Zones(c.Region) {
		id := sim.ZoneID(c.Region, zone)
		if slices.Contains(c.Attrs.Strings("exclude_names"), zone) || slices.Contains(c.Attrs.Strings("exclude_zone_ids"), id) {
			continue
		}
		if s := c.Attrs.Str("state"); s != "" && s != "available" {
			continue
		}
		ok, err := zoneMatches(c, zone, id)
		if err != nil {
			return err
		}
		if ok {
			names, ids = append(names, zone), append(ids, id)
		}
	}
	c.Attrs.Set(sim.Attrs{"id": c.Region, "names": names, "zone_ids": ids, "group_names": []string{c.Region}})
	return nil
}

// zoneMatches applies the filter blocks that a list of standard zones can be
// asked with.
func zoneMatches(c *sim.Call, zone, id string) (bool, error) {
	values := map[string]string{
		"zone-name": zone, "zone-id": id, "state": "available", "region-name": c.Region, "group-name": c.Region,
		"zone-type": "availability-zone", "opt-in-status": "opt-in-not-required",
	}
	for _, f := range c.Attrs.Blocks("filter") {
		value, known := values[f.Str("name")]
		if !known {
			return false, c.Refuse("filter", "InvalidParameterValue", "The filter '%s' is invalid", f.Str("name"))
		}
		if !slices.Contains(f.Strings("values"), value) {
			return false, nil
		}
	}
	return true, nil
}
