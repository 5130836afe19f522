// Package lambdatest lays into an account, for tests, what simstacks leaves
// out: a function of the guard's name and role, and what invokes it, with the
// arguments that the stacks have.
package lambdatest

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// The regions of the guard and of the primary.
const (
	Home = "eu-west-1"
	Away = "us-east-1"
)

// What the stacks call things.
const (
	Name = contract.FunctionName + "-dev"
	ARN  = "arn:aws:lambda:eu-west-1:123456789012:function:" + Name
	Role = "arn:aws:iam::123456789012:role/" + contract.FunctionRole + "-dev"

	HomeAlarms = "arn:aws:sns:eu-west-1:123456789012:" + contract.RoleReplica + "-" + contract.AlarmTopic + "-dev"
	AwayAlarms = "arn:aws:sns:us-east-1:123456789012:" + contract.RolePrimary + "-" + contract.AlarmTopic + "-dev"
	Notices    = "arn:aws:sns:eu-west-1:123456789012:" + contract.RoleReplica + "-" + contract.NoticeTopic + "-dev"

	Rule    = contract.Schedule + "-dev"
	RuleARN = "arn:aws:events:eu-west-1:123456789012:rule/" + Rule
)

// Account is one to which the stacks were applied, with the function.
type Account struct {
	*sim.Cloud
	t *testing.T
}

// Apply lays the stacks, whose directory is given, and the function with all
// that invokes it into a new account.
func Apply(t *testing.T, golden string, clock sim.Clock) *Account {
	t.Helper()
	cloud, err := simaws.New(sim.Options{Clock: clock, Seed: 3})
	require.NoError(t, err)
	_, err = simstacks.Apply(t.Context(), cloud, golden)
	require.NoError(t, err)
	a := &Account{Cloud: cloud, t: t}
	a.Create("aws_lambda_function", Home, map[string]any{
		"function_name": Name, "role": Role, "runtime": "provided.al2023", "handler": "bootstrap", "architectures": []any{"arm64"},
		"filename": archive(t), "timeout": 55.0, "memory_size": 256.0,
		"environment": []any{map[string]any{"variables": map[string]any{contract.VarEnvironment: "dev"}}},
	})
	a.Create("aws_lambda_function_event_invoke_config", Home, map[string]any{
		"function_name": Name, "maximum_retry_attempts": 1.0, "maximum_event_age_in_seconds": 300.0,
		"destination_config": []any{map[string]any{"on_failure": []any{map[string]any{"destination": Notices}}}},
	})
	a.Create("aws_cloudwatch_event_rule", Home, map[string]any{"name": Rule, "schedule_expression": "rate(1 minute)"})
	for id, source := range map[string][2]string{
		"primary-alarms": {"sns.amazonaws.com", AwayAlarms}, "replica-alarms": {"sns.amazonaws.com", HomeAlarms}, "schedule": {"events.amazonaws.com", RuleARN},
	} {
		a.Create("aws_lambda_permission", Home, map[string]any{
			"statement_id": id, "action": "lambda:InvokeFunction", "function_name": Name, "principal": source[0], "source_arn": source[1],
		})
	}
	a.Create("aws_cloudwatch_event_target", Home, map[string]any{
		"rule": Rule, "target_id": "guard", "arn": ARN,
		"retry_policy": []any{map[string]any{"maximum_event_age_in_seconds": 60.0, "maximum_retry_attempts": 0.0}},
	})
	a.Create("aws_sns_topic_subscription", Away, map[string]any{"topic_arn": AwayAlarms, "protocol": "lambda", "endpoint": ARN})
	a.Create("aws_sns_topic_subscription", Home, map[string]any{"topic_arn": HomeAlarms, "protocol": "lambda", "endpoint": ARN})
	return a
}

// archive is a program that is never run.
func archive(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("bootstrap")
	require.NoError(t, err)
	_, err = f.Write([]byte("#!/bin/sh\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	path := filepath.Join(t.TempDir(), "function.zip")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

// Create makes a resource and returns its id.
func (a *Account) Create(typ, region string, attrs map[string]any) string {
	a.t.Helper()
	resp := a.Do(a.t.Context(), simapi.OpCreate, simapi.Request{Type: typ, Region: region, Attrs: attrs})
	require.Nil(a.t, resp.Error, "%s: %v", typ, resp.Error)
	return resp.ID
}

// Set changes attributes of the resources of a type that the predicate holds
// for, behind Terraform's back; there is at least one.
func (a *Account) Set(typ string, match func(sim.Attrs) bool, values sim.Attrs) {
	a.t.Helper()
	require.NoError(a.t, a.Update(func(tx *sim.Tx) error {
		r := tx.Find(typ, "", match)
		require.NotNil(a.t, r, "no such %s", typ)
		for _, r := range tx.List(typ, "") {
			if match(r.Attrs) {
				tx.Edit(r).Attrs.Set(values)
			}
		}
		return nil
	}))
}

// Remove takes away the resources of a type that the predicate holds for;
// there is at least one.
func (a *Account) Remove(typ string, match func(sim.Attrs) bool) {
	a.t.Helper()
	require.NoError(a.t, a.Update(func(tx *sim.Tx) error {
		require.NotNil(a.t, tx.Find(typ, "", match), "no such %s", typ)
		for _, r := range tx.List(typ, "") {
			if match(r.Attrs) {
				tx.Remove(r)
			}
		}
		return nil
	}))
}

// With matches resources by one attribute.
func With(attribute, value string) func(sim.Attrs) bool {
	return func(a sim.Attrs) bool { return a.Str(attribute) == value }
}
