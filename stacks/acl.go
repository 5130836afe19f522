package stacks

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/networkacl"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/networkaclrule"

	"github.com/pgdr/pgdr/internal/ptr"
)

const postgresPort = 5432

// First numbers of the rules. Those below fenceRulesEnd are the guard's: it
// fences the old primary by a deny in front of what Terraform admits.
const (
	fenceRulesEnd  = 100
	firstAdmitRule = fenceRulesEnd
)

// databaseACL is the network ACL of a site's database subnets. It is
// stateless, so that a deny cuts established connections too, which a change
// of a security group does not. The rules are resources of their own: an ACL
// with inline rules would take the guard's fence for drift and remove it.
type databaseACL struct {
	acl networkacl.NetworkAcl
}

func newDatabaseACL(at place, n *network, clientCIDRs []string) *databaseACL {
	p := at.in("database-acl")
	acl := networkacl.NewNetworkAcl(p.scope, ptr.To("acl"), &networkacl.NetworkAclConfig{
		Provider:  p.provider,
		VpcId:     n.vpc.Id(),
		SubnetIds: ptr.Strings(n.subnetIDs("database")...),
		Tags:      p.nameTag("database"),
	})
	for i, cidr := range clientCIDRs {
		rule := func(id string, egress bool, from, to int) {
			networkaclrule.NewNetworkAclRule(p.scope, ptr.To(fmt.Sprintf("%s-%d", id, i+1)), &networkaclrule.NetworkAclRuleConfig{
				Provider:     p.provider,
				NetworkAclId: acl.Id(),
				RuleNumber:   ptr.Num(firstAdmitRule + 10*i),
				Egress:       egress,
				Protocol:     ptr.To("tcp"),
				RuleAction:   ptr.To("allow"),
				CidrBlock:    ptr.To(cidr),
				FromPort:     ptr.Num(from),
				ToPort:       ptr.Num(to),
			})
		}
		rule("admit-postgres", false, postgresPort, postgresPort)
		rule("answer-clients", true, 1024, 65535)
	}
	return &databaseACL{acl: acl}
}
