package contract

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// VariablePrefix begins the name of each variable of the function.
const VariablePrefix = "PGDR_"

// Variables whose names the guard does not read alone, or that a fault names.
const (
	VarEnvironment        = "PGDR_ENVIRONMENT"
	VarPrimaryRegion      = "PGDR_PRIMARY_REGION"
	VarPrimaryIdentifier  = "PGDR_PRIMARY_DB_IDENTIFIER"
	VarPrimaryEndpoint    = "PGDR_PRIMARY_DB_ENDPOINT"
	VarPrimaryResourceID  = "PGDR_PRIMARY_DB_RESOURCE_ID"
	VarReplicaResourceID  = "PGDR_REPLICA_DB_RESOURCE_ID"
	VarReplicaRegion      = "PGDR_REPLICA_REGION"
	VarReplicaIdentifier  = "PGDR_REPLICA_DB_IDENTIFIER"
	VarReplicaEndpoint    = "PGDR_REPLICA_DB_ENDPOINT"
	VarPort               = "PGDR_DB_PORT"
	VarDatabase           = "PGDR_DB_NAME"
	VarBackupRetention    = "PGDR_DB_BACKUP_RETENTION_DAYS"
	VarMultiAZ            = "PGDR_DB_MULTI_AZ"
	VarDeletionProtection = "PGDR_DB_DELETION_PROTECTION"
	VarRecordName         = "PGDR_RECORD_NAME"
	VarRecordTTL          = "PGDR_RECORD_TTL_SECONDS"
	VarNetworkACL         = "PGDR_PRIMARY_NETWORK_ACL_ID"
	VarGuardCIDRs         = "PGDR_GUARD_CIDRS"
	VarSecret             = "PGDR_SECRET_ARN"         //nolint:gosec // a name
	VarPrimarySecret      = "PGDR_PRIMARY_SECRET_ARN" //nolint:gosec // a name
	VarLedgerTable        = "PGDR_LEDGER_TABLE"
	VarNoticeTopic        = "PGDR_NOTICE_TOPIC_ARN"
	VarNamespace          = "PGDR_METRIC_NAMESPACE"
	VarWitnesses          = "PGDR_WITNESS_REGIONS"
	VarMode               = "PGDR_MODE"
	VarOnRegionSilent     = "PGDR_ON_REGION_SILENT"
	VarOnFenceError       = "PGDR_ON_FENCE_ERROR"
	VarSwitchDNS          = "PGDR_SWITCH_DNS_WHEN"
	VarAudit              = "PGDR_DB_AUDIT"
)

// variable is one environment variable of the function.
type variable struct {
	name string
	// want is what would be right, in words.
	want string
	// write gives the value as text.
	write func(*Config) string
	// read takes the value from text, which is not empty. It returns what would
	// be right instead, or "".
	read func(c *Config, text string) string
}

// variables are the whole environment of the function, but for what Lambda
// itself sets. A new one is a row here and a field of [Config].
var variables = append([]variable{
	text(VarEnvironment, environmentName, func(c *Config) *string { return &c.Environment }),
	text(VarPrimaryRegion, region, func(c *Config) *string { return &c.Primary.Region }),
	text(VarPrimaryIdentifier, dbIdentifier, func(c *Config) *string { return &c.Primary.Identifier }),
	text(VarPrimaryResourceID, dbResourceID, func(c *Config) *string { return &c.Primary.ResourceID }),
	text(VarPrimaryEndpoint, hostName, func(c *Config) *string { return &c.Primary.Endpoint }),
	text(VarReplicaRegion, region, func(c *Config) *string { return &c.Replica.Region }),
	text(VarReplicaIdentifier, dbIdentifier, func(c *Config) *string { return &c.Replica.Identifier }),
	text(VarReplicaResourceID, dbResourceID, func(c *Config) *string { return &c.Replica.ResourceID }),
	text(VarReplicaEndpoint, hostName, func(c *Config) *string { return &c.Replica.Endpoint }),
	number(VarPort, Bound{Min: 1, Max: 65535}, func(c *Config) *int { return &c.Database.Port }),
	text(VarDatabase, databaseName, func(c *Config) *string { return &c.Database.Name }),
	number(VarBackupRetention, BackupRetention, func(c *Config) *int { return &c.Database.BackupRetentionDays }),
	truth(VarMultiAZ, func(c *Config) *bool { return &c.Database.MultiAZ }),
	truth(VarDeletionProtection, func(c *Config) *bool { return &c.Database.DeletionProtection }),
	choice(VarAudit, func(c *Config) *string { return &c.Database.Audit }, AuditPgaudit, AuditLogStatementAll),
	text("PGDR_HOSTED_ZONE_ID", zoneID, func(c *Config) *string { return &c.DNS.ZoneID }),
	text(VarRecordName, hostName, func(c *Config) *string { return &c.DNS.RecordName }),
	seconds(VarRecordTTL, RecordTTL, func(c *Config) *time.Duration { return &c.DNS.TTL }),
	text("PGDR_HEALTH_CHECK_ID", healthCheckID, func(c *Config) *string { return &c.DNS.HealthCheckID }),
	text(VarNetworkACL, networkACLID, func(c *Config) *string { return &c.PrimaryNetworkACLID }),
	guardNetworks(VarGuardCIDRs),
	text(VarSecret, secretARN, func(c *Config) *string { return &c.SecretARN }),
	text(VarPrimarySecret, secretARN, func(c *Config) *string { return &c.PrimarySecretARN }),
	text("PGDR_ACTIVE_WRITER_ALARM", alarmName, func(c *Config) *string { return &c.ActiveWriterAlarm }),
	text(VarLedgerTable, tableName, func(c *Config) *string { return &c.LedgerTable }),
	text(VarNoticeTopic, topicARN, func(c *Config) *string { return &c.NoticeTopicARN }),
	text(VarNamespace, namespace, func(c *Config) *string { return &c.MetricNamespace }),
	list(VarWitnesses, region, func(c *Config) *[]string { return &c.WitnessRegions }),
	choice(VarMode, func(c *Config) *Mode { return &c.Policy.Mode }, ModeAutomatic, ModeManual),
	choice(VarOnRegionSilent, func(c *Config) *SilentRegion { return &c.Policy.OnRegionSilent }, SilentPromote, SilentAsk),
	choice(VarOnFenceError, func(c *Config) *FenceError { return &c.Policy.OnFenceError }, FenceErrorAsk, FenceErrorPromote),
	choice(VarSwitchDNS, func(c *Config) *SwitchDNS { return &c.Policy.SwitchDNSWhen }, SwitchProven, SwitchAccepted),
}, policyVariables()...)

func policyVariables() []variable {
	rows := make([]variable, len(PolicySettings))
	for i, s := range PolicySettings {
		rows[i] = seconds(PolicyVariable(s.Field), s.Bound, func(c *Config) *time.Duration { return s.of(&c.Policy) })
	}
	return rows
}

func text(name string, must rule, at func(*Config) *string) variable {
	return variable{name, must.want, func(c *Config) string { return *at(c) }, func(c *Config, text string) string {
		if !must.holds(text) {
			return must.want
		}
		*at(c) = text
		return ""
	}}
}

func choice[T ~string](name string, at func(*Config) *T, choices ...T) variable {
	want := either(choices...)
	return variable{name, want, func(c *Config) string { return string(*at(c)) }, func(c *Config, text string) string {
		for _, known := range choices {
			if text == string(known) {
				*at(c) = known
				return ""
			}
		}
		return want
	}}
}

func truth(name string, at func(*Config) *bool) variable {
	want := either("true", "false")
	return variable{name, want, func(c *Config) string { return strconv.FormatBool(*at(c)) }, func(c *Config, text string) string {
		if text != "true" && text != "false" {
			return want
		}
		*at(c) = text == "true"
		return ""
	}}
}

func number(name string, b Bound, at func(*Config) *int) variable {
	return variable{name, b.want(), func(c *Config) string { return strconv.Itoa(*at(c)) }, func(c *Config, text string) (want string) {
		*at(c), want = b.parse(text)
		return want
	}}
}

func seconds(name string, b Bound, at func(*Config) *time.Duration) variable {
	write := func(c *Config) string { return strconv.Itoa(int(*at(c) / time.Second)) }
	return variable{name, b.want(), write, func(c *Config, text string) string {
		n, want := b.parse(text)
		*at(c) = time.Duration(n) * time.Second
		return want
	}}
}

// want is the bound of a number that is written as text.
func (b Bound) want() string {
	if b.Why == "" {
		return "a whole number from " + b.String()
	}
	return fmt.Sprintf("a whole number from %s (%s)", b, b.Why)
}

// parse reads a number; it returns what would be right instead, or "".
func (b Bound) parse(text string) (n int, want string) {
	n, err := strconv.Atoi(text)
	if err != nil || !b.holds(n) {
		return 0, b.want()
	}
	return n, ""
}

func list(name string, each rule, at func(*Config) *[]string) variable {
	write := func(c *Config) string { return strings.Join(*at(c), ",") }
	return variable{name, each.want, write, func(c *Config, text string) string {
		items, want := each.items(text)
		*at(c) = items
		return want
	}}
}

// guardNetworks is the variable of the guard's subnets, which must leave room in
// the network ACL.
func guardNetworks(name string) variable {
	write := func(c *Config) string {
		var texts []string
		for _, p := range c.GuardCIDRs {
			texts = append(texts, p.String())
		}
		return strings.Join(texts, ",")
	}
	return variable{name, ipv4Network.want, write, func(c *Config, text string) string {
		items, want := ipv4Network.items(text)
		if len(items) > FenceMaxNetworks {
			return fmt.Sprintf("at most %d: a network ACL has room for few rules", FenceMaxNetworks)
		}
		for _, item := range items {
			c.GuardCIDRs = append(c.GuardCIDRs, netip.MustParsePrefix(item)) // it is one, by the rule
		}
		return want
	}}
}

// items are a list's, each by the rule; or what would be right instead.
func (r rule) items(text string) (items []string, want string) {
	items = strings.Split(text, ",")
	for _, item := range items {
		if !r.holds(item) {
			return nil, r.want + "; " + strconv.Quote(item) + " is none"
		}
	}
	return items, ""
}

// rule is what a text must be.
type rule struct {
	// want is what would be right, in words.
	want  string
	holds func(string) bool
}

// The rules are as strict as AWS's own or less so: they are to catch a mixed-up
// or an unset variable, not to second-guess AWS.
var (
	environmentName = matching("an environment's name such as \"prod\"", `[a-z0-9][a-z0-9-]*`)
	region          = matching("a region code such as \"eu-west-1\"", `[a-z]{2,}(-[a-z]+)+-[0-9]+`)
	dbIdentifier    = sized(1, 63, matching("an RDS instance identifier", `[A-Za-z][A-Za-z0-9-]*`))
	dbResourceID    = matching("an RDS resource id such as \"db-ABCDEFGHIJKLMNOPQRSTUVWXYZ\"", `db-[A-Za-z0-9]+`)
	hostName        = matching("a host name without port or trailing dot", `[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)+`)
	databaseName    = sized(1, 63, matching("a database's name", `[A-Za-z_][A-Za-z0-9_$]*`))
	networkACLID    = matching("a network ACL's id such as \"acl-0123456789abcdef0\"", `acl-[0-9a-f]+`)
	zoneID          = matching("a hosted zone's id such as \"Z0123456789ABCDEFGHIJ\"", `[A-Z0-9]+`)
	healthCheckID   = matching("a health check's id, a UUID", `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	alarmName       = matching("an alarm's name", `[^\s\x00](.*[^\s\x00])?`)
	tableName       = sized(3, 255, matching("a DynamoDB table's name", `[A-Za-z0-9_.-]+`))
	namespace       = sized(1, 255, matching("a CloudWatch namespace such as \""+MetricNamespace("prod")+"\"", `[A-Za-z0-9_.#/-]+`))
	topicARN        = ofService("an SNS topic's ARN", "sns")
	secretARN       = ofService("a Secrets Manager secret's ARN", "secretsmanager")
	ipv4Network     = rule{"IPv4 networks in CIDR notation, separated by commas", isIPv4Network}
)

func matching(want, pattern string) rule {
	return rule{want, regexp.MustCompile(`^(` + pattern + `)$`).MatchString}
}

// sized is a rule for texts of so many bytes. Counted in the pattern they would
// cost the start of the function more than all else that it compiles: a pattern
// is compiled to a copy of what it repeats for each time.
func sized(least, most int, r rule) rule {
	return rule{r.want, func(text string) bool { return len(text) >= least && len(text) <= most && r.holds(text) }}
}

func ofService(want, service string) rule {
	return rule{want, func(text string) bool {
		a, ok := parseARN(text)
		return ok && a.service == service && a.region != "" && a.account != "" && a.resource != ""
	}}
}

func isIPv4Network(text string) bool {
	p, err := netip.ParsePrefix(text)
	return err == nil && p.Addr().Is4() && p == p.Masked() && p.Bits() > 0
}

type arn struct{ service, region, account, resource string }

// parseARN splits an ARN. The SDK's parser is not used here, so that what reads
// the contract needs no SDK.
func parseARN(text string) (arn, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return arn{}, false
	}
	return arn{service: parts[2], region: parts[3], account: parts[4], resource: parts[5]}, true
}
