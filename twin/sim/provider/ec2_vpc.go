package provider

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"
)

// vpcTraits are of internal/service/ec2: vpc_.go, vpc_subnet.go,
// vpc_internet_gateway.go, ec2_eip.go, vpc_nat_gateway.go, vpc_endpoint.go.
func vpcTraits() map[string]*traits {
	return map[string]*traits{
		"aws_vpc": {
			replace:   words("cidr_block ipv4_ipam_pool_id ipv4_netmask_length"),
			replaceIf: tenancyReplaces,
			defaults:  map[string]any{"assign_generated_ipv6_cidr_block": false, "enable_dns_support": true, "instance_tenancy": "default"},
			checks: []check{
				isCIDR("cidr_block"), cidrSize("cidr_block", 16, 28),
				conflicts("cidr_block", "ipv4_netmask_length"),
				oneOf("instance_tenancy", "default", "dedicated"),
				between("ipv4_netmask_length", 16, 28), together("ipv4_netmask_length", "ipv4_ipam_pool_id"),
				conflicts("assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id"),
				conflicts("ipv6_ipam_pool_id", "assign_generated_ipv6_cidr_block"),
				numberOf("ipv6_netmask_length", 44, 48, 52, 56, 60), together("ipv6_netmask_length", "ipv6_ipam_pool_id"),
				together("ipv6_cidr_block", "ipv6_ipam_pool_id"), conflicts("ipv6_cidr_block", "ipv6_netmask_length", "assign_generated_ipv6_cidr_block"),
			},
		},
		"aws_subnet": {
			replace: words("availability_zone availability_zone_id cidr_block ipv6_native outpost_arn vpc_id"),
			defaults: map[string]any{
				"assign_ipv6_address_on_creation": false, "enable_dns64": false, "ipv6_native": false, "map_public_ip_on_launch": false,
				"enable_resource_name_dns_a_record_on_launch": false, "enable_resource_name_dns_aaaa_record_on_launch": false,
			},
			checks: []check{
				isCIDR("cidr_block"), conflicts("availability_zone", "availability_zone_id"), isARN("outpost_arn"),
				oneOf("private_dns_hostname_type_on_launch", "ip-name", "resource-name"),
				together("customer_owned_ipv4_pool", "map_customer_owned_ip_on_launch", "outpost_arn"),
			},
		},
		"aws_internet_gateway": {},
		"aws_eip": {
			replace: words("address customer_owned_ipv4_pool domain ipam_pool_id network_border_group public_ipv4_pool vpc"),
			checks: []check{
				oneOf("domain", "standard", "vpc"), conflicts("domain", "vpc"),
			},
		},
		"aws_nat_gateway": {
			replace:  words("allocation_id connectivity_type private_ip subnet_id"),
			defaults: map[string]any{"connectivity_type": "public"},
			checks: []check{
				oneOf("connectivity_type", "private", "public"),
				conflicts("secondary_private_ip_address_count", "secondary_private_ip_addresses"),
				conflicts("secondary_private_ip_addresses", "secondary_private_ip_address_count"),
			},
			planChecks: []planCheck{natGatewayCheck},
		},
		"aws_vpc_endpoint": {
			replace:        words("resource_configuration_arn service_name service_network_arn service_region vpc_endpoint_type vpc_id"),
			defaults:       map[string]any{"vpc_endpoint_type": "Gateway"},
			local:          words("auto_accept subnet_configuration"),
			computedBlocks: words("dns_options subnet_configuration"),
			same:           map[string]sameFunc{"policy": samePolicy},
			checks: []check{
				oneOf("vpc_endpoint_type", "Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
				oneOf("ip_address_type", "ipv4", "dualstack", "ipv6"), isJSON("policy"),
				exactlyOne("resource_configuration_arn", "service_name", "service_network_arn"),
				isARN("resource_configuration_arn"), isARN("service_network_arn"),
			},
		},
	}
}

// tenancyReplaces: a VPC can give up dedicated tenancy, not take it on
// (resourceVPCCustomizeDiff).
func tenancyReplaces(prior, planned cty.Value) []string {
	before, after := prior.GetAttr("instance_tenancy"), planned.GetAttr("instance_tenancy")
	if before.RawEquals(cty.StringVal("dedicated")) && after.RawEquals(cty.StringVal("default")) {
		return nil
	}
	return []string{"instance_tenancy"}
}

// natGatewayCheck is resourceNATGatewayCustomizeDiff.
func natGatewayCheck(c change, f *faults) {
	private := c.planned.GetAttr("connectivity_type").RawEquals(cty.StringVal("private"))
	allocation := c.planned.GetAttr("allocation_id")
	if private && !allocation.IsNull() {
		f.addf(cty.GetAttrPath("allocation_id"), "allocation_id is not supported with connectivity_type = \"private\"")
	}
	if !private && allocation.IsNull() {
		f.addf(cty.GetAttrPath("allocation_id"), "allocation_id is required for a NAT gateway with connectivity_type = \"public\"")
	}
}

// routingTraits are of internal/service/ec2: vpc_route_table.go, vpc_route.go,
// vpc_route_table_association.go, vpc_network_acl*.go.
func routingTraits() map[string]*traits {
	return map[string]*traits{
		"aws_route_table": {replace: words("vpc_id")},
		"aws_route": {
			replace: words("route_table_id destination_cidr_block destination_ipv6_cidr_block destination_prefix_list_id"),
			checks: []check{
				isCIDR("destination_cidr_block"),
				exactlyOne("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"),
				exactlyOne("carrier_gateway_id", "core_network_arn", "egress_only_gateway_id", "gateway_id", "local_gateway_id",
					"nat_gateway_id", "network_interface_id", "transit_gateway_id", "vpc_endpoint_id", "vpc_peering_connection_id"),
			},
		},
		"aws_route_table_association": {
			replace: words("gateway_id subnet_id"),
			checks:  []check{exactlyOne("subnet_id", "gateway_id")},
		},
		"aws_network_acl":             {replace: words("vpc_id")},
		"aws_network_acl_association": {replace: words("network_acl_id subnet_id")},
		"aws_network_acl_rule": {
			replace:  words("cidr_block egress from_port icmp_code icmp_type ipv6_cidr_block network_acl_id protocol rule_action rule_number to_port"),
			defaults: map[string]any{"egress": false},
			same:     map[string]sameFunc{"protocol": sameProtocol, "rule_action": sameFold, "ipv6_cidr_block": sameFold},
			checks: []check{
				conflicts("cidr_block", "ipv6_cidr_block"), exactlyOne("cidr_block", "ipv6_cidr_block"),
				isCIDR("cidr_block"), matches("rule_action", regexp.MustCompile(`(?i)^(allow|deny)$`), "allow or deny"),
				matches("protocol", protocolPattern, "a protocol's number or one of tcp, udp, icmp, all"),
				// AWS: rules of a user are numbered 1 to 32766
				// (EC2 API, CreateNetworkAclEntry, RuleNumber).
				between("rule_number", 1, 32766), between("from_port", 0, 65535), between("to_port", 0, 65535),
			},
		},
	}
}

// protocolPattern admits numbers and the names that AWS gives out
// (protocolIntegers in ec2/vpc_network_acl.go).
var protocolPattern = regexp.MustCompile(`(?i)^(-?\d{1,3}|all|ah|esp|tcp|udp|icmp|icmpv6|gre|igmp|ospf|pim|sctp|vrrp|ipip|ipv6|ipv6-icmp)$`)

// sameProtocol: a protocol's name and its number mean the same.
func sameProtocol(old, updated cty.Value) bool {
	numbers := map[string]string{"all": "-1", "icmp": "1", "tcp": "6", "udp": "17", "ipv6-icmp": "58", "icmpv6": "58"}
	number := func(v cty.Value) string {
		if n, ok := numbers[v.AsString()]; ok {
			return n
		}
		return v.AsString()
	}
	return number(old) == number(updated)
}
