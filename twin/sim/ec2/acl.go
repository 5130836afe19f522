package ec2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

func networkACLKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_network_acl": {
			Schema:  resource.AwsNetworkAclSchema,
			Traits:  networkAclTraits(),
			Example: `{"vpc_id":"vpc-1"}`,
			Service: service, CreateOp: "CreateNetworkAcl", UpdateOp: "ReplaceNetworkAclAssociation", DeleteOp: "DeleteNetworkAcl",
			MissingCode: "InvalidNetworkAclID.NotFound", MissingText: "The networkAcl ID '%s' does not exist",
			Create: createNetworkACL, Update: updateNetworkACL, Remove: removeNetworkACL, Show: showNetworkACL,
		},
		"aws_network_acl_association": {
			Schema:  resource.AwsNetworkAclAssociationSchema,
			Traits:  networkAclAssociationTraits(),
			Example: `{"network_acl_id":"acl-1","subnet_id":"subnet-1"}`,
			Service: service, CreateOp: "ReplaceNetworkAclAssociation", UpdateOp: "ReplaceNetworkAclAssociation", DeleteOp: "ReplaceNetworkAclAssociation",
			MissingCode: "InvalidAssociationID.NotFound", MissingText: "The association ID '%s' does not exist",
			Create: createACLAssociation,
		},
		"aws_network_acl_rule": {
			Schema:  resource.AwsNetworkAclRuleSchema,
			Traits:  networkAclRuleTraits(),
			Example: `{"network_acl_id":"acl-1","rule_number":100,"protocol":"tcp","rule_action":"allow","cidr_block":"10.0.0.0/16","from_port":5432,"to_port":5432}`,
			Service: service, CreateOp: "CreateNetworkAclEntry", UpdateOp: "ReplaceNetworkAclEntry", DeleteOp: "DeleteNetworkAclEntry",
			MissingCode: "InvalidNetworkAclEntry.NotFound", MissingText: "The network acl entry '%s' does not exist",
			Create: createACLRule, ImportID: importACLRule,
		},
	}
}

func createNetworkACL(c *sim.Call) (string, error) {
	vpcID := c.Attrs.Str("vpc_id")
	if _, err := c.Need("vpc_id", "aws_vpc", c.Region, vpcID); err != nil {
		return "", err
	}
	id := c.NewID("acl")
	if err := takeSubnets(c, id, vpcID, c.Attrs.Strings("subnet_ids")); err != nil {
		return "", err
	}
	c.Attrs.Defaults(sim.Attrs{"ingress": []any{}, "egress": []any{}, "subnet_ids": []any{}})
	c.Attrs.Set(sim.Attrs{"arn": c.ARN("ec2", c.Region, "network-acl/%s", id), "owner_id": c.Account()})
	return id, nil
}

// takeSubnets takes subnets away from whichever ACL they had: a subnet has
// exactly one.
func takeSubnets(c *sim.Call, acl, vpcID string, subnets []string) error {
	for _, id := range subnets {
		subnet, err := c.Need("subnet_ids", "aws_subnet", c.Region, id)
		if err != nil {
			return err
		}
		if subnet.Attrs.Str("vpc_id") != vpcID {
			return c.Refuse("subnet_ids", "InvalidParameterValue", "networkAcl %s and subnet %s belong to different networks", acl, id)
		}
		freeSubnet(c, acl, id)
	}
	return nil
}

func freeSubnet(c *sim.Call, keep, subnet string) {
	for _, a := range c.List("aws_network_acl_association", c.Region) {
		if a.Attrs.Str("subnet_id") == subnet {
			c.Remove(a)
		}
	}
	for _, acl := range c.List("aws_network_acl", c.Region) {
		if inline := acl.Attrs.Strings("subnet_ids"); acl.ID != keep && slices.Contains(inline, subnet) {
			c.Edit(acl).Attrs.Set(sim.Attrs{"subnet_ids": sim.Without(sim.AnyList(inline), []any{subnet})})
		}
	}
}

func associatedSubnets(tx *sim.Tx, regionName, acl string) []any {
	out := []any{}
	for _, a := range tx.List("aws_network_acl_association", regionName) {
		if a.Attrs.Str("network_acl_id") == acl {
			out = append(out, a.Attrs.Str("subnet_id"))
		}
	}
	return out
}

// outlinedEntries returns the aws_network_acl_rule resources of an ACL as
// elements of its "ingress" or "egress".
func outlinedEntries(tx *sim.Tx, regionName, acl string, egress bool) []any {
	out := []any{}
	for _, r := range tx.List("aws_network_acl_rule", regionName) {
		a := r.Attrs
		if a.Str("network_acl_id") != acl || a.Bool("egress") != egress {
			continue
		}
		out = append(out, map[string]any{
			"action": strings.ToLower(a.Str("rule_action")), "cidr_block": a.Str("cidr_block"), "ipv6_cidr_block": a.Str("ipv6_cidr_block"),
			"protocol": ProtocolNumber(a.Str("protocol")), "rule_no": float64(a.Int("rule_number")),
			"from_port": float64(a.Int("from_port")), "to_port": float64(a.Int("to_port")),
			"icmp_type": float64(a.Int("icmp_type")), "icmp_code": float64(a.Int("icmp_code")),
		})
	}
	return out
}

func showNetworkACL(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	a["ingress"] = append(sim.AnyList(a["ingress"]), outlinedEntries(tx, r.Region, r.ID, false)...)
	a["egress"] = append(sim.AnyList(a["egress"]), outlinedEntries(tx, r.Region, r.ID, true)...)
	a["subnet_ids"] = append(sim.AnyList(a["subnet_ids"]), associatedSubnets(tx, r.Region, r.ID)...)
	return a
}

func updateNetworkACL(c *sim.Call) error {
	id := c.Resource.ID
	for name, others := range map[string][]any{
		"ingress":    outlinedEntries(c.Tx, c.Region, id, false),
		"egress":     outlinedEntries(c.Tx, c.Region, id, true),
		"subnet_ids": associatedSubnets(c.Tx, c.Region, id),
	} {
		if c.Changed(name) {
			c.Attrs[name] = sim.Without(sim.AnyList(c.Attrs[name]), others)
		}
	}
	return takeSubnets(c, id, c.Attrs.Str("vpc_id"), c.Attrs.Strings("subnet_ids"))
}

// removeNetworkACL gives its inline subnets back to the VPC's default ACL, as
// the real provider does, but not those of association resources.
func removeNetworkACL(c *sim.Call) error {
	if c.FindBy("aws_network_acl_association", c.Region, "network_acl_id", c.Resource.ID) != nil {
		return c.Refuse("", "DependencyViolation", "The networkAcl '%s' has dependencies and cannot be deleted.", c.Resource.ID)
	}
	for _, r := range c.List("aws_network_acl_rule", c.Region) {
		if r.Attrs.Str("network_acl_id") == c.Resource.ID {
			c.Remove(r)
		}
	}
	return nil
}

// aclVPC returns the VPC of an ACL, the default one of a VPC included.
func aclVPC(c *sim.Call, acl string) (string, error) {
	if r := c.Get("aws_network_acl", c.Region, acl); r != nil {
		return r.Attrs.Str("vpc_id"), nil
	}
	if vpc := c.FindBy("aws_vpc", c.Region, "default_network_acl_id", acl); vpc != nil {
		return vpc.ID, nil
	}
	_, err := c.Need("network_acl_id", "aws_network_acl", c.Region, acl)
	return "", err
}

func createACLAssociation(c *sim.Call) (string, error) {
	acl := c.Attrs.Str("network_acl_id")
	vpcID, err := aclVPC(c, acl)
	if err != nil {
		return "", err
	}
	if err := takeSubnets(c, "", vpcID, []string{c.Attrs.Str("subnet_id")}); err != nil {
		return "", err
	}
	return c.NewID("aclassoc"), nil
}

// protocolNumbers are the IANA numbers of the protocols that have a name in EC2.
var protocolNumbers = map[string]string{"all": "-1", "icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}

// ProtocolNumber returns an IP protocol as EC2 stores it, "" for an unknown one.
func ProtocolNumber(text string) string {
	if n, ok := protocolNumbers[strings.ToLower(text)]; ok {
		return n
	}
	if n, err := strconv.Atoi(text); err == nil && n >= -1 && n <= 255 {
		return text
	}
	return ""
}

func createACLRule(c *sim.Call) (string, error) {
	a := c.Attrs
	acl := a.Str("network_acl_id")
	if _, err := aclVPC(c, acl); err != nil {
		return "", err
	}
	a.Default("egress", false)
	if err := checkACLRule(c); err != nil {
		return "", err
	}
	for _, r := range c.List("aws_network_acl_rule", c.Region) {
		if r.Attrs.Str("network_acl_id") == acl && r.Attrs.Bool("egress") == a.Bool("egress") && r.Attrs.Int("rule_number") == a.Int("rule_number") {
			return "", duplicateEntry(c)
		}
	}
	if owner := c.Get("aws_network_acl", c.Region, acl); owner != nil {
		for _, entry := range owner.Attrs.Blocks(direction(a.Bool("egress"))) {
			if entry.Int("rule_no") == a.Int("rule_number") {
				return "", duplicateEntry(c)
			}
		}
	}
	return aclRuleID(acl, a.Int("rule_number"), a.Bool("egress"), a.Str("protocol")), nil
}

func direction(egress bool) string {
	if egress {
		return "egress"
	}
	return "ingress"
}

func duplicateEntry(c *sim.Call) error {
	return c.Refuse("rule_number", "NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", c.Attrs.Int("rule_number"))
}

func checkACLRule(c *sim.Call) error {
	a := c.Attrs
	if n := a.Int("rule_number"); n < 1 || n > 32766 {
		return c.Refuse("rule_number", "InvalidParameterValue", "Value (%d) for parameter ruleNumber is invalid. It must be between 1 and 32766.", n)
	}
	if action := strings.ToLower(a.Str("rule_action")); action != "allow" && action != "deny" {
		return c.Refuse("rule_action", "InvalidParameterValue", "Value (%s) for parameter ruleAction is invalid. Valid values: allow, deny.", a.Str("rule_action"))
	}
	protocol := ProtocolNumber(a.Str("protocol"))
	if protocol == "" {
		return c.Refuse("protocol", "InvalidParameterValue", "Invalid value '%s' for protocol.", a.Str("protocol"))
	}
	if err := checkACLRange(c); err != nil {
		return err
	}
	if protocol != protocolNumbers["tcp"] && protocol != protocolNumbers["udp"] {
		return nil
	}
	if a["from_port"] == nil || a["to_port"] == nil {
		return c.Refuse("from_port", "MissingParameter", "The request must contain the parameter portRange.from and portRange.to")
	}
	if from, to := a.Int("from_port"), a.Int("to_port"); from > to || from < 0 || to > 65535 {
		return c.Refuse("from_port", "InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", from, to)
	}
	return nil
}

func checkACLRange(c *sim.Call) error {
	cidr := c.Attrs.Str("cidr_block")
	if cidr == "" {
		if c.Attrs.Has("ipv6_cidr_block") {
			return nil
		}
		return c.Refuse("cidr_block", "MissingParameter", "Either 'cidrBlock' or 'ipv6CidrBlock' must be provided")
	}
	if _, ok := parseNetwork(cidr); !ok {
		return c.Refuse("cidr_block", "InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	return nil
}

func aclRuleID(acl string, number int, egress bool, protocol string) string {
	return fmt.Sprintf("nacl-%d", hashcode(fmt.Sprintf("%s-%d-%t-%s-", acl, number, egress, protocol)))
}

func importACLRule(_ *sim.Tx, _, text string) string {
	parts := strings.Split(text, ":")
	if len(parts) != 4 {
		return ""
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		return ""
	}
	return aclRuleID(parts[0], number, parts[3] == "true", parts[2])
}

// ACLEntries returns the entries of a network ACL in one direction, each in
// the shape of the blocks "ingress" and "egress", whichever resource made them.
func ACLEntries(tx *sim.Tx, acl *sim.Resource, egress bool) []sim.Attrs {
	return showNetworkACL(tx, acl).Blocks(direction(egress))
}
