//go:build integration

package integration

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/gruntwork-io/terratest/modules/terraform"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// TestClaim_RefusesAnEnvironmentThatSomebodyElseMade: what the suite claims it
// destroys in the end.
func TestClaim_RefusesAnEnvironmentThatSomebodyElseMade(t *testing.T) {
	e := &environment{project: t.TempDir(), dir: t.TempDir(), config: spec.Config{Environment: "it"}}
	a := &awsTarget{t: t, e: e}
	e.target = a
	for _, role := range roles {
		stack := e.terraform(role).TerraformDir
		require.NoError(t, os.MkdirAll(stack, 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(stack, "cdk.tf.json"), []byte(`{"resource":{"terraform_data":{"thing":{}}}}`), 0o600))
	}
	out, err := terraform.InitAndApplyContextE(t, t.Context(), e.terraform("replica"))
	require.NoError(t, err, out)

	err = a.claim(t.Context())
	require.ErrorIs(t, err, errExists)
	require.ErrorContains(t, err, "pgdr-replica-it has 1 resources")
	require.False(t, a.ours(), "what isn't the suite's is never destroyed by it")
}

func TestClaim_IsOfOneEnvironmentOnly(t *testing.T) {
	e := &environment{dir: t.TempDir(), config: spec.Config{Environment: "it"}}
	a := &awsTarget{t: t, e: e}
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, claimFile), []byte("it\n"), 0o600))
	require.True(t, a.ours())
	e.config.Environment = "prod"
	require.False(t, a.ours())
}

// A look that failed found neither something nor nothing.
func TestClaim_SaysThatItCouldNotLook(t *testing.T) {
	e := &environment{project: t.TempDir(), dir: t.TempDir(), config: spec.Config{Environment: "it"}}
	nobody := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), Credentials: aws.AnonymousCredentials{},
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	a := &awsTarget{t: t, e: e, clients: map[string]aws.Config{"": nobody}}
	e.target = a
	for _, role := range roles {
		require.NoError(t, os.MkdirAll(e.terraform(role).TerraformDir, 0o750))
	}
	err := a.claim(t.Context())
	require.ErrorContains(t, err, "find out whether the environment exists already: look for primary-db-it: ")
	require.NotErrorIs(t, err, errExists)
	require.False(t, a.ours())
}
