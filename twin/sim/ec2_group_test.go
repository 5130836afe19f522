package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecurityGroup_RefusesNamesThatAWSRefuses(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	other := w.create("aws_vpc", east, attrs{"cidr_block": "10.1.0.0/16"})
	good := attrs{"vpc_id": vpc.id, "name": "db"}
	w.refusesEach("aws_security_group", east, good, []refusal{
		{"reserved", attrs{"name": "default"}, "InvalidParameterValue"},
		{"like an id", attrs{"name": "sg-db"}, "InvalidParameterValue"},
		{"no VPC", attrs{"vpc_id": nil}, "VPCIdNotSpecified"},
		{"no such VPC", attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound"},
	})
	w.refused("aws_security_group", east, good, "InvalidGroup.Duplicate")
	w.create("aws_security_group", east, made{attrs: good}.with(attrs{"vpc_id": other.id}))
}

func TestSecurityGroup_MakesUpItsName(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	require.Regexp(t, `^terraform-[0-9a-f]{26}$`, w.create("aws_security_group", east, attrs{"vpc_id": vpc.id}).str("name"))
	require.Regexp(t, `^db-[0-9a-f]{26}$`, w.create("aws_security_group", east, attrs{"vpc_id": vpc.id, "name_prefix": "db-"}).str("name"))
}

func TestGroupRule_RefusesBadRulesAndDuplicates(t *testing.T) {
	w := newWorld(t)
	n, far := w.network(east, "10.0"), w.network(west, "10.1")
	good := attrs{"security_group_id": n.group.id, "cidr_ipv4": "10.0.0.0/16", "ip_protocol": "tcp", "from_port": 5432, "to_port": 5432}
	typ := "aws_vpc_security_group_ingress_rule"
	w.refusesEach(typ, east, good, []refusal{
		{"no such group", attrs{"security_group_id": "sg-0"}, "InvalidGroup.NotFound"},
		{"group of another region", attrs{"security_group_id": far.group.id}, "InvalidGroup.NotFound"},
		{"names a group of another region", attrs{"cidr_ipv4": nil, "referenced_security_group_id": far.group.id}, "InvalidGroup.NotFound"},
		{"two sources", attrs{"prefix_list_id": "pl-1"}, "InvalidParameterCombination"},
		{"no source", attrs{"cidr_ipv4": nil}, "InvalidParameterCombination"},
		{"bad range", attrs{"cidr_ipv4": "10.0.0.0/99"}, "InvalidParameterValue"},
		{"unknown protocol", attrs{"ip_protocol": "tpc"}, "InvalidPermission.Malformed"},
		{"no ports", attrs{"from_port": nil}, "InvalidParameterValue"},
		{"ports reversed", attrs{"from_port": 6000}, "InvalidParameterValue"},
		{"ports with every protocol", attrs{"ip_protocol": "-1"}, "InvalidParameterCombination"},
	})
	err := w.refused(typ, east, good, "InvalidPermission.Duplicate")
	require.Equal(t, "AuthorizeSecurityGroupIngress", err.Operation)
	require.Contains(t, err.Message, "peer: 10.0.0.0/16, TCP, from port: 5432, to port: 5432, ALLOW")
	w.refused(typ, east, made{attrs: good}.with(attrs{"ip_protocol": "6"}), "InvalidPermission.Duplicate")
	w.create("aws_vpc_security_group_egress_rule", east, good)
	w.create(typ, east, made{attrs: good}.with(attrs{"security_group_id": n.vpc.str("default_security_group_id")}))
}

func TestSecurityGroup_ShowsRulesThatAreResourcesAndKeepsThemApart(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	rule := w.create("aws_vpc_security_group_ingress_rule", east, attrs{
		"security_group_id": n.group.id, "referenced_security_group_id": n.group.id, "ip_protocol": "tcp", "from_port": 1, "to_port": 2, "description": "self",
	})
	n.group.attrs = w.read(n.group)
	require.Equal(t, list{attrs{
		"cidr_blocks": list{}, "ipv6_cidr_blocks": list{}, "prefix_list_ids": list{}, "security_groups": list{}, "self": true,
		"description": "self", "protocol": "tcp", "from_port": 1.0, "to_port": 2.0,
	}}, n.group.attrs["ingress"])
	group := w.update(n.group, attrs{"tags": attrs{"Name": "db"}})
	require.Len(t, group.attrs["ingress"], 1)
	w.gone(rule)
	require.Empty(t, w.read(group)["ingress"])
}

func TestSecurityGroup_TakesItsOwnRulesWithIt(t *testing.T) {
	w := newWorld(t)
	n := w.network(east, "10.0")
	rule := w.create("aws_vpc_security_group_egress_rule", east, attrs{"security_group_id": n.group.id, "referenced_security_group_id": n.group.id, "ip_protocol": "-1"})
	w.gone(n.group)
	require.Nil(t, w.read(rule))
}

func TestDefaultSecurityGroup_AdoptsTheGroupOfTheVPC(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	group := w.create("aws_default_security_group", east, attrs{"vpc_id": vpc.id})
	require.Equal(t, vpc.str("default_security_group_id"), group.id)
	require.Empty(t, group.attrs["egress"])
	w.gone(group)
	w.gone(vpc)
	w.refused("aws_default_security_group", east, attrs{"vpc_id": "vpc-0"}, "InvalidVpcID.NotFound")
}
