package stacks

import (
	"fmt"
	"strings"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupegressrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupingressrule"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// client is one that may connect to PostgreSQL: a range or a security group.
type client struct {
	// id of its rule's construct, for example "private-us-east-1a". It enters
	// the Terraform address, so it does not change with the place in a list.
	id, description string
	cidr, group     string
}

// databaseClients are all that may connect to a site's database: the private
// subnets of both sites, the guard, and what the configuration names; groups are
// security groups that can be named at this site.
func databaseClients(cfg spec.Config, groups []string) []client {
	var clients []client
	tier := func(role, name string, site spec.Site) {
		for z, zone := range site.Zones {
			clients = append(clients, client{
				id:          fmt.Sprintf("postgres-%s-%s-%d", role, name, z+1),
				description: fmt.Sprintf("PostgreSQL from the %s subnet in %s", name, zone),
				cidr:        tierCIDR(site, name, z),
			})
		}
	}
	tier(rolePrimary, "private", cfg.Sites.Primary)
	tier(roleReplica, "private", cfg.Sites.Replica)
	tier(roleReplica, tierGuard, cfg.Sites.Replica)
	for _, cidr := range cfg.Network.Clients.CIDRs {
		clients = append(clients, client{id: "postgres-" + strings.NewReplacer(".", "-", "/", "-").Replace(cidr), description: "PostgreSQL from " + cidr, cidr: cidr})
	}
	for _, group := range groups {
		clients = append(clients, client{id: "postgres-" + group, description: "PostgreSQL from " + group, group: group})
	}
	return clients
}

// newDatabaseSecurityGroup admits PostgreSQL from the given clients and
// nothing else, and lets the database open no connection of its own.
func newDatabaseSecurityGroup(at place, n *network, clients []client) securitygroup.SecurityGroup {
	p := at.in("database-access")
	group := securitygroup.NewSecurityGroup(p.scope, new("security-group"), &securitygroup.SecurityGroupConfig{
		Provider: p.provider,
		Name:     new(p.siteName("db-sg")),
		// As it was at the first release: another description replaces the group.
		Description: new("PostgreSQL from the VPCs of both sites"),
		VpcId:       n.vpc.Id(),
		Tags:        p.nameTag("db-sg"),
	})
	for _, c := range clients {
		vpcsecuritygroupingressrule.NewVpcSecurityGroupIngressRule(p.scope, new(c.id), &vpcsecuritygroupingressrule.VpcSecurityGroupIngressRuleConfig{
			Provider:                  p.provider,
			SecurityGroupId:           group.Id(),
			Description:               new(c.description),
			CidrIpv4:                  optional(c.cidr),
			ReferencedSecurityGroupId: optional(c.group),
			IpProtocol:                new("tcp"),
			FromPort:                  new(float64(postgresPort)),
			ToPort:                    new(float64(postgresPort)),
		})
	}
	return group
}

// newGuardSecurityGroup lets the guard reach both databases and the AWS APIs,
// and lets nothing reach the guard. after is what must outlive the group.
func newGuardSecurityGroup(at place, n *network, databaseCIDRs []string, after []cdktf.ITerraformDependable) securitygroup.SecurityGroup {
	p := at.in("access")
	group := securitygroup.NewSecurityGroup(p.scope, new("security-group"), &securitygroup.SecurityGroupConfig{
		Provider:    p.provider,
		Name:        new(p.name(contract.FunctionAccess)),
		Description: new("The guard: out to the databases and the AWS APIs"),
		VpcId:       n.vpc.Id(),
		Tags:        pointerMap(map[string]string{"Name": p.name(contract.FunctionAccess)}),
		DependsOn:   &after,
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
