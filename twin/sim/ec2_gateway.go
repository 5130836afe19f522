package sim

import (
	"fmt"
	"net/netip"
)

func gatewayKinds() map[string]*kind {
	return map[string]*kind{
		"aws_internet_gateway": {
			service: ec2, createOp: "CreateInternetGateway", updateOp: "AttachInternetGateway", deleteOp: "DetachInternetGateway",
			missingCode: "InvalidInternetGatewayID.NotFound", missingText: "The internetGateway ID '%s' does not exist",
			create: createInternetGateway, remove: removeInternetGateway,
		},
		"aws_eip": {
			service: ec2, createOp: "AllocateAddress", updateOp: "AssociateAddress", deleteOp: "ReleaseAddress",
			missingCode: "InvalidAllocationID.NotFound", missingText: "The allocation ID '%s' does not exist",
			create: createAddress, remove: removeAddress, show: showAddress,
		},
		"aws_nat_gateway": {
			service: ec2, createOp: "CreateNatGateway", updateOp: "CreateTags", deleteOp: "DeleteNatGateway",
			missingCode: "NatGatewayNotFound", missingText: "The Nat Gateway %s was not found",
			create: createNATGateway,
		},
	}
}

func createInternetGateway(c *call) (string, error) {
	if vpcID := c.attrs.Str("vpc_id"); vpcID != "" {
		attach := c.during("AttachInternetGateway")
		if _, err := attach.need("vpc_id", "aws_vpc", c.region, vpcID); err != nil {
			return "", err
		}
		if c.FindBy("aws_internet_gateway", c.region, "vpc_id", vpcID) != nil {
			return "", attach.refuse("vpc_id", "InvalidParameterValue", "Network %s already has an internet gateway attached", vpcID)
		}
	}
	id := c.NewID("igw")
	c.attrs.Default("vpc_id", "")
	c.attrs.Set(Attrs{"arn": c.arn("ec2", c.region, "internet-gateway/%s", id), "owner_id": c.Account()})
	return id, nil
}

func removeInternetGateway(c *call) error {
	vpcID := c.attrs.Str("vpc_id")
	for _, nat := range c.List("aws_nat_gateway", c.region) {
		subnet := c.Get("aws_subnet", c.region, nat.Attrs.Str("subnet_id"))
		if subnet != nil && subnet.Attrs.Str("vpc_id") == vpcID && nat.Attrs.Str("connectivity_type") != "private" {
			return c.refuse("", "DependencyViolation",
				"Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", vpcID)
		}
	}
	return nil
}

// createAddress gives addresses out of 198.18.0.0/15, which is nobody's on the
// internet (RFC 2544).
func createAddress(c *call) (string, error) {
	if d := c.attrs.Str("domain"); d != "" && d != "vpc" {
		return "", c.refuse("domain", "InvalidParameterValue", "Value (%s) for parameter domain is invalid.", d)
	}
	id := c.NewID("eipalloc")
	d := c.next()
	ip := netip.AddrFrom4([4]byte{198, 18 + d[0]&1, d[1], d[2]}).String()
	c.attrs.Defaults(Attrs{
		"domain": "vpc", "vpc": true, "network_border_group": c.region, "public_ipv4_pool": "amazon", "ipam_pool_id": "", "instance": "",
	})
	c.attrs.Set(Attrs{
		"allocation_id": id, "arn": c.arn("ec2", c.region, "elastic-ip/%s", id), "public_ip": ip,
		"public_dns": fmt.Sprintf("ec2-%s.%s", dashed(ip), computeDomain(c.region)),
		"carrier_ip": "", "customer_owned_ip": "", "ptr_record": "",
	})
	return id, nil
}

// showAddress adds what follows from the NAT gateway that holds the address.
func showAddress(tx *Tx, r *Resource) Attrs {
	a := r.Attrs.Clone()
	shown := Attrs{"association_id": "", "network_interface": "", "private_ip": "", "private_dns": ""}
	if nat := tx.FindBy("aws_nat_gateway", r.Region, "allocation_id", r.ID); nat != nil {
		ip := nat.Attrs.Str("private_ip")
		shown = Attrs{
			"association_id": nat.Attrs.Str("association_id"), "network_interface": nat.Attrs.Str("network_interface_id"), "private_ip": ip,
			"private_dns": "ip-" + dashed(ip) + privateDomain(r.Region),
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

func removeAddress(c *call) error {
	if c.FindBy("aws_nat_gateway", c.region, "allocation_id", c.res.ID) != nil {
		return c.refuse("", "InvalidIPAddress.InUse", "The address with allocation id '%s' is in use.", c.res.ID)
	}
	return nil
}

func createNATGateway(c *call) (string, error) {
	subnet, err := c.need("subnet_id", "aws_subnet", c.region, c.attrs.Str("subnet_id"))
	if err != nil {
		return "", err
	}
	c.attrs.Default("connectivity_type", "public")
	public := ""
	if c.attrs.Str("connectivity_type") == "public" {
		address, err := natAddress(c, subnet)
		if err != nil {
			return "", err
		}
		public = address.Attrs.Str("public_ip")
	}
	id := c.NewID("nat")
	c.attrs.Default("private_ip", freeAddress(c.Tx, subnet))
	c.attrs.Defaults(Attrs{"secondary_private_ip_address_count": 0, "secondary_private_ip_addresses": []string{}})
	association := ""
	if public != "" {
		association = c.NewID("eipassoc")
	}
	c.attrs.Set(Attrs{"network_interface_id": c.NewID("eni"), "association_id": association, "public_ip": public})
	return id, nil
}

// natAddress checks the elastic address of a public NAT gateway, and that its
// VPC has an internet gateway: without one, AWS makes the NAT gateway and lets
// it fail.
func natAddress(c *call, subnet *Resource) (*Resource, error) {
	allocation := c.attrs.Str("allocation_id")
	if allocation == "" {
		return nil, c.refuse("allocation_id", "MissingParameter", "The request must contain the parameter AllocationId")
	}
	address, err := c.need("allocation_id", "aws_eip", c.region, allocation)
	if err != nil {
		return nil, err
	}
	if c.FindBy("aws_nat_gateway", c.region, "allocation_id", allocation) != nil {
		return nil, c.refuse("allocation_id", "Resource.AlreadyAssociated", "Elastic IP address [%s] is already associated", allocation)
	}
	vpcID := subnet.Attrs.Str("vpc_id")
	if c.FindBy("aws_internet_gateway", c.region, "vpc_id", vpcID) == nil {
		return nil, c.refuse("subnet_id", "Gateway.NotAttached", "Network %s has no Internet gateway attached", vpcID)
	}
	return address, nil
}

// freeAddress returns an address of a subnet that no NAT gateway has yet. AWS
// keeps the first four for itself.
func freeAddress(tx *Tx, subnet *Resource) string {
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
