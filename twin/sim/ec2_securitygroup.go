package sim

import (
	"fmt"
	"slices"
	"strings"
)

const anyProtocol = "-1"

func securityGroupKinds() map[string]*kind {
	return map[string]*kind{
		"aws_security_group": {
			service: ec2, createOp: "CreateSecurityGroup", updateOp: "AuthorizeSecurityGroupIngress", deleteOp: "DeleteSecurityGroup",
			missingCode: "InvalidGroup.NotFound", missingText: "The security group '%s' does not exist",
			create: createSecurityGroup, update: updateSecurityGroup, remove: removeSecurityGroup, show: showSecurityGroup,
		},
		"aws_default_security_group": {
			service: ec2, createOp: "DescribeSecurityGroups", updateOp: "AuthorizeSecurityGroupIngress", deleteOp: "DescribeSecurityGroups",
			missingCode: "InvalidGroup.NotFound", missingText: "The security group '%s' does not exist",
			create: adoptSecurityGroup, update: updateSecurityGroup, show: showSecurityGroup,
		},
		"aws_vpc_security_group_ingress_rule": securityGroupRuleKind("Ingress"),
		"aws_vpc_security_group_egress_rule":  securityGroupRuleKind("Egress"),
	}
}

func securityGroupRuleKind(way string) *kind {
	return &kind{
		service: ec2, createOp: "AuthorizeSecurityGroup" + way, updateOp: "ModifySecurityGroupRules", deleteOp: "RevokeSecurityGroup" + way,
		missingCode: "InvalidSecurityGroupRuleId.NotFound", missingText: "The security group rule ID '%s' does not exist",
		create: createGroupRule, update: checkGroupRule,
	}
}

func ruleType(egress bool) string {
	return "aws_vpc_security_group_" + direction(egress) + "_rule"
}

func createSecurityGroup(c *call) (string, error) {
	vpcID := c.attrs.Str("vpc_id")
	if vpcID == "" {
		return "", c.refuse("vpc_id", "VPCIdNotSpecified", "No default VPC for this user")
	}
	if _, err := c.need("vpc_id", "aws_vpc", c.region, vpcID); err != nil {
		return "", err
	}
	name := c.name(255)
	if name == "default" {
		return "", c.refuse("name", "InvalidParameterValue", "Cannot use reserved security group name: default")
	}
	if strings.HasPrefix(name, "sg-") {
		return "", c.refuse("name", "InvalidParameterValue", "invalid value for parameter groupName (%s): must not begin with sg-", name)
	}
	for _, other := range c.List("aws_security_group", c.region) {
		if other.Attrs.Str("vpc_id") == vpcID && other.Attrs.Str("name") == name {
			return "", c.refuse("name", "InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpcID)
		}
	}
	id := c.NewID("sg")
	c.attrs.Defaults(Attrs{"description": "Managed by Terraform", "ingress": []any{}, "egress": []any{}, "revoke_rules_on_delete": false})
	c.attrs.Set(Attrs{"arn": c.arn("ec2", c.region, "security-group/%s", id), "owner_id": c.Account()})
	return id, nil
}

// adoptSecurityGroup takes a VPC's default group under Terraform's care. Its
// first rules are dropped, as the real provider does.
func adoptSecurityGroup(c *call) (string, error) {
	vpc, err := c.need("vpc_id", "aws_vpc", c.region, c.attrs.Str("vpc_id"))
	if err != nil {
		return "", err
	}
	id := vpc.Attrs.Str("default_security_group_id")
	c.attrs.Defaults(Attrs{"ingress": []any{}, "egress": []any{}, "revoke_rules_on_delete": false})
	c.attrs.Set(Attrs{
		"name": "default", "name_prefix": "", "description": "default VPC security group",
		"arn": c.arn("ec2", c.region, "security-group/%s", id), "owner_id": c.Account(),
	})
	return id, nil
}

// groupVPC returns the VPC of a security group, the default one of a VPC
// included, and "" if there is no such group in the region.
func groupVPC(tx *Tx, regionName, group string) string {
	if r := tx.Get("aws_security_group", regionName, group); r != nil {
		return r.Attrs.Str("vpc_id")
	}
	if vpc := tx.FindBy("aws_vpc", regionName, "default_security_group_id", group); vpc != nil {
		return vpc.ID
	}
	return ""
}

func groupRules(tx *Tx, regionName, group string, egress bool) []*Resource {
	return slices.DeleteFunc(tx.List(ruleType(egress), regionName), func(r *Resource) bool { return r.Attrs.Str("security_group_id") != group })
}

// outlinedRules returns the rule resources of a group as elements of its
// "ingress" or "egress".
func outlinedRules(tx *Tx, regionName, group string, egress bool) []any {
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

func showSecurityGroup(tx *Tx, r *Resource) Attrs {
	a := r.Attrs.Clone()
	for _, egress := range []bool{false, true} {
		name := direction(egress)
		a[name] = append(anyList(a[name]), outlinedRules(tx, r.Region, r.ID, egress)...)
	}
	return a
}

func updateSecurityGroup(c *call) error {
	for _, egress := range []bool{false, true} {
		if name := direction(egress); c.changed(name) {
			c.attrs[name] = without(anyList(c.attrs[name]), outlinedRules(c.Tx, c.region, c.res.ID, egress))
		}
	}
	return nil
}

func removeSecurityGroup(c *call) error {
	id := c.res.ID
	if groupInUse(c.Tx, c.region, id) {
		return c.refuse("", "DependencyViolation", "resource %s has a dependent object", id)
	}
	for _, egress := range []bool{false, true} {
		for _, r := range groupRules(c.Tx, c.region, id, egress) {
			c.Remove(r)
		}
	}
	return nil
}

// groupInUse tells whether a network interface carries a security group, or
// another group's rule names it.
func groupInUse(tx *Tx, regionName, id string) bool {
	lists := func(a Attrs, name string) bool { return slices.Contains(a.Strings(name), id) }
	if tx.Find("aws_db_instance", regionName, func(a Attrs) bool { return lists(a, "vpc_security_group_ids") }) != nil ||
		tx.Find("aws_vpc_endpoint", regionName, func(a Attrs) bool { return lists(a, "security_group_ids") }) != nil ||
		tx.Find("aws_lambda_function", regionName, func(a Attrs) bool { return lists(a.Block("vpc_config"), "security_group_ids") }) != nil {
		return true
	}
	for _, egress := range []bool{false, true} {
		names := func(a Attrs) bool {
			return a.Str("referenced_security_group_id") == id && a.Str("security_group_id") != id
		}
		if tx.Find(ruleType(egress), regionName, names) != nil {
			return true
		}
	}
	return false
}

var ruleSources = []string{"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"}

func createGroupRule(c *call) (string, error) {
	if err := checkGroupRule(c); err != nil {
		return "", err
	}
	id := c.NewID("sgr")
	c.attrs.Set(Attrs{"arn": c.arn("ec2", c.region, "security-group-rule/%s", id), "security_group_rule_id": id})
	return id, nil
}

func checkGroupRule(c *call) error {
	a := c.attrs
	group := a.Str("security_group_id")
	vpcID := groupVPC(c.Tx, c.region, group)
	if vpcID == "" {
		return c.refuse("security_group_id", "InvalidGroup.NotFound", "The security group '%s' does not exist", group)
	}
	if err := checkRulePorts(c); err != nil {
		return err
	}
	source := slices.DeleteFunc(slices.Clone(ruleSources), func(name string) bool { return !a.Has(name) })
	if len(source) != 1 {
		return c.refuse("", "InvalidParameterCombination", "Exactly one of %s must be set, found %d", strings.Join(ruleSources, ", "), len(source))
	}
	if cidr := a.Str("cidr_ipv4"); cidr != "" {
		if _, ok := parseNetwork(cidr); !ok {
			return c.refuse("cidr_ipv4", "InvalidParameterValue", "CIDR block %s is malformed", cidr)
		}
	}
	if peer := a.Str("referenced_security_group_id"); peer != "" && groupVPC(c.Tx, c.region, peer) == "" {
		return c.refuse("referenced_security_group_id", "InvalidGroup.NotFound", "The security group '%s' does not exist", peer)
	}
	for _, other := range c.List(c.typ, c.region) {
		if (c.res == nil || other.Key != c.res.Key) && sameRule(a, other.Attrs) {
			return c.refuse("", "InvalidPermission.Duplicate", "the specified rule %q already exists", ruleText(a, source[0]))
		}
	}
	return nil
}

func checkRulePorts(c *call) error {
	a := c.attrs
	protocol := protocolNumber(a.Str("ip_protocol"))
	switch {
	case protocol == "":
		return c.refuse("ip_protocol", "InvalidPermission.Malformed", "Invalid protocol: %s", a.Str("ip_protocol"))
	case protocol == anyProtocol:
		if a["from_port"] != nil || a["to_port"] != nil {
			return c.refuse("from_port", "InvalidParameterCombination", "from_port and to_port must not be set when ip_protocol is -1")
		}
		return nil
	case a["from_port"] == nil || a["to_port"] == nil:
		return c.refuse("from_port", "InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	ported := protocol == protocolNumbers["tcp"] || protocol == protocolNumbers["udp"]
	if from, to := a.Int("from_port"), a.Int("to_port"); ported && (from < 0 || to > 65535 || from > to) {
		return c.refuse("from_port", "InvalidParameterValue", "Invalid value '%d-%d' for portRange. Must be between 0 and 65535 and in order.", from, to)
	}
	return nil
}

func sameRule(a, b Attrs) bool {
	for _, name := range append([]string{"security_group_id"}, ruleSources...) {
		if a.Str(name) != b.Str(name) {
			return false
		}
	}
	return protocolNumber(a.Str("ip_protocol")) == protocolNumber(b.Str("ip_protocol")) &&
		a.Int("from_port") == b.Int("from_port") && a.Int("to_port") == b.Int("to_port")
}

func ruleText(a Attrs, source string) string {
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW",
		a.Str(source), strings.ToUpper(a.Str("ip_protocol")), a.Int("from_port"), a.Int("to_port"))
}
