package contract

// MetricDimension is the one dimension of each metric of the guard. Its value is
// the environment.
const MetricDimension = "Environment"

// MetricNamespace holds what the guard of an environment publishes. IAM bounds
// PutMetricData by namespace only, so that an environment has one of its own:
// with a shared one, the guard of each could turn the DNS of every other.
func MetricNamespace(environment string) string { return NamespaceGuard + "/" + environment }

// NamespaceGuard stands in the table of alarms for that of the environment.
const NamespaceGuard = "PGDR"

// Metric is the name of a gauge of the guard.
type Metric string

// The gauges of the guard. Those that are a yes or no are 1 or 0.
const (
	// ActiveWriter is 0 while DNS is to lead to the primary at birth and 1 while
	// it is to lead to the former replica. It flips DNS.
	ActiveWriter       Metric = "ActiveWriter"
	PrimaryReachable   Metric = "PrimaryReachable"
	PrimaryNotWritable Metric = "PrimaryNotWritable"
	// HeartbeatLag is what a failover now would lose at most, in seconds.
	HeartbeatLag Metric = "HeartbeatLag"
	ReplicaReady Metric = "ReplicaReady"
	FencingOwed  Metric = "FencingOwed"
	// Unprotected: the writer has no replica that could take over.
	Unprotected Metric = "Unprotected"
	// NotArmed: the guard is paused or disarmed, or has not armed itself yet.
	NotArmed Metric = "NotArmed"
	// GuardTick is 1 whenever the guard looked.
	GuardTick Metric = "GuardTick"
)

// Metrics are all gauges of the guard.
var Metrics = []Metric{
	ActiveWriter, PrimaryReachable, PrimaryNotWritable, HeartbeatLag, ReplicaReady, FencingOwed, Unprotected, NotArmed, GuardTick,
}

// Gauges of the guard that are 1 or 0, in the order in which people ask for them.
var Gauges = []Metric{ActiveWriter, NotArmed, Unprotected, FencingOwed, PrimaryReachable, PrimaryNotWritable, ReplicaReady}
