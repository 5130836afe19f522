package contract

import "slices"

// Namespaces of the metrics that AWS publishes, with their dimensions.
const (
	NamespaceRDS      = "AWS/RDS"
	NamespaceLambda   = "AWS/Lambda"
	DimensionInstance = "DBInstanceIdentifier"
	// MetricConnections and MetricWrites are RDS's: sessions, and write operations
	// on the disk a second. RDS publishes a minute's values after that minute.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
	MetricConnections = "DatabaseConnections"
	MetricWrites      = "WriteIOPS"
	DimensionFunction = "FunctionName"
)

// Comparisons of a metric with a threshold.
const (
	Above   = "GreaterThanThreshold"
	AtLeast = "GreaterThanOrEqualToThreshold"
	Below   = "LessThanThreshold"
)

// What a minute without data counts as.
const (
	MissingNothing   = "missing"
	MissingBreaches  = "breaching"
	MissingNoBreach  = "notBreaching"
	mebibyte         = 1 << 20
	gibibyte         = 1 << 30
	settingsOfAlarms = "monitoring."
)

// Alarm is one metric, one threshold and who is notified. Its period is a
// minute; it goes off when Breaching of the last Minutes minutes breached.
type Alarm struct {
	// Name without the environment, for example "replica-lag".
	Name string
	// Role of the site whose region it is in.
	Role string
	// Namespace says whose metric it is: an instance's (NamespaceRDS), the
	// function's (NamespaceLambda) or the guard's (NamespaceGuard).
	Namespace, Metric     string
	Statistic, Comparison string
	// Setting is the path of the threshold in the configuration, which counts
	// in Unit; "" where the threshold is Fixed.
	Setting     string
	Unit, Fixed int
	Minutes     int
	Breaching   int
	// Missing is what a minute without data counts as.
	Missing string
	// Least and Most are the thresholds between which the alarm can tell: beyond
	// them its metric always or never is.
	Least, Most float64
	Description string
}

// LargestVolume is the largest volume of RDS for PostgreSQL, in bytes: the Most of
// alarms on what a disk holds.
const LargestVolume = 65536 * gibibyte

// most values of metrics that are no storage: an r6g.16xlarge takes no more than
// 5000 connections; a replica an hour behind is none to fail over to.
const (
	mostConnections = 5000
	mostLag         = 3600
)

// OfGuard says that the alarm is about the guard: it notifies the humans and
// not the guard. Those of the databases notify both, and to the guard each is a
// hint to look now: none is evidence of a lost database, an idle one least of
// all.
func (a Alarm) OfGuard() bool { return a.Namespace != NamespaceRDS }

// NamespaceIn is the namespace of the alarm's metric in an environment.
func (a Alarm) NamespaceIn(environment string) string {
	if a.Namespace == NamespaceGuard {
		return MetricNamespace(environment)
	}
	return a.Namespace
}

// Alarms are all alarms but the one that flips DNS. RDS publishes ReplicaLag for
// the replica, in its region: seconds behind, or -1 when replication is not
// running at all.
var Alarms = slices.Concat(instanceAlarms(RolePrimary), []Alarm{
	{Name: "primary-slot-lag", Role: RolePrimary, Namespace: NamespaceRDS, Metric: "OldestReplicationSlotLag", Statistic: "Maximum",
		Comparison: Above, Setting: settingsOfAlarms + "slot_lag_mib", Unit: mebibyte, Minutes: 5, Breaching: 5, Missing: MissingNothing,
		Least: 1, Most: LargestVolume, Description: "WAL piles up on the primary for a replica that does not take it."},
}, instanceAlarms(RoleReplica), []Alarm{
	{Name: "replica-lag", Role: RoleReplica, Namespace: NamespaceRDS, Metric: "ReplicaLag", Statistic: "Maximum",
		Comparison: Above, Setting: settingsOfAlarms + "replica_lag_seconds", Unit: 1, Minutes: 3, Breaching: 2, Missing: MissingNothing,
		Least: 1, Most: mostLag, Description: "The replica is behind: a failover now would lose this many seconds of writes."},
	{Name: "replication-stopped", Role: RoleReplica, Namespace: NamespaceRDS, Metric: "ReplicaLag", Statistic: "Maximum",
		Comparison: Below, Fixed: 0, Minutes: 5, Breaching: 5, Missing: MissingNothing,
		// All of a minute's values must be -1.
		Least: -0.9, Most: 0, Description: "Replication is not running (ReplicaLag is -1): there is no protection."},
	{Name: "guard-errors", Role: RoleReplica, Namespace: NamespaceLambda, Metric: "Errors", Statistic: "Sum",
		Comparison: AtLeast, Fixed: 1, Minutes: 5, Breaching: 3, Missing: MissingNoBreach,
		Least: 1, Most: 5, Description: "The guard's function fails."},
	{Name: "guard-silent", Role: RoleReplica, Namespace: NamespaceGuard, Metric: string(GuardTick), Statistic: "Sum",
		Comparison: Below, Fixed: 1, Minutes: 5, Breaching: 5, Missing: MissingBreaches,
		Least: 1, Most: 1, Description: "The guard has not finished a look for five minutes: nobody would fail over."},
	guardAlarm("primary-not-writable", PrimaryNotWritable, 2, "The primary answers but takes no writes: mend it, this is no failover."),
	guardAlarm("unprotected", Unprotected, 5, "There is no replica to fail over to."),
	guardAlarm("not-armed", NotArmed, 20, "The guard is paused or disarmed, or has not armed itself for 20 minutes: it does not fail over. See drctl guard status; resume, or arm."),
	guardAlarm("fencing-owed", FencingOwed, 1, "The old primary is not fenced yet: two writers are possible when it returns."),
})

func instanceAlarms(role string) []Alarm {
	of := func(what, metric, statistic, comparison, setting string, unit, minutes int, least, most float64, description string) Alarm {
		return Alarm{Name: role + "-" + what, Role: role, Namespace: NamespaceRDS, Metric: metric, Statistic: statistic, Comparison: comparison,
			Setting: settingsOfAlarms + setting, Unit: unit, Minutes: minutes, Breaching: minutes, Missing: MissingNothing,
			Least: least, Most: most, Description: description}
	}
	return []Alarm{
		of("connections", MetricConnections, "Maximum", Above, "connections", 1, 3, 1, mostConnections, "Connections near the instance's limit: clients will be refused."),
		of("cpu", "CPUUtilization", "Average", Above, "cpu_percent", 1, 15, 1, 99, "The processor is busy: replay and clients slow down."),
		of("free-storage", "FreeStorageSpace", "Minimum", Below, "free_storage_gib", gibibyte, 3, gibibyte/10, LargestVolume, "The disk is filling: at zero the instance stops taking writes."),
	}
}

// guardAlarm is on a gauge of the guard's that is 1 where something is wrong.
func guardAlarm(name string, metric Metric, minutes int, description string) Alarm {
	return Alarm{Name: name, Role: RoleReplica, Namespace: NamespaceGuard, Metric: string(metric), Statistic: "Maximum", Comparison: AtLeast,
		Fixed: 1, Minutes: minutes, Breaching: minutes, Missing: MissingNoBreach,
		Least: 0.1, Most: 1, Description: description}
}

// EventCategories are the categories of RDS's events that people are sent: what
// may end in a failover, or says that one would not work. Backups, creations and
// changes by people are left out.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
var EventCategories = []string{
	"availability", "failover", "failure", "low storage", "maintenance", "notification", "read replica", "recovery",
}

// Remedies say for each alarm, and the one that flips DNS, what to do.
var Remedies = map[string]string{
	"primary-connections":  "Find the client that opens them (`pg_stat_activity`); shorten pools. Don't fail over: the load would follow to the new writer.",
	"primary-cpu":          "Look for the query; consider a larger class at both sites together.",
	"primary-free-storage": "See what grows; if it is WAL, look at `primary-slot-lag`. Raise `database.max_allocated_storage_gib` before autoscaling ends.",
	"primary-slot-lag":     "The replica takes no WAL. At `database.max_slot_wal_keep_mib` the slot is given up, and the replica must be made anew.",
	"replica-connections":  "Readers on the replica; after a failover, the applications.",
	"replica-cpu":          "A busy replica replays late: `replica-lag` follows.",
	"replica-free-storage": "As for the primary.",
	"replica-lag":          "A failover now would lose that much. Look for long transactions on the primary, long queries on the replica, and `replica-cpu`.",
	"replication-stopped":  "There is no protection. Read the replica's log and RDS's events; restart or re-create the replica.",
	"active-writer":        "Not a fault. In alarm, the writer is at the replica site and the primary's record is out of DNS. Never delete or edit it by hand.",
	"guard-errors":         "Read `/aws/lambda/failover-function-<env>`.",
	"guard-silent":         "Automatic failover is not running. Check schedule, function, NAT gateway and endpoints of eu-west-1. At the end of a first deployment it goes off once, because a new alarm counts the five minutes before it as missing. The guard's first finished check clears it.",
	"primary-not-writable": "The server answers but takes no writes: wrong password, connections exhausted, disk full, starting up, certificate expired. Fix that cause. A failover would lose writes for nothing.",
	"unprotected":          "There is no replica. After a failover: rebuild one at the other site.",
	"not-armed":            "The guard does not fail over by itself: it is paused or disarmed, or has not been able to arm itself. `drctl guard status` says which; resume it, or fix what keeps it from arming. After a failover `unprotected` says it instead.",
	"fencing-owed":         "The old primary may take writes when it returns. The guard tries each minute; see that nothing writes to the old endpoint.",
}
