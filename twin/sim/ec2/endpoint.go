package ec2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// interfaceEndpointZone is the hosted zone of interface endpoints' own names.
const interfaceEndpointZone = "Z7HUB22UULQXV"

// interfaceServices are the services that the simulator offers as interface
// endpoints, by the last part of the service's name.
var interfaceServices = []string{
	"cloudwatch", "monitoring", "dynamodb", "ec2", "events", "kms", "lambda", "logs", "rds", "s3", "secretsmanager", "sns", "sqs", "sts",
}

func endpointKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_vpc_endpoint": {
			Schema:  resource.AwsVpcEndpointSchema,
			Traits:  vpcEndpointTraits(),
			Example: `{"vpc_id":"vpc-1","service_name":"com.amazonaws.eu-west-1.dynamodb"}`,
			Service: service, CreateOp: "CreateVpcEndpoint", UpdateOp: "ModifyVpcEndpoint", DeleteOp: "DeleteVpcEndpoints",
			MissingCode: "InvalidVpcEndpointId.NotFound", MissingText: "The Vpc Endpoint Id '%s' does not exist",
			Create: createEndpoint, Update: checkEndpoint,
		},
	}
}

func createEndpoint(c *sim.Call) (string, error) {
	if _, err := c.Need("vpc_id", "aws_vpc", c.Region, c.Attrs.Str("vpc_id")); err != nil {
		return "", err
	}
	c.Attrs.Default("vpc_endpoint_type", "Gateway")
	if err := checkEndpoint(c); err != nil {
		return "", err
	}
	id := c.NewID("vpce")
	c.Attrs.Defaults(sim.Attrs{
		"policy":          `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`,
		"route_table_ids": []any{}, "subnet_ids": []any{}, "security_group_ids": []any{}, "private_dns_enabled": false,
		"ip_address_type": "", "service_region": c.Region, "dns_options": []any{},
	})
	c.Attrs.Set(sim.Attrs{
		"arn": c.ARN("ec2", c.Region, "vpc-endpoint/%s", id), "owner_id": c.Account(), "state": "available",
		"requester_managed": false, "cidr_blocks": []any{}, "dns_entry": []any{}, "network_interface_ids": []any{}, "prefix_list_id": "",
	})
	if c.Attrs.Str("vpc_endpoint_type") == "Gateway" {
		c.Attrs.Set(sim.Attrs{"prefix_list_id": gatewayList(c), "cidr_blocks": []string{"198.51.100.0/24"}})
		return id, nil
	}
	fillInterfaceEndpoint(c, id)
	return id, nil
}

func fillInterfaceEndpoint(c *sim.Call, id string) {
	var interfaces []string
	for range c.Attrs.Strings("subnet_ids") {
		interfaces = append(interfaces, c.NewID("eni"))
	}
	service := endpointService(c)
	name := fmt.Sprintf("%s-%s.%s.%s.vpce.%s", id, c.NewText(sim.LowerDigits, 8), service, c.Region, sim.DNSSuffix)
	entries := []any{map[string]any{"dns_name": name, "hosted_zone_id": interfaceEndpointZone}}
	if c.Attrs.Bool("private_dns_enabled") {
		entries = append(entries, map[string]any{
			"dns_name": service + "." + c.Region + "." + sim.DNSSuffix, "hosted_zone_id": "Z" + c.NewText(sim.UpperDigits, 20),
		})
	}
	if interfaces == nil {
		interfaces = []string{}
	}
	c.Attrs.Set(sim.Attrs{"network_interface_ids": interfaces, "dns_entry": entries})
	if len(c.Attrs.Strings("security_group_ids")) == 0 {
		vpc := c.Get("aws_vpc", c.Region, c.Attrs.Str("vpc_id"))
		c.Attrs.Set(sim.Attrs{"security_group_ids": []string{vpc.Attrs.Str("default_security_group_id")}})
	}
	if !c.Attrs.Has("ip_address_type") {
		c.Attrs["ip_address_type"] = "ipv4"
	}
	if len(c.Attrs.Blocks("dns_options")) == 0 {
		c.Attrs.Set(sim.Attrs{"dns_options": []any{map[string]any{"dns_record_ip_type": "ipv4"}}})
	}
}

// endpointService returns the last part of com.amazonaws.<region>.<service>, ""
// if the name is not one of this region.
func endpointService(c *sim.Call) string {
	service, ok := strings.CutPrefix(c.Attrs.Str("service_name"), "com.amazonaws."+c.Region+".")
	if !ok {
		return ""
	}
	return service
}

func gatewayList(c *sim.Call) string {
	s3, dynamo := sim.PrefixLists(c.Region)
	switch endpointService(c) {
	case "s3":
		return s3
	case "dynamodb":
		return dynamo
	}
	return ""
}

func checkEndpoint(c *sim.Call) error {
	a := c.Attrs
	gateway := a.Str("vpc_endpoint_type") == "Gateway"
	known := gatewayList(c) != ""
	if !gateway {
		known = slices.Contains(interfaceServices, endpointService(c))
	}
	if !known {
		return c.Refuse("service_name", "InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", a.Str("service_name"))
	}
	if a.Has("policy") {
		if err := sim.CheckPolicyJSON(c, "policy", "InvalidParameter", a.Str("policy")); err != nil {
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
			return c.Refuse("route_table_ids", "InvalidParameter", "Route table %s does not belong to VPC %s", table, a.Str("vpc_id"))
		}
		for _, other := range c.List("aws_vpc_endpoint", c.Region) {
			sameService := other.Attrs.Str("service_name") == a.Str("service_name") && (c.Resource == nil || other.ID != c.Resource.ID)
			if sameService && slices.Contains(other.Attrs.Strings("route_table_ids"), table) {
				return c.Refuse("route_table_ids", "RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", table, gatewayList(c))
			}
		}
	}
	return nil
}

func checkInterfaceEndpoint(c *sim.Call) error {
	vpcID := c.Attrs.Str("vpc_id")
	for _, id := range c.Attrs.Strings("subnet_ids") {
		subnet, err := c.Need("subnet_ids", "aws_subnet", c.Region, id)
		if err != nil {
			return err
		}
		if subnet.Attrs.Str("vpc_id") != vpcID {
			return c.Refuse("subnet_ids", "InvalidParameter", "The subnet %s does not belong to VPC %s", id, vpcID)
		}
	}
	for _, id := range c.Attrs.Strings("security_group_ids") {
		if GroupVPC(c.Tx, c.Region, id) != vpcID {
			return c.Refuse("security_group_ids", "InvalidGroup.NotFound", "The security group '%s' does not exist in VPC '%s'", id, vpcID)
		}
	}
	return nil
}
