package decide

import "slices"

// Condition is what an RDS instance status means for the guard.
type Condition int

// Conditions of an instance.
const (
	// Working: RDS or an operator is at work on the instance in a way that may
	// interrupt it, or the status is one that this code does not know. The guard
	// waits, whatever the database does meanwhile.
	Working Condition = iota
	// Serving: the instance takes connections in this status.
	Serving
	// Failed: RDS itself says that the instance is lost.
	Failed
	// Deleting: the instance is being removed.
	Deleting
)

// Statuses as of
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
// (DB instance status). Only those that are not Working are listed: a status
// that AWS adds tomorrow must not start a failover.
var conditions = map[string]Condition{
	"available":  Serving,
	"backing-up": Serving,
	// These three last for hours, and the instance serves meanwhile.
	"storage-config-upgrade": Serving,
	"storage-initialization": Serving,
	"storage-optimization":   Serving,

	"failed":                              Failed,
	"inaccessible-encryption-credentials": Failed,
	"inaccessible-encryption-credentials-recoverable": Failed,
	"incompatible-network":                            Failed,
	"incompatible-option-group":                       Failed,
	"incompatible-parameters":                         Failed,
	"incompatible-restore":                            Failed,
	"insufficient-capacity":                           Failed,
	"restore-error":                                   Failed,

	"deleting": Deleting,
}

// ConditionOf tells what an instance status means. Unknown ones are Working.
func ConditionOf(status string) Condition { return conditions[status] }

// backingUp is the one status in which RDS documents that it refuses a
// promotion. It ends by itself within minutes:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
const backingUp = "backing-up"

// notRunning are the statuses in which there is no running instance to promote.
var notRunning = []string{"", "creating", "starting", "stopped", "stopping"}

// Promotable tells whether RDS may be asked to promote a replica in that
// status. It is false only where RDS is known to refuse. In all others RDS is
// asked, and answers InvalidDBInstanceState if it refuses.
func Promotable(status string) bool { return status != backingUp && Ready(status) }

// Ready tells whether a replica in that status could take over, now or as soon
// as a backup has ended.
func Ready(status string) bool {
	c := ConditionOf(status)
	return c != Failed && c != Deleting && !slices.Contains(notRunning, status)
}

// Untouched tells whether a replica in that status shows nothing of a
// promotion: RDS reports one that it works on as modifying, then as rebooting.
func Untouched(status string) bool { return ConditionOf(status) == Serving && status != backingUp }

// Promoting tells whether RDS shows a replica in that status, whose promotion was
// sent, at work on it.
func Promoting(status string) bool { return status == "modifying" || status == "rebooting" }

// stopped tells whether an operator stopped the instance. It counts as at work
// for as long as that lasts, whatever else happens to its region.
func stopped(status string) bool { return status == "stopped" || status == "stopping" }
