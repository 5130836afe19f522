package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is its name in the SDK's errors.
const service = "EC2"

func vpcKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_vpc": {
			Schema:  resource.AwsVpcSchema,
			Traits:  vpcTraits(),
			Example: `{"cidr_block":"10.0.0.0/16"}`,
			Service: service, CreateOp: "CreateVpc", UpdateOp: "ModifyVpcAttribute", DeleteOp: "DeleteVpc",
			MissingCode: "InvalidVpcID.NotFound", MissingText: "The vpc ID '%s' does not exist",
			Create: createVPC, Remove: removeVPC,
		},
		"aws_subnet": {
			Schema:  resource.AwsSubnetSchema,
			Traits:  subnetTraits(),
			Example: `{"vpc_id":"vpc-1","cidr_block":"10.0.0.0/24"}`,
			Service: service, CreateOp: "CreateSubnet", UpdateOp: "ModifySubnetAttribute", DeleteOp: "DeleteSubnet",
			MissingCode: "InvalidSubnetID.NotFound", MissingText: "The subnet ID '%s' does not exist",
			Create: createSubnet, Remove: removeSubnet,
		},
	}
}

// parseNetwork reads an IPv4 range whose host bits are zero.
func parseNetwork(text string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() || p != p.Masked() {
		return netip.Prefix{}, false
	}
	return p, true
}

func createVPC(c *sim.Call) (string, error) {
	cidr := c.Attrs.Str("cidr_block")
	p, ok := parseNetwork(cidr)
	if !ok {
		return "", c.Refuse("cidr_block", "InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return "", c.Refuse("cidr_block", "InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	id := c.NewID("vpc")
	table := c.NewID("rtb")
	c.Attrs.Defaults(sim.Attrs{
		"instance_tenancy": "default", "enable_dns_support": true, "enable_dns_hostnames": false,
		"enable_network_address_usage_metrics": false, "assign_generated_ipv6_cidr_block": false,
		"ipv6_cidr_block": "", "ipv6_cidr_block_network_border_group": "", "ipv6_association_id": "",
	})
	c.Attrs.Set(sim.Attrs{
		"arn": c.ARN("ec2", c.Region, "vpc/%s", id), "owner_id": c.Account(),
		"default_network_acl_id": c.NewID("acl"), "default_security_group_id": c.NewID("sg"),
		"default_route_table_id": table, "main_route_table_id": table,
		"dhcp_options_id": "dopt-0" + c.FixedText("dopt/"+c.Region, "0123456789abcdef", 16),
	})
	return id, nil
}

// inVPC lists what must be gone before a VPC can be deleted.
var inVPC = []string{
	"aws_subnet", "aws_internet_gateway", "aws_route_table", "aws_network_acl", "aws_security_group", "aws_vpc_endpoint",
}

func removeVPC(c *sim.Call) error {
	id := c.Resource.ID
	for _, typ := range inVPC {
		if c.FindBy(typ, c.Region, "vpc_id", id) != nil {
			return c.Refuse("", "DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", id)
		}
	}
	return nil
}

func createSubnet(c *sim.Call) (string, error) {
	vpc, err := c.Need("vpc_id", "aws_vpc", c.Region, c.Attrs.Str("vpc_id"))
	if err != nil {
		return "", err
	}
	if err := checkSubnetRange(c, vpc); err != nil {
		return "", err
	}
	if err := placeSubnet(c); err != nil {
		return "", err
	}
	id := c.NewID("subnet")
	c.Attrs.Defaults(sim.Attrs{
		"assign_ipv6_address_on_creation": false, "enable_dns64": false, "enable_lni_at_device_index": 0,
		"enable_resource_name_dns_a_record_on_launch": false, "enable_resource_name_dns_aaaa_record_on_launch": false,
		"ipv6_native": false, "map_customer_owned_ip_on_launch": false, "map_public_ip_on_launch": false,
		"private_dns_hostname_type_on_launch": "ip-name", "ipv6_cidr_block_association_id": "",
	})
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("ec2", c.Region, "subnet/%s", id), "owner_id": c.Account()})
	return id, nil
}

func checkSubnetRange(c *sim.Call, vpc *sim.Resource) error {
	cidr := c.Attrs.Str("cidr_block")
	p, ok := parseNetwork(cidr)
	if !ok {
		return c.Refuse("cidr_block", "InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	around, _ := parseNetwork(vpc.Attrs.Str("cidr_block"))
	if !around.Contains(p.Addr()) || p.Bits() < around.Bits() || p.Bits() < 16 || p.Bits() > 28 {
		return c.Refuse("cidr_block", "InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, other := range c.List("aws_subnet", c.Region) {
		if other.Attrs.Str("vpc_id") != vpc.ID {
			continue
		}
		if q, ok := parseNetwork(other.Attrs.Str("cidr_block")); ok && q.Overlaps(p) {
			return c.Refuse("cidr_block", "InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	return nil
}

// placeSubnet settles the availability zone, given as a name, as an id or not at all.
func placeSubnet(c *sim.Call) error {
	zones := sim.Zones(c.Region)
	zone := c.Attrs.Str("availability_zone")
	if id := c.Attrs.Str("availability_zone_id"); id != "" && zone == "" {
		if zone = sim.ZoneName(c.Region, id); zone == "" {
			return c.Refuse("availability_zone_id", "InvalidParameterValue", "Value (%s) for parameter availabilityZoneId is invalid.", id)
		}
	}
	if zone == "" {
		zone = zones[0]
	}
	if !slices.Contains(zones, zone) {
		return c.Refuse("availability_zone", "InvalidParameterValue",
			"Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
			zone, strings.Join(zones, ", "))
	}
	c.Attrs.Default("availability_zone", zone)
	c.Attrs.Default("availability_zone_id", sim.ZoneID(c.Region, zone))
	return nil
}

func removeSubnet(c *sim.Call) error {
	id := c.Resource.ID
	if subnetInUse(c.Tx, c.Region, id) {
		return c.Refuse("", "DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", id)
	}
	for _, typ := range []string{"aws_network_acl_association", "aws_route_table_association"} {
		for _, a := range c.List(typ, c.Region) {
			if a.Attrs.Str("subnet_id") == id {
				c.Remove(a)
			}
		}
	}
	return nil
}

// subnetInUse tells whether a network interface is in a subnet: that of a NAT
// gateway, an interface endpoint, a function or a database instance.
func subnetInUse(tx *sim.Tx, regionName, id string) bool {
	if tx.FindBy("aws_nat_gateway", regionName, "subnet_id", id) != nil {
		return true
	}
	holds := func(a sim.Attrs) bool { return slices.Contains(a.Strings("subnet_ids"), id) }
	if tx.Find("aws_vpc_endpoint", regionName, holds) != nil {
		return true
	}
	if tx.Find("aws_lambda_function", regionName, func(a sim.Attrs) bool { return holds(a.Block("vpc_config")) }) != nil {
		return true
	}
	return tx.Find("aws_db_instance", regionName, func(a sim.Attrs) bool {
		group := tx.FindBy("aws_db_subnet_group", regionName, "name", a.Str("db_subnet_group_name"))
		return group != nil && holds(group.Attrs)
	}) != nil
}
