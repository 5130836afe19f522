package stacks

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupegressrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupingressrule"

	"github.com/pgdr/pgdr/internal/contract"
)

// newDatabaseSecurityGroup admits PostgreSQL from the given ranges and
// nothing else, and lets the database open no connection of its own.
func newDatabaseSecurityGroup(at place, n *network, clientCIDRs []string) securitygroup.SecurityGroup {
	p := at.in("database-access")
	group := securitygroup.NewSecurityGroup(p.scope, new("security-group"), &securitygroup.SecurityGroupConfig{
		Provider:    p.provider,
		Name:        new(p.siteName("db-sg")),
		Description: new("PostgreSQL from the VPCs of both sites"),
		VpcId:       n.vpc.Id(),
		Tags:        p.nameTag("db-sg"),
	})
	for i, cidr := range clientCIDRs {
		vpcsecuritygroupingressrule.NewVpcSecurityGroupIngressRule(p.scope, new(fmt.Sprintf("postgres-%d", i+1)), &vpcsecuritygroupingressrule.VpcSecurityGroupIngressRuleConfig{
			Provider:        p.provider,
			SecurityGroupId: group.Id(),
			Description:     new("PostgreSQL from " + cidr),
			CidrIpv4:        new(cidr),
			IpProtocol:      new("tcp"),
			FromPort:        new(float64(postgresPort)),
			ToPort:          new(float64(postgresPort)),
		})
	}
	return group
}

// newGuardSecurityGroup lets the guard reach both databases and the AWS APIs,
// and lets nobody reach the guard.
func newGuardSecurityGroup(at place, n *network, databaseCIDRs []string) securitygroup.SecurityGroup {
	p := at.in("access")
	group := securitygroup.NewSecurityGroup(p.scope, new("security-group"), &securitygroup.SecurityGroupConfig{
		Provider:    p.provider,
		Name:        new(p.name(contract.FunctionAccess)),
		Description: new("The guard: out to the databases and the AWS APIs"),
		VpcId:       n.vpc.Id(),
		Tags:        pointerMap(map[string]string{"Name": p.name(contract.FunctionAccess)}),
	})
	egress := func(id, description, cidr string, port int) {
		vpcsecuritygroupegressrule.NewVpcSecurityGroupEgressRule(p.scope, new(id), &vpcsecuritygroupegressrule.VpcSecurityGroupEgressRuleConfig{
			Provider:        p.provider,
			SecurityGroupId: group.Id(),
			Description:     new(description),
			CidrIpv4:        new(cidr),
			IpProtocol:      new("tcp"),
			FromPort:        new(float64(port)),
			ToPort:          new(float64(port)),
		})
	}
	for i, cidr := range databaseCIDRs {
		egress(fmt.Sprintf("postgres-%d", i+1), "PostgreSQL in "+cidr, cidr, postgresPort)
	}
	egress("https", "AWS APIs of both regions and the witnesses", anywhere, 443)
	return group
}
