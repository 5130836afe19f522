package ec2

import (
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

const anyProtocol = "-1"

func securityGroupKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_security_group": {
			Schema:  resource.AwsSecurityGroupSchema,
			Traits:  securityGroupTraits(),
			Example: `{"name":"database","vpc_id":"vpc-1"}`,
			Service: service, CreateOp: "CreateSecurityGroup", UpdateOp: "AuthorizeSecurityGroupIngress", DeleteOp: "DeleteSecurityGroup",
			MissingCode: "InvalidGroup.NotFound", MissingText: "The security group '%s' does not exist",
			Create: createSecurityGroup, Update: updateSecurityGroup, Remove: removeSecurityGroup, Show: showSecurityGroup,
		},
		"aws_default_security_group": {
			Schema:  resource.AwsDefaultSecurityGroupSchema,
			Traits:  defaultSecurityGroupTraits(),
			Example: `{"vpc_id":"vpc-1"}`,
			Service: service, CreateOp: "DescribeSecurityGroups", UpdateOp: "AuthorizeSecurityGroupIngress", DeleteOp: "DescribeSecurityGroups",
			MissingCode: "InvalidGroup.NotFound", MissingText: "The security group '%s' does not exist",
			Create: adoptSecurityGroup, Update: updateSecurityGroup, Show: showSecurityGroup,
		},
		"aws_vpc_security_group_ingress_rule": securityGroupRuleKind(resource.AwsVpcSecurityGroupIngressRuleSchema, "Ingress"),
		"aws_vpc_security_group_egress_rule":  securityGroupRuleKind(resource.AwsVpcSecurityGroupEgressRuleSchema, "Egress"),
	}
}

func securityGroupRuleKind(schema func() *tfjson.Schema, way string) *sim.Kind {
	return &sim.Kind{
		Schema:  schema,
		Traits:  groupRuleTraits(),
		Example: `{"security_group_id":"sg-1","ip_protocol":"tcp","from_port":5432,"to_port":5432,"cidr_ipv4":"10.0.0.0/16"}`,
		Service: service, CreateOp: "AuthorizeSecurityGroup" + way, UpdateOp: "ModifySecurityGroupRules", DeleteOp: "RevokeSecurityGroup" + way,
		MissingCode: "InvalidSecurityGroupRuleId.NotFound", MissingText: "The security group rule ID '%s' does not exist",
		Create: createGroupRule, Update: checkGroupRule,
	}
}

func ruleType(egress bool) string {
	return "aws_vpc_security_group_" + direction(egress) + "_rule"
}

func createSecurityGroup(c *sim.Call) (string, error) {
	vpcID := c.Attrs.Str("vpc_id")
	if vpcID == "" {
		return "", c.Refuse("vpc_id", "VPCIdNotSpecified", "No default VPC for this user")
	}
	if _, err := c.Need("vpc_id", "aws_vpc", c.Region, vpcID); err != nil {
		return "", err
	}
	name := c.Name(255)
	if name == "default" {
		return "", c.Refuse("name", "InvalidParameterValue", "Cannot use reserved security group name: default")
	}
	if strings.HasPrefix(name, "sg-") {
		return "", c.Refuse("name", "InvalidParameterValue", "invalid value for parameter groupName (%s): must not begin with sg-", name)
	}
	for _, other := range c.List("aws_security_group", c.Region) {
		if other.Attrs.Str("vpc_id") == vpcID && other.Attrs.Str("name") == name {
			return "", c.Refuse("name", "InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpcID)
		}
	}
	id := c.NewID("sg")
	c.Attrs.Defaults(sim.Attrs{"description": "Managed by Terraform", "ingress": []any{}, "egress": []any{}, "revoke_rules_on_delete": false})
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("ec2", c.Region, "security-group/%s", id), "owner_id": c.Account()})
	return id, nil
}

// adoptSecurityGroup takes a VPC's default group under Terraform's care. Its
// first rules are dropped, as the real provider does.
func adoptSecurityGroup(c *sim.Call) (string, error) {
	vpc, err := c.Need("vpc_id", "aws_vpc", c.Region, c.Attrs.Str("vpc_id"))
	if err != nil {
		return "", err
	}
	id := vpc.Attrs.Str("default_security_group_id")
	c.Attrs.Defaults(sim.Attrs{"ingress": []any{}, "egress": []any{}, "revoke_rules_on_delete": false})
	c.Attrs.Set(sim.Attrs{
		"name": "default", "name_prefix": "", "description": "default VPC security group",
		"arn": c.ARN("ec2", c.Region, "security-group/%s", id), "owner_id": c.Account(),
	})
	return id, nil
}

// GroupVPC returns the VPC of a security group, the default one of a VPC
// included, and "" if there is no such group in the region.
func GroupVPC(tx *sim.Tx, regionName, group string) string {
	if r := tx.Get("aws_security_group", regionName, group); r != nil {
		return r.Attrs.Str("vpc_id")
	}
	if vpc := tx.FindBy("aws_vpc", regionName, "default_security_group_id", group); vpc != nil {
		return vpc.ID
	}
	return ""
}

func groupRules(tx *sim.Tx, regionName, group string, egress bool) []*sim.Resource {
	return slices.DeleteFunc(tx.List(ruleType(egress), regionName), func(r *sim.Resource) bool { return r.Attrs.Str("security_group_id") != group })
}

// outlinedRules returns the rule resources of a group as elements of its
// "ingress" or "egress".
func outlinedRules(tx *sim.Tx, regionName, group string, egress bool) []any {
	out := []any{}
	one := func(v string) []any {
		if v == "" {
			return []any{}
		}
		return []any{v}
	}
	for _, r := range groupRules(tx, regionName, group, egress) {
		a := r.Attrs
		peer := a.Str("referenced_security_group_id")
		self := peer == group
		if self {
			peer = ""
		}
		out = append(out, map[string]any{
			"cidr_blocks": one(a.Str("cidr_ipv4")), "ipv6_cidr_blocks": one(a.Str("cidr_ipv6")), "prefix_list_ids": one(a.Str("prefix_list_id")),
			"security_groups": one(peer), "self": self, "description": a.Str("description"), "protocol": strings.ToLower(a.Str("ip_protocol")),
			"from_port": float64(a.Int("from_port")), "to_port": float64(a.Int("to_port")),
		})
	}
	return out
}

func showSecurityGroup(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	for _, egress := range []bool{false, true} {
		name := direction(egress)
		a[name] = append(sim.AnyList(a[name]), outlinedRules(tx, r.Region, r.ID, egress)...)
	}
	return a
}

func updateSecurityGroup(c *sim.Call) error {
	for _, egress := range []bool{false, true} {
		if name := direction(egress); c.Changed(name) {
			c.Attrs[name] = sim.Without(sim.AnyList(c.Attrs[name]), outlinedRules(c.Tx, c.Region, c.Resource.ID, egress))
		}
	}
	return nil
}

func removeSecurityGroup(c *sim.Call) error {
	id := c.Resource.ID
	if groupInUse(c.Tx, c.Region, id) {
		return c.Refuse("", "DependencyViolation", "resource %s has a dependent object", id)
	}
	for _, egress := range []bool{false, true} {
		for _, r := range groupRules(c.Tx, c.Region, id, egress) {
			c.Remove(r)
		}
	}
	return nil
}

// groupInUse tells whether a network interface carries a security group, or
// another group's rule names it.
func groupInUse(tx *sim.Tx, regionName, id string) bool {
	lists := func(a sim.Attrs, name string) bool { return slices.Contains(a.Strings(name), id) }
	if tx.Find("aws_db_instance", regionName, func(a sim.Attrs) bool { return lists(a, "vpc_security_group_ids") }) != nil ||
		tx.Find("aws_vpc_endpoint", regionName, func(a sim.Attrs) bool { return lists(a, "security_group_ids") }) != nil ||
		tx.Find("aws_lambda_function", regionName, func(a sim.Attrs) bool { return lists(a.Block("vpc_config"), "security_group_ids") }) != nil {
		return true
	}
	for _, egress := range []bool{false, true} {
		names := func(a sim.Attrs) bool {
			return a.Str("referenced_security_group_id") == id && a.Str("security_group_id") != id
		}
		if tx.Find(ruleType(egress), regionName, names) != nil {
			return true
		}
	}
	return false
}

var ruleSources = []string{"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"}

func createGroupRule(c *sim.Call) (string, error) {
	if err := checkGroupRule(c); err != nil {
		return "", err
	}
	id := c.NewID("sgr")
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("ec2", c.Region, "security-group-rule/%s", id), "security_group_rule_id": id})
	return id, nil
}

func checkGroupRule(c *sim.Call) error {
	a := c.Attrs
	group := a.Str("security_group_id")
	vpcID := GroupVPC(c.Tx, c.Region, group)
	if vpcID == "" {
		return c.Refuse("security_group_id", "InvalidGroup.NotFound", "The security group '%s' does not exist", group)
	}
	if err := checkRulePorts(c); err != nil {
		return err
	}
	source := slices.DeleteFunc(slices.Clone(ruleSources), func(name string) bool { return !a.Has(name) })
	if len(source) != 1 {
		return c.Refuse("", "InvalidParameterCombination", "Exactly one of %s must be set, found %d", strings.Join(ruleSources, ", "), len(source))
	}
	if cidr := a.Str("cidr_ipv4"); cidr != "" {
		if _, ok := parseNetwork(cidr); !ok {
			return c.Refuse("cidr_ipv4", "InvalidParameterValue", "CIDR block %s is malformed", cidr)
		}
	}
	if peer := a.Str("referenced_security_group_id"); peer != "" && GroupVPC(c.Tx, c.Region, peer) == "" {
		return c.Refuse("referenced_security_group_id", "InvalidGroup.NotFound", "The security group '%s' does not exist", peer)
	}
	for _, other := range c.List(c.Type, c.Region) {
		if (c.Resource == nil || other.Key != c.Resource.Key) && sameRule(a, other.Attrs) {
			return c.Refuse("", "InvalidPermission.Duplicate", "the specified rule %q already exists", ruleText(a, source[0]))
		}
	}
	return nil
}

func checkRulePorts(c *sim.Call) error {
	a := c.Attrs
	protocol := ProtocolNumber(a.Str("ip_protocol"))
	switch {
	case protocol == "":
		return c.Refuse("ip_protocol", "InvalidPermission.Malformed", "Invalid protocol: %s", a.Str("ip_protocol"))
	case protocol == anyProtocol:
		if a["from_port"] != nil || a["to_port"] != nil {
			return c.Refuse("from_port", "InvalidParameterCombination", "from_port and to_port must not be set when ip_protocol is -1")
		}
		return nil
	case a["from_port"] == nil || a["to_port"] == nil:
		return c.Refuse("from_port", "InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	ported := protocol == protocolNumbers["tcp"] || protocol == protocolNumbers["udp"]
	if from, to := a.Int("from_port"), a.Int("to_port"); ported && (from < 0 || to > 65535 || from > to) {
		return c.Refuse("from_port", "InvalidParameterValue", "Invalid value '%d-%d' for portRange. Must be between 0 and 65535 and in order.", from, to)
	}
	return nil
}

func sameRule(a, b sim.Attrs) bool {
	for _, name := range append([]string{"security_group_id"}, ruleSources...) {
		if a.Str(name) != b.Str(name) {
			return false
		}
	}
	return ProtocolNumber(a.Str("ip_protocol")) == ProtocolNumber(b.Str("ip_protocol")) &&
		a.Int("from_port") == b.Int("from_port") && a.Int("to_port") == b.Int("to_port")
}

func ruleText(a sim.Attrs, source string) string {
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW",
		a.Str(source), strings.ToUpper(a.Str("ip_protocol")), a.Int("from_port"), a.Int("to_port"))
}
