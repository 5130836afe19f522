package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/networkacl"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/networkaclrule"

	"github.com/pgdr/pgdr/internal/contract"
)

const postgresPort = contract.DatabasePort

// newDatabaseACL makes the network ACL of a site's database subnets, for the
// fence: it is stateless, so that a deny cuts established connections too,
// which a change of a security group does not. By itself it admits all, as a
// VPC's default ACL does; who may connect is the security group's concern.
// Narrower rules would rest on RDS's own cross-region replication not passing
// here, which AWS does not document. The rules are resources of their own: an
// ACL with inline rules would take the guard's fence for drift and remove it.
func newDatabaseACL(at place, n *network) networkacl.NetworkAcl {
	p := at.in("database-acl")
	acl := networkacl.NewNetworkAcl(p.scope, new("acl"), &networkacl.NetworkAclConfig{
		Provider:  p.provider,
		VpcId:     n.vpc.Id(),
		SubnetIds: pointers(n.subnetIDs("database")...),
		Tags:      p.nameTag("database"),
	})
	rule := func(id string, egress bool) {
		networkaclrule.NewNetworkAclRule(p.scope, new(id), &networkaclrule.NetworkAclRuleConfig{
			Provider:     p.provider,
			NetworkAclId: acl.Id(),
			RuleNumber:   new(float64(contract.FenceEnd)),
			Egress:       egress,
			Protocol:     new("-1"),
			RuleAction:   new("allow"),
			CidrBlock:    new(anywhere),
		})
	}
	rule("admit-in", false)
	rule("admit-out", true)
	return acl
}
