// Package facts is what a readiness check finds out about the deployment, in
// plain values: the code that judges them needs no AWS SDK.
package facts

import "time"

// Database is one instance as RDS describes it.
type Database struct {
	Identifier string
	ResourceID string
	ARN        string
	Status     string
	// Class is the instance class, for example "db.r6g.large".
	Class         string
	Engine        string
	EngineVersion string
	StorageType   string
	// StorageGiB is allocated now, MaxStorageGiB the limit to which storage
	// grows by itself; zero means that it does not.
	StorageGiB    int
	MaxStorageGiB int
	// IOPS and ThroughputMiBps are zero where the storage type has none set.
	IOPS            int
	ThroughputMiBps int
	// BackupRetentionDays is zero where there are no automated backups.
	BackupRetentionDays int
	// LatestRestorable is how far a point-in-time recovery would reach; zero
	// where there is no backup yet.
	LatestRestorable   time.Time
	MultiAZ            bool
	DeletionProtection bool
	Encrypted          bool
	PubliclyAccessible bool
	// KeyARN is the KMS key of the storage.
	KeyARN         string
	ParameterGroup string
	// ParameterStatus is "in-sync", "pending-reboot" or "applying".
	ParameterStatus string
	// Source is the replication source, an identifier or ARN; "" for none.
	Source string
	// Replicas of this instance, identifiers or ARNs.
	Replicas []string
	// Endpoint is the host name, "" while there is none.
	Endpoint string
	Port     int
	// Subnets are those of its subnet group, in any of which RDS may put it.
	Subnets []string
}

// Fence is the network ACL by which the primary would be fenced, as it is
// before that. Rules are worded for people.
type Fence struct {
	ACL string
	// Subnets that the ACL is associated with.
	Subnets []string
	// Gaps are rules of others that would let a client through the fence, Taken
	// those that have one of its numbers.
	Gaps, Taken []string
	// Set are the rules of the fence that are there already.
	Set []string
	// Ingress and Egress are how many IPv4 rules there are, EC2's own last one
	// included; Adds is how many the fence adds to each.
	Ingress, Egress, Adds int
}

// Parameter is one setting of a parameter group.
type Parameter struct {
	Name string
	// Value as written; "" where the engine's own default is in force.
	Value string
	// Source is "user", "system" or "engine-default".
	Source string
	// ApplyType is "static" or "dynamic".
	ApplyType string
}

// Extension is one of PostgreSQL's that the database should have.
type Extension struct {
	Name string
	// Created: the database has it. Installed: the server could create it.
	Created, Installed bool
	// Fault is why it could not be created when that was last tried; "" where
	// that is not known.
	Fault string
}

// Key is a KMS key.
type Key struct {
	ARN     string
	Enabled bool
	// State is for example "Enabled", "Disabled" or "PendingDeletion".
	State string
	// MultiRegion tells that it has replicas or is one; PrimaryARN is then the
	// key that it was replicated from, itself included.
	MultiRegion bool
	PrimaryARN  string
}

// Secret is a secret without what is in it.
type Secret struct {
	ARN   string
	KeyID string
	// PrimaryRegion is where it is replicated from, its own region included;
	// "" where it never was replicated.
	PrimaryRegion string
	// Replicas are the statuses by region: "InSync", "InProgress" or "Failed".
	Replicas map[string]string
	// DeletedAt is when it was scheduled for deletion; zero where it was not.
	DeletedAt time.Time
}

// HealthCheck is Route 53's view of the active writer's alarm.
type HealthCheck struct {
	ID   string
	Type string
	// AlarmName and AlarmRegion name the alarm that was copied.
	AlarmName   string
	AlarmRegion string
	// InsufficientData is what counts while the alarm has no data.
	InsufficientData string
	Disabled         bool
	Inverted         bool
	// Copied are the alarm's settings as of when Route 53 copied them.
	Copied AlarmSettings
}

// AlarmSettings are what an alarm goes by.
type AlarmSettings struct {
	Namespace  string
	Metric     string
	Dimensions map[string]string
	// Statistic is for example "Maximum", Comparison for example
	// "GreaterThanOrEqualToThreshold".
	Statistic         string
	Comparison        string
	Threshold         float64
	PeriodSeconds     int
	EvaluationPeriods int
}

// Alarm is a CloudWatch alarm.
type Alarm struct {
	ARN string
	// State is "OK", "ALARM" or "INSUFFICIENT_DATA".
	State string
	// MissingData is how periods without data count, for example "ignore".
	MissingData string
	Settings    AlarmSettings
}

// Record is one of the writer's DNS records.
type Record struct {
	Name          string
	SetIdentifier string
	Values        []string
	// Weight is negative where the record is not weighted.
	Weight        int
	TTL           time.Duration
	HealthCheckID string
}

// Permission is one action on one resource that the guard needs, and whether
// IAM would allow it.
type Permission struct {
	// Purpose says what it is needed for, in a few words.
	Purpose  string
	Action   string
	Resource string
	Allowed  bool
	// Decision is IAM's: "allowed", "implicitDeny" or "explicitDeny".
	Decision string
}
