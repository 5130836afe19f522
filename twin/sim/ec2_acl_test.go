package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func aclRule(acl string) attrs {
	return attrs{
		"network_acl_id": acl, "rule_number": 100, "egress": false, "rule_action": "allow", "protocol": "tcp", "cidr_block": "10.0.0.0/16",
		"from_port": 5432, "to_port": 5432,
	}
}

func TestACLRule_RefusesBadRulesAndTakenNumbers(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	acl := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id, "egress": list{
		attrs{"rule_no": 200, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0", "from_port": 0, "to_port": 0},
	}})
	good := aclRule(acl.id)
	w.refusesEach("aws_network_acl_rule", east, good, []refusal{
		{"number 0", attrs{"rule_number": 0}, "InvalidParameterValue"},
		{"number of the last rule", attrs{"rule_number": 32767}, "InvalidParameterValue"},
		{"action", attrs{"rule_action": "drop"}, "InvalidParameterValue"},
		{"protocol", attrs{"protocol": "tpc"}, "InvalidParameterValue"},
		{"protocol number", attrs{"protocol": "256"}, "InvalidParameterValue"},
		{"no range", attrs{"cidr_block": nil}, "MissingParameter"},
		{"bad range", attrs{"cidr_block": "10.0.0.1/16"}, "InvalidParameterValue"},
		{"no port", attrs{"from_port": nil}, "MissingParameter"},
		{"ports reversed", attrs{"from_port": 5433}, "InvalidParameterValue"},
		{"no such ACL", attrs{"network_acl_id": "acl-0"}, "InvalidNetworkAclID.NotFound"},
		{"number of an inline rule", attrs{"rule_number": 200, "egress": true}, "NetworkAclEntryAlreadyExists"},
	})
	w.refused("aws_network_acl_rule", east, good, "NetworkAclEntryAlreadyExists")
	w.create("aws_network_acl_rule", east, made{attrs: good}.with(attrs{"egress": true}))
	w.create("aws_network_acl_rule", east, made{attrs: good}.with(attrs{"network_acl_id": n.vpc.str("default_network_acl_id")}))
	w.refused("aws_network_acl", east, attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound")
}

func TestACL_ShowsRulesThatAreResourcesAndKeepsThemApart(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	acl := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id})
	rule := w.create("aws_network_acl_rule", east, aclRule(acl.id))
	acl.attrs = w.read(acl)
	require.Equal(t, list{attrs{
		"action": "allow", "cidr_block": "10.0.0.0/16", "ipv6_cidr_block": "", "protocol": "6", "rule_no": 100.0,
		"from_port": 5432.0, "to_port": 5432.0, "icmp_type": 0.0, "icmp_code": 0.0,
	}}, acl.attrs["ingress"])
	require.Empty(t, acl.attrs["egress"])
	acl = w.update(acl, attrs{"tags": attrs{"Name": "db"}})
	require.Len(t, acl.attrs["ingress"], 1)
	w.gone(rule)
	require.Empty(t, w.read(acl)["ingress"])
}

func TestACL_TakesItsRulesWithIt(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	acl := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id})
	rule := w.create("aws_network_acl_rule", east, aclRule(acl.id))
	w.gone(acl)
	require.Nil(t, w.read(rule))
}

func TestACLAssociation_TakesTheSubnetFromWhoeverHadIt(t *testing.T) {
	w := newWorld(t)
	n, other := w.network(east, "10.0"), w.network(east, "10.2")
	inline := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id, "subnet_ids": list{n.subnets[0].id, n.subnets[1].id}})
	acl := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id})
	first := w.create("aws_network_acl_association", east, attrs{"network_acl_id": acl.id, "subnet_id": n.subnets[0].id})
	require.Equal(t, list{n.subnets[0].id}, w.read(acl)["subnet_ids"])
	require.Equal(t, list{n.subnets[1].id}, w.read(inline)["subnet_ids"])

	second := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id})
	w.create("aws_network_acl_association", east, attrs{"network_acl_id": second.id, "subnet_id": n.subnets[0].id})
	require.Nil(t, w.read(first))

	w.refused("aws_network_acl_association", east, attrs{"network_acl_id": acl.id, "subnet_id": other.subnets[0].id}, "InvalidParameterValue")
	w.refused("aws_network_acl_association", east, attrs{"network_acl_id": acl.id, "subnet_id": "subnet-0"}, "InvalidSubnetID.NotFound")
	w.refused("aws_network_acl_association", east, attrs{"network_acl_id": "acl-0", "subnet_id": n.subnets[0].id}, "InvalidNetworkAclID.NotFound")
}

func TestACL_MovesSubnetsThatAnUpdateNames(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	acl := w.create("aws_network_acl", east, attrs{"vpc_id": n.vpc.id, "subnet_ids": list{n.subnets[0].id}})
	acl = w.update(acl, attrs{"subnet_ids": list{n.subnets[1].id}})
	require.Equal(t, list{n.subnets[1].id}, acl.attrs["subnet_ids"])
	w.refusedUpdate(acl, attrs{"subnet_ids": list{"subnet-0"}}, "InvalidSubnetID.NotFound")
}
