package sim

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

func routeKinds() map[string]*kind {
	return map[string]*kind{
		"aws_route_table": {
			service: ec2, createOp: "CreateRouteTable", updateOp: "ReplaceRoute", deleteOp: "DeleteRouteTable",
			missingCode: "InvalidRouteTableID.NotFound", missingText: "The routeTable ID '%s' does not exist",
			create: createRouteTable, update: updateRouteTable, remove: removeRouteTable, show: showRouteTable,
		},
		"aws_route": {
			service: ec2, createOp: "CreateRoute", updateOp: "ReplaceRoute", deleteOp: "DeleteRoute",
			missingCode: "InvalidRoute.NotFound", missingText: "no route with id %s",
			create: createRoute, update: checkRouteUpdate, show: showRoute, importID: importRoute,
		},
		"aws_route_table_association": {
			service: ec2, createOp: "AssociateRouteTable", updateOp: "ReplaceRouteTableAssociation", deleteOp: "DisassociateRouteTable",
			missingCode: "InvalidAssociationID.NotFound", missingText: "The association ID '%s' does not exist",
			create: createTableAssociation, update: checkTableAssociation, importID: importTableAssociation,
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

func createRouteTable(c *call) (string, error) {
	vpcID := c.attrs.Str("vpc_id")
	if _, err := c.need("vpc_id", "aws_vpc", c.region, vpcID); err != nil {
		return "", err
	}
	id := c.NewID("rtb")
	for _, route := range c.attrs.Blocks("route") {
		if err := c.during("CreateRoute").checkRoute(inlineRoute(id, route), id, vpcID); err != nil {
			return "", err
		}
	}
	c.attrs.Defaults(Attrs{"route": []any{}, "propagating_vgws": []any{}})
	c.attrs.Set(Attrs{"arn": c.arn("ec2", c.region, "route-table/%s", id), "owner_id": c.Account()})
	return id, nil
}

// inlineRoute turns an element of a route table's "route" into the shape of an
// aws_route.
func inlineRoute(table string, route Attrs) Attrs {
	out := Attrs{"route_table_id": table}
	for name, value := range route {
		if name == "cidr_block" || name == "ipv6_cidr_block" {
			name = "destination_" + name
		}
		out[name] = value
	}
	return out
}

// outlineRoute is the inverse of inlineRoute.
func outlineRoute(route Attrs) map[string]any {
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
func routesOf(tx *Tx, regionName, table string) []*Resource {
	return slices.DeleteFunc(tx.List("aws_route", regionName), func(r *Resource) bool { return r.Attrs.Str("route_table_id") != table })
}

func outlinedRoutes(tx *Tx, regionName, table string) []any {
	out := []any{}
	for _, r := range routesOf(tx, regionName, table) {
		out = append(out, outlineRoute(r.Attrs))
	}
	return out
}

func showRouteTable(tx *Tx, r *Resource) Attrs {
	a := r.Attrs.Clone()
	a["route"] = append(anyList(a["route"]), outlinedRoutes(tx, r.Region, r.ID)...)
	return a
}

// updateRouteTable keeps routes that are resources of their own out of the
// table's inline routes, where a plan may have put them from what was shown.
func updateRouteTable(c *call) error {
	if !c.changed("route") {
		return nil
	}
	own := without(anyList(c.attrs["route"]), outlinedRoutes(c.Tx, c.region, c.res.ID))
	c.attrs["route"] = own
	for _, route := range c.attrs.Blocks("route") {
		if err := c.checkRoute(inlineRoute(c.res.ID, route), "", c.attrs.Str("vpc_id")); err != nil {
			return err
		}
	}
	return nil
}

func removeRouteTable(c *call) error {
	if c.FindBy("aws_route_table_association", c.region, "route_table_id", c.res.ID) != nil {
		return c.refuse("", "DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", c.res.ID)
	}
	for _, r := range routesOf(c.Tx, c.region, c.res.ID) {
		c.Remove(r)
	}
	return nil
}

// tableVPC returns the VPC of a route table, the main one of a VPC included.
func tableVPC(c *call, table string) (string, error) {
	if r := c.Get("aws_route_table", c.region, table); r != nil {
		return r.Attrs.Str("vpc_id"), nil
	}
	if vpc := c.FindBy("aws_vpc", c.region, "main_route_table_id", table); vpc != nil {
		return vpc.ID, nil
	}
	_, err := c.need("route_table_id", "aws_route_table", c.region, table)
	return "", err
}

func createRoute(c *call) (string, error) {
	table := c.attrs.Str("route_table_id")
	vpcID, err := tableVPC(c, table)
	if err != nil {
		return "", err
	}
	if err := c.checkRoute(c.attrs, table, vpcID); err != nil {
		return "", err
	}
	c.attrs.Defaults(Attrs{"network_interface_id": "", "instance_id": "", "instance_owner_id": ""})
	c.attrs.Set(Attrs{"origin": "CreateRoute"})
	return routeID(table, routeDestination(c.attrs)), nil
}

func routeID(table, destination string) string {
	return fmt.Sprintf("r-%s%d", table, hashcode(destination))
}

func routeDestination(a Attrs) string {
	for _, name := range routeDestinations {
		if a.Has(name) {
			return a.Str(name)
		}
	}
	return ""
}

// checkRoute checks a route of a table in a VPC; with a table it also checks
// that the table has no route to the same destination yet.
func (c *call) checkRoute(route Attrs, table, vpcID string) error {
	destination := routeDestination(route)
	if destination == "" {
		return c.refuse("destination_cidr_block", "MissingParameter", "The request must contain the parameter destinationCidrBlock")
	}
	if route.Has("destination_cidr_block") {
		if _, ok := parseNetwork(destination); !ok {
			return c.refuse("destination_cidr_block", "InvalidParameterValue", "Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.", destination)
		}
	}
	if err := c.checkRouteTarget(route, vpcID); err != nil {
		return err
	}
	if table == "" {
		return nil
	}
	taken := c.Get("aws_route", c.region, routeID(table, destination)) != nil
	if existing := c.Get("aws_route_table", c.region, table); existing != nil && !taken {
		taken = slices.ContainsFunc(existing.Attrs.Blocks("route"), func(a Attrs) bool { return routeDestination(inlineRoute(table, a)) == destination })
	}
	if vpc := c.Get("aws_vpc", c.region, vpcID); vpc != nil && vpc.Attrs.Str("cidr_block") == destination {
		taken = true
	}
	if taken {
		return c.refuse("destination_cidr_block", "RouteAlreadyExists", "The route identified by %s already exists.", destination)
	}
	return nil
}

func (c *call) checkRouteTarget(route Attrs, vpcID string) error {
	given := ""
	for name := range routeTargets {
		if !route.Has(name) {
			continue
		}
		if given != "" {
			return c.refuse(name, "InvalidParameterCombination", "The request must contain exactly one of the targets, found %s and %s", given, name)
		}
		given = name
	}
	if given == "" {
		return c.refuse("", "MissingParameter", "The request must contain exactly one of gatewayId, natGatewayId, vpcPeeringConnectionId or another target")
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
		return c.refuse(given, "InvalidParameterValue", "route table %s and network gateway %s belong to different networks", route.Str("route_table_id"), target)
	}
	return nil
}

// targetVPCs returns the VPCs from which a target can be reached.
func targetVPCs(c *call, attribute, typ, target string) ([]string, error) {
	if typ == "aws_vpc_peering_connection" {
		pcx := findPeering(c.Tx, target)
		if pcx == nil || !peeringSeenFrom(pcx, c.region) {
			return nil, c.refuse(attribute, "InvalidVpcPeeringConnectionID.NotFound", "The vpcPeeringConnection ID '%s' does not exist", target)
		}
		return []string{pcx.Attrs.Str("vpc_id"), pcx.Attrs.Str("peer_vpc_id")}, nil
	}
	r, err := c.need(attribute, typ, c.region, target)
	if err != nil {
		return nil, err
	}
	if typ == "aws_nat_gateway" {
		subnet := c.Get("aws_subnet", c.region, r.Attrs.Str("subnet_id"))
		if subnet == nil {
			return nil, nil
		}
		return []string{subnet.Attrs.Str("vpc_id")}, nil
	}
	return []string{r.Attrs.Str("vpc_id")}, nil
}

func checkRouteUpdate(c *call) error {
	vpcID, err := tableVPC(c, c.attrs.Str("route_table_id"))
	if err != nil {
		return err
	}
	return c.checkRoute(c.attrs, "", vpcID)
}

// showRoute tells whether the target is still there and usable.
func showRoute(tx *Tx, r *Resource) Attrs {
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

func importRoute(_ *Tx, _, text string) string {
	table, destination, _ := strings.Cut(text, "_")
	return routeID(table, destination)
}

func createTableAssociation(c *call) (string, error) {
	if err := checkTableAssociation(c); err != nil {
		return "", err
	}
	subnet := c.attrs.Str("subnet_id")
	if c.FindBy("aws_route_table_association", c.region, "subnet_id", subnet) != nil {
		return "", c.refuse("subnet_id", "Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", c.attrs.Str("route_table_id"))
	}
	return c.NewID("rtbassoc"), nil
}

func checkTableAssociation(c *call) error {
	vpcID, err := tableVPC(c, c.attrs.Str("route_table_id"))
	if err != nil {
		return err
	}
	subnetID := c.attrs.Str("subnet_id")
	if subnetID == "" {
		return c.refuse("subnet_id", "MissingParameter", "The request must contain the parameter subnetId: the simulator associates route tables with subnets only")
	}
	subnet, err := c.need("subnet_id", "aws_subnet", c.region, subnetID)
	if err != nil {
		return err
	}
	if subnet.Attrs.Str("vpc_id") != vpcID {
		return c.refuse("subnet_id", "InvalidParameterValue", "route table %s and subnet %s belong to different networks", c.attrs.Str("route_table_id"), subnetID)
	}
	return nil
}

func importTableAssociation(tx *Tx, regionName, text string) string {
	subnet, table, _ := strings.Cut(text, "/")
	r := tx.Find("aws_route_table_association", regionName, func(a Attrs) bool {
		return a.Str("subnet_id") == subnet && a.Str("route_table_id") == table
	})
	if r == nil {
		return ""
	}
	return r.Key
}
