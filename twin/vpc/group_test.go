package vpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

// only leaves one ingress rule to the primary's group.
func (w *world) only(attrs sim.Attrs) {
	w.t.Helper()
	w.update(func(tx *sim.Tx) {
		for _, r := range tx.List("aws_vpc_security_group_ingress_rule", primary) {
			tx.Remove(r)
		}
		attrs["security_group_id"] = tx.FindBy("aws_security_group", primary, "name", "primary-db-sg-dev").ID
	})
	attrs["ip_protocol"], attrs["from_port"], attrs["to_port"] = "tcp", 5000.0, 6000.0
	w.create(primary, "aws_vpc_security_group_ingress_rule", attrs)
}

func TestGroup_ARuleMayReferToAGroupOfTheSameRegion(t *testing.T) {
	w := newWorld(t)
	var network, clients, guards string
	w.update(func(tx *sim.Tx) { network = named(tx, "aws_vpc", primary, "primary-vpc-dev").ID })
	w.create(primary, "aws_security_group", sim.Attrs{"name": "clients", "vpc_id": network,
		"egress": []any{map[string]any{"protocol": "-1", "from_port": 0.0, "to_port": 0.0, "cidr_blocks": []any{"0.0.0.0/0"}}}})
	w.update(func(tx *sim.Tx) {
		clients = tx.FindBy("aws_security_group", primary, "name", "clients").ID
		guards = tx.FindBy("aws_security_group", replica, "name", "failover-function-sg-dev").ID
	})
	w.only(sim.Attrs{"referenced_security_group_id": clients})
	w.ask(func(n *vpc.Networks, p places) {
		client := p.primaryApp
		require.False(t, n.Connect(client, p.primaryDB, port).Allowed, "an application of no known group")
		client.Groups = []string{clients}
		v := n.Connect(client, p.primaryDB, port)
		require.True(t, v.Allowed, v.Because)
		far := p.replicaApp
		far.Groups = []string{clients, guards}
		require.False(t, n.Connect(far, p.primaryDB, port).Allowed, "a group of another region is not known here")
		client.Groups = []string{}
		require.Contains(t, n.Connect(client, p.primaryDB, port).Because, "has no security group")
	})
}

func TestGroup_TheDefaultOneAdmitsItselfUntilItIsTakenOver(t *testing.T) {
	w := newWorld(t)
	ask := func(want bool) {
		t.Helper()
		w.ask(func(n *vpc.Networks, p places) {
			a, b := p.primaryApp, p.primaryDB
			group := w.defaultGroup(p.tx)
			a.Groups, b.Groups = []string{group}, []string{group}
			v := n.Connect(a, b, port)
			require.Equal(t, want, v.Allowed, v.Because)
			a.Groups = nil
			require.False(t, n.Connect(a, b, port).Allowed, "only itself")
		})
	}
	ask(false) // the stacks take it over, without rules
	w.update(func(tx *sim.Tx) {
		tx.Remove(tx.Get("aws_default_security_group", primary, w.defaultGroup(tx)))
	})
	ask(true)
}

func (w *world) defaultGroup(tx *sim.Tx) string {
	return named(tx, "aws_vpc", primary, "primary-vpc-dev").Attrs.Str("default_security_group_id")
}
