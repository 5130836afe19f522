package awsapi

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// ConfigFromEnv reads the function's configuration with lookup, which is
// os.LookupEnv in the function. The error lists every fault, each with the
// variable, what was found, and what would be right.
func ConfigFromEnv(lookup func(name string) (string, bool)) (Config, error) {
	r := &envReader{lookup: lookup}
	c := Config{
		Environment:         r.text("PGDR_ENVIRONMENT", environmentName),
		Primary:             readInstance(r, "PGDR_PRIMARY"),
		Replica:             readInstance(r, "PGDR_REPLICA"),
		Database:            readDatabase(r),
		DNS:                 readDNS(r),
		PrimaryNetworkACLID: r.text("PGDR_PRIMARY_NETWORK_ACL_ID", networkACLID),
		GuardCIDRs:          readCIDRs(r),
		SecretARN:           r.text("PGDR_SECRET_ARN", secretARN),
		PrimarySecretARN:    r.text("PGDR_PRIMARY_SECRET_ARN", secretARN),
		ActiveWriterAlarm:   r.text("PGDR_ACTIVE_WRITER_ALARM", alarmName),
		LedgerTable:         r.text("PGDR_LEDGER_TABLE", tableName),
		NoticeTopicARN:      r.text("PGDR_NOTICE_TOPIC_ARN", topicARN),
		MetricNamespace:     r.text("PGDR_METRIC_NAMESPACE", namespace),
		WitnessRegions:      r.list("PGDR_WITNESS_REGIONS", region),
	}
	c.Policy = readPolicy(r, c.Database.MultiAZ)
	checkRegions(r, c)
	if len(r.faults) > 0 {
		return Config{}, fmt.Errorf("guard configuration: %w", errors.Join(r.faults...))
	}
	return c, nil
}

func readInstance(r *envReader, prefix string) Instance {
	return Instance{
		Region:     r.text(prefix+"_REGION", region),
		Identifier: r.text(prefix+"_DB_IDENTIFIER", dbIdentifier),
		ResourceID: r.text(prefix+"_DB_RESOURCE_ID", dbResourceID),
		Endpoint:   r.text(prefix+"_DB_ENDPOINT", hostName),
	}
}

func readDatabase(r *envReader) Database {
	return Database{
		Port:                r.number("PGDR_DB_PORT", 1, 65535),
		Name:                r.text("PGDR_DB_NAME", databaseName),
		BackupRetentionDays: r.number("PGDR_DB_BACKUP_RETENTION_DAYS", 1, 35),
		MultiAZ:             r.truth("PGDR_DB_MULTI_AZ"),
		DeletionProtection:  r.truth("PGDR_DB_DELETION_PROTECTION"),
		Audit:               r.choice("PGDR_DB_AUDIT", "pgaudit", "log_statement_all"),
	}
}

func readDNS(r *envReader) DNS {
	return DNS{
		ZoneID:        r.text("PGDR_HOSTED_ZONE_ID", zoneID),
		RecordName:    r.text("PGDR_RECORD_NAME", hostName),
		TTL:           time.Duration(r.number("PGDR_RECORD_TTL_SECONDS", 1, 2147483647)) * time.Second,
		HealthCheckID: r.text("PGDR_HEALTH_CHECK_ID", healthCheckID),
	}
}

// readCIDRs reads the guard's subnets. They must leave room in the network
// ACL: see fence.go.
func readCIDRs(r *envReader) []netip.Prefix {
	const name = "PGDR_GUARD_CIDRS"
	var nets []netip.Prefix
	for _, text := range r.list(name, rule{"IPv4 networks in CIDR notation, separated by commas", isIPv4Network}) {
		nets = append(nets, netip.MustParsePrefix(text))
	}
	if len(nets) > maxGuardNets {
		r.fault(name, fmt.Sprintf("%d networks", len(nets)), fmt.Sprintf("at most %d: a network ACL has room for few rules", maxGuardNets))
	}
	return nets
}

// readPolicy lets the policy itself judge its values. Its names of fields are
// those of the variables, in small letters and without the prefix.
func readPolicy(r *envReader, multiAZ bool) decide.Policy {
	whole := len(r.faults)
	s := decide.Settings{
		Mode:                r.given("PGDR_MODE", `"automatic" or "manual"`),
		OnRegionSilent:      r.given("PGDR_ON_REGION_SILENT", `"promote" or "ask"`),
		InstanceFailed:      r.seconds("PGDR_INSTANCE_FAILED_SECONDS"),
		InstanceUnreachable: r.seconds("PGDR_INSTANCE_UNREACHABLE_SECONDS"),
		RegionSilent:        r.seconds("PGDR_REGION_SILENT_SECONDS"),
		Arming:              r.seconds("PGDR_ARMING_SECONDS"),
		Cooldown:            r.seconds("PGDR_COOLDOWN_SECONDS"),
		MaxDataLoss:         r.seconds("PGDR_MAX_DATA_LOSS_SECONDS"),
		AbortAfter:          r.seconds("PGDR_ABORT_AFTER_SECONDS"),
		MultiAZ:             multiAZ,
	}
	if len(r.faults) > whole {
		return decide.Policy{}
	}
	p, err := decide.NewPolicy(s)
	if err == nil {
		return p
	}
	faults := []error{err}
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // The joined error itself is meant, not one that it wraps.
		faults = many.Unwrap()
	}
	for _, f := range faults {
		field, rest, _ := strings.Cut(f.Error(), ": ")
		r.faults = append(r.faults, fmt.Errorf("PGDR_%s: %s", strings.ToUpper(field), rest))
	}
	return decide.Policy{}
}

// checkRegions: a witness that is lost with a site is none.
func checkRegions(r *envReader, c Config) {
	if c.Primary.Region != "" && c.Primary.Region == c.Replica.Region {
		r.fault("PGDR_REPLICA_REGION", c.Replica.Region, "another region than PGDR_PRIMARY_REGION")
	}
	for i, w := range c.WitnessRegions {
		if w == c.Primary.Region || w == c.Replica.Region || slices.Contains(c.WitnessRegions[:i], w) {
			r.fault("PGDR_WITNESS_REGIONS", w, "different regions, none of them a site's")
		}
	}
	for _, a := range []struct{ name, arn, region, want string }{
		{"PGDR_NOTICE_TOPIC_ARN", c.NoticeTopicARN, c.Replica.Region, "a topic in PGDR_REPLICA_REGION"},
		{"PGDR_SECRET_ARN", c.SecretARN, c.Replica.Region, "the secret in PGDR_REPLICA_REGION"},
		{"PGDR_PRIMARY_SECRET_ARN", c.PrimarySecretARN, c.Primary.Region, "the secret in PGDR_PRIMARY_REGION"},
	} {
		// Either may be empty, if it was at fault itself.
		if got, ok := arnRegion(a.arn); ok && a.region != "" && got != a.region {
			r.fault(a.name, a.arn, a.want)
		}
	}
}
