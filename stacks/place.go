package stacks

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
)

// Roles of the two sites, fixed at birth: after a failover the site named
// replica holds the writer, and keeps its name.
const (
	rolePrimary = contract.RolePrimary
	roleReplica = contract.RoleReplica
)

// place is where the resources of a construct go and how they are named.
// Every construct takes one, so that no resource can leave its region unsaid.
type place struct {
	scope    constructs.Construct
	provider cdktf.TerraformProvider
	// region code of the provider, for example "us-east-1".
	region string
	// role is the site's: rolePrimary or roleReplica.
	role string
	// env is the environment suffix.
	env string
	// account is the 12-digit account id, a token until Terraform runs.
	account string
	// disposable as in the configuration.
	disposable bool
}

// in returns the same place with a construct of its own below it. The id
// enters Terraform addresses, so it says the role and never the environment.
func (p place) in(id string) place {
	p.scope = constructs.NewConstruct(p.scope, new(id))
	return p
}

// name is "<what>-<environment>", for example "failover-function-dev".
func (p place) name(what string) string { return contract.Name(what, p.env) }

// siteName is "<role>-<what>-<environment>", for example "primary-db-dev".
func (p place) siteName(what string) string { return contract.SiteName(p.role, what, p.env) }

// nameTag tags a resource that has no name of its own.
func (p place) nameTag(what string) *map[string]*string {
	return pointerMap(map[string]string{"Name": p.siteName(what)})
}

// arn builds the ARN of something in this place's region and account that
// cannot be referred to by an attribute, for example the instance that the
// guard may promote before Terraform has made it.
func (p place) arn(service, resource string) string {
	return strings.Join([]string{"arn:aws", service, p.region, p.account, resource}, ":")
}

// deletionWindow in days of a KMS key: 7 is the least AWS takes, 30 the most.
func (p place) deletionWindow() int {
	if p.disposable {
		return 7
	}
	return 30
}
