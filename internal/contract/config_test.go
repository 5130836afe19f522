package contract

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// sound is a whole configuration, each field of which says something.
func sound() Config {
	return Config{
		Environment: "dev",
		Policy: Policy{
			Mode: ModeAutomatic, OnRegionSilent: SilentPromote, OnFenceError: FenceErrorAsk, SwitchDNSWhen: SwitchProven, InstanceFailed: 200 * time.Second, InstanceUnreachable: 300 * time.Second,
			RegionSilent: 120 * time.Second, Arming: 10 * time.Minute, Cooldown: time.Hour, MaxDataLoss: time.Minute, AbortAfter: 15 * time.Minute, MultiAZ: true,
		},
		Primary:  Instance{"us-east-1", "primary-db-dev", "db-PRIMARY", "primary-db-dev.abc.us-east-1.rds.amazonaws.com"},
		Replica:  Instance{"eu-west-1", "replica-db-dev", "db-REPLICA", "replica-db-dev.abc.eu-west-1.rds.amazonaws.com"},
		Database: DatabaseConfig{Port: DatabasePort, Name: "app", BackupRetentionDays: 7, MultiAZ: true, DeletionProtection: true, Audit: AuditPgaudit},
		DNS: DNS{
			ZoneID: "Z0123456789ABCDEFGHIJ", RecordName: RecordName("dev"), TTL: 5 * time.Second, HealthCheckID: "11111111-2222-3333-4444-555555555555",
		},
		PrimaryNetworkACLID: "acl-0123456789abcdef0",
		GuardCIDRs:          []netip.Prefix{netip.MustParsePrefix("10.1.3.0/24"), netip.MustParsePrefix("10.1.4.0/24")},
		SecretARN:           "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-credentials-dev-AbCdEf",
		PrimarySecretARN:    "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-credentials-dev-AbCdEf",
		ActiveWriterAlarm:   "active-writer-dev",
		LedgerTable:         "failover-ledger-dev",
		NoticeTopicARN:      "arn:aws:sns:eu-west-1:123456789012:failover-notices-dev",
		MetricNamespace:     MetricNamespace("dev"),
		WitnessRegions:      []string{"us-west-2", "eu-central-1"},
	}
}

func lookupIn(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

// requireWhole wants each field to say something, so that one without a
// variable is seen to be lost.
func requireWhole(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[netip.Prefix]() {
		require.False(t, v.IsZero(), "%s is not set", path)
		return
	}
	for i := range v.NumField() {
		requireWhole(t, v.Field(i), path+"."+v.Type().Field(i).Name)
	}
}

func TestConfig_IsTheSameAfterItsVariables(t *testing.T) {
	want := sound()
	requireWhole(t, reflect.ValueOf(want), "Config")
	env := want.Encode()
	require.Len(t, env, len(Variables()), "a variable stands twice in the table")
	got, err := Decode(lookupIn(env))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })))
}

func TestDecode_NamesEachFaultyVariable(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"PGDR_ENVIRONMENT", "Prod!", "an environment's name"},
		{"PGDR_PRIMARY_REGION", "virginia", "a region code"},
		{"PGDR_REPLICA_REGION", "us-east-1", "another region than PGDR_PRIMARY_REGION"},
		{"PGDR_PRIMARY_DB_IDENTIFIER", "-x", "an RDS instance identifier"},
		{"PGDR_REPLICA_DB_RESOURCE_ID", "replica-db-dev", "an RDS resource id"},
		{"PGDR_PRIMARY_DB_ENDPOINT", "primary-db-dev", "a host name"},
		{"PGDR_REPLICA_DB_ENDPOINT", sound().Replica.Endpoint + ":5432", "a host name without port"},
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
		{"PGDR_SECRET_ARN", sound().PrimarySecretARN, "the secret in PGDR_REPLICA_REGION"},
		{"PGDR_PRIMARY_SECRET_ARN", sound().SecretARN, "the secret in PGDR_PRIMARY_REGION"},
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
		{"PGDR_ON_FENCE_ERROR", "force", `"ask" or "promote"`},
		{"PGDR_SWITCH_DNS_WHEN", "sent", `"proven" or "accepted"`},
		{"PGDR_INSTANCE_FAILED_SECONDS", "60", "at least 180 with PGDR_DB_MULTI_AZ"},
		{"PGDR_INSTANCE_UNREACHABLE_SECONDS", "soon", "a whole number"},
		{"PGDR_REGION_SILENT_SECONDS", "0", "a whole number from "},
		{"PGDR_ARMING_SECONDS", "-1", "a whole number"},
		{"PGDR_COOLDOWN_SECONDS", "0", "a whole number from "},
		{"PGDR_MAX_DATA_LOSS_SECONDS", "1e3", "a whole number"},
		{"PGDR_MAX_DATA_LOSS_SECONDS", "14", "from 15 to 3600"},
		{"PGDR_RECORD_TTL_SECONDS", "301", "from 1 to 300"},
		{"PGDR_INSTANCE_UNREACHABLE_SECONDS", "190", "at least the 200 of PGDR_INSTANCE_FAILED_SECONDS"},
		{"PGDR_COOLDOWN_SECONDS", "700", "at least the 900 of PGDR_ABORT_AFTER_SECONDS"},
		{"PGDR_WITNESS_REGIONS", "us-west-2", "one alone may be the one that is out"},
		{"PGDR_ABORT_AFTER_SECONDS", "0", "a whole number from "},
	} {
		env := sound().Encode()
		env[c.name] = c.value
		got, err := Decode(lookupIn(env))
		require.ErrorContains(t, err, c.name+": found ", "%s=%q", c.name, c.value)
		require.ErrorContains(t, err, c.want, "%s=%q", c.name, c.value)
		require.Zero(t, got, "%s=%q: a configuration beside the error", c.name, c.value)
	}
}

func TestDecode_ReportsAllThatIsMissingAtOnce(t *testing.T) {
	_, err := Decode(lookupIn(nil))
	require.Error(t, err)
	for _, name := range Variables() {
		require.Equal(t, 1, strings.Count(err.Error(), name+": found "), name)
		require.Contains(t, err.Error(), name+": found nothing, want ")
	}
}

func TestPolicy_OfNothingIsNone(t *testing.T) {
	require.Error(t, Policy{}.Validate())
	for _, s := range PolicySettings {
		p := sound().Policy
		s.Set(&p, -1)
		require.ErrorContains(t, p.Validate(), s.Field+": found -1", "a policy without it permits what it should not")
		require.Positive(t, s.Min, "%s: the bounds accept what no policy is", s.Field)
	}
}
