package ec2

import (
	"fmt"
	"net/netip"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

func gatewayKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_internet_gateway": {
			Schema:  resource.AwsInternetGatewaySchema,
			Traits:  &tf.Traits{},
			Example: `{"vpc_id":"vpc-1"}`,
			Service: service, CreateOp: "CreateInternetGateway", UpdateOp: "AttachInternetGateway", DeleteOp: "DetachInternetGateway",
			MissingCode: "InvalidInternetGatewayID.NotFound", MissingText: "The internetGateway ID '%s' does not exist",
			Create: createInternetGateway, Remove: removeInternetGateway,
		},
		"aws_eip": {
			Schema:  resource.AwsEipSchema,
			Traits:  eipTraits(),
			Example: `{"domain":"vpc"}`,
			Service: service, CreateOp: "AllocateAddress", UpdateOp: "AssociateAddress", DeleteOp: "ReleaseAddress",
			MissingCode: "InvalidAllocationID.NotFound", MissingText: "The allocation ID '%s' does not exist",
			Create: createAddress, Remove: removeAddress, Show: showAddress,
		},
		"aws_nat_gateway": {
			Schema:  resource.AwsNatGatewaySchema,
			Traits:  natGatewayTraits(),
			Example: `{"allocation_id":"eipalloc-1","subnet_id":"subnet-1"}`,
			Service: service, CreateOp: "CreateNatGateway", UpdateOp: "CreateTags", DeleteOp: "DeleteNatGateway",
			MissingCode: "NatGatewayNotFound", MissingText: "The Nat Gateway %s was not found",
			Create: createNATGateway,
		},
	}
}

func createInternetGateway(c *sim.Call) (string, error) {
	if vpcID := c.Attrs.Str("vpc_id"); vpcID != "" {
		attach := c.During("AttachInternetGateway")
		if _, err := attach.Need("vpc_id", "aws_vpc", c.Region, vpcID); err != nil {
			return "", err
		}
		if c.FindBy("aws_internet_gateway", c.Region, "vpc_id", vpcID) != nil {
			return "", attach.Refuse("vpc_id", "InvalidParameterValue", "Network %s already has an internet gateway attached", vpcID)
		}
	}
	id := c.NewID("igw")
	c.Attrs.Default("vpc_id", "")
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("ec2", c.Region, "internet-gateway/%s", id), "owner_id": c.Account()})
	return id, nil
}

func removeInternetGateway(c *sim.Call) error {
	vpcID := c.Attrs.Str("vpc_id")
	for _, nat := range c.List("aws_nat_gateway", c.Region) {
		subnet := c.Get("aws_subnet", c.Region, nat.Attrs.Str("subnet_id"))
		if subnet != nil && subnet.Attrs.Str("vpc_id") == vpcID && nat.Attrs.Str("connectivity_type") != "private" {
			return c.Refuse("", "DependencyViolation",
				"Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", vpcID)
		}
	}
	return nil
}

// createAddress gives addresses out of 198.18.0.0/15, which no host on the
// internet has (RFC 2544).
func createAddress(c *sim.Call) (string, error) {
	if d := c.Attrs.Str("domain"); d != "" && d != "vpc" {
		return "", c.Refuse("domain", "InvalidParameterValue", "Value (%s) for parameter domain is invalid.", d)
	}
	id := c.NewID("eipalloc")
	d := c.NextBytes()
	ip := netip.AddrFrom4([4]byte{198, 18 + d[0]&1, d[1], d[2]}).String()
	c.Attrs.Defaults(sim.Attrs{
		"domain": "vpc", "vpc": true, "network_border_group": c.Region, "public_ipv4_pool": "amazon", "ipam_pool_id": "", "instance": "",
	})
	c.Attrs.Set(sim.Attrs{
		"allocation_id": id, "arn": c.ARN("ec2", c.Region, "elastic-ip/%s", id), "public_ip": ip,
		"public_dns": fmt.Sprintf("ec2-%s.%s", sim.Dashed(ip), sim.ComputeDomain(c.Region)),
		"carrier_ip": "", "customer_owned_ip": "", "ptr_record": "",
	})
	return id, nil
}

// showAddress adds what follows from the NAT gateway that holds the address.
func showAddress(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	shown := sim.Attrs{"association_id": "", "network_interface": "", "private_ip": "", "private_dns": ""}
	if nat := tx.FindBy("aws_nat_gateway", r.Region, "allocation_id", r.ID); nat != nil {
		ip := nat.Attrs.Str("private_ip")
		shown = sim.Attrs{
			"association_id": nat.Attrs.Str("association_id"), "network_interface": nat.Attrs.Str("network_interface_id"), "private_ip": ip,
			"private_dns": "ip-" + sim.Dashed(ip) + privateDomain(r.Region),
		}
	}
	a.Set(shown)
	return a
}

func privateDomain(regionName string) string {
	if regionName == "us-east-1" {
		return ".ec2.internal"
	}
	return "." + regionName + ".compute.internal"
}

func removeAddress(c *sim.Call) error {
	if c.FindBy("aws_nat_gateway", c.Region, "allocation_id", c.Resource.ID) != nil {
		return c.Refuse("", "InvalidIPAddress.InUse", "The address with allocation id '%s' is in use.", c.Resource.ID)
	}
	return nil
}

func createNATGateway(c *sim.Call) (string, error) {
	subnet, err := c.Need("subnet_id", "aws_subnet", c.Region, c.Attrs.Str("subnet_id"))
	if err != nil {
		return "", err
	}
	c.Attrs.Default("connectivity_type", "public")
	public := ""
	if c.Attrs.Str("connectivity_type") == "public" {
		address, err := natAddress(c, subnet)
		if err != nil {
			return "", err
		}
		public = address.Attrs.Str("public_ip")
	}
	id := c.NewID("nat")
	c.Attrs.Default("private_ip", freeAddress(c.Tx, subnet))
	c.Attrs.Defaults(sim.Attrs{"secondary_private_ip_address_count": 0, "secondary_private_ip_addresses": []string{}})
	association := ""
	if public != "" {
		association = c.NewID("eipassoc")
	}
	c.Attrs.Set(sim.Attrs{"network_interface_id": c.NewID("eni"), "association_id": association, "public_ip": public})
	return id, nil
}

// natAddress checks the elastic address of a public NAT gateway, and that its
// VPC has an internet gateway: without one, AWS makes the NAT gateway and lets
// it fail.
func natAddress(c *sim.Call, subnet *sim.Resource) (*sim.Resource, error) {
	allocation := c.Attrs.Str("allocation_id")
	if allocation == "" {
		return nil, c.Refuse("allocation_id", "MissingParameter", "The request must contain the parameter AllocationId")
	}
	address, err := c.Need("allocation_id", "aws_eip", c.Region, allocation)
	if err != nil {
		return nil, err
	}
	if c.FindBy("aws_nat_gateway", c.Region, "allocation_id", allocation) != nil {
		return nil, c.Refuse("allocation_id", "Resource.AlreadyAssociated", "Elastic IP address [%s] is already associated", allocation)
	}
	vpcID := subnet.Attrs.Str("vpc_id")
	if c.FindBy("aws_internet_gateway", c.Region, "vpc_id", vpcID) == nil {
		return nil, c.Refuse("subnet_id", "Gateway.NotAttached", "Network %s has no Internet gateway attached", vpcID)
	}
	return address, nil
}

// freeAddress returns an address of a subnet that no NAT gateway has yet. AWS
// keeps the first four for itself.
func freeAddress(tx *sim.Tx, subnet *sim.Resource) string {
	p, ok := parseNetwork(subnet.Attrs.Str("cidr_block"))
	if !ok {
		return ""
	}
	ip := p.Addr()
	for range 4 {
		ip = ip.Next()
	}
	for tx.FindBy("aws_nat_gateway", subnet.Region, "private_ip", ip.String()) != nil {
		ip = ip.Next()
	}
	return ip.String()
}
