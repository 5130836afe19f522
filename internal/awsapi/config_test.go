package awsapi

import (
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// applied are values for what only a deployment knows.
var applied = map[string]string{
	"PGDR_PRIMARY_DB_RESOURCE_ID": "db-PRIMARY",
	"PGDR_PRIMARY_DB_ENDPOINT":    primaryEndpoint,
	"PGDR_PRIMARY_NETWORK_ACL_ID": aclID,
	"PGDR_REPLICA_DB_IDENTIFIER":  "replica-db-dev",
	"PGDR_REPLICA_DB_RESOURCE_ID": "db-REPLICA",
	"PGDR_REPLICA_DB_ENDPOINT":    replicaEndpoint,
	"PGDR_SECRET_ARN":             regionalSecret,
	"PGDR_PRIMARY_SECRET_ARN":     "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-credentials-dev-AbCdEf",
	"PGDR_HOSTED_ZONE_ID":         zone,
	"PGDR_HEALTH_CHECK_ID":        "11111111-2222-3333-4444-555555555555",
	"PGDR_LEDGER_TABLE":           "failover-ledger-dev",
	"PGDR_NOTICE_TOPIC_ARN":       "arn:aws:sns:eu-west-1:123456789012:failover-notices-dev",
}

const goldenStack = "../../stacks/testdata/golden/replica.tf.json"

// goldenResources are the resources of a type in the synthesized stack.
func goldenResources(t *testing.T, kind string, into any) {
	t.Helper()
	data, err := os.ReadFile(goldenStack)
	if err != nil {
		t.Fatal(err)
	}
	var stack struct {
		Resource map[string]json.RawMessage `json:"resource"`
	}
	if err := json.Unmarshal(data, &stack); err != nil {
		t.Fatalf("%s: %v", goldenStack, err)
	}
	if err := json.Unmarshal(stack.Resource[kind], into); err != nil {
		t.Fatalf("%s: %s: %v", goldenStack, kind, err)
	}
}

// goldenVariables are the function's variables as the stack is synthesized.
func goldenVariables(t *testing.T) map[string]string {
	t.Helper()
	var functions map[string]struct {
		Environment struct {
			Variables map[string]string `json:"variables"`
		} `json:"environment"`
	}
	goldenResources(t, "aws_lambda_function", &functions)
	if len(functions) != 1 {
		t.Fatalf("%d functions in the stack, want 1", len(functions))
	}
	for _, f := range functions {
		return f.Environment.Variables
	}
	return nil
}

// environment is the synthesized one, with values where Terraform puts them.
func environment(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for name, value := range goldenVariables(t) {
		if strings.Contains(value, "${") {
			if value = applied[name]; value == "" {
				t.Fatalf("%s comes from another resource: add a value to this test", name)
			}
		}
		env[name] = value
	}
	return env
}

func lookupIn(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestConfigFromEnv_ReadsWhatTheStackSetsAndNothingElse(t *testing.T) {
	env := environment(t)
	read := map[string]bool{}
	_, err := ConfigFromEnv(func(name string) (string, bool) {
		read[name] = true
		return lookupIn(env)(name)
	})
	if err != nil {
		t.Errorf("the stack's variables do not suffice: %v", err)
	}
	set := slices.DeleteFunc(slices.Sorted(maps.Keys(env)), func(name string) bool { return !strings.HasPrefix(name, "PGDR_") })
	if diff := cmp.Diff(set, slices.Sorted(maps.Keys(read))); diff != "" {
		t.Errorf("variables of the stack (-) and of the code (+) differ:\n%s", diff)
	}
}

func TestConfigFromEnv_PutsEachValueInItsPlace(t *testing.T) {
	got, err := ConfigFromEnv(lookupIn(environment(t)))
	if err != nil {
		t.Fatal(err)
	}
	want := testConfig()
	want.Database.DeletionProtection = false
	want.DNS.TTL = 5 * time.Second
	want.GuardCIDRs = []netip.Prefix{netip.MustParsePrefix("10.1.9.0/24"), netip.MustParsePrefix("10.1.10.0/24"), netip.MustParsePrefix("10.1.11.0/24")}
	want.Policy = decide.Policy{
		Mode: decide.ModeAutomatic, OnRegionSilent: decide.SilentPromote, InstanceFailed: 180 * time.Second, InstanceUnreachable: 300 * time.Second,
		RegionSilent: 120 * time.Second, Arming: 600 * time.Second, Cooldown: time.Hour, MaxDataLoss: time.Minute, AbortAfter: 15 * time.Minute, MultiAZ: true,
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if top := got.Topology(); top.Primary != primary || top.Replica != replica {
		t.Errorf("topology %+v, want %+v and %+v", top, primary, replica)
	}
}

func TestConfigFromEnv_NamesEachFaultyVariable(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"PGDR_ENVIRONMENT", "Prod!", "an environment's name"},
		{"PGDR_PRIMARY_REGION", "virginia", "a region code"},
		{"PGDR_REPLICA_REGION", "us-east-1", "another region than PGDR_PRIMARY_REGION"},
		{"PGDR_PRIMARY_DB_IDENTIFIER", "-x", "an RDS instance identifier"},
		{"PGDR_REPLICA_DB_RESOURCE_ID", "replica-db-dev", "an RDS resource id"},
		{"PGDR_PRIMARY_DB_ENDPOINT", "primary-db-dev", "a host name"},
		{"PGDR_REPLICA_DB_ENDPOINT", replicaEndpoint + ":5432", "a host name without port"},
		{"PGDR_PRIMARY_NETWORK_ACL_ID", "vpc-1", "a network ACL's id"},
		{"PGDR_DB_PORT", "0", "from 1 to 65535"},
		{"PGDR_DB_PORT", "5432.0", "from 1 to 65535"},
		{"PGDR_DB_NAME", "my app", "a database's name"},
		{"PGDR_DB_NAME", strings.Repeat("a", 64), "a database's name"},
		{"PGDR_PRIMARY_DB_IDENTIFIER", strings.Repeat("a", 64), "an RDS instance identifier"},
		{"PGDR_DB_BACKUP_RETENTION_DAYS", "0", "from 1 to 35"},
		{"PGDR_DB_MULTI_AZ", "yes", `"true" or "false"`},
		{"PGDR_DB_AUDIT", "none", `"pgaudit" or "log_statement_all"`},
		{"PGDR_SECRET_ARN", "db-credentials-dev", "a Secrets Manager secret's ARN"},
		{"PGDR_SECRET_ARN", applied["PGDR_PRIMARY_SECRET_ARN"], "the secret in PGDR_REPLICA_REGION"},
		{"PGDR_PRIMARY_SECRET_ARN", regionalSecret, "the secret in PGDR_PRIMARY_REGION"},
		{"PGDR_NOTICE_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:x", "a topic in PGDR_REPLICA_REGION"},
		{"PGDR_NOTICE_TOPIC_ARN", "arn:aws:sqs:eu-west-1:123456789012:x", "an SNS topic's ARN"},
		{"PGDR_HOSTED_ZONE_ID", "/hostedzone/Z1", "a hosted zone's id"},
		{"PGDR_RECORD_NAME", "db", "a host name"},
		{"PGDR_RECORD_TTL_SECONDS", "0", "from 1 to"},
		{"PGDR_HEALTH_CHECK_ID", "check-1", "a health check's id"},
		{"PGDR_ACTIVE_WRITER_ALARM", " ", "an alarm's name"},
		{"PGDR_LEDGER_TABLE", "a b", "a DynamoDB table's name"},
		{"PGDR_LEDGER_TABLE", "ab", "a DynamoDB table's name"},
		{"PGDR_LEDGER_TABLE", strings.Repeat("a", 256), "a DynamoDB table's name"},
		{"PGDR_METRIC_NAMESPACE", "a b", "a CloudWatch namespace"},
		{"PGDR_METRIC_NAMESPACE", strings.Repeat("a", 256), "a CloudWatch namespace"},
		{"PGDR_GUARD_CIDRS", "10.1.3.0/24,", "IPv4 networks"},
		{"PGDR_GUARD_CIDRS", "10.1.3.7/24", "IPv4 networks"},
		{"PGDR_GUARD_CIDRS", "0.0.0.0/0", "IPv4 networks"},
		{"PGDR_GUARD_CIDRS", "2001:db8::/64", "IPv4 networks"},
		{"PGDR_GUARD_CIDRS", strings.Repeat("10.1.3.0/24,", 10) + "10.1.4.0/24", "at most 10"},
		{"PGDR_WITNESS_REGIONS", "us-west-2,eu-west-1", "none of them a site's"},
		{"PGDR_WITNESS_REGIONS", "us-west-2,us-west-2", "different regions"},
		{"PGDR_MODE", "auto", `"automatic" or "manual"`},
		{"PGDR_ON_REGION_SILENT", "wait", `"promote" or "ask"`},
		{"PGDR_INSTANCE_FAILED_SECONDS", "60", "180 or more"},
		{"PGDR_INSTANCE_UNREACHABLE_SECONDS", "soon", "a whole number"},
		{"PGDR_REGION_SILENT_SECONDS", "0", "more than 0"},
		{"PGDR_ARMING_SECONDS", "-1", "a whole number"},
		{"PGDR_COOLDOWN_SECONDS", "0", "more than 0"},
		{"PGDR_MAX_DATA_LOSS_SECONDS", "1e3", "a whole number"},
		{"PGDR_ABORT_AFTER_SECONDS", "0", "more than 0"},
	} {
		env := environment(t)
		env[c.name] = c.value
		got, err := ConfigFromEnv(lookupIn(env))
		if err == nil {
			t.Errorf("%s=%q: accepted, want an error", c.name, c.value)
			continue
		}
		if !strings.Contains(err.Error(), c.name+": found ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%q: %v; want the variable's name and %q", c.name, c.value, err, c.want)
		}
		if got.Environment != "" {
			t.Errorf("%s=%q: a configuration beside the error", c.name, c.value)
		}
	}
}

func TestConfigFromEnv_ReportsAllThatIsMissingAtOnce(t *testing.T) {
	_, err := ConfigFromEnv(lookupIn(nil))
	if err == nil {
		t.Fatal("accepted an empty environment")
	}
	for name := range environment(t) {
		if !strings.HasPrefix(name, "PGDR_") {
			continue
		}
		if n := strings.Count(err.Error(), name+": found nothing, want "); n != 1 {
			t.Errorf("%s is reported %d times as missing, want once", name, n)
		}
	}
}

func TestConfig_TopologyNamesTheSites(t *testing.T) {
	top := testConfig().Topology()
	if top.Primary.Site != engine.SitePrimary || top.Replica.Site != engine.SiteReplica {
		t.Errorf("sites %q and %q", top.Primary.Site, top.Replica.Site)
	}
}
