package sim

import "slices"

// simulatedUser is who calls: the account's one principal.
const simulatedUser = "AIDASIMULATEDUSER0001"

func accountData() map[string]func(*call) error {
	return map[string]func(*call) error{
		"aws_caller_identity": func(c *call) error {
			c.attrs.Set(Attrs{
				"account_id": c.Account(), "id": c.Account(), "user_id": simulatedUser,
				"arn": c.arn("iam", "", "user/pgdr"),
			})
			return nil
		},
		"aws_partition": func(c *call) error {
			c.attrs.Set(Attrs{"id": partition, "partition": partition, "dns_suffix": dnsSuffix, "reverse_dns_prefix": "com.amazonaws"})
			return nil
		},
		"aws_region":             readRegion,
		"aws_availability_zones": readZones,
	}
}

func readRegion(c *call) error {
	name := c.attrs.Str("name")
	if name == "" {
		name = c.region
	}
	r, ok := regions[name]
	if !ok {
		return c.refuse("name", "InvalidParameterValue", "no matching EC2 Region found for %q", name)
	}
	c.attrs.Set(Attrs{"id": name, "name": name, "description": r.title, "endpoint": "ec2." + name + "." + dnsSuffix})
	return nil
}

func readZones(c *call) error {
	var names, ids []string
	for _, zone := range Zones(c.region) {
		id := zoneID(c.region, zone)
		if slices.Contains(c.attrs.Strings("exclude_names"), zone) || slices.Contains(c.attrs.Strings("exclude_zone_ids"), id) {
			continue
		}
		if s := c.attrs.Str("state"); s != "" && s != "available" {
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
	c.attrs.Set(Attrs{"id": c.region, "names": names, "zone_ids": ids, "group_names": []string{c.region}})
	return nil
}

// zoneMatches applies the filter blocks that a list of standard zones can be
// asked with.
func zoneMatches(c *call, zone, id string) (bool, error) {
	values := map[string]string{
		"zone-name": zone, "zone-id": id, "state": "available", "region-name": c.region, "group-name": c.region,
		"zone-type": "availability-zone", "opt-in-status": "opt-in-not-required",
	}
	for _, f := range c.attrs.Blocks("filter") {
		value, known := values[f.Str("name")]
		if !known {
			return false, c.refuse("filter", "InvalidParameterValue", "The filter '%s' is invalid", f.Str("name"))
		}
		if !slices.Contains(f.Strings("values"), value) {
			return false, nil
		}
	}
	return true, nil
}
