package readiness

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// replicaFindings judge the instance that would be promoted.
func replicaFindings(f Facts, want Expected) []Finding {
	all := []string{
		CheckReplicaExists, CheckReplicaIsReplica, CheckReplicaAvailable, CheckReplicaBackedUp,
		CheckReplicaClass, CheckReplicaStorage, CheckReplicaProtection,
	}
	if f.ReplicaMissing {
		findings := []Finding{failed(CheckReplicaExists, "RDS knows no such instance",
			"make the replica anew: deploy the replica stack, or after a failover rebuild one at the other site")}
		for _, check := range all[1:] {
			findings = append(findings, failed(check, "there is no replica", "see "+CheckReplicaExists))
		}
		return findings
	}
	if f.Replica.Err != nil {
		var findings []Finding
		for _, check := range all {
			findings = append(findings, unknown(check, f.Replica.Err))
		}
		return findings
	}
	replica := f.Replica.Value
	return []Finding{
		ok(CheckReplicaExists, replica.Identifier+" exists"),
		isReplica(replica),
		available(replica),
		backedUp(replica, want),
		notSmaller(CheckReplicaClass, f, class),
		notSmaller(CheckReplicaStorage, f, storage),
		protected(replica, want),
	}
}

func isReplica(replica facts.Database) Finding {
	if replica.Source == "" {
		return failed(CheckReplicaIsReplica, replica.Identifier+" has no replication source",
			"it was promoted or never was a replica: see status, and rebuild a replica of the present writer")
	}
	return ok(CheckReplicaIsReplica, "replicates from "+replica.Source)
}

// available tells whether RDS would promote it now.
func available(replica facts.Database) Finding {
	if !decide.Promotable(replica.Status) {
		return failed(CheckReplicaAvailable, fmt.Sprintf("its status is %q", replica.Status),
			"a backup ends by itself; start a stopped replica, and make a failed one anew")
	}
	return ok(CheckReplicaAvailable, replica.Status)
}

func backedUp(replica facts.Database, want Expected) Finding {
	switch {
	case replica.BackupRetentionDays == 0:
		return failed(CheckReplicaBackedUp, "it has no automated backups", "deploy the replica stack: once promoted, the instance would be without a backup and could have no replica")
	case replica.BackupRetentionDays < want.BackupRetentionDays:
		return failed(CheckReplicaBackedUp, fmt.Sprintf("backups are kept %d days, not %d", replica.BackupRetentionDays, want.BackupRetentionDays), "deploy the replica stack")
	}
	return ok(CheckReplicaBackedUp, fmt.Sprintf("backups are kept %d days", replica.BackupRetentionDays))
}

// protected compares what would not be restored by itself: reachability and
// encryption cannot be changed by a promotion.
func protected(replica facts.Database, want Expected) Finding {
	switch {
	case !replica.Encrypted:
		return failed(CheckReplicaProtection, "its storage is not encrypted", "make the replica anew, with a key of its region")
	case replica.PubliclyAccessible:
		return failed(CheckReplicaProtection, "it has a public address", "deploy the replica stack")
	case want.DeletionProtection && !replica.DeletionProtection:
		// RDS ignores the setting when a replica is created, so that each first
		// deployment is without it. No failover depends on it.
		return Finding{
			Check: CheckReplicaProtection, Verdict: Warning, Reason: "it has no deletion protection",
			Remedy: "deploy the replica stack once more: RDS ignores the setting when a replica is created",
		}
	}
	return ok(CheckReplicaProtection, "encrypted, private, and protected as configured")
}

// notSmaller compares the replica with the primary.
func notSmaller(check string, f Facts, compare func(primary, replica facts.Database) (smaller bool, text string)) Finding {
	if f.Primary.Err != nil {
		return unknown(check, f.Primary.Err)
	}
	smaller, text := compare(f.Primary.Value, f.Replica.Value)
	if smaller {
		return failed(check, text, "give both sites the same instance class and storage limits, and deploy both stacks")
	}
	return ok(check, text)
}

func class(primary, replica facts.Database) (bool, string) {
	text := fmt.Sprintf("replica %s, primary %s", replica.Class, primary.Class)
	return replica.Class != primary.Class && sizeOf(replica.Class) < sizeOf(primary.Class), text
}

func storage(primary, replica facts.Database) (bool, string) {
	text := fmt.Sprintf("replica %d GiB up to %d, primary %d GiB up to %d",
		replica.StorageGiB, limit(replica), primary.StorageGiB, limit(primary))
	return replica.StorageGiB < primary.StorageGiB || limit(replica) < limit(primary), text
}

// limit is how far the storage can grow.
func limit(d facts.Database) int { return max(d.StorageGiB, d.MaxStorageGiB) }

// sizeOf ranks the size of a class, in eighths of an xlarge: "db.r6g.large"
// is 4, "db.r6g.2xlarge" is 16. An unknown size is the smallest, so that it
// fails the comparison and an operator looks at it.
func sizeOf(class string) int {
	parts := strings.Split(class, ".")
	size := parts[len(parts)-1]
	switch size {
	case "micro":
		return 1
	case "small":
		return 2
	case "medium":
		return 3
	case "large":
		return 4
	case "xlarge":
		return 8
	}
	if times, found := strings.CutSuffix(size, "xlarge"); found {
		if n, err := strconv.Atoi(times); err == nil {
			return 8 * n
		}
	}
	return 0
}
