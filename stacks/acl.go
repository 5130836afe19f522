package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/networkacl"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/networkaclrule"

	"github.com/pgdr/pgdr/internal/ptr"
)

const postgresPort = 5432

// admitRule is the number of the only rule each way. Lower numbers are the
// guard's: it fences the old primary by a deny in front of this one.
const admitRule = 100

// newDatabaseACL makes the network ACL of a site's database subnets, for the
// fence: it is stateless, so that a deny cuts established connections too,
// which a change of a security group does not. By itself it admits all, as a
// VPC's default ACL does; who may connect is the security group's concern.
// Narrower rules would rest on RDS's own cross-region replication not passing
// here, which AWS does not document. The rules are resources of their own: an
// ACL with inline rules would take the guard's fence for drift and remove it.
func newDatabaseACL(at place, n *network) networkacl.NetworkAcl {
	p := at.in("database-acl")
	acl := networkacl.NewNetworkAcl(p.scope, ptr.To("acl"), &networkacl.NetworkAclConfig{
		Provider:  p.provider,
		VpcId:     n.vpc.Id(),
		SubnetIds: ptr.Strings(n.subnetIDs("database")...),
		Tags:      p.nameTag("database"),
	})
	rule := func(id string, egress bool) {
		networkaclrule.NewNetworkAclRule(p.scope, ptr.To(id), &networkaclrule.NetworkAclRuleConfig{
			Provider:     p.provider,
			NetworkAclId: acl.Id(),
			RuleNumber:   ptr.Num(admitRule),
			Egress:       egress,
			Protocol:     ptr.To("-1"),
			RuleAction:   ptr.To("allow"),
			CidrBlock:    ptr.To(anywhere),
		})
	}
	rule("admit-in", false)
	rule("admit-out", true)
	return acl
}
