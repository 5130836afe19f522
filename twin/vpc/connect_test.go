package vpc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

func TestConnect_TheStacksLetThroughWhoShouldReachWhom(t *testing.T) {
	newWorld(t).ask(func(n *vpc.Networks, p places) {
		for name, from := range map[string]vpc.Interface{"primary's application": p.primaryApp, "replica's application": p.replicaApp, "guard": p.guard} {
			for to, db := range map[string]vpc.Interface{"primary": p.primaryDB, "replica": p.replicaDB} {
				v := n.Connect(from, db, port)
				require.True(t, v.Allowed, "%s to %s: %s", name, to, v.Because)
				require.NotEmpty(t, v.Because)
			}
		}
		require.Contains(t, n.Connect(p.replicaApp, p.primaryDB, port).Because, "peering")
		require.False(t, n.Connect(p.guard, p.primaryDB, 22).Allowed)
		require.False(t, n.Connect(p.primaryApp, p.guard, 443).Allowed, "nothing is let in to the guard")
		require.False(t, n.Connect(p.primaryDB, p.replicaDB, port).Allowed, "the database opens nothing")
	})
}

// TestConnect_OneChangeDecides makes one change each, and expects who is cut off by it.
func TestConnect_OneChangeDecides(t *testing.T) {
	const app, peer, guard = "the primary's application", "the replica's application", "the guard"
	cases := map[string]struct {
		change  func(tx *sim.Tx)
		cut     []string
		because string
		// open: an open connection goes on.
		open bool
	}{
		"there is no route back from the database": {
			removeWhere("aws_route", primary, "route_table_id", tableID(primary, "primary-database-dev")),
			[]string{peer, guard}, `route table "primary-database-dev"`, false,
		},
		"there is no route from the other side's subnet": {
			removeWhere("aws_route", replica, "route_table_id", tableID(replica, "replica-private-1-dev")),
			[]string{peer, guard}, `route table "replica-private-1-dev"`, false,
		},
		"the database subnets have no association": {
			removeWhere("aws_route_table_association", primary, "route_table_id", tableID(primary, "primary-database-dev")),
			[]string{peer, guard}, "the main route table", false,
		},
		"the peering connection is pending": {
			editPeering("accept_status", "pending-acceptance"), []string{peer, guard}, "pending-acceptance", false,
		},
		"the peering connection joins another VPC": {
			editPeering("peer_vpc_id", "vpc-0"), []string{peer, guard}, "does not join", false,
		},
		"the peering connection is gone": {
			func(tx *sim.Tx) { tx.Remove(tx.List("aws_vpc_peering_connection", "")[0]) },
			[]string{peer, guard}, "which is not there", false,
		},
		"the database admits only its own VPC": {
			admitOnly("10.0."),
			[]string{peer, guard}, "primary-db-sg-dev", true,
		},
		"the database admits only the other VPC": {
			admitOnly("10.1."),
			[]string{app}, "primary-db-sg-dev", true,
		},
		"the guard's group has no way to the primary": {
			removeWhere("aws_vpc_security_group_egress_rule", replica, "cidr_ipv4", text("10.0.0.0/16")),
			[]string{guard}, "failover-function-sg-dev", true,
		},
		"the ACL lets nothing in":  {removeACLRule(false), []string{app, peer, guard}, `no rule of network ACL "primary-database-dev"`, false},
		"the ACL lets nothing out": {removeACLRule(true), []string{app, peer, guard}, `no rule of network ACL "primary-database-dev"`, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.update(c.change)
			w.ask(func(n *vpc.Networks, p places) {
				for who, from := range map[string]vpc.Interface{app: p.primaryApp, peer: p.replicaApp, guard: p.firstGuard()} {
					v, f := n.Connect(from, p.primaryDB, port), n.Flow(from, p.primaryDB, port)
					passes := f.There.Allowed && f.Back.Allowed
					if !slices.Contains(c.cut, who) {
						require.True(t, v.Allowed, "%s: %s", who, v.Because)
						require.True(t, passes, who)
						continue
					}
					require.False(t, v.Allowed, who)
					require.Contains(t, v.Because, c.because, who)
					require.Equal(t, c.open, passes, "%s: an open connection", who)
				}
			})
		})
	}
}

func text(s string) func(*sim.Tx) string { return func(*sim.Tx) string { return s } }

func tableID(region, name string) func(*sim.Tx) string {
	return func(tx *sim.Tx) string { return named(tx, "aws_route_table", region, name).ID }
}

func removeWhere(typ, region, attribute string, value func(*sim.Tx) string) func(*sim.Tx) {
	return func(tx *sim.Tx) {
		v := value(tx)
		for _, r := range tx.List(typ, region) {
			if r.Attrs.Str(attribute) == v {
				tx.Remove(r)
			}
		}
	}
}

// admitOnly leaves the database those ingress rules whose range begins so.
func admitOnly(begins string) func(*sim.Tx) {
	return func(tx *sim.Tx) {
		for _, r := range tx.List("aws_vpc_security_group_ingress_rule", primary) {
			if !strings.HasPrefix(r.Attrs.Str("cidr_ipv4"), begins) {
				tx.Remove(r)
			}
		}
	}
}

func editPeering(attribute, value string) func(*sim.Tx) {
	return func(tx *sim.Tx) { tx.Edit(tx.List("aws_vpc_peering_connection", "")[0]).Attrs[attribute] = value }
}

func removeACLRule(egress bool) func(*sim.Tx) {
	return func(tx *sim.Tx) {
		for _, r := range tx.List("aws_network_acl_rule", primary) {
			if r.Attrs.Bool("egress") == egress {
				tx.Remove(r)
			}
		}
	}
}

// firstGuard is the guard's interface in the zone of replicaApp.
func (p places) firstGuard() vpc.Interface {
	for _, g := range p.guards {
		if p.tx.Get("aws_subnet", replica, g.Subnet).Attrs.Str("availability_zone") == "eu-west-1a" {
			return g
		}
	}
	panic("the guard is not in eu-west-1a")
}

func TestFence_CutsOpenConnectionsToo(t *testing.T) {
	w := newWorld(t)
	w.fence(false, true)
	w.ask(func(n *vpc.Networks, p places) {
		elsewhere := p.in(replica, "replica-public-eu-west-1a-dev", "10.1.0.77")
		for who, from := range map[string]vpc.Interface{"primary's application": p.primaryApp, "the other VPC's application": p.replicaApp, "one in a public subnet": elsewhere} {
			v, f := n.Connect(from, p.primaryDB, port), n.Flow(from, p.primaryDB, port)
			require.False(t, v.Allowed, who)
			require.Contains(t, v.Because, `rule 90 of network ACL "primary-database-dev"`, who)
			require.False(t, f.There.Allowed, who)
			require.False(t, f.Back.Allowed, who)
		}
		for _, g := range p.guards {
			v, f := n.Connect(g, p.primaryDB, port), n.Flow(g, p.primaryDB, port)
			require.True(t, v.Allowed, v.Because)
			require.True(t, f.There.Allowed && f.Back.Allowed)
		}
		require.True(t, n.Connect(p.primaryApp, p.replicaDB, port).Allowed)
	})
}

func TestFence_OfOneDirectionLetsTheOtherPass(t *testing.T) {
	w := newWorld(t)
	w.fence(false)
	w.ask(func(n *vpc.Networks, p places) {
		f := n.Flow(p.primaryApp, p.primaryDB, port)
		require.False(t, f.There.Allowed)
		require.True(t, f.Back.Allowed, "a commit under way would still be acknowledged: %s", f.Back.Because)
	})
}
