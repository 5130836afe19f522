package ec2

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

func routeKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_route_table": {
			Schema:  resource.AwsRouteTableSchema,
			Traits:  routeTableTraits(),
			Example: `{"vpc_id":"vpc-1"}`,
			Service: service, CreateOp: "CreateRouteTable", UpdateOp: "ReplaceRoute", DeleteOp: "DeleteRouteTable",
			MissingCode: "InvalidRouteTableID.NotFound", MissingText: "The routeTable ID '%s' does not exist",
			Create: createRouteTable, Update: updateRouteTable, Remove: removeRouteTable, Show: showRouteTable,
		},
		"aws_route": {
			Schema:  resource.AwsRouteSchema,
			Traits:  routeTraits(),
			Example: `{"route_table_id":"rtb-1","destination_cidr_block":"0.0.0.0/0","gateway_id":"igw-1"}`,
			Service: service, CreateOp: "CreateRoute", UpdateOp: "ReplaceRoute", DeleteOp: "DeleteRoute",
			MissingCode: "InvalidRoute.NotFound", MissingText: "no route with id %s",
			Create: createRoute, Update: checkRouteUpdate, Show: showRoute, ImportID: importRoute,
		},
		"aws_route_table_association": {
			Schema:  resource.AwsRouteTableAssociationSchema,
			Traits:  routeTableAssociationTraits(),
			Example: `{"route_table_id":"rtb-1","subnet_id":"subnet-1"}`,
			Service: service, CreateOp: "AssociateRouteTable", UpdateOp: "ReplaceRouteTableAssociation", DeleteOp: "DisassociateRouteTable",
			MissingCode: "InvalidAssociationID.NotFound", MissingText: "The association ID '%s' does not exist",
			Create: createTableAssociation, Update: checkTableAssociation, ImportID: importTableAssociation,
		},
	}
}

// hashcode is how the plugin SDK turns a string into part of an id.
func hashcode(s string) int { return int(crc32.ChecksumIEEE([]byte(s))) }

var routeDestinations = []string{"destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"}

// routeTargets are the arguments of aws_route that may say where it leads, and
// the type that each refers to where that is simulated.
var routeTargets = map[string]string{
	"gateway_id": "aws_internet_gateway", "nat_gateway_id": "aws_nat_gateway", "vpc_peering_connection_id": "aws_vpc_peering_connection",
	"carrier_gateway_id": "", "core_network_arn": "", "egress_only_gateway_id": "", "local_gateway_id": "",
	"network_interface_id": "", "transit_gateway_id": "", "vpc_endpoint_id": "",
}

func createRouteTable(c *sim.Call) (string, error) {
	vpcID := c.Attrs.Str("vpc_id")
	if _, err := c.Need("vpc_id", "aws_vpc", c.Region, vpcID); err != nil {
		return "", err
	}
	id := c.NewID("rtb")
	for _, route := range c.Attrs.Blocks("route") {
		if err := checkRoute(c.During("CreateRoute"), inlineRoute(id, route), id, vpcID); err != nil {
			return "", err
		}
	}
	c.Attrs.Defaults(sim.Attrs{"route": []any{}, "propagating_vgws": []any{}})
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("ec2", c.Region, "route-table/%s", id), "owner_id": c.Account()})
	return id, nil
}

// inlineRoute turns an element of a route table's "route" into the shape of an
// aws_route.
func inlineRoute(table string, route sim.Attrs) sim.Attrs {
	out := sim.Attrs{"route_table_id": table}
	for name, value := range route {
		if name == "cidr_block" || name == "ipv6_cidr_block" {
			name = "destination_" + name
		}
		out[name] = value
	}
	return out
}

// outlineRoute is the inverse of inlineRoute.
func outlineRoute(route sim.Attrs) map[string]any {
	out := map[string]any{
		"cidr_block": route.Str("destination_cidr_block"), "ipv6_cidr_block": route.Str("destination_ipv6_cidr_block"),
		"destination_prefix_list_id": route.Str("destination_prefix_list_id"),
	}
	for name := range routeTargets {
		out[name] = route.Str(name)
	}
	return out
}

// routesOf returns the aws_route resources of a table.
func routesOf(tx *sim.Tx, regionName, table string) []*sim.Resource {
	return slices.DeleteFunc(tx.List("aws_route", regionName), func(r *sim.Resource) bool { return r.Attrs.Str("route_table_id") != table })
}

func outlinedRoutes(tx *sim.Tx, regionName, table string) []any {
	out := []any{}
	for _, r := range routesOf(tx, regionName, table) {
		out = append(out, outlineRoute(r.Attrs))
	}
	return out
}

func showRouteTable(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	a["route"] = append(sim.AnyList(a["route"]), outlinedRoutes(tx, r.Region, r.ID)...)
	return a
}

// updateRouteTable keeps routes that are resources of their own out of the
// table's inline routes, where a plan may have put them from what was shown.
func updateRouteTable(c *sim.Call) error {
	if !c.Changed("route") {
		return nil
	}
	own := sim.Without(sim.AnyList(c.Attrs["route"]), outlinedRoutes(c.Tx, c.Region, c.Resource.ID))
	c.Attrs["route"] = own
	for _, route := range c.Attrs.Blocks("route") {
		if err := checkRoute(c, inlineRoute(c.Resource.ID, route), "", c.Attrs.Str("vpc_id")); err != nil {
			return err
		}
	}
	return nil
}

func removeRouteTable(c *sim.Call) error {
	if c.FindBy("aws_route_table_association", c.Region, "route_table_id", c.Resource.ID) != nil {
		return c.Refuse("", "DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", c.Resource.ID)
	}
	for _, r := range routesOf(c.Tx, c.Region, c.Resource.ID) {
		c.Remove(r)
	}
	return nil
}

// tableVPC returns the VPC of a route table, the main one of a VPC included.
func tableVPC(c *sim.Call, table string) (string, error) {
	if r := c.Get("aws_route_table", c.Region, table); r != nil {
		return r.Attrs.Str("vpc_id"), nil
	}
	if vpc := c.FindBy("aws_vpc", c.Region, "main_route_table_id", table); vpc != nil {
		return vpc.ID, nil
	}
	_, err := c.Need("route_table_id", "aws_route_table", c.Region, table)
	return "", err
}

func createRoute(c *sim.Call) (string, error) {
	table := c.Attrs.Str("route_table_id")
	vpcID, err := tableVPC(c, table)
	if err != nil {
		return "", err
	}
	if err := checkRoute(c, c.Attrs, table, vpcID); err != nil {
		return "", err
	}
	c.Attrs.Defaults(sim.Attrs{"network_interface_id": "", "instance_id": "", "instance_owner_id": ""})
	c.Attrs.Set(sim.Attrs{"origin": "CreateRoute"})
	return routeID(table, routeDestination(c.Attrs)), nil
}

func routeID(table, destination string) string {
	return fmt.Sprintf("r-%s%d", table, hashcode(destination))
}

func routeDestination(a sim.Attrs) string {
	for _, name := range routeDestinations {
		if a.Has(name) {
			return a.Str(name)
		}
	}
	return ""
}

// checkRoute checks a route of a table in a VPC; with a table it also checks
// that the table has no route to the same destination yet.
func checkRoute(c *sim.Call, route sim.Attrs, table, vpcID string) error {
	destination := routeDestination(route)
	if destination == "" {
		return c.Refuse("destination_cidr_block", "MissingParameter", "The request must contain the parameter destinationCidrBlock")
	}
	if route.Has("destination_cidr_block") {
		if _, ok := parseNetwork(destination); !ok {
			return c.Refuse("destination_cidr_block", "InvalidParameterValue", "Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.", destination)
		}
	}
	if err := checkRouteTarget(c, route, vpcID); err != nil {
		return err
	}
	if table == "" {
		return nil
	}
	taken := c.Get("aws_route", c.Region, routeID(table, destination)) != nil
	if existing := c.Get("aws_route_table", c.Region, table); existing != nil && !taken {
		taken = slices.ContainsFunc(existing.Attrs.Blocks("route"), func(a sim.Attrs) bool { return routeDestination(inlineRoute(table, a)) == destination })
	}
	if vpc := c.Get("aws_vpc", c.Region, vpcID); vpc != nil && vpc.Attrs.Str("cidr_block") == destination {
		taken = true
	}
	if taken {
		return c.Refuse("destination_cidr_block", "RouteAlreadyExists", "The route identified by %s already exists.", destination)
	}
	return nil
}

func checkRouteTarget(c *sim.Call, route sim.Attrs, vpcID string) error {
	given := ""
	for name := range routeTargets {
		if !route.Has(name) {
			continue
		}
		if given != "" {
			return c.Refuse(name, "InvalidParameterCombination", "The request must contain exactly one of the targets, found %s and %s", given, name)
		}
		given = name
	}
	if given == "" {
		return c.Refuse("", "MissingParameter", "The request must contain exactly one of gatewayId, natGatewayId, vpcPeeringConnectionId or another target")
	}
	target, typ := route.Str(given), routeTargets[given]
	if typ == "" || target == "local" {
		return nil
	}
	networks, err := targetVPCs(c, given, typ, target)
	if err != nil {
		return err
	}
	if !slices.Contains(networks, vpcID) {
		return c.Refuse(given, "InvalidParameterValue", "route table %s and network gateway %s belong to different networks", route.Str("route_table_id"), target)
	}
	return nil
}

// targetVPCs returns the VPCs from which a target can be reached.
func targetVPCs(c *sim.Call, attribute, typ, target string) ([]string, error) {
	if typ == "aws_vpc_peering_connection" {
		pcx := findPeering(c.Tx, target)
		if pcx == nil || !peeringSeenFrom(pcx, c.Region) {
			return nil, c.Refuse(attribute, "InvalidVpcPeeringConnectionID.NotFound", "The vpcPeeringConnection ID '%s' does not exist", target)
		}
		return []string{pcx.Attrs.Str("vpc_id"), pcx.Attrs.Str("peer_vpc_id")}, nil
	}
	r, err := c.Need(attribute, typ, c.Region, target)
	if err != nil {
		return nil, err
	}
	if typ == "aws_nat_gateway" {
		subnet := c.Get("aws_subnet", c.Region, r.Attrs.Str("subnet_id"))
		if subnet == nil {
			return nil, nil
		}
		return []string{subnet.Attrs.Str("vpc_id")}, nil
	}
	return []string{r.Attrs.Str("vpc_id")}, nil
}

func checkRouteUpdate(c *sim.Call) error {
	vpcID, err := tableVPC(c, c.Attrs.Str("route_table_id"))
	if err != nil {
		return err
	}
	return checkRoute(c, c.Attrs, "", vpcID)
}

// showRoute tells whether the target is still there and usable.
func showRoute(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	a["state"] = "active"
	for name, typ := range routeTargets {
		target := a.Str(name)
		switch {
		case target == "" || typ == "" || target == "local":
		case typ == "aws_vpc_peering_connection":
			if pcx := findPeering(tx, target); pcx == nil || pcx.Attrs.Str("accept_status") != peeringActive {
				a["state"] = "blackhole"
			}
		case tx.Get(typ, r.Region, target) == nil:
			a["state"] = "blackhole"
		}
	}
	return a
}

func importRoute(_ *sim.Tx, _, text string) string {
	table, destination, _ := strings.Cut(text, "_")
	return routeID(table, destination)
}

func createTableAssociation(c *sim.Call) (string, error) {
	if err := checkTableAssociation(c); err != nil {
		return "", err
	}
	subnet := c.Attrs.Str("subnet_id")
	if c.FindBy("aws_route_table_association", c.Region, "subnet_id", subnet) != nil {
		return "", c.Refuse("subnet_id", "Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", c.Attrs.Str("route_table_id"))
	}
	return c.NewID("rtbassoc"), nil
}

func checkTableAssociation(c *sim.Call) error {
	vpcID, err := tableVPC(c, c.Attrs.Str("route_table_id"))
	if err != nil {
		return err
	}
	subnetID := c.Attrs.Str("subnet_id")
	if subnetID == "" {
		return c.Refuse("subnet_id", "MissingParameter", "The request must contain the parameter subnetId: the simulator associates route tables with subnets only")
	}
	subnet, err := c.Need("subnet_id", "aws_subnet", c.Region, subnetID)
	if err != nil {
		return err
	}
	if subnet.Attrs.Str("vpc_id") != vpcID {
		return c.Refuse("subnet_id", "InvalidParameterValue", "route table %s and subnet %s belong to different networks", c.Attrs.Str("route_table_id"), subnetID)
	}
	return nil
}

func importTableAssociation(tx *sim.Tx, regionName, text string) string {
	subnet, table, _ := strings.Cut(text, "/")
	r := tx.Find("aws_route_table_association", regionName, func(a sim.Attrs) bool {
		return a.Str("subnet_id") == subnet && a.Str("route_table_id") == table
	})
	if r == nil {
		return ""
	}
	return r.Key
}
