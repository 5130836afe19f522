package vpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

func TestInternet_TheGuardReachesAWS(t *testing.T) {
	newWorld(t).ask(func(n *vpc.Networks, p places) {
		for _, g := range p.guards {
			v := n.Internet(g, 443)
			require.True(t, v.Allowed, v.Because)
			require.Contains(t, v.Because, "NAT gateway")
			require.False(t, n.Internet(g, 80).Allowed)
		}
		require.True(t, n.Internet(p.primaryApp, 443).Allowed)
		require.False(t, n.Internet(p.primaryDB, 443).Allowed, "the database subnets have no way out")
		v := n.Internet(p.in(replica, "replica-public-eu-west-1a-dev", "10.1.0.77"), 443)
		require.False(t, v.Allowed)
		require.Contains(t, v.Because, "no public address")
	})
}

func TestService_GoesOverItsEndpoint(t *testing.T) {
	newWorld(t).ask(func(n *vpc.Networks, p places) {
		v := n.Service(p.guard, replica, "dynamodb")
		require.True(t, v.Allowed, v.Because)
		require.Contains(t, v.Because, `gateway endpoint "replica-dynamodb-dev"`)
		for _, other := range []struct{ region, service string }{{replica, "monitoring"}, {primary, "dynamodb"}} {
			v := n.Service(p.guard, other.region, other.service)
			require.True(t, v.Allowed, v.Because)
			require.Contains(t, v.Because, "NAT gateway")
		}
	})
}

// TestInternet_OneChangeDecides: the ledger stays in reach where its endpoint
// does not share what was taken away.
func TestInternet_OneChangeDecides(t *testing.T) {
	first := func(typ string) func(*sim.Tx) *sim.Resource {
		return func(tx *sim.Tx) *sim.Resource { return tx.List(typ, replica)[0] }
	}
	remove := func(pick func(*sim.Tx) *sim.Resource) func(*sim.Tx) {
		return func(tx *sim.Tx) { tx.Remove(pick(tx)) }
	}
	set := func(pick func(*sim.Tx) *sim.Resource, attribute string, value any) func(*sim.Tx) {
		return func(tx *sim.Tx) { tx.Edit(pick(tx)).Attrs[attribute] = value }
	}
	cases := map[string]struct {
		change  func(*sim.Tx)
		because string
	}{
		"no NAT gateway":          {remove(first("aws_nat_gateway")), "which is not there"},
		"a private NAT gateway":   {set(first("aws_nat_gateway"), "connectivity_type", "private"), "is private"},
		"no public address":       {remove(first("aws_eip")), "has no public address"},
		"no internet gateway":     {remove(first("aws_internet_gateway")), "not attached"},
		"a detached gateway":      {set(first("aws_internet_gateway"), "vpc_id", ""), "not attached"},
		"no route out":            {removeWhere("aws_route", replica, "route_table_id", tableID(replica, "replica-private-1-dev")), "no route out"},
		"no route of the gateway": {removeWhere("aws_route", replica, "route_table_id", tableID(replica, "replica-public-dev")), "no route to an internet gateway"},
		"the gateway in a dead end": {func(tx *sim.Tx) {
			tx.Edit(tx.List("aws_nat_gateway", replica)[0]).Attrs["subnet_id"] = named(tx, "aws_subnet", replica, "replica-database-eu-west-1a-dev").ID
		}, "no route to an internet gateway"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.update(c.change)
			w.ask(func(n *vpc.Networks, p places) {
				g := p.firstGuard()
				v := n.Internet(g, 443)
				require.False(t, v.Allowed)
				require.Contains(t, v.Because, c.because)
				require.True(t, n.Service(g, replica, "dynamodb").Allowed)
				require.False(t, n.Service(g, replica, "monitoring").Allowed)
			})
		})
	}
}

func TestInternet_NeedsTheGroupsLeave(t *testing.T) {
	w := newWorld(t)
	w.update(removeWhere("aws_vpc_security_group_egress_rule", replica, "cidr_ipv4", text("0.0.0.0/0")))
	w.ask(func(n *vpc.Networks, p places) {
		v := n.Internet(p.guard, 443)
		require.False(t, v.Allowed)
		require.Contains(t, v.Because, "failover-function-sg-dev")
		require.False(t, n.Service(p.guard, replica, "dynamodb").Allowed)
	})
	// A rule for the endpoint's list of addresses will do for the endpoint.
	var group, list string
	w.update(func(tx *sim.Tx) {
		group = tx.FindBy("aws_security_group", replica, "name", "failover-function-sg-dev").ID
		list = named(tx, "aws_vpc_endpoint", replica, "replica-dynamodb-dev").Attrs.Str("prefix_list_id")
	})
	w.create(replica, "aws_vpc_security_group_egress_rule", sim.Attrs{
		"security_group_id": group, "prefix_list_id": list, "ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0,
	})
	w.ask(func(n *vpc.Networks, p places) {
		v := n.Service(p.guard, replica, "dynamodb")
		require.True(t, v.Allowed, v.Because)
		require.False(t, n.Internet(p.guard, 443).Allowed)
	})
}

func TestService_OverAnInterfaceEndpointNeedsItsGroup(t *testing.T) {
	w := newWorld(t)
	var network, subnet, group string
	w.update(func(tx *sim.Tx) {
		network = named(tx, "aws_vpc", replica, "replica-vpc-dev").ID
		subnet = named(tx, "aws_subnet", replica, "replica-private-eu-west-1b-dev").ID
		tx.Remove(tx.List("aws_nat_gateway", replica)[0])
	})
	w.create(replica, "aws_security_group", sim.Attrs{"name": "endpoints", "vpc_id": network})
	w.update(func(tx *sim.Tx) { group = tx.FindBy("aws_security_group", replica, "name", "endpoints").ID })
	w.create(replica, "aws_vpc_endpoint", sim.Attrs{
		"vpc_id": network, "service_name": "com.amazonaws.eu-west-1.sns", "vpc_endpoint_type": "Interface",
		"private_dns_enabled": true, "subnet_ids": []any{subnet}, "security_group_ids": []any{group},
	})
	w.ask(func(n *vpc.Networks, p places) {
		v := n.Service(p.guard, replica, "sns")
		require.False(t, v.Allowed)
		require.Contains(t, v.Because, "endpoints")
	})
	w.create(replica, "aws_vpc_security_group_ingress_rule", sim.Attrs{
		"security_group_id": group, "cidr_ipv4": "10.1.0.0/16", "ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0,
	})
	w.ask(func(n *vpc.Networks, p places) {
		v := n.Service(p.guard, replica, "sns")
		require.True(t, v.Allowed, v.Because)
		require.False(t, n.Service(p.guard, replica, "kms").Allowed)
	})
}

func TestHasGateway_LooksAtTheRouteTable(t *testing.T) {
	w := newWorld(t)
	ask := func(want bool) {
		t.Helper()
		w.ask(func(n *vpc.Networks, p places) {
			require.Equal(t, want, n.HasGateway(p.firstGuard(), "dynamodb"))
			require.True(t, n.HasGateway(p.firstGuard(), "s3"))
			require.False(t, n.HasGateway(p.replicaDB, "s3"))
		})
	}
	ask(true)
	w.update(func(tx *sim.Tx) {
		tx.Edit(named(tx, "aws_vpc_endpoint", replica, "replica-dynamodb-dev")).Attrs["route_table_ids"] = []any{}
	})
	ask(false)
}

func TestLeavesBy_NamesTheDefaultRoute(t *testing.T) {
	newWorld(t).ask(func(n *vpc.Networks, p places) {
		require.Equal(t, "NAT gateway", n.LeavesBy(p.primaryApp))
		require.Equal(t, "internet gateway", n.LeavesBy(p.in(primary, "primary-public-us-east-1a-dev", "10.0.0.9")))
		require.Empty(t, n.LeavesBy(p.primaryDB))
	})
}
