package contract

// What the resources of an environment are called: each name ends in the
// environment, see [Name] and [SiteName].
const (
	Database           = "db"
	Credentials        = "db-credentials"
	FunctionName       = "failover-function"
	FunctionRole       = FunctionName + "-role"
	FunctionAccess     = FunctionName + "-sg"
	Schedule           = "failover-schedule"
	LedgerTable        = "failover-ledger"
	AlarmTopic         = "db-alarm-topic"
	NoticeTopic        = "db-notice-topic"
	ActiveWriterAlarm  = "active-writer"
	EventSubscription  = "db-events"
	FlowLogs           = "flow-logs"
	FlowLogsRole       = FlowLogs + "-role"
	Dashboard          = "pgdr"
	functionLogsPrefix = "/aws/lambda/"
)

// Name is "<what>-<environment>", for example "failover-function-dev".
func Name(what, environment string) string { return what + "-" + environment }

// SiteName is "<role>-<what>-<environment>", for example "primary-db-dev".
func SiteName(role, what, environment string) string { return Name(role+"-"+what, environment) }

// FunctionLogs is the log group of the guard.
func FunctionLogs(environment string) string {
	return functionLogsPrefix + Name(FunctionName, environment)
}

// FlowLogGroup is the log group of a site's VPC flow logs. role is RolePrimary or
// RoleReplica.
func FlowLogGroup(role, environment string) string {
	return "/aws/vpc/" + SiteName(role, FlowLogs, environment)
}

// StackPrefix begins the name of each stack.
const StackPrefix = "pgdr-"

// OpenSecrets is the primary stack's variable that says whether a plan opens the
// credentials. false is for a plan that is only read: a placeholder stands for the
// password, and the plan can't be applied.
const OpenSecrets = "open_secrets"

// StackName is the name of a site's stack, for example "pgdr-primary-dev".
// role is RolePrimary or RoleReplica.
func StackName(role, environment string) string { return StackPrefix + Name(role, environment) }

// ZoneName is the private zone of an environment.
func ZoneName(environment string) string { return Name(Database, environment) + ".internal" }

// RecordName is the one name that applications connect to, without a trailing
// dot.
func RecordName(environment string) string { return Database + "." + ZoneName(environment) }
