package tests

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/tier"
)

// TestLocal is the life of an environment, in order: each stage begins where
// the one before ended, as for the user who follows the README.
func TestLocal(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	dev := a.environment("dev")

	t.Run("before the first deployment one sentence says why the replica has no plan", func(t *testing.T) {
		out := dev.run(t, func(ctx context.Context) error { return dev.runner.Plan(ctx, false) })
		require.Contains(t, out, "Plan: ", "the primary has a plan")
		require.Equal(t, 1, lines(out, "pgdr-replica-dev cannot be planned yet: it reads the outputs of pgdr-primary-dev, which is not deployed"))
		require.NotContains(t, out, "Unable to find remote state")
	})

	t.Run("cdktf deploy applies both stacks and prints their outputs", func(t *testing.T) {
		out := dev.run(t, dev.runner.Deploy)
		require.Contains(t, out, "Apply complete!")
		for _, output := range []string{
			// the reference's nine
			"primary_database_endpoint", "primary_database_arn", "database_secret_arn", "route53_hosted_zone_id", "database_cname",
			"failover_function_arn", "replica_database_endpoint", "replica_database_identifier", "replica_vpc_id",
		} {
			require.Contains(t, out, output+" = ")
		}
		require.NotContains(t, out, "\x1b", "a log is no terminal")
		for _, words := range []string{"a process in the background serves the simulated account", "make stop-local", "next: make plan ENV=dev", "make destroy-local ENV=dev"} {
			require.Contains(t, out, words)
		}
	})

	t.Run("a second plan of both is empty", func(t *testing.T) { requireNoChanges(t, dev) })

	t.Run("every alarm, policy and record leads where it should", func(t *testing.T) {
		applied := dev.applied(t)
		require.Empty(t, Wiring(applied))
		requireWiringBreaks(t, applied)
	})

	t.Run("the password is in no state, plan, log or artifact", func(t *testing.T) { requireNoLeak(t, dev) })

	t.Run("what is changed behind Terraform's back shows in the next plan", func(t *testing.T) { requireDriftSeen(t, dev) })

	t.Run("prod beside dev touches nothing of dev", func(t *testing.T) {
		tier.Deep(t, "two deployments more; TestReview deploys prod, and destroy below keeps what is left")
		before := a.held(t, "dev")
		require.Greater(t, len(before), 50)
		prod := a.environment("prod")
		prod.run(t, prod.runner.Deploy)
		requireOnlyProtectionLeft(t, prod)
		_, all, code := prod.terraform(t, "replica", "apply", "-auto-approve", "-no-color")
		require.Zero(t, code, all)
		requireNoChanges(t, prod)
		require.Equal(t, before, a.held(t, "dev"))
		requireNoChanges(t, dev)
		require.Greater(t, len(a.held(t, "prod")), len(before))
	})

	t.Run("a protected environment does not let itself be destroyed", func(t *testing.T) {
		tier.Deep(t, "it needs prod beside dev")
		prod := a.environment("prod")
		before := a.held(t, "prod")
		stdout, all, code := prod.terraform(t, "primary", "destroy", "-auto-approve", "-no-color", "-target", instanceAddress(t, prod))
		require.NotZero(t, code, stdout)
		require.Contains(t, unwrapped(all), "Cannot delete protected DB Instance")
		require.Contains(t, a.held(t, "prod"), instanceKey(t, before))
	})

	t.Run("destroy leaves nothing of dev, and all of prod", func(t *testing.T) {
		before := a.held(t, "prod")
		dev.run(t, dev.runner.Destroy)
		if !tier.IsDeep() {
			// prod was not deployed beside it. The process of an account ends only
			// where nothing is left in it.
			require.NoFileExists(t, a.dir.Socket())
			return
		}
		require.Empty(t, a.held(t, "dev"))
		require.Equal(t, before, a.held(t, "prod"))
	})
}

func requireNoChanges(t *testing.T, e *environment) {
	t.Helper()
	out := e.run(t, func(ctx context.Context) error { return e.runner.Plan(ctx, true) })
	require.Equal(t, 2, lines(out, "No changes. Your infrastructure matches the configuration."), out)
}

// requireOnlyProtectionLeft: RDS ignores deletion protection when a replica is
// created (terraform-provider-aws #46542), so that a protected environment has
// one change left after its first deployment, and none after its second.
func requireOnlyProtectionLeft(t *testing.T, e *environment) {
	t.Helper()
	_, all, code := e.terraform(t, "primary", "plan", "-no-color", "-detailed-exitcode")
	require.Zero(t, code, all)
	_, all, code = e.terraform(t, "replica", "plan", "-no-color", "-detailed-exitcode")
	require.Equal(t, 2, code, all)
	require.Contains(t, all, "Plan: 0 to add, 1 to change, 0 to destroy.")
	require.Equal(t, 1, strings.Count(all, " -> "), all)
	require.Contains(t, unwrapped(all), "~ deletion_protection = false -> true")
}

// requireWiringBreaks shows that the walk finds what it is there to find.
func requireWiringBreaks(t *testing.T, applied Applied) {
	t.Helper()
	for name, tt := range map[string]struct {
		kind, attribute, value string // of the resource to change; an empty attribute removes it
		change                 string
		fault                  string
	}{
		"no subscription":     {kind: "aws_sns_topic_subscription", fault: "subscriptions of the function"},
		"no permission":       {kind: "aws_lambda_permission", fault: "may not invoke"},
		"no schedule":         {kind: "aws_cloudwatch_event_target", fault: "schedules tick"},
		"no topic policy":     {kind: "aws_sns_topic_policy", fault: "does not admit CloudWatch"},
		"no health check":     {kind: "aws_route53_health_check", fault: "health check that is not there"},
		"no role policies":    {kind: "aws_iam_role_policy", fault: "may do nothing"},
		"no failure topic":    {kind: "aws_lambda_function_event_invoke_config", fault: "failures go nowhere"},
		"no ledger":           {kind: "aws_dynamodb_table", fault: "statement Ledger: nothing has the ARN"},
		"no network ACL":      {kind: "aws_network_acl", fault: "statement Fence: nothing has the ARN"},
		"topic key unknown":   {kind: "aws_sns_topic", attribute: "kms_master_key_id", change: "alias/aws/sns", fault: "no key of ours"},
		"key without alarms":  {kind: "aws_kms_key", attribute: "policy", change: `{"Statement":[]}`, fault: "key of topic"},
		"alarm elsewhere":     {kind: "aws_route53_health_check", attribute: "cloudwatch_alarm_region", change: "us-east-1", fault: "alarm of the region that it guards"},
		"another metric":      {kind: "aws_cloudwatch_metric_alarm", attribute: "metric_name", change: "CPUUtilization", fault: "another metric"},
		"record to nowhere":   {kind: "aws_db_instance", attribute: "address", change: "primary-db-dev", fault: "no instance's endpoint"},
		"a check on each":     {kind: "aws_route53_record", attribute: "health_check_id", change: "other", fault: "records have a health check"},
		"subscription abroad": {kind: "aws_sns_topic_subscription", attribute: "arn", change: "arn:aws:sns:eu-central-1:123456789012:x:y", fault: "the subscription of topic"},
	} {
		var broken Applied
		for _, r := range applied {
			if r.Type == tt.kind {
				if tt.attribute == "" {
					continue
				}
				values := map[string]any{}
				for k, v := range r.Values {
					values[k] = v
				}
				values[tt.attribute] = tt.change
				r.Values = values
			}
			broken = append(broken, r)
		}
		require.Contains(t, strings.Join(Wiring(broken), "\n"), tt.fault, name)
	}
}

func requireNoLeak(t *testing.T, e *environment) {
	t.Helper()
	secrets := e.applied(t).of("aws_secretsmanager_secret")
	require.Len(t, secrets, 1)
	var stored struct{ Value string }
	e.ask(t, "/secrets/value", url.Values{"arn": {secrets[0].text("arn")}}, &stored)
	var credentials struct{ Username, Password string }
	require.NoError(t, json.Unmarshal([]byte(stored.Value), &credentials))
	require.Equal(t, "dbadmin", credentials.Username)
	require.Len(t, credentials.Password, 32)

	plan := filepath.Join(string(e.dir), "dev", "saved.plan")
	for _, args := range [][]string{
		{"plan", "-no-color", "-out", plan}, {"show", "-no-color", plan}, {"show", "-json", plan}, {"show", "-json"},
	} {
		_, all, code := e.terraform(t, "primary", args...)
		require.Zero(t, code, all)
		require.NoError(t, os.WriteFile(filepath.Join(string(e.dir), "dev", "log-"+strings.Join(args[:2], "")), []byte(all), 0o600))
	}
	folders := []string{e.dir.Environment("dev"), filepath.Join(e.project, "dist"), filepath.Join(e.project, "generated")}
	logs, err := filepath.Glob(filepath.Join(string(e.dir), "*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	found, err := Leaks(credentials.Password, append(folders, logs...)...)
	require.NoError(t, err)
	require.Empty(t, found)

	// The store of the account stands for AWS: there it must be found, or the
	// search is blind.
	found, err = Leaks(credentials.Password, e.dir.Cloud())
	require.NoError(t, err)
	require.NotEmpty(t, found)
}

func requireDriftSeen(t *testing.T, e *environment) {
	t.Helper()
	instance := e.applied(t).where("aws_db_instance", "identifier", "primary-db-dev")[0]
	e.tamper(t, "aws_db_instance", instance.text("id"), "backup_retention_period", 1)
	_, all, code := e.terraform(t, "primary", "plan", "-no-color", "-detailed-exitcode")
	require.Equal(t, 2, code, all)
	require.Contains(t, unwrapped(all), "~ backup_retention_period = 1 -> 7")
	e.tamper(t, "aws_db_instance", instance.text("id"), "backup_retention_period", 7)
	requireNoChanges(t, e)
}

func instanceAddress(t *testing.T, e *environment) string {
	t.Helper()
	for _, r := range e.applied(t) {
		if r.Type == "aws_db_instance" && strings.HasPrefix(r.Address, "primary/") {
			return strings.TrimPrefix(r.Address, "primary/")
		}
	}
	require.Fail(t, "no instance in the primary stack")
	return ""
}

func instanceKey(t *testing.T, held map[string]any) string {
	t.Helper()
	for key, attrs := range held {
		if values := attrs.(map[string]any); values["identifier"] == "primary-db-prod" {
			return key
		}
	}
	require.Fail(t, "no primary instance in the account")
	return ""
}
