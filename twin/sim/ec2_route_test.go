package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoute_RefusesWrongTargetsAndSecondRoutes(t *testing.T) {
	w := newWorld(t)
	n, other := w.network(east, "10.0"), w.network(east, "10.2")
	far := w.network(west, "10.1")
	gateway := w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	foreign := w.create("aws_internet_gateway", east, attrs{"vpc_id": other.vpc.id})
	pcx := w.create("aws_vpc_peering_connection", west, attrs{"vpc_id": far.vpc.id, "peer_vpc_id": other.vpc.id, "peer_region": east})
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	good := attrs{"route_table_id": table.id, "destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}
	w.refusesEach("aws_route", east, good, []refusal{
		{"no such table", attrs{"route_table_id": "rtb-0"}, "InvalidRouteTableID.NotFound"},
		{"no such gateway", attrs{"gateway_id": "igw-0"}, "InvalidInternetGatewayID.NotFound"},
		{"no such NAT gateway", attrs{"gateway_id": nil, "nat_gateway_id": "nat-0"}, "NatGatewayNotFound"},
		{"no such peering", attrs{"gateway_id": nil, "vpc_peering_connection_id": "pcx-0"}, "InvalidVpcPeeringConnectionID.NotFound"},
		{"peering of other networks", attrs{"gateway_id": nil, "vpc_peering_connection_id": pcx.id}, "InvalidParameterValue"},
		{"gateway of another VPC", attrs{"gateway_id": foreign.id}, "InvalidParameterValue"},
		{"no target", attrs{"gateway_id": nil}, "MissingParameter"},
		{"two targets", attrs{"nat_gateway_id": "nat-0"}, "InvalidParameterCombination"},
		{"no destination", attrs{"destination_cidr_block": nil}, "MissingParameter"},
		{"destination is no range", attrs{"destination_cidr_block": "10.1.0.0"}, "InvalidParameterValue"},
		{"the VPC's own range", attrs{"destination_cidr_block": "10.0.0.0/16"}, "RouteAlreadyExists"},
	})
	w.refused("aws_route", east, good, "RouteAlreadyExists")
	w.refused("aws_route_table", east, attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound")
	w.refused("aws_route_table", east, attrs{"vpc_id": n.vpc.id, "route": list{attrs{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-0"}}}, "InvalidInternetGatewayID.NotFound")
}

func TestRoute_RefusesADestinationThatAnInlineRouteHas(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	gateway := w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id, "route": list{attrs{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}}})
	w.refused("aws_route", east, attrs{"route_table_id": table.id, "destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}, "RouteAlreadyExists")
	w.refusedUpdate(table, attrs{"route": list{attrs{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-0"}}}, "InvalidInternetGatewayID.NotFound")
}

func TestRoute_IsABlackHoleUntilItsPeeringIsAccepted(t *testing.T) {
	w := newWorld(t)
	here, there := w.network(west, "10.1"), w.network(east, "10.0")
	pcx := w.create("aws_vpc_peering_connection", west, attrs{"vpc_id": here.vpc.id, "peer_vpc_id": there.vpc.id, "peer_region": east})
	table := w.create("aws_route_table", west, attrs{"vpc_id": here.vpc.id})
	route := w.create("aws_route", west, attrs{"route_table_id": table.id, "destination_cidr_block": "10.0.0.0/16", "vpc_peering_connection_id": pcx.id})
	require.Equal(t, "blackhole", route.str("state"))
	w.create("aws_vpc_peering_connection_accepter", east, attrs{"vpc_peering_connection_id": pcx.id, "auto_accept": true})
	require.Equal(t, "active", w.read(route)["state"])
}

func TestRoute_IsABlackHoleWhenItsTargetIsGone(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	gateway := w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	route := w.create("aws_route", east, attrs{"route_table_id": table.id, "destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway.id})
	require.Equal(t, "active", route.str("state"))
	w.gone(gateway)
	require.Equal(t, "blackhole", w.read(route)["state"])
}

func TestRouteTable_ShowsRoutesThatAreResourcesAndKeepsThemApart(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	gateway := w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	route := w.create("aws_route", east, attrs{"route_table_id": table.id, "destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway.id})
	table.attrs = w.read(table)
	require.Len(t, table.attrs["route"], 1)
	require.Equal(t, "0.0.0.0/0", table.attrs["route"].(list)[0].(attrs)["cidr_block"])

	table = w.update(table, attrs{"tags": attrs{"Name": "public"}})
	require.Len(t, table.attrs["route"], 1)
	w.gone(route)
	require.Empty(t, w.read(table)["route"])
}

func TestRouteTable_TakesItsRoutesWithIt(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	gateway := w.create("aws_internet_gateway", east, attrs{"vpc_id": n.vpc.id})
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	route := w.create("aws_route", east, attrs{"route_table_id": table.id, "destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway.id})
	w.gone(table)
	require.Nil(t, w.read(route))
}

func TestTableAssociation_RefusesOtherNetworksAndASecondTable(t *testing.T) {
	w := newWorld(t)
	n, other := w.network(east, "10.0"), w.network(east, "10.2")
	table := w.create("aws_route_table", east, attrs{"vpc_id": n.vpc.id})
	good := attrs{"route_table_id": table.id, "subnet_id": n.subnets[0].id}
	w.refusesEach("aws_route_table_association", east, good, []refusal{
		{"subnet of another VPC", attrs{"subnet_id": other.subnets[0].id}, "InvalidParameterValue"},
		{"no such subnet", attrs{"subnet_id": "subnet-0"}, "InvalidSubnetID.NotFound"},
		{"no subnet", attrs{"subnet_id": nil}, "MissingParameter"},
		{"no such table", attrs{"route_table_id": "rtb-0"}, "InvalidRouteTableID.NotFound"},
	})
	w.refused("aws_route_table_association", east, good, "Resource.AlreadyAssociated")
	w.create("aws_route_table_association", east, attrs{"route_table_id": n.vpc.str("main_route_table_id"), "subnet_id": n.subnets[1].id})
}
