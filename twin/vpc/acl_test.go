package vpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

type entry struct {
	egress   bool
	number   int
	action   string
	protocol string
	cidr     string
	from, to int
}

// setACL gives the primary's database subnets just these rules.
func (w *world) setACL(entries ...entry) {
	w.t.Helper()
	var acl string
	w.update(func(tx *sim.Tx) {
		for _, r := range tx.List("aws_network_acl_rule", primary) {
			tx.Remove(r)
		}
		acl = named(tx, "aws_network_acl", primary, "primary-database-dev").ID
	})
	for _, e := range entries {
		w.create(primary, "aws_network_acl_rule", sim.Attrs{
			"network_acl_id": acl, "egress": e.egress, "rule_number": float64(e.number), "rule_action": e.action, "protocol": e.protocol,
			"cidr_block": e.cidr, "from_port": float64(e.from), "to_port": float64(e.to),
		})
	}
}

func TestACL_RulesAreReadAsAWSReadsThem(t *testing.T) {
	out := entry{true, 100, "allow", "-1", "0.0.0.0/0", 0, 0}
	in := entry{false, 100, "allow", "tcp", "0.0.0.0/0", port, port}
	cases := map[string]struct {
		entries []entry
		want    bool
		because string
	}{
		"the lowest number decides, whatever the order":    {[]entry{in, out, {false, 50, "deny", "tcp", "10.0.0.0/16", port, port}}, false, "rule 50"},
		"a later deny is not reached":                      {[]entry{in, out, {false, 200, "deny", "-1", "0.0.0.0/0", 0, 0}}, true, ""},
		"a rule for another network is passed over":        {[]entry{in, out, {false, 50, "deny", "tcp", "192.168.0.0/16", port, port}}, true, ""},
		"a rule for another port is passed over":           {[]entry{in, out, {false, 50, "deny", "tcp", "0.0.0.0/0", 5433, 6000}}, true, ""},
		"a rule for another protocol is passed over":       {[]entry{in, out, {false, 50, "deny", "udp", "0.0.0.0/0", 0, 65535}}, true, ""},
		"what no rule admits is denied":                    {[]entry{out}, false, "no rule of"},
		"answers need a rule of their own":                 {[]entry{in}, false, "tcp 1024-65535 to"},
		"answers to some client ports only are not enough": {[]entry{in, {true, 100, "allow", "tcp", "0.0.0.0/0", 32768, 65535}}, false, "tcp 1024-32767 to"},
		"two rules may share the client ports": {[]entry{in,
			{true, 100, "allow", "tcp", "0.0.0.0/0", 32768, 65535}, {true, 110, "allow", "tcp", "10.0.0.0/8", 1, 40000}}, true, ""},
		"a deny in the middle of the client ports counts": {[]entry{in, out, {true, 90, "deny", "tcp", "0.0.0.0/0", 40000, 40001}}, false, "denies tcp 40000-40001 to"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.setACL(c.entries...)
			w.ask(func(n *vpc.Networks, p places) {
				v := n.Connect(p.primaryApp, p.primaryDB, port)
				require.Equal(t, c.want, v.Allowed, v.Because)
				require.Contains(t, v.Because, c.because)
			})
		})
	}
}

func TestACL_IsNotAskedWithinASubnet(t *testing.T) {
	w := newWorld(t)
	w.setACL()
	var group string
	w.update(func(tx *sim.Tx) { group = tx.FindBy("aws_security_group", primary, "name", "primary-db-sg-dev").ID })
	w.create(primary, "aws_vpc_security_group_ingress_rule", sim.Attrs{
		"security_group_id": group, "cidr_ipv4": "10.0.6.0/24", "ip_protocol": "tcp", "from_port": float64(port), "to_port": float64(port),
	})
	w.ask(func(n *vpc.Networks, p places) {
		neighbour := p.in(primary, "primary-database-us-east-1a-dev", "10.0.6.200")
		require.Equal(t, p.primaryDB.Subnet, neighbour.Subnet)
		v := n.Connect(neighbour, p.primaryDB, port)
		require.True(t, v.Allowed, v.Because)
	})
}

func TestACL_ASubnetWithoutOneHasTheDefault(t *testing.T) {
	w := newWorld(t)
	var acl string
	w.update(func(tx *sim.Tx) {
		tx.Remove(named(tx, "aws_network_acl", primary, "primary-database-dev"))
		acl = named(tx, "aws_vpc", primary, "primary-vpc-dev").Attrs.Str("default_network_acl_id")
	})
	w.ask(func(n *vpc.Networks, p places) { require.True(t, n.Connect(p.primaryApp, p.primaryDB, port).Allowed) })
	w.create(primary, "aws_network_acl_rule", sim.Attrs{
		"network_acl_id": acl, "egress": false, "rule_number": 90.0, "rule_action": "deny", "protocol": "tcp",
		"cidr_block": "0.0.0.0/0", "from_port": float64(port), "to_port": float64(port),
	})
	w.ask(func(n *vpc.Networks, p places) {
		v := n.Connect(p.primaryApp, p.primaryDB, port)
		require.False(t, v.Allowed)
		require.Contains(t, v.Because, "the default network ACL "+acl)
	})
}
