// Package readiness judges whether a failover could succeed now. It is pure:
// facts go in, findings come out, each with a verdict, a reason and a remedy.
// A fact that could not be read is unknown, and unknown is not green.
package readiness

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
)

// Verdict of one check.
type Verdict string

// Verdicts.
const (
	OK      Verdict = "ok"
	Failed  Verdict = "failed"
	Unknown Verdict = "unknown"
	// Warning is a fault to fix on which no failover depends: the guard arms
	// all the same.
	Warning Verdict = "warning"
)

// Names of the checks, in the order in which they are reported.
const (
	CheckReplicaExists     = "replica-exists"
	CheckReplicaIsReplica  = "replica-is-a-replica"
	CheckReplicaAvailable  = "replica-available"
	CheckReplicaBackedUp   = "replica-backed-up"
	CheckReplicaClass      = "replica-class"
	CheckReplicaStorage    = "replica-storage"
	CheckReplicaProtection = "replica-protection"
	CheckParameters        = "parameter-groups"
	CheckReceiver          = "wal-receiver-timeout"
	CheckPrimaryKey        = "primary-key"
	CheckReplicaKey        = "replica-key"
	CheckSecret            = "secret-replicated" //nolint:gosec // the name of a check
	CheckHealthCheck       = "health-check"
	CheckAlarm             = "active-writer-alarm"
	CheckRecords           = "records"
	CheckFence             = "fence"
	CheckPermissions       = "permissions"
	CheckAudit             = "audit-extension"
)

// Finding is the answer of one check.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	// Reason is what was found, in words.
	Reason string `json:"reason"`
	// Remedy is what to do about it; empty where all is well.
	Remedy string `json:"remedy,omitempty"`
}

// Fact is something that was asked for: its value, or why there is none.
type Fact[T any] struct {
	Value T
	Err   error
}

// Facts are all that the checks go by.
type Facts struct {
	// ReplicaMissing: RDS answered that there is no such instance.
	ReplicaMissing bool

	Primary, Replica                     Fact[facts.Database]
	PrimaryParameters, ReplicaParameters Fact[map[string]facts.Parameter]
	PrimaryKey, ReplicaKey               Fact[facts.Key]
	RegionalSecret                       Fact[facts.Secret]
	PrimarySecret                        Fact[facts.Secret]
	HealthCheck                          Fact[facts.HealthCheck]
	Alarm                                Fact[facts.Alarm]
	Records                              Fact[[]facts.Record]
	Fence                                Fact[facts.Fence]
	Permissions                          Fact[[]facts.Permission]
	// Extensions are those that the configuration wants in the database.
	Extensions Fact[[]facts.Extension]
}

// Expected is the deployment as it was configured.
type Expected struct {
	// Environment is the dimension of the guard's metrics.
	Environment     string
	MetricNamespace string
	// BackupRetentionDays that the replica should have.
	BackupRetentionDays int
	// DeletionProtection that it should have.
	DeletionProtection bool
	ReplicaRegion      string
	HealthCheckID      string
	AlarmName          string
	TTL                time.Duration
	// PrimaryEndpoint and ReplicaEndpoint are what the records point at.
	PrimaryEndpoint string
	ReplicaEndpoint string
}

// Assess runs every check, in a fixed order.
func Assess(f Facts, want Expected) []Finding {
	return slices.Concat(
		replicaFindings(f, want),
		[]Finding{
			parameters(f),
			receiver(f),
			key(CheckPrimaryKey, f.PrimaryKey),
			key(CheckReplicaKey, f.ReplicaKey),
			secret(f, want),
			healthCheck(f, want),
			alarm(f, want),
			records(f, want),
			fence(f),
			permissions(f),
			audit(f),
		},
	)
}

// Failing names the checks that found something wrong.
func Failing(findings []Finding) []string { return named(findings, Failed) }

// Unread names the checks that could not be made.
func Unread(findings []Finding) []string { return named(findings, Unknown) }

func named(findings []Finding, verdict Verdict) []string {
	var names []string
	for _, f := range findings {
		if f.Verdict == verdict {
			names = append(names, f.Check)
		}
	}
	return names
}

func ok(check, reason string) Finding {
	return Finding{Check: check, Verdict: OK, Reason: reason}
}

func failed(check, reason, remedy string) Finding {
	return Finding{Check: check, Verdict: Failed, Reason: reason, Remedy: remedy}
}

// unknown is the verdict where a fact could not be read.
func unknown(check string, err error) Finding {
	return Finding{
		Check: check, Verdict: Unknown, Reason: "could not be read: " + err.Error(),
		Remedy: "see whether the region answers and whether the role may ask (" + CheckPermissions + "); the next check asks again",
	}
}
