package awsapi

import (
	"net/netip"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Config is the guard's whole configuration, as the function's environment
// variables give it. No secret is in it.
type Config struct {
	// Environment names the deployment, for example "prod".
	Environment string
	Policy      decide.Policy
	Primary     Instance
	Replica     Instance
	Database    Database
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

// Database is what both instances have in common.
type Database struct {
	Port int
	// Name of the database that clients use.
	Name string
	// BackupRetentionDays, MultiAZ and DeletionProtection are what a promoted
	// instance is given.
	BackupRetentionDays int
	MultiAZ             bool
	DeletionProtection  bool
	// Audit is "pgaudit" or "log_statement_all".
	Audit string
}

// DNS is where clients find the writer.
type DNS struct {
	ZoneID string
	// RecordName without a trailing dot.
	RecordName    string
	TTL           time.Duration
	HealthCheckID string
}

// Topology is the two members as the engine names them.
func (c Config) Topology() engine.Topology {
	return engine.Topology{
		Primary: c.Primary.member(engine.SitePrimary),
		Replica: c.Replica.member(engine.SiteReplica),
	}
}

func (i Instance) member(site engine.Site) engine.Member {
	return engine.Member{Site: site, Identifier: i.Identifier, ResourceID: i.ResourceID}
}
