package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVPC_RefusesARangeThatAWSRefuses(t *testing.T) {
	newWorld(t).refusesEach("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"}, []refusal{
		{"too large", attrs{"cidr_block": "10.0.0.0/8"}, "InvalidVpc.Range"},
		{"too small", attrs{"cidr_block": "10.0.0.0/29"}, "InvalidVpc.Range"},
		{"host bits", attrs{"cidr_block": "10.0.0.1/16"}, "InvalidParameterValue"},
		{"no range", attrs{"cidr_block": "ten"}, "InvalidParameterValue"},
		{"IPv6", attrs{"cidr_block": "fd00::/16"}, "InvalidParameterValue"},
	})
}

func TestSubnet_RefusesWhatDoesNotFitItsVPC(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	good := attrs{"vpc_id": n.vpc.id, "cidr_block": "10.0.100.0/24", "availability_zone": "us-east-1b"}
	w.refusesEach("aws_subnet", east, good, []refusal{
		{"overlaps another", attrs{"cidr_block": "10.0.0.128/25"}, "InvalidSubnet.Conflict"},
		{"contains another", attrs{"cidr_block": "10.0.0.0/20"}, "InvalidSubnet.Conflict"},
		{"outside the VPC", attrs{"cidr_block": "10.1.0.0/24"}, "InvalidSubnet.Range"},
		{"larger than the VPC", attrs{"cidr_block": "10.0.0.0/15"}, "InvalidSubnet.Range"},
		{"too small", attrs{"cidr_block": "10.0.100.0/29"}, "InvalidSubnet.Range"},
		{"no range", attrs{"cidr_block": "10.0.100.0"}, "InvalidParameterValue"},
		{"unknown zone", attrs{"availability_zone": "us-east-1z"}, "InvalidParameterValue"},
		{"zone of another region", attrs{"availability_zone": "eu-west-1a"}, "InvalidParameterValue"},
		{"unknown zone id", attrs{"availability_zone": nil, "availability_zone_id": "euw1-az1"}, "InvalidParameterValue"},
		{"no such VPC", attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound"},
	})
	w.refused("aws_subnet", west, good, "InvalidVpcID.NotFound")
}

func TestSubnet_TakesItsZoneFromTheIDOrTheFirst(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	byID := w.create("aws_subnet", east, attrs{"vpc_id": vpc.id, "cidr_block": "10.0.1.0/24", "availability_zone_id": "use1-az3"})
	require.Equal(t, "us-east-1c", byID.str("availability_zone"))
	first := w.create("aws_subnet", east, attrs{"vpc_id": vpc.id, "cidr_block": "10.0.2.0/24"})
	require.Equal(t, "us-east-1a", first.str("availability_zone"))
}

func TestDelete_RefusesWhileSomethingDepends(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	gateway := w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	address := w.create("aws_eip", east, attrs{"domain": "vpc"})
	nat := w.create("aws_nat_gateway", east, attrs{"allocation_id": address.id, "subnet_id": n.subnets[0].id})
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	association := w.create("aws_route_table_association", east, attrs{"route_table_id": table.id, "subnet_id": n.subnets[1].id})
	acl := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id})
	member := w.create("aws_network_acl_association", east, attrs{"network_acl_id": acl.id, "subnet_id": n.subnets[1].id})
	other := w.create("aws_security_group", east, attrs{"vpc_id": n.vpc.id, "name": "other"})
	rule := w.create("aws_vpc_security_group_ingress_rule", east, attrs{
		"security_group_id": other.id, "referenced_security_group_id": n.group.id, "ip_protocol": "-1",
	})

	w.stays(n.vpc, "DependencyViolation")
	w.stays(n.subnets[0], "DependencyViolation")
	w.stays(gateway, "DependencyViolation")
	w.stays(address, "InvalidIPAddress.InUse")
	w.stays(table, "DependencyViolation")
	w.stays(acl, "DependencyViolation")
	w.stays(n.group, "DependencyViolation")

	for _, m := range []made{nat, address, gateway, association, table, member, acl, rule, other, n.group} {
		w.gone(m)
	}
	w.stays(n.vpc, "DependencyViolation")
	for _, subnet := range n.subnets {
		w.gone(subnet)
	}
	w.gone(n.vpc)
	require.Zero(t, w.cloud.Summary().Total)
}

func TestVPC_StaysForEachKindOfThingInIt(t *testing.T) {
	for typ, a := range map[string]attrs{
		"aws_subnet": {"cidr_block": "10.0.0.0/24"}, "aws_internet_gateway": {}, "aws_route_table": {}, "aws_network_acl": {},
		"aws_security_group": {"name": "x"}, "aws_vpc_endpoint": {"service_name": "com.amazonaws.us-east-1.s3"},
	} {
		t.Run(typ, func(t *testing.T) {
			w := newWorld(t)
			vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
			a["vpc_id"] = vpc.id
			thing := w.create(typ, east, a)
			w.stays(vpc, "DependencyViolation")
			w.gone(thing)
			w.gone(vpc)
		})
	}
}

func TestSubnet_StaysWhileAnInterfaceIsInIt(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	endpoint := w.create("aws_vpc_endpoint", east, attrs{
		"vpc_id": d.vpc.id, "vpc_endpoint_type": "Interface", "service_name": "com.amazonaws.us-east-1.sns",
		"subnet_ids": list{d.subnets[0].id}, "security_group_ids": list{d.group.id},
	})
	w.stays(d.subnets[0], "DependencyViolation")
	w.stays(d.group, "DependencyViolation")
	w.gone(endpoint)

	key, _ := w.keys()
	db := w.create("aws_db_instance", east, d.primaryAttrs(key.arn()))
	w.stays(d.subnets[0], "DependencyViolation")
	w.stays(d.group, "DependencyViolation")
	w.gone(db)

	f := w.function()
	a := w.functionAttrs(f.role.arn())
	a["vpc_config"] = list{attrs{"subnet_ids": list{d.subnets[0].id}, "security_group_ids": list{d.group.id}}}
	function := w.create("aws_lambda_function", east, a)
	w.stays(d.subnets[0], "DependencyViolation")
	w.stays(d.group, "DependencyViolation")
	w.gone(function)

	w.gone(d.subnetGroup)
	w.gone(d.subnets[0])
	w.gone(d.group)
}

func TestInternetGateway_RefusesASecondInOneVPC(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	w.create("aws_internet_gateway", east, attrs{"vpc_id": vpc.id})
	err := w.refused("aws_internet_gateway", east, attrs{"vpc_id": vpc.id}, "InvalidParameterValue")
	require.Equal(t, "AttachInternetGateway", err.Operation)
	w.refused("aws_internet_gateway", west, attrs{"vpc_id": vpc.id}, "InvalidVpcID.NotFound")
}

func TestNATGateway_RefusesWhatWouldFail(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	address := w.create("aws_eip", east, attrs{"domain": "vpc"})
	good := attrs{"allocation_id": address.id, "subnet_id": n.subnets[0].id}
	w.refused("aws_nat_gateway", east, good, "Gateway.NotAttached")
	w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	w.refusesEach("aws_nat_gateway", east, good, []refusal{
		{"no address", attrs{"allocation_id": nil}, "MissingParameter"},
		{"no such address", attrs{"allocation_id": "eipalloc-0"}, "InvalidAllocationID.NotFound"},
		{"no such subnet", attrs{"subnet_id": "subnet-0"}, "InvalidSubnetID.NotFound"},
	})
	w.refused("aws_nat_gateway", east, good, "Resource.AlreadyAssociated")
	w.refused("aws_eip", east, attrs{"domain": "standard"}, "InvalidParameterValue")
}

func TestAddress_ShowsTheGatewayThatHoldsIt(t *testing.T) {
	w := newWorld(t)
	n := w.network(west, "10.0")
	w.create("aws_internet_gateway", west, attrs{"vpc_id": n.vpc.id})
	address := w.create("aws_eip", west, attrs{"domain": "vpc"})
	require.Empty(t, address.str("association_id"))
	nat := w.create("aws_nat_gateway", west, attrs{"allocation_id": address.id, "subnet_id": n.subnets[0].id})
	shown := w.read(address)
	require.Equal(t, nat.str("association_id"), shown["association_id"])
	require.Equal(t, "10.0.0.4", shown["private_ip"])
	require.Equal(t, "ip-10-0-0-4.eu-west-1.compute.internal", shown["private_dns"])
	require.Equal(t, address.str("public_ip"), nat.str("public_ip"))

	second := w.create("aws_eip", west, attrs{"domain": "vpc"})
	other := w.create("aws_nat_gateway", west, attrs{"allocation_id": second.id, "subnet_id": n.subnets[0].id})
	require.Equal(t, "10.0.0.5", other.str("private_ip"))
}

func TestEndpoint_RefusesAWrongServiceTableOrGroup(t *testing.T) {
	w := newWorld(t)
	n, other := w.network(east, "10.0"), w.network(east, "10.1")
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	foreign := w.create("aws_route_table", east, attrs{"vpc_id": other.vpc.id})
	good := attrs{"vpc_id": n.vpc.id, "service_name": "com.amazonaws.us-east-1.s3", "route_table_ids": list{table.id}}
	w.refusesEach("aws_vpc_endpoint", east, good, []refusal{
		{"unknown service", attrs{"service_name": "com.amazonaws.us-east-1.s33"}, "InvalidServiceName"},
		{"service of another region", attrs{"service_name": "com.amazonaws.eu-west-1.s3"}, "InvalidServiceName"},
		{"no gateway service", attrs{"service_name": "com.amazonaws.us-east-1.sns"}, "InvalidServiceName"},
		{"unknown interface service", attrs{"vpc_endpoint_type": "Interface", "service_name": "com.amazonaws.us-east-1.x"}, "InvalidServiceName"},
		{"table of another VPC", attrs{"route_table_ids": list{foreign.id}}, "InvalidParameter"},
		{"no such table", attrs{"route_table_ids": list{"rtb-0"}}, "InvalidRouteTableID.NotFound"},
		{"no such VPC", attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound"},
		{"policy is no JSON", attrs{"policy": "{"}, "InvalidParameter"},
	})
	w.refused("aws_vpc_endpoint", east, good, "RouteAlreadyExists")

	private := attrs{"vpc_id": n.vpc.id, "vpc_endpoint_type": "Interface", "service_name": "com.amazonaws.us-east-1.sns", "subnet_ids": list{n.subnets[0].id}}
	w.refusesEach("aws_vpc_endpoint", east, private, []refusal{
		{"subnet of another VPC", attrs{"subnet_ids": list{other.subnets[0].id}}, "InvalidParameter"},
		{"no such subnet", attrs{"subnet_ids": list{"subnet-0"}}, "InvalidSubnetID.NotFound"},
		{"group of another VPC", attrs{"security_group_ids": list{other.group.id}}, "InvalidGroup.NotFound"},
	})
}
