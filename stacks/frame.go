package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// requiredTerraform has write-only arguments (1.11.0) and their marks inside
// modules right (1.11.1).
const requiredTerraform = ">= 1.11.1"

// frame is what both stacks begin with: a backend and the two sites, each
// with an aliased provider. There is no default provider, so that a resource
// that does not say its region cannot be planned.
type frame struct {
	cdktf.TerraformStack
	primary place
	replica place
}

// newFrame starts the stack of the site with the given role.
func newFrame(app cdktf.App, role string, cfg spec.Config, st state) *frame {
	name := StackName(role, cfg.Environment)
	f := &frame{TerraformStack: cdktf.NewTerraformStack(app, new(name))}
	f.AddOverride(new("terraform.required_version"), requiredTerraform)
	st.store(f.TerraformStack, name)

	f.primary = f.site(rolePrimary, cfg.Sites.Primary, cfg)
	f.replica = f.site(roleReplica, cfg.Sites.Replica, cfg)
	own := f.primary
	if role == roleReplica {
		own = f.replica
	}
	identity := dataawscalleridentity.NewDataAwsCallerIdentity(f.TerraformStack, new("account"), &dataawscalleridentity.DataAwsCallerIdentityConfig{
		Provider: own.provider,
	})
	f.primary.account, f.replica.account = *identity.AccountId(), *identity.AccountId()
	return f
}

func (f *frame) site(role string, site spec.Site, cfg spec.Config) place {
	c := &provider.AwsProviderConfig{
		Alias:       new(role),
		Region:      new(site.Region),
		DefaultTags: []*provider.AwsProviderDefaultTags{{Tags: pointerMap(defaultTags(cfg))}},
	}
	if cfg.Account != "" {
		c.AllowedAccountIds = pointers(cfg.Account)
	}
	return place{
		scope:      f.TerraformStack,
		provider:   provider.NewAwsProvider(f.TerraformStack, new("aws-"+role), c),
		region:     site.Region,
		role:       role,
		env:        cfg.Environment,
		disposable: cfg.Disposable,
	}
}

// defaultTags go on everything. CreatedAt only where the caller gave it: the
// time of synthesis would change every resource at every deployment.
func defaultTags(cfg spec.Config) map[string]string {
	tags := cfg.Tags.Keyed()
	tags[contract.EnvironmentTag] = cfg.Environment
	return tags
}

// StackName is the name of a site's stack, for example "pgdr-primary-dev".
// role is "primary" or "replica".
func StackName(role, environment string) string {
	return contract.StackName(role, environment)
}
