package ec2

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/ec2: vpc_.go, vpc_subnet.go,
// vpc_internet_gateway.go, ec2_eip.go, vpc_nat_gateway.go, vpc_endpoint.go.

func vpcTraits() *tf.Traits {
	return &tf.Traits{
		Replace:   tf.Words("cidr_block ipv4_ipam_pool_id ipv4_netmask_length"),
		ReplaceIf: tenancyReplaces,
		Defaults:  map[string]any{"assign_generated_ipv6_cidr_block": false, "enable_dns_support": true, "instance_tenancy": "default"},
		Checks: []tf.Check{
			tf.IsCIDR("cidr_block"), tf.CIDRSize("cidr_block", 16, 28),
			tf.Conflicts("cidr_block", "ipv4_netmask_length"),
			tf.OneOf("instance_tenancy", "default", "dedicated"),
			tf.Between("ipv4_netmask_length", 16, 28), tf.Together("ipv4_netmask_length", "ipv4_ipam_pool_id"),
			tf.Conflicts("assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id"),
			tf.Conflicts("ipv6_ipam_pool_id", "assign_generated_ipv6_cidr_block"),
			tf.NumberOf("ipv6_netmask_length", 44, 48, 52, 56, 60), tf.Together("ipv6_netmask_length", "ipv6_ipam_pool_id"),
			tf.Together("ipv6_cidr_block", "ipv6_ipam_pool_id"), tf.Conflicts("ipv6_cidr_block", "ipv6_netmask_length", "assign_generated_ipv6_cidr_block"),
		},
	}
}

func subnetTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("availability_zone availability_zone_id cidr_block ipv6_native outpost_arn vpc_id"),
		Defaults: map[string]any{
			"assign_ipv6_address_on_creation": false, "enable_dns64": false, "ipv6_native": false, "map_public_ip_on_launch": false,
			"enable_resource_name_dns_a_record_on_launch": false, "enable_resource_name_dns_aaaa_record_on_launch": false,
		},
		Checks: []tf.Check{
			tf.IsCIDR("cidr_block"), tf.Conflicts("availability_zone", "availability_zone_id"), tf.IsARN("outpost_arn"),
			tf.OneOf("private_dns_hostname_type_on_launch", "ip-name", "resource-name"),
			tf.Together("customer_owned_ipv4_pool", "map_customer_owned_ip_on_launch", "outpost_arn"),
		},
	}
}

func eipTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("address customer_owned_ipv4_pool domain ipam_pool_id network_border_group public_ipv4_pool vpc"),
		Checks: []tf.Check{
			tf.OneOf("domain", "standard", "vpc"), tf.Conflicts("domain", "vpc"),
		},
	}
}

func natGatewayTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("allocation_id connectivity_type private_ip subnet_id"),
		Defaults: map[string]any{"connectivity_type": "public"},
		Checks: []tf.Check{
			tf.OneOf("connectivity_type", "private", "public"),
			tf.Conflicts("secondary_private_ip_address_count", "secondary_private_ip_addresses"),
			tf.Conflicts("secondary_private_ip_addresses", "secondary_private_ip_address_count"),
		},
		PlanChecks: []tf.PlanCheck{natGatewayCheck},
	}
}

func vpcEndpointTraits() *tf.Traits {
	return &tf.Traits{
		Replace:        tf.Words("resource_configuration_arn service_name service_network_arn service_region vpc_endpoint_type vpc_id"),
		Defaults:       map[string]any{"vpc_endpoint_type": "Gateway"},
		Local:          tf.Words("auto_accept subnet_configuration"),
		ComputedBlocks: tf.Words("dns_options subnet_configuration"),
		Same:           map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks: []tf.Check{
			tf.OneOf("vpc_endpoint_type", "Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
			tf.OneOf("ip_address_type", "ipv4", "dualstack", "ipv6"), tf.IsJSON("policy"),
			tf.ExactlyOne("resource_configuration_arn", "service_name", "service_network_arn"),
			tf.IsARN("resource_configuration_arn"), tf.IsARN("service_network_arn"),
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
func natGatewayCheck(c tf.Change, f *tf.Faults) {
	private := c.Planned.GetAttr("connectivity_type").RawEquals(cty.StringVal("private"))
	allocation := c.Planned.GetAttr("allocation_id")
	if private && !allocation.IsNull() {
		f.Addf(cty.GetAttrPath("allocation_id"), "allocation_id is not supported with connectivity_type = \"private\"")
	}
	if !private && allocation.IsNull() {
		f.Addf(cty.GetAttrPath("allocation_id"), "allocation_id is required for a NAT gateway with connectivity_type = \"public\"")
	}
}

// The traits below are of internal/service/ec2: vpc_route_table.go, vpc_route.go,
// vpc_route_table_association.go, vpc_network_acl*.go.

func routeTableTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("vpc_id"),
	}
}

func routeTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("route_table_id destination_cidr_block destination_ipv6_cidr_block destination_prefix_list_id"),
		Checks: []tf.Check{
			tf.IsCIDR("destination_cidr_block"),
			tf.ExactlyOne("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"),
			tf.ExactlyOne("carrier_gateway_id", "core_network_arn", "egress_only_gateway_id", "gateway_id", "local_gateway_id",
				"nat_gateway_id", "network_interface_id", "transit_gateway_id", "vpc_endpoint_id", "vpc_peering_connection_id"),
		},
	}
}

func routeTableAssociationTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("gateway_id subnet_id"),
		Checks:  []tf.Check{tf.ExactlyOne("subnet_id", "gateway_id")},
	}
}

func networkAclTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("vpc_id"),
	}
}

func networkAclAssociationTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("network_acl_id subnet_id"),
	}
}

func networkAclRuleTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("cidr_block egress from_port icmp_code icmp_type ipv6_cidr_block network_acl_id protocol rule_action rule_number to_port"),
		Defaults: map[string]any{"egress": false},
		Same:     map[string]tf.SameFunc{"protocol": sameProtocol, "rule_action": tf.SameFold, "ipv6_cidr_block": tf.SameFold},
		Checks: []tf.Check{
			tf.Conflicts("cidr_block", "ipv6_cidr_block"), tf.ExactlyOne("cidr_block", "ipv6_cidr_block"),
			tf.IsCIDR("cidr_block"), tf.Matches("rule_action", regexp.MustCompile(`(?i)^(allow|deny)$`), "allow or deny"),
			tf.Matches("protocol", protocolPattern, "a protocol's number or one of tcp, udp, icmp, all"),
			// AWS: rules of a user are numbered 1 to 32766
			// (EC2 API, CreateNetworkAclEntry, RuleNumber).
			tf.Between("rule_number", 1, 32766), tf.Between("from_port", 0, 65535), tf.Between("to_port", 0, 65535),
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
