package ec2

import (
	"fmt"
	"regexp"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/ec2: vpc_security_group.go,
// vpc_default_security_group.go, vpc_security_group_ingress_rule.go.

func groupRuleTraits() *tf.Traits {
	return &tf.Traits{
		Framework: true,
		Replace:   tf.Words("security_group_id"),
		ReplaceIf: sourceKindReplaces,
		Same:      map[string]tf.SameFunc{"ip_protocol": sameProtocol},
		Checks: []tf.Check{
			tf.IsCIDR("cidr_ipv4"),
			tf.ExactlyOne(ruleSources...),
			tf.Between("from_port", -1, 65535), tf.Between("to_port", -1, 65535),
			portsCheck,
		},
	}
}

func securityGroupTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("description name name_prefix vpc_id"),
		Defaults: map[string]any{"description": "Managed by Terraform", "revoke_rules_on_delete": false},
		Local:    tf.Words("name_prefix revoke_rules_on_delete"),
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
			tf.Length("name", 0, 255), tf.Length("name_prefix", 0, 100), tf.Length("description", 0, 255),
			tf.Matches("description", sgDescription, "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* as CreateSecurityGroup admits"),
			tf.Without("name", regexp.MustCompile(`^sg-`), "must not begin with sg-"),
		},
	}
}

func defaultSecurityGroupTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("vpc_id"),
		Defaults: map[string]any{"revoke_rules_on_delete": false},
		Local:    tf.Words("revoke_rules_on_delete"),
	}
}

// sgDescription is validSecurityGroupRuleDescription.
var sgDescription = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;\{\}!$*-]*$`)

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
func portsCheck(config cty.Value, f *tf.Faults) {
	protocol := config.GetAttr("ip_protocol")
	if !protocol.IsKnown() || protocol.IsNull() {
		return
	}
	from, to := config.GetAttr("from_port"), config.GetAttr("to_port")
	switch p := protocol.AsString(); p {
	case "-1":
		if from.IsKnown() && !from.IsNull() || to.IsKnown() && !to.IsNull() {
			f.Addf(cty.GetAttrPath("ip_protocol"), "from_port and to_port must not be set when ip_protocol is \"-1\"")
		}
	case "tcp", "udp", "6", "17":
		if from.IsNull() || to.IsNull() {
			f.Add(cty.GetAttrPath("ip_protocol"), "Missing port range", fmt.Sprintf("from_port and to_port must be set when ip_protocol is %q", p))
		}
	}
}
