package contract

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Config is the guard's whole configuration. The stack encodes it into the
// function's environment variables, and the function decodes it. No secret is in
// it: the credentials are read by ARN.
type Config struct {
	// Environment names the deployment, for example "prod".
	Environment string
	Policy      Policy
	Primary     Instance
	Replica     Instance
	Database    DatabaseConfig
	DNS         DNS
	// PrimaryNetworkACLID is the ACL of the primary's database subnets.
	PrimaryNetworkACLID string
	// GuardCIDRs are the guard's own subnets: a fence lets only them through.
	GuardCIDRs []netip.Prefix
	// SecretARN is the secret of the guard's region, PrimarySecretARN the one
	// that it was replicated from.
	SecretARN        string
	PrimarySecretARN string
	// ActiveWriterAlarm is the name of the alarm that flips DNS.
	ActiveWriterAlarm string
	// LedgerTable is the name of the DynamoDB table in the guard's region.
	LedgerTable     string
	NoticeTopicARN  string
	MetricNamespace string
	// WitnessRegions are regions other than the two sites'.
	WitnessRegions []string
}

// Instance is one of the two database instances as deployed.
type Instance struct {
	Region string
	// Identifier is the RDS instance identifier, ResourceID the DbiResourceId.
	Identifier string
	ResourceID string
	// Endpoint is the host name, without port.
	Endpoint string
}

// DatabaseConfig is what both instances have in common.
type DatabaseConfig struct {
	Port int
	// Name of the database that clients use.
	Name string
	// BackupRetentionDays, MultiAZ and DeletionProtection are what a promoted
	// instance is given.
	BackupRetentionDays int
	MultiAZ             bool
	DeletionProtection  bool
	// Audit is AuditPgaudit or AuditLogStatementAll.
	Audit string
}

// How statements are audited.
const (
	AuditPgaudit         = "pgaudit"
	AuditLogStatementAll = "log_statement_all"
)

// DNS is where clients find the writer.
type DNS struct {
	ZoneID string
	// RecordName without a trailing dot.
	RecordName    string
	TTL           time.Duration
	HealthCheckID string
}

// Bounds of numbers that are the configuration's and the function's.
var (
	// BackupRetention in days.
	BackupRetention = Bound{1, 35,
		"a source without backups can have no replica; RDS keeps automated backups for 35 days at most"}
	// RecordTTL in seconds.
	RecordTTL = Bound{1, 300,
		"0 would send every connection to the resolver; after 300 s clients would find the new writer later than the guard takes to promote it"}
)

// WitnessCount is the number of regions by which the guard finds out whether it
// is cut off itself: one alone may be the one that is out.
const WitnessCount = 2

// Variables name all that [Config.Encode] gives, in the order of the table.
func Variables() []string {
	names := make([]string, len(variables))
	for i, v := range variables {
		names[i] = v.name
	}
	return names
}

// Encode gives the function's environment variables, one value a variable, so
// that a plan shows which of them changes. Texts may be tokens of Terraform's.
func (c Config) Encode() map[string]string {
	c.Policy.MultiAZ = c.Database.MultiAZ
	env := make(map[string]string, len(variables))
	for _, v := range variables {
		env[v.name] = v.write(&c)
	}
	return env
}

// Decode reads what [Config.Encode] gave, with lookup, which is os.LookupEnv in
// the function. The error lists every fault, each with the variable, what was
// found, and what would be right.
func Decode(lookup func(name string) (string, bool)) (Config, error) {
	var c Config
	var faults []error
	bad := map[string]bool{}
	fault := func(name, found, want string) {
		bad[name] = true
		faults = append(faults, fmt.Errorf("%s: found %s, want %s", name, found, want))
	}
	for _, v := range variables {
		text, ok := lookup(v.name)
		if !ok || text == "" {
			fault(v.name, "nothing", v.want)
			continue
		}
		if want := v.read(&c, text); want != "" {
			fault(v.name, fmt.Sprintf("%q", text), want)
		}
	}
	c.Policy.MultiAZ = c.Database.MultiAZ
	for _, f := range c.Policy.Faults(PolicyVariable) {
		if name := PolicyVariable(f.Field); !bad[name] {
			fault(name, f.Found, f.Want)
		}
	}
	c.checkRegions(fault)
	if len(faults) > 0 {
		return Config{}, fmt.Errorf("guard configuration: %w", errors.Join(faults...))
	}
	return c, nil
}

// checkRegions: a witness that is lost with a site is none.
func (c Config) checkRegions(fault func(name, found, want string)) {
	quoted := func(text string) string { return fmt.Sprintf("%q", text) }
	if c.Primary.Region != "" && c.Primary.Region == c.Replica.Region {
		fault(VarReplicaRegion, quoted(c.Replica.Region), "another region than "+VarPrimaryRegion)
	}
	for i, w := range c.WitnessRegions {
		if w == c.Primary.Region || w == c.Replica.Region || slices.Contains(c.WitnessRegions[:i], w) {
			fault(VarWitnesses, quoted(w), "different regions, none of them a site's")
		}
	}
	if n := len(c.WitnessRegions); n != 0 && n != WitnessCount {
		fault(VarWitnesses, fmt.Sprintf("%d regions", n), fmt.Sprintf("%d: one alone may be the one that is out", WitnessCount))
	}
	for _, a := range []struct{ name, arn, region, want string }{
		{VarNoticeTopic, c.NoticeTopicARN, c.Replica.Region, "a topic in " + VarReplicaRegion},
		{VarSecret, c.SecretARN, c.Replica.Region, "the secret in " + VarReplicaRegion},
		{VarPrimarySecret, c.PrimarySecretARN, c.Primary.Region, "the secret in " + VarPrimaryRegion},
	} {
		// Either may be empty, if it was at fault itself.
		if got, ok := parseARN(a.arn); ok && a.region != "" && got.region != a.region {
			fault(a.name, quoted(a.arn), a.want)
		}
	}
}

// PolicyVariable is the variable of a field of the policy.
func PolicyVariable(field string) string {
	if field == fieldMultiAZ {
		return VarMultiAZ
	}
	return VariablePrefix + strings.ToUpper(field)
}
