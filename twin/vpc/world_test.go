package vpc_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
	"github.com/pgdr/pgdr/twin/vpc"
)

const (
	golden  = "../../stacks/testdata/golden"
	primary = "us-east-1"
	replica = "eu-west-1"
	port    = 5432
)

// world is an account with the stacks in it.
type world struct {
	t     *testing.T
	cloud *sim.Cloud
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	_, err = simstacks.Apply(context.Background(), cloud, golden)
	require.NoError(t, err)
	return &world{t, cloud}
}

func (w *world) update(fn func(tx *sim.Tx)) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error { fn(tx); return nil }))
}

// named returns the resource of a type and region whose Name tag is given.
func named(tx *sim.Tx, typ, region, name string) *sim.Resource {
	for _, r := range tx.List(typ, region) {
		if r.Attrs.StringMap("tags")["Name"] == name {
			return r
		}
	}
	panic("no " + typ + " " + name)
}

// places are the interfaces that the tests speak of.
type places struct {
	tx                            *sim.Tx
	primaryDB, replicaDB          vpc.Interface
	primaryApp, replicaApp, guard vpc.Interface
	guards                        []vpc.Interface
}

func guardFunction(tx *sim.Tx) *sim.Resource {
	var subnets []any
	for _, zone := range []string{"a", "b", "c"} {
		subnets = append(subnets, named(tx, "aws_subnet", replica, "replica-guard-eu-west-1"+zone+"-dev").ID)
	}
	group := tx.FindBy("aws_security_group", replica, "name", "failover-function-sg-dev")
	return &sim.Resource{Type: "aws_lambda_function", Region: replica, ID: "failover-function-dev", Attrs: sim.Attrs{
		"vpc_config": []any{map[string]any{"subnet_ids": subnets, "security_group_ids": []any{group.ID}}},
	}}
}

func find(t *testing.T, tx *sim.Tx) places {
	t.Helper()
	n := vpc.Read(tx)
	p := places{tx: tx}
	var err error
	at := func(region, name string) *sim.Resource {
		return tx.FindBy("aws_db_instance", region, "identifier", name)
	}
	p.primaryDB, err = n.OfInstance(at(primary, "primary-db-dev"))
	require.NoError(t, err)
	p.replicaDB, err = n.OfInstance(at(replica, "replica-db-dev"))
	require.NoError(t, err)
	p.primaryApp = p.in(primary, "primary-private-us-east-1a-dev", "10.0.3.254")
	p.replicaApp = p.in(replica, "replica-private-eu-west-1a-dev", "10.1.3.254")
	p.guards, err = n.OfFunction(guardFunction(tx))
	require.NoError(t, err)
	p.guard = p.guards[0]
	return p
}

// ask evaluates within one transaction.
func (w *world) ask(fn func(n *vpc.Networks, p places)) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.View(func(tx *sim.Tx) error {
		fn(vpc.Read(tx), find(w.t, tx))
		return nil
	}))
}

func (w *world) create(region, typ string, attrs sim.Attrs) {
	w.t.Helper()
	resp := w.cloud.Do(context.Background(), simapi.OpCreate, simapi.Request{Type: typ, Region: region, Attrs: attrs})
	require.Nil(w.t, resp.Error)
}

// fence puts up the guard's rules, in (false) and out (true): its subnets alone
// get through to the port and back.
func (w *world) fence(directions ...bool) {
	w.t.Helper()
	var acl string
	w.update(func(tx *sim.Tx) { acl = named(tx, "aws_network_acl", primary, "primary-database-dev").ID })
	for _, egress := range directions {
		from, to := port, port
		if egress {
			from, to = 1024, 65535
		}
		rule := func(number int, action, cidr string) {
			w.create(primary, "aws_network_acl_rule", sim.Attrs{
				"network_acl_id": acl, "egress": egress, "rule_number": float64(number), "rule_action": action, "protocol": "6",
				"cidr_block": cidr, "from_port": float64(from), "to_port": float64(to),
			})
		}
		for i, cidr := range []string{"10.1.9.0/24", "10.1.10.0/24", "10.1.11.0/24"} {
			rule(10+i, "allow", cidr)
		}
		rule(90, "deny", "0.0.0.0/0")
	}
}

// in is an application's interface in a subnet.
func (p places) in(region, subnet, addr string) vpc.Interface {
	r := named(p.tx, "aws_subnet", region, subnet)
	return vpc.Interface{Region: region, VPC: r.Attrs.Str("vpc_id"), Subnet: r.ID, Addr: netip.MustParseAddr(addr)}
}
