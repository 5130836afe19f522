package simstacks_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awssim"
	"github.com/pgdr/pgdr/internal/awssim/simstacks"
)

func TestApply_LaysTheStacksIntoTheAccount(t *testing.T) {
	ctx := context.Background()
	cloud, err := awssim.New(awssim.Options{Seed: 3})
	require.NoError(t, err)
	s, err := simstacks.Apply(ctx, cloud, "../../../stacks/testdata/golden")
	require.NoError(t, err)

	databases := cloud.Resources("aws_db_instance")
	require.Len(t, databases, 2)
	require.Len(t, cloud.Resources("aws_iam_role_policy"), 5)
	require.Len(t, cloud.Resources("aws_route53_record"), 2)

	env, err := s.Environment(ctx)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", env["PGDR_REPLICA_REGION"])
	require.Contains(t, env["PGDR_SECRET_ARN"], ":eu-west-1:")
	arn, err := s.PrimaryOutput(ctx, "database_secret_arn")
	require.NoError(t, err)
	require.Equal(t, env["PGDR_PRIMARY_SECRET_ARN"], arn)
	value, ok := cloud.SecretValue(env["PGDR_SECRET_ARN"])
	require.True(t, ok)
	require.JSONEq(t, `{"username":"dbadmin","password":"`+simstacks.Password+`"}`, value)

	role, err := s.Only("aws_iam_role")
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/failover-function-role-dev", role.Str("arn"))
	require.Equal(t, "arn:aws:lambda:eu-west-1:123456789012:function:failover-function-dev", s.FunctionARN())
	for _, name := range []string{"aws_kms_key", "nothing"} {
		if _, err := s.Only(name); name == "nothing" {
			require.Error(t, err)
		}
	}
}

func TestApply_RefusesADirectoryWithoutStacks(t *testing.T) {
	cloud, err := awssim.New(awssim.Options{})
	require.NoError(t, err)
	_, err = simstacks.Apply(context.Background(), cloud, t.TempDir())
	require.Error(t, err)
}
