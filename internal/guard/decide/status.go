package decide

// Condition is what an RDS instance status means for the guard.
type Condition int

// Conditions of an instance.
const (
	// Working: RDS is doing something to the instance, or somebody is, or the
	// status is one that this code does not know. The guard keeps its hands
	// off, whatever the database does meanwhile.
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
	"available":            Serving,
	"backing-up":           Serving,
	"storage-optimization": Serving,

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

// stopped tells whether somebody keeps the instance down on purpose. It is at
// work for as long as that lasts, whatever else happens to its region.
func stopped(status string) bool { return status == "stopped" || status == "stopping" }
