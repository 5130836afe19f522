package sim

import (
	"fmt"
	"slices"
	"strings"
)

// interfaceEndpointZone is the hosted zone of interface endpoints' own names.
const interfaceEndpointZone = "Z7HUB22UULQXV"

// interfaceServices are the services that the simulator offers as interface
// endpoints, by the last part of the service's name.
var interfaceServices = []string{
	"cloudwatch", "monitoring", "dynamodb", "ec2", "events", "kms", "lambda", "logs", "rds", "s3", "secretsmanager", "sns", "sqs", "sts",
}

func endpointKinds() map[string]*kind {
	return map[string]*kind{
		"aws_vpc_endpoint": {
			service: ec2, createOp: "CreateVpcEndpoint", updateOp: "ModifyVpcEndpoint", deleteOp: "DeleteVpcEndpoints",
			missingCode: "InvalidVpcEndpointId.NotFound", missingText: "The Vpc Endpoint Id '%s' does not exist",
			create: createEndpoint, update: checkEndpoint,
		},
	}
}

func createEndpoint(c *call) (string, error) {
	if _, err := c.need("vpc_id", "aws_vpc", c.region, c.attrs.Str("vpc_id")); err != nil {
		return "", err
	}
	c.attrs.Default("vpc_endpoint_type", "Gateway")
	if err := checkEndpoint(c); err != nil {
		return "", err
	}
	id := c.NewID("vpce")
	c.attrs.Defaults(Attrs{
		"policy":          `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`,
		"route_table_ids": []any{}, "subnet_ids": []any{}, "security_group_ids": []any{}, "private_dns_enabled": false,
		"ip_address_type": "", "service_region": c.region, "dns_options": []any{},
	})
	c.attrs.Set(Attrs{
		"arn": c.arn("ec2", c.region, "vpc-endpoint/%s", id), "owner_id": c.Account(), "state": "available",
		"requester_managed": false, "cidr_blocks": []any{}, "dns_entry": []any{}, "network_interface_ids": []any{}, "prefix_list_id": "",
	})
	if c.attrs.Str("vpc_endpoint_type") == "Gateway" {
		c.attrs.Set(Attrs{"prefix_list_id": gatewayList(c), "cidr_blocks": []string{"198.51.100.0/24"}})
		return id, nil
	}
	fillInterfaceEndpoint(c, id)
	return id, nil
}

func fillInterfaceEndpoint(c *call, id string) {
	var interfaces []string
	for range c.attrs.Strings("subnet_ids") {
		interfaces = append(interfaces, c.NewID("eni"))
	}
	service := endpointService(c)
	name := fmt.Sprintf("%s-%s.%s.%s.vpce.%s", id, c.NewText(lowerDigits, 8), service, c.region, dnsSuffix)
	entries := []any{map[string]any{"dns_name": name, "hosted_zone_id": interfaceEndpointZone}}
	if c.attrs.Bool("private_dns_enabled") {
		entries = append(entries, map[string]any{
			"dns_name": service + "." + c.region + "." + dnsSuffix, "hosted_zone_id": "Z" + c.NewText(upperDigits, 20),
		})
	}
	if interfaces == nil {
		interfaces = []string{}
	}
	c.attrs.Set(Attrs{"network_interface_ids": interfaces, "dns_entry": entries})
	if len(c.attrs.Strings("security_group_ids")) == 0 {
		vpc := c.Get("aws_vpc", c.region, c.attrs.Str("vpc_id"))
		c.attrs.Set(Attrs{"security_group_ids": []string{vpc.Attrs.Str("default_security_group_id")}})
	}
	if !c.attrs.Has("ip_address_type") {
		c.attrs["ip_address_type"] = "ipv4"
	}
	if len(c.attrs.Blocks("dns_options")) == 0 {
		c.attrs.Set(Attrs{"dns_options": []any{map[string]any{"dns_record_ip_type": "ipv4"}}})
	}
}

// endpointService returns the last part of com.amazonaws.<region>.<service>, ""
// if the name is not one of this region.
func endpointService(c *call) string {
	service, ok := strings.CutPrefix(c.attrs.Str("service_name"), "com.amazonaws."+c.region+".")
	if !ok {
		return ""
	}
	return service
}

func gatewayList(c *call) string {
	switch endpointService(c) {
	case "s3":
		return regions[c.region].s3List
	case "dynamodb":
		return regions[c.region].dynamoList
	}
	return ""
}

func checkEndpoint(c *call) error {
	a := c.attrs
	gateway := a.Str("vpc_endpoint_type") == "Gateway"
	known := gatewayList(c) != ""
	if !gateway {
		known = slices.Contains(interfaceServices, endpointService(c))
	}
	if !known {
		return c.refuse("service_name", "InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", a.Str("service_name"))
	}
	if a.Has("policy") {
		if err := checkPolicyJSON(c, "policy", "InvalidParameter", a.Str("policy")); err != nil {
			return err
		}
	}
	if !gateway {
		return checkInterfaceEndpoint(c)
	}
	for _, table := range a.Strings("route_table_ids") {
		vpcID, err := tableVPC(c, table)
		if err != nil {
			return err
		}
		if vpcID != a.Str("vpc_id") {
			return c.refuse("route_table_ids", "InvalidParameter", "Route table %s does not belong to VPC %s", table, a.Str("vpc_id"))
		}
		for _, other := range c.List("aws_vpc_endpoint", c.region) {
			sameService := other.Attrs.Str("service_name") == a.Str("service_name") && (c.res == nil || other.ID != c.res.ID)
			if sameService && slices.Contains(other.Attrs.Strings("route_table_ids"), table) {
				return c.refuse("route_table_ids", "RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", table, gatewayList(c))
			}
		}
	}
	return nil
}

func checkInterfaceEndpoint(c *call) error {
	vpcID := c.attrs.Str("vpc_id")
	for _, id := range c.attrs.Strings("subnet_ids") {
		subnet, err := c.need("subnet_ids", "aws_subnet", c.region, id)
		if err != nil {
			return err
		}
		if subnet.Attrs.Str("vpc_id") != vpcID {
			return c.refuse("subnet_ids", "InvalidParameter", "The subnet %s does not belong to VPC %s", id, vpcID)
		}
	}
	for _, id := range c.attrs.Strings("security_group_ids") {
		if groupVPC(c.Tx, c.region, id) != vpcID {
			return c.refuse("security_group_ids", "InvalidGroup.NotFound", "The security group '%s' does not exist in VPC '%s'", id, vpcID)
		}
	}
	return nil
}
