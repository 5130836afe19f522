package provider

import (
	"fmt"
	"regexp"

	"github.com/zclconf/go-cty/cty"
)

// securityGroupTraits are of internal/service/ec2: vpc_security_group.go,
// vpc_default_security_group.go, vpc_security_group_ingress_rule.go.
func securityGroupTraits() map[string]*traits {
	rule := &traits{
		framework: true,
		replace:   words("security_group_id"),
		replaceIf: sourceKindReplaces,
		same:      map[string]sameFunc{"ip_protocol": sameProtocol},
		checks: []check{
			isCIDR("cidr_ipv4"),
			exactlyOne(ruleSources...),
			between("from_port", -1, 65535), between("to_port", -1, 65535),
			portsCheck,
		},
	}
	return map[string]*traits{
		"aws_security_group": {
			replace:  words("description name name_prefix vpc_id"),
			defaults: map[string]any{"description": "Managed by Terraform", "revoke_rules_on_delete": false},
			local:    words("name_prefix revoke_rules_on_delete"),
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
				length("name", 0, 255), length("name_prefix", 0, 100), length("description", 0, 255),
				matches("description", sgDescription, "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* as CreateSecurityGroup admits"),
				without("name", regexp.MustCompile(`^sg-`), "must not begin with sg-"),
			},
		},
		"aws_default_security_group": {
			replace:  words("vpc_id"),
			defaults: map[string]any{"revoke_rules_on_delete": false},
			local:    words("revoke_rules_on_delete"),
		},
		"aws_vpc_security_group_ingress_rule": rule,
		"aws_vpc_security_group_egress_rule":  rule,
	}
}

// sgDescription is validSecurityGroupRuleDescription.
var sgDescription = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;\{\}!$*-]*$`)

// ruleSources are what a rule can admit; it admits one of them.
var ruleSources = words("cidr_ipv4 cidr_ipv6 prefix_list_id referenced_security_group_id")

// sourceKindReplaces: a rule can't be changed to another kind of source
// (ModifyPlan).
func sourceKindReplaces(prior, planned cty.Value) []string {
	for _, name := range ruleSources {
		if prior.GetAttr(name).IsNull() != planned.GetAttr(name).IsNull() {
			return ruleSources
		}
	}
	return nil
}

// portsCheck: TCP and UDP rules need ports (EC2 API, IpPermission). With "all
// protocols" AWS ignores ports, and the real provider then fails with an
// inconsistent result after apply.
func portsCheck(config cty.Value, f *faults) {
	protocol := config.GetAttr("ip_protocol")
	if !protocol.IsKnown() || protocol.IsNull() {
		return
	}
	from, to := config.GetAttr("from_port"), config.GetAttr("to_port")
	switch p := protocol.AsString(); p {
	case "-1":
		if from.IsKnown() && !from.IsNull() || to.IsKnown() && !to.IsNull() {
			f.addf(cty.GetAttrPath("ip_protocol"), "from_port and to_port must not be set when ip_protocol is \"-1\"")
		}
	case "tcp", "udp", "6", "17":
		if from.IsNull() || to.IsNull() {
			f.add(cty.GetAttrPath("ip_protocol"), "Missing port range", fmt.Sprintf("from_port and to_port must be set when ip_protocol is %q", p))
		}
	}
}
