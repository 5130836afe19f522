// Package spec is what a user can set: its types, its defaults, where its
// values come from and what is refused. It knows nothing of cdktf or of the
// AWS SDK, so that every fault is found before either is started.
package spec

import "reflect"

// Config describes one environment: two sites, one database, its guard.
// Values come, later ones winning, from [Default], the cdktf context
// (cdktf.json, key "pgdr"), environments/<environment>.yaml and environment
// variables; see [Load].
type Config struct {
	// Environment is the suffix in every resource name, for example "dev".
	// It comes from ENVIRONMENT_SUFFIX or the context, never from the file
	// that it selects.
	Environment string `yaml:"-"`
	// TwinDir is the absolute path of the local simulation's folder, from
	// PGDR_TWIN_DIR; empty when the target is AWS. See [Config.UsesTwin].
	TwinDir string `yaml:"-"`
	// Account is the 12-digit AWS account id that the providers must find
	// themselves in. Empty: whichever account the credentials belong to.
	Account string `yaml:"account"`
	// Disposable environments have no deletion protection, no final snapshot
	// and no recovery window, so that they can be destroyed and made again.
	Disposable bool `yaml:"disposable"`

	Sites      Sites      `yaml:"sites"`
	Network    Network    `yaml:"network"`
	Database   Database   `yaml:"database"`
	DNS        DNS        `yaml:"dns"`
	Monitoring Monitoring `yaml:"monitoring"`
	Guard      Guard      `yaml:"guard"`
	Review     Review     `yaml:"review"`
	Objectives Objectives `yaml:"objectives"`
	Backend    Backend    `yaml:"backend"`
	Tags       Tags       `yaml:"tags"`
}

// Sites are the two places a database can be, named for their role at birth.
type Sites struct {
	Primary Site `yaml:"primary"`
	Replica Site `yaml:"replica"`
}

// Site is one region and the network in it.
type Site struct {
	// Region is an AWS region code, for example "us-east-1".
	Region string `yaml:"region"`
	// CIDR is the range of the VPC, IPv4, /16 to /20: twelve /24 subnets must fit.
	CIDR string `yaml:"cidr"`
	// Zones are the three availability zones in use, for example
	// "us-east-1a". Empty: three of the region that every account has (a, b
	// and c nearly everywhere; see [Config.Derived]). They are named, not
	// looked up, because a list that AWS changes would re-create subnets.
	Zones []string `yaml:"zones"`
	// NATGateways is 1 for the site, or 3 for one a zone. 0: 3 at the replica's
	// site, where the guard reaches AWS through them, unless the environment is
	// disposable; otherwise 1. See [Config.Derived].
	NATGateways int `yaml:"nat_gateways"`
}

// Network says who reaches the databases beside the private subnets of both
// sites and the guard.
type Network struct {
	Clients Clients `yaml:"clients"`
}

// Clients are applications outside the private subnets of the sites. The way to
// them (peering, transit gateway, routes) is theirs.
type Clients struct {
	// CIDRs are IPv4 ranges that both databases admit.
	CIDRs []string `yaml:"cidrs"`
	// PrimarySecurityGroups and ReplicaSecurityGroups are ids of security
	// groups, for example "sg-0123456789abcdef0", that the site's database
	// admits: groups of its own VPC or of one that is peered in its region.
	PrimarySecurityGroups []string `yaml:"primary_security_groups"`
	ReplicaSecurityGroups []string `yaml:"replica_security_groups"`
}

// Database is the PostgreSQL instance of both sites.
type Database struct {
	// EngineVersion is a major ("15": RDS chooses the minor at creation) or a
	// full version ("15.15").
	EngineVersion string `yaml:"engine_version"`
	// InstanceClass is for example "db.r6g.large".
	InstanceClass string `yaml:"instance_class"`
	// AllocatedStorage in GiB, at creation.
	AllocatedStorage int `yaml:"allocated_storage_gib"`
	// MaxAllocatedStorage in GiB is how far RDS may grow it by itself.
	MaxAllocatedStorage int `yaml:"max_allocated_storage_gib"`
	// MultiAZ keeps a standby of the primary in another zone of its region.
	MultiAZ bool `yaml:"multi_az"`
	// BackupRetention in days, 1 to 35, on both sites. Never 0: a source
	// without backups can have no replica.
	BackupRetention int `yaml:"backup_retention_days"`
	// Name of the database that is created with the instance.
	Name string `yaml:"name"`
	// Username of the administrator.
	Username string `yaml:"username"`
	// PasswordVersion is raised by one to have a new password made.
	PasswordVersion int `yaml:"password_version"`
	// Audit is "pgaudit" (sessions' DDL, roles and writes) or
	// "log_statement_all" (every statement as text, passwords included).
	Audit string `yaml:"audit"`
	// MaxSlotWALKeep in MiB bounds the WAL that a dead replica's slot may
	// hold back on the primary's disk.
	MaxSlotWALKeep int `yaml:"max_slot_wal_keep_mib"`
	// LogRetention in days for the exported PostgreSQL logs and the flow logs. 0:
	// 365, or 7 where the environment is disposable. See [Config.Derived].
	LogRetention int `yaml:"log_retention_days"`
	// CreateTimeout, UpdateTimeout and DeleteTimeout in minutes are how long
	// Terraform waits for RDS. An instance that it stops waiting for is tainted,
	// and the next apply deletes it.
	CreateTimeout int `yaml:"create_timeout_minutes"`
	UpdateTimeout int `yaml:"update_timeout_minutes"`
	DeleteTimeout int `yaml:"delete_timeout_minutes"`
}

// DNS is the name that applications use.
type DNS struct {
	// TTL in seconds of the weighted records.
	TTL int `yaml:"ttl_seconds"`
}

// Monitoring says who is told, and of what.
type Monitoring struct {
	// Emails are subscribed to the topics of both regions; each address must
	// confirm the message that AWS sends it.
	Emails []string `yaml:"emails"`
	// ReplicaLag in seconds above which ReplicaLag alarms.
	ReplicaLag int `yaml:"replica_lag_seconds"`
	// Connections above which DatabaseConnections alarms.
	Connections int `yaml:"connections"`
	// CPU in percent above which CPUUtilization alarms.
	CPU int `yaml:"cpu_percent"`
	// FreeStorage in GiB below which FreeStorageSpace alarms.
	FreeStorage int `yaml:"free_storage_gib"`
	// SlotLag in MiB above which OldestReplicationSlotLag alarms.
	SlotLag int `yaml:"slot_lag_mib"`
}

// Guard is the policy of the failover function. All durations are in seconds.
type Guard struct {
	// Mode is "automatic" or "manual" (observes and tells, never acts).
	Mode string `yaml:"mode"`
	// OnRegionSilent is "promote" or "ask".
	OnRegionSilent string `yaml:"on_region_silent"`
	// OnFenceError is "ask" or "promote".
	OnFenceError string `yaml:"on_fence_error"`
	// SwitchDNSWhen is "proven" or "accepted".
	SwitchDNSWhen string `yaml:"switch_dns_when"`
	// InstanceFailed is how long the instance must be unreachable while RDS
	// reports it failed.
	InstanceFailed int `yaml:"instance_failed_seconds"`
	// InstanceUnreachable likewise, while RDS still reports it available.
	InstanceUnreachable int `yaml:"instance_unreachable_seconds"`
	// RegionSilent is how long database, WAL and APIs must all be silent.
	RegionSilent int `yaml:"region_silent_seconds"`
	// Arming is how long everything must be green before the guard may act.
	Arming int `yaml:"arming_seconds"`
	// Cooldown after a failover in which none is started.
	Cooldown int `yaml:"cooldown_seconds"`
	// MaxDataLoss is the largest estimated loss that is accepted unasked.
	MaxDataLoss int `yaml:"max_data_loss_seconds"`
	// AbortAfter is how long a failover may stay unpromoted before it aborts.
	AbortAfter int `yaml:"abort_after_seconds"`
	// WitnessRegions are two further regions; if nothing answers there
	// either, it is the guard that is cut off. Empty: one near each site that
	// is no site; see [Config.Derived].
	WitnessRegions []string `yaml:"witness_regions"`
	// Memory in MiB of the function.
	Memory int `yaml:"memory_mib"`
	// LogRetention in days of the function's own log.
	LogRetention int `yaml:"log_retention_days"`
}

// Review is what a review of plans is held to. Nothing is deployed from it.
type Review struct {
	// CostLimit in USD a month: a human decides about a plan that adds more. 0
	// sets no limit.
	CostLimit int `yaml:"cost_limit_usd"`
}

// Objectives are what a recovery may cost. Nothing is deployed from them: drills
// and the history of failovers show what was measured beside them.
type Objectives struct {
	// RTO is how long applications may go without writing, and RPO how much of
	// what they wrote may be lost, as durations such as "15m". Empty: what the
	// guard's policy leads to; see [Config.Derived] and [Objectives.Durations].
	RTO string `yaml:"rto"`
	RPO string `yaml:"rpo"`
}

// Backend says where Terraform keeps its state.
type Backend struct {
	// Type is "local" or "s3".
	Type string `yaml:"type"`
	// Path is the folder of the local state files, relative to the project.
	Path string `yaml:"path"`
	// Bucket, for s3: the name of an existing bucket.
	Bucket string `yaml:"bucket"`
	// Region of the bucket, for s3. Empty: the replica's, which is the one
	// that is left when the primary's is lost.
	Region string `yaml:"region"`
	// KeyPrefix stands before the environment in the state's key.
	KeyPrefix string `yaml:"key_prefix"`
	// KMSKeyID, optional: ARN of the key that encrypts the state.
	KMSKeyID string `yaml:"kms_key_id"`
}

// Tags go on everything. CreatedAt is given by the caller or left out: the
// time of synthesis would change every resource at every deployment. A field says
// its key on AWS, and the environment variable that sets it, if there is one: a new
// tag is one line here.
type Tags struct {
	Repository string `yaml:"repository" tag:"Repository" variable:"REPOSITORY"`
	Author     string `yaml:"author" tag:"Author" variable:"COMMIT_AUTHOR"`
	PRNumber   string `yaml:"pr_number" tag:"PRNumber" variable:"PR_NUMBER"`
	Team       string `yaml:"team" tag:"Team" variable:"TEAM"`
	CreatedAt  string `yaml:"created_at" tag:"CreatedAt" variable:"CREATED_AT"`
}

// Keyed returns the tags that say something, by the key that each has on AWS:
// the struct tag "tag" of its field.
func (t Tags) Keyed() map[string]string {
	keyed := map[string]string{}
	v := reflect.ValueOf(t)
	for i := range v.NumField() {
		if value := v.Field(i).String(); value != "" {
			keyed[v.Type().Field(i).Tag.Get("tag")] = value
		}
	}
	return keyed
}
