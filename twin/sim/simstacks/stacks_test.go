package simstacks_test

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

func TestApply_LaysTheStacksIntoTheAccount(t *testing.T) {
	ctx := context.Background()
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	s, err := simstacks.Apply(ctx, cloud, "../../../stacks/testdata/golden")
	require.NoError(t, err)

	databases := cloud.Resources("aws_db_instance")
	require.Len(t, databases, 2)
	require.Len(t, cloud.Resources("aws_iam_role_policy"), 7)
	require.Len(t, cloud.Resources("aws_route53_record"), 2)

	env, err := s.Environment(ctx)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", env["PGDR_REPLICA_REGION"])
	require.Contains(t, env["PGDR_SECRET_ARN"], ":eu-west-1:")
	arn, err := s.PrimaryOutput(ctx, "database_secret_arn")
	require.NoError(t, err)
	require.Equal(t, env["PGDR_PRIMARY_SECRET_ARN"], arn)
	value, ok := secretsmanager.SecretValue(cloud, env["PGDR_SECRET_ARN"])
	require.True(t, ok)
	require.JSONEq(t, `{"username":"dbadmin","password":"`+simstacks.Password+`"}`, value)

	require.Equal(t, "arn:aws:iam::123456789012:role/failover-function-role-dev", s.Role().Str("arn"))
	require.Equal(t, "arn:aws:lambda:eu-west-1:123456789012:function:failover-function-dev", s.FunctionARN())
	for _, name := range []string{"aws_kms_key", "nothing"} {
		if _, err := s.Only(name); name == "nothing" {
			require.Error(t, err)
		}
	}
}

func TestApply_RefusesADirectoryWithoutStacks(t *testing.T) {
	cloud, err := simaws.New(sim.Options{})
	require.NoError(t, err)
	_, err = simstacks.Apply(context.Background(), cloud, t.TempDir())
	require.Error(t, err)
}

func TestDocuments_LayTheFunctionAndWhatInvokesItToo(t *testing.T) {
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	documents, err := simstacks.Load("../../../stacks/testdata/golden")
	require.NoError(t, err)
	s, err := documents.Apply(context.Background(), cloud, archive(t))
	require.NoError(t, err)

	functions := cloud.Resources("aws_lambda_function")
	require.Len(t, functions, 1)
	env, err := s.Environment(context.Background())
	require.NoError(t, err)
	require.Equal(t, env, functions[0].Attrs.Block("environment").StringMap("variables"))
	require.Len(t, functions[0].Attrs.Block("vpc_config").Strings("subnet_ids"), 3)
	require.Equal(t, s.FunctionARN(), functions[0].ARN())
	for typ, want := range map[string]int{
		"aws_lambda_permission": 3, "aws_cloudwatch_event_rule": 1, "aws_cloudwatch_event_target": 1,
		"aws_sns_topic_subscription": 2, "aws_lambda_function_event_invoke_config": 1,
	} {
		require.Len(t, cloud.Resources(typ), want, typ)
	}
}

// archive is a program that is never run.
func archive(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	file, err := os.Create(path)
	require.NoError(t, err)
	z := zip.NewWriter(file)
	_, err = z.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, file.Close())
	return path
}
