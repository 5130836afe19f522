package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// project is the root of this repository, whose environments are shipped.
const project = ".."

// shipped loads an environment of this repository.
func shipped(t *testing.T, environment string) spec.Config {
	t.Helper()
	c, err := spec.Load(spec.LoadOptions{Dir: project, Env: variables{"ENVIRONMENT_SUFFIX": environment}.get})
	require.NoError(t, err)
	return c
}

// variables are environment variables for a test.
type variables map[string]string

func (v variables) get(name string) string { return v[name] }

func TestShippedDev_IsTheDefaultAndDisposable(t *testing.T) {
	want := spec.Default()
	want.Environment = "dev"
	want.Disposable = true
	assert.Equal(t, want.Derived(), shipped(t, "dev"))
}

func TestShippedProd_IsProtectedWithANATGatewayAZone(t *testing.T) {
	prod := shipped(t, "prod")
	assert.False(t, prod.Disposable)
	assert.Equal(t, 3, prod.Sites.Primary.NATGateways)
	assert.Equal(t, 3, prod.Sites.Replica.NATGateways)
	assert.True(t, prod.Database.MultiAZ)
}

func TestShippedEnvironments_CanBePeeredWithEachOther(t *testing.T) {
	dev, prod := shipped(t, "dev"), shipped(t, "prod")
	for _, d := range []spec.Site{dev.Sites.Primary, dev.Sites.Replica} {
		both := dev
		both.Sites.Primary.CIDR = d.CIDR
		for _, p := range []spec.Site{prod.Sites.Primary, prod.Sites.Replica} {
			both.Sites.Replica.CIDR = p.CIDR
			assert.NoError(t, both.Validate(), "%s beside %s", d.CIDR, p.CIDR)
		}
	}
}

func TestDefault_NeedsOnlyAnEnvironment(t *testing.T) {
	c := spec.Default()
	var faults spec.Faults
	require.ErrorAs(t, c.Validate(), &faults)
	require.Len(t, faults, 1)
	assert.Equal(t, "environment", faults[0].Path)
	c.Environment = "dev"
	assert.NoError(t, c.Validate())
}
