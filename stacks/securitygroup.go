package stacks

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupegressrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupingressrule"

	"github.com/pgdr/pgdr/internal/ptr"
)

// newDatabaseSecurityGroup admits PostgreSQL from the given ranges and
// nothing else, and lets the database open no connection of its own.
func newDatabaseSecurityGroup(at place, n *network, clientCIDRs []string) securitygroup.SecurityGroup {
	p := at.in("database-access")
	group := securitygroup.NewSecurityGroup(p.scope, ptr.To("security-group"), &securitygroup.SecurityGroupConfig{
		Provider:    p.provider,
		Name:        ptr.To(p.siteName("db-sg")),
		Description: ptr.To("PostgreSQL from the VPCs of both sites"),
		VpcId:       n.vpc.Id(),
		Tags:        p.nameTag("db-sg"),
	})
	for i, cidr := range clientCIDRs {
		vpcsecuritygroupingressrule.NewVpcSecurityGroupIngressRule(p.scope, ptr.To(fmt.Sprintf("postgres-%d", i+1)), &vpcsecuritygroupingressrule.VpcSecurityGroupIngressRuleConfig{
			Provider:        p.provider,
			SecurityGroupId: group.Id(),
			Description:     ptr.To("PostgreSQL from " + cidr),
			CidrIpv4:        ptr.To(cidr),
			IpProtocol:      ptr.To("tcp"),
			FromPort:        ptr.Num(postgresPort),
			ToPort:          ptr.Num(postgresPort),
		})
	}
	return group
}

// newGuardSecurityGroup lets the guard reach both databases and the AWS APIs,
// and lets nobody reach the guard.
func newGuardSecurityGroup(at place, n *network, databaseCIDRs []string) securitygroup.SecurityGroup {
	p := at.in("access")
	group := securitygroup.NewSecurityGroup(p.scope, ptr.To("security-group"), &securitygroup.SecurityGroupConfig{
		Provider:    p.provider,
		Name:        ptr.To(p.name("failover-function-sg")),
		Description: ptr.To("The guard: out to the databases and the AWS APIs"),
		VpcId:       n.vpc.Id(),
		Tags:        ptr.Map(map[string]string{"Name": p.name("failover-function-sg")}),
	})
	egress := func(id, description, cidr string, port int) {
		vpcsecuritygroupegressrule.NewVpcSecurityGroupEgressRule(p.scope, ptr.To(id), &vpcsecuritygroupegressrule.VpcSecurityGroupEgressRuleConfig{
			Provider:        p.provider,
			SecurityGroupId: group.Id(),
			Description:     ptr.To(description),
			CidrIpv4:        ptr.To(cidr),
			IpProtocol:      ptr.To("tcp"),
			FromPort:        ptr.Num(port),
			ToPort:          ptr.Num(port),
		})
	}
	for i, cidr := range databaseCIDRs {
		egress(fmt.Sprintf("postgres-%d", i+1), "PostgreSQL in "+cidr, cidr, postgresPort)
	}
	egress("https", "AWS APIs of both regions and the witnesses", anywhere, 443)
	return group
}
