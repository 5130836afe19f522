package vpc_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

func TestInterfaces_AreWhereTheStacksPutThem(t *testing.T) {
	w := newWorld(t)
	w.ask(func(n *vpc.Networks, p places) {
		for want, got := range map[string]vpc.Interface{
			"10.0.6.0/24": p.primaryDB, "10.1.6.0/24": p.replicaDB, "10.0.3.0/24": p.primaryApp, "10.1.3.0/24": p.replicaApp,
		} {
			require.True(t, netip.MustParsePrefix(want).Contains(got.Addr), "%s in %s", got.Addr, want)
		}
		require.Len(t, p.guards, 3)
		require.Len(t, p.guard.Groups, 1)
		require.Nil(t, p.primaryApp.Groups)
		require.NotEqual(t, p.primaryDB.Key(), p.replicaDB.Key())
		first, err := n.OfClient(replica, p.replicaDB.VPC, 0)
		require.NoError(t, err)
		require.Equal(t, p.replicaApp, first)

		seen := map[netip.Addr]bool{}
		for number := range 7 {
			app, err := n.OfClient(primary, p.primaryDB.VPC, number)
			require.NoError(t, err)
			require.False(t, seen[app.Addr], "application %d shares %s", number, app.Addr)
			seen[app.Addr] = true
		}
		require.Len(t, seen, 7)
	})
}

func TestInterfaces_FollowTheInstanceToItsZone(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *sim.Tx) {
		tx.Edit(tx.FindBy("aws_db_instance", primary, "identifier", "primary-db-dev")).Attrs["availability_zone"] = "us-east-1c"
	})
	w.ask(func(_ *vpc.Networks, p places) {
		require.True(t, netip.MustParsePrefix("10.0.8.0/24").Contains(p.primaryDB.Addr))
	})
}

func TestInterfaces_OfApplicationsDoWithoutAGateway(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *sim.Tx) {
		for _, r := range tx.List("aws_route", primary) {
			if r.Attrs.Str("nat_gateway_id") != "" {
				tx.Remove(r)
			}
		}
	})
	w.ask(func(n *vpc.Networks, p places) {
		for number := range 3 {
			app, err := n.OfClient(primary, p.primaryDB.VPC, number)
			require.NoError(t, err)
			want := netip.MustParsePrefix([]string{"10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24"}[number])
			require.True(t, want.Contains(app.Addr), "%s in %s", app.Addr, want)
		}
	})
}

func TestInterfaces_AreRefusedWhereThereIsNoPlace(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *sim.Tx) {
		tx.Edit(tx.FindBy("aws_db_instance", primary, "identifier", "primary-db-dev")).Attrs["availability_zone"] = "us-east-1f"
		tx.Edit(tx.FindBy("aws_db_instance", replica, "identifier", "replica-db-dev")).Attrs["db_subnet_group_name"] = "gone"
	})
	require.NoError(t, w.cloud.View(func(tx *sim.Tx) error {
		n := vpc.Read(tx)
		for _, db := range tx.List("aws_db_instance", "") {
			_, err := n.OfInstance(db)
			require.ErrorIs(t, err, vpc.ErrNoPlace)
		}
		_, err := n.OfFunction(&sim.Resource{Region: replica, ID: "alone", Attrs: sim.Attrs{}})
		require.ErrorIs(t, err, vpc.ErrNoPlace)
		_, err = n.OfFunction(&sim.Resource{Region: replica, ID: "lost", Attrs: sim.Attrs{"vpc_config": []any{map[string]any{"subnet_ids": []any{"subnet-0"}}}}})
		require.ErrorIs(t, err, vpc.ErrNoPlace)
		_, err = n.OfClient(primary, "vpc-0", 0)
		require.ErrorIs(t, err, vpc.ErrNoPlace)
		_, err = n.OfClient(primary, named(tx, "aws_vpc", primary, "primary-vpc-dev").ID, -1)
		require.ErrorIs(t, err, vpc.ErrNoPlace)
		_, err = n.OfClient(primary, named(tx, "aws_vpc", primary, "primary-vpc-dev").ID, 1000)
		require.ErrorIs(t, err, vpc.ErrNoPlace)
		return nil
	}))
}

func TestInterfaces_OfApplicationsKeepOutOfTheFunctionsSubnetsWhereTheyCan(t *testing.T) {
	w := newWorld(t)
	put := func(names ...string) {
		w.update(func(tx *sim.Tx) {
			f := guardFunction(tx)
			var ids []any
			for _, name := range names {
				ids = append(ids, named(tx, "aws_subnet", replica, name).ID)
			}
			f.Attrs["vpc_config"] = []any{map[string]any{"subnet_ids": ids}}
			tx.Put(f)
		})
	}
	first := func() (name string) {
		w.ask(func(n *vpc.Networks, p places) {
			app, err := n.OfClient(replica, p.replicaDB.VPC, 0)
			require.NoError(t, err)
			name = p.tx.Get("aws_subnet", replica, app.Subnet).Attrs.StringMap("tags")["Name"]
		})
		return name
	}
	put("replica-private-eu-west-1a-dev", "replica-private-eu-west-1b-dev")
	require.Equal(t, "replica-private-eu-west-1c-dev", first())
	put("replica-private-eu-west-1a-dev", "replica-private-eu-west-1b-dev", "replica-private-eu-west-1c-dev")
	require.Equal(t, "replica-guard-eu-west-1a-dev", first())
	all := []string{"replica-private-eu-west-1a-dev", "replica-private-eu-west-1b-dev", "replica-private-eu-west-1c-dev"}
	put(append(all, "replica-guard-eu-west-1a-dev", "replica-guard-eu-west-1b-dev", "replica-guard-eu-west-1c-dev")...)
	require.Equal(t, "replica-private-eu-west-1a-dev", first())
}

func TestKindOf_TellsTheSubnetsApart(t *testing.T) {
	newWorld(t).ask(func(n *vpc.Networks, p places) {
		for name, want := range map[string]vpc.Kind{
			"replica-public-eu-west-1a-dev": vpc.Public, "replica-private-eu-west-1b-dev": vpc.Private, "replica-database-eu-west-1c-dev": vpc.Database,
		} {
			subnet := named(p.tx, "aws_subnet", replica, name)
			require.Equal(t, want, n.KindOf(subnet), name)
			i, err := n.InSubnet(subnet)
			require.NoError(t, err)
			require.Equal(t, subnet.ID, i.Subnet)
			require.Nil(t, i.Groups)
		}
	})
}
