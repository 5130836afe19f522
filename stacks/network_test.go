package stacks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNetwork_HasItsTiersInThreeZones(t *testing.T) {
	for role, want := range map[string]struct {
		cidr, region string
		tiers        []string
	}{
		"primary": {"10.0", "us-east-1", []string{"public", "private", "database"}},
		"replica": {"10.1", "eu-west-1", []string{"public", "private", "database", "guard"}},
	} {
		d := stack(t, "dev", role)
		require.Equal(t, want.cidr+".0.0/16", d.named(t, "aws_vpc", "network/vpc")["cidr_block"])
		octet := 0
		for _, tier := range want.tiers {
			for i, zone := range []string{"a", "b", "c"} {
				s := d.named(t, "aws_subnet", fmt.Sprintf("network/%s-subnet-%d", tier, i+1))
				require.Equal(t, fmt.Sprintf("%s.%d.0/24", want.cidr, octet), s["cidr_block"])
				require.Equal(t, want.region+zone, s["availability_zone"])
				require.NotContains(t, s, "map_public_ip_on_launch")
				octet++
			}
		}
	}
}

func TestNetwork_GivesDatabaseSubnetsNoWayOut(t *testing.T) {
	for _, role := range roles {
		d := stack(t, "dev", role)
		for path, r := range d.all("aws_route") {
			if r["destination_cidr_block"] == "0.0.0.0/0" {
				require.NotContains(t, r["route_table_id"], "database-routes", path)
			}
		}
		require.Len(t, d.all("aws_route_table_association"), len(d.all("aws_subnet")))
	}
}

func TestNetwork_RoutesEachZoneThroughItsOwnNATGatewayInProd(t *testing.T) {
	for variant, want := range map[string][]string{"dev": {"1", "1", "1"}, "prod": {"1", "2", "3"}, "far": {"1", "2", "3"}} {
		d := stack(t, variant, "replica")
		for i, gateway := range want {
			r := d.named(t, "aws_route", fmt.Sprintf("network/private-%d-default-route", i+1))
			require.Contains(t, r["nat_gateway_id"], "nat-gateway-"+gateway+"_", variant)
		}
	}
}

func TestNetwork_ReachesLedgerWithoutNAT(t *testing.T) {
	for role, region := range map[string]string{"primary": "us-east-1", "replica": "eu-west-1"} {
		d := stack(t, "dev", role)
		e := d.named(t, "aws_vpc_endpoint", "network/dynamodb-endpoint")
		require.Equal(t, "com.amazonaws."+region+".dynamodb", e["service_name"])
		require.Equal(t, "Gateway", e["vpc_endpoint_type"])
		require.Len(t, e["route_table_ids"], 3)
	}
}

// With one gateway, the loss of its zone isolates the guard.
func TestNetwork_GivesTheGuardsSiteANATGatewayAZoneUnlessDisposable(t *testing.T) {
	for variant, want := range map[string]map[string]int{
		"dev": {"primary": 1, "replica": 1}, "far": {"primary": 1, "replica": 3},
	} {
		for role, count := range want {
			require.Len(t, stack(t, variant, role).all("aws_nat_gateway"), count, "%s, %s", variant, role)
		}
	}
}

// Lambda removes a function's interfaces by the role's permissions, up to 45 min
// after the function is gone: what holds them up must go before the permissions.
func TestNetwork_OfTheGuardGoesBeforeTheRolesPermissions(t *testing.T) {
	d := stack(t, "dev", "replica")
	bodies := []object{d.named(t, "aws_security_group", "guard/access/security-group")}
	for i := range 3 {
		bodies = append(bodies, d.named(t, "aws_subnet", fmt.Sprintf("network/guard-subnet-%d", i+1)))
	}
	for _, body := range bodies {
		depends := fmt.Sprint(body["depends_on"])
		require.Contains(t, depends, "aws_iam_role_policy.guard_policy-run_")
		require.Contains(t, depends, "aws_iam_role_policy.guard_policy-exceptions_", "it lets Lambda find the interfaces")
	}
}

// The guard fences by rules of its own, numbered below these; inline rules
// would make Terraform remove them.
func TestNetworkACL_LeavesRoomForTheFenceAndTheRestToTheSecurityGroup(t *testing.T) {
	for _, role := range roles {
		d := stack(t, "dev", role)
		acl := d.named(t, "aws_network_acl", "database-acl/acl")
		require.NotContains(t, acl, "ingress")
		require.NotContains(t, acl, "egress")
		require.Len(t, acl["subnet_ids"], 3)
		for _, id := range acl["subnet_ids"].([]any) {
			require.Contains(t, id, "database-subnet")
		}
		for path, egress := range map[string]bool{"database-acl/admit-in": false, "database-acl/admit-out": true} {
			r := d.named(t, "aws_network_acl_rule", path)
			require.InDelta(t, 100, r["rule_number"], 0)
			require.Equal(t, egress, r["egress"])
			require.Equal(t, "allow", r["rule_action"])
			require.Equal(t, "-1", r["protocol"])
		}
		require.Len(t, d.all("aws_network_acl_rule"), 2)
	}
}

func TestPeering_RoutesBothWaysFromEverySubnet(t *testing.T) {
	d := stack(t, "dev", "replica")
	here, there := map[string]bool{}, map[string]bool{}
	for path, r := range d.all("aws_route") {
		if !strings.Contains(path, "peering") {
			continue
		}
		require.Contains(t, r["vpc_peering_connection_id"], "aws_vpc_peering_connection_accepter")
		switch r["provider"] {
		case "aws.replica":
			require.Equal(t, "10.0.0.0/16", r["destination_cidr_block"])
			here[r["route_table_id"].(string)] = true
		case "aws.primary":
			require.Equal(t, "10.1.0.0/16", r["destination_cidr_block"])
			there[r["route_table_id"].(string)] = true
		}
	}
	require.Len(t, here, len(d.all("aws_route_table")))
	require.Len(t, there, len(stack(t, "dev", "primary").all("aws_route_table")), "a route table of the primary was forgotten")
	require.Len(t, stack(t, "dev", "primary").tree["output"].(object)["primary_route_table_ids"].(object)["value"], len(there))

	connection := d.named(t, "aws_vpc_peering_connection", "peering/connection")
	require.Equal(t, "us-east-1", connection["peer_region"])
	require.Equal(t, "aws.primary", d.named(t, "aws_vpc_peering_connection_accepter", "peering-primary/accepter")["provider"])
	// Its options would race with the acceptance, and what they allow is not
	// needed: the name of an instance without a public address is private anyway.
	require.Empty(t, d.all("aws_vpc_peering_connection_options"))
}

func TestZone_ResolvesInBothVPCs(t *testing.T) {
	zone := stack(t, "dev", "primary").named(t, "aws_route53_zone", "dns/zone")
	require.Equal(t, "db-dev.internal", zone["name"])
	association := stack(t, "dev", "replica").named(t, "aws_route53_zone_association", "peering/zone-association")
	require.Equal(t, "eu-west-1", association["vpc_region"])
	require.Contains(t, association["vpc_id"], "aws_vpc.network_vpc")
}

// The fence lets the guard's subnets through, so nothing else may be in them.
func TestNetwork_KeepsTheGuardApartFromApplications(t *testing.T) {
	d := stack(t, "dev", "replica")
	function := d.named(t, "aws_lambda_function", "guard/function")
	for _, id := range function["vpc_config"].(map[string]any)["subnet_ids"].([]any) {
		require.Contains(t, id, "network_guard-subnet-")
	}
	variables := function["environment"].(map[string]any)["variables"].(map[string]any)
	require.Equal(t, "10.1.9.0/24,10.1.10.0/24,10.1.11.0/24", variables["PGDR_GUARD_CIDRS"])
}
