package diagnose

import (
	"maps"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
)

// kind is what all findings of an ID have in common.
type kind struct {
	severity Severity
	remedy   string
}

// kinds of findings, by ID.
var kinds = map[string]kind{
	// The guard.
	"guard-missing":    {Fault, "Deploy the replica stack: without its function no health check runs."},
	"guard-ambiguous":  {Fault, "Leave one function whose " + contract.VarEnvironment + " is this environment."},
	"guard-config":     {Fault, "Correct the function's variable; with a wrong one the function does not start."},
	"guard-region":     {Fault, "Move the guard to the replica's region: where it is it would be lost with the primary."},
	"guard-network":    {Fault, "Put the function into the private subnets of the replica's VPC."},
	"guard-cidrs":      {Fault, "Make " + contract.VarGuardCIDRs + " the ranges of the function's subnets: the fence lets these through and no others."},
	"guard-log":        {Warning, "Name a log group of the function's region that exists."},
	"guard-time":       {Warning, "Let the function run nearly a minute, so that it looks again and again until the next tick."},
	"guard-memory":     {Warning, "Give the function the memory that it was measured with: its share of a processor follows from it."},
	"guard-program":    {Fault, "Let the function run its archive: arm64, an OS-only runtime, no concurrency of 0."},
	"witness":          {Fault, "Name witness regions that the account has, none of them a site's."},
	"function-invoker": {Warning, "Remove the permission: only the schedule and the alarms' topics are to invoke the guard."},
	// The databases.
	"database-missing":    {Fault, "Name an instance that exists, in the region that it is in."},
	"database-mismatch":   {Fault, "Take the value from the instance itself."},
	"database-key":        {Fault, "Encrypt the instance with a key of its own region that is enabled."},
	"key-foreign":         {Warning, "Make the database's keys one multi-Region key: what one region encrypted the other can read."},
	"database-parameters": {Warning, "Give both instances parameter groups with the same settings."},
	"database-zones":      {Warning, "Put a subnet of each zone into the subnet group: a standby or a new instance may need it."},
	"database-log":        {Warning, "Make the log group before the instance, with a retention and the database's key."},
	"database-backups":    {Warning, "Keep backups of both instances: the source needs them, and the promoted one at once."},
	"database-smaller":    {Warning, "Give the replica the class of the primary: it is to carry its load."},
	"database-posture":    {Warning, "Tell the guard what the primary has: the promoted instance is given that."},
	"database-public":     {Warning, "Make the instance private."},
	"replica-source":      {Fault, "Make the replica replicate from the primary."},
	// The fence.
	"fence-acl":     {Fault, "Give the guard the network ACL that all subnets of the primary's subnet group have."},
	"fence-shared":  {Warning, "Keep other subnets out of the network ACL of the primary's database subnets: the fence would cut them off."},
	"fence-leak":    {Fault, "Give the guard subnets of its own: every host in the guard's subnets gets past the fence."},
	"fence-locks":   {Fault, "Leave the guard a way to the primary behind its own fence: see what stops it."},
	"fence-numbers": {Warning, "Number own rules of the network ACL from 100: those below are the guard's, and an admission there gets past the fence."},
	"replica-acl":   {Warning, "Give the replica's database subnets a network ACL of their own: after a rebuild it is the one to fence."},
	// Credentials.
	"secret-missing": {Fault, "Replicate the secret to the replica's region, and give the guard both ARNs."},
	"secret-key":     {Warning, "Encrypt the secret with the database's key of each region: its policy says who may read it."},
	"secret-login":   {Fault, "Put the instance's own user and password into the secret."},
	// Names.
	"name-answer":     {Fault, "Associate the zone with both VPCs, and let each site's record lead to its instance's endpoint."},
	"record-check":    {Fault, "Give the primary's record the health check, and the replica's none: a record without one is healthy."},
	"record-weights":  {Fault, "Make two weighted records, one a site, so that weights alone can turn the name as well."},
	"record-ttl":      {Warning, "Give both records the TTL that the guard knows."},
	"health-check":    {Fault, "Let the health check follow the alarm of the active writer, in the replica's region, and keep its last status without data."},
	"health-stale":    {Fault, "Take the alarm's settings over again (triggers): Route 53 keeps a copy of them."},
	"health-triggers": {Warning, "Name the alarm and its settings in the health check's triggers, so that a change is taken over."},
	"writer-alarm":    {Fault, "Let the alarm watch the metric that the guard publishes: at least 1 means that the writer has moved."},
	// Ways.
	"way-guard":        {Fault, "Open the way from the guard's subnets to the database: routes both ways, groups, network ACLs."},
	"way-applications": {Fault, "Open the way from applications to the database: after a failover those of both sites need both."},
	"way-apis":         {Fault, "Open the way from the guard's subnets to AWS: HTTPS out, and a NAT gateway or an endpoint."},
	"way-out":          {Warning, "Give private subnets a default route to a NAT gateway that leads out."},
	"way-endpoint":     {Warning, "Associate the gateway endpoint with the route tables of all private subnets: it is free, and needs no NAT gateway."},
	"way-in":           {Warning, "Take the route out of the database subnets' table: databases reach the two VPCs and nothing else."},
	"subnet-kinds":     {Warning, "Have as many public, private and database subnets in each zone as in the others."},
	"subnet-table":     {Warning, "Associate the subnet with a route table: the main one has no routes."},
	"default-group":    {Warning, "Take over the VPC's default security group and leave it without rules."},
	// Alarms and messages.
	"alarm-missing":     {Fault, "Make the alarm, on the metric of that instance or of the guard, in the region in which it is published."},
	"alarm-subject":     {Fault, "Name an instance or function that exists in the alarm's region: the alarm waits for data that never comes."},
	"alarm-silent":      {Fault, "Let the alarm act on a topic, with its actions enabled."},
	"alarm-target":      {Fault, "Let alarms of the databases wake the guard, and alarms about the guard tell people."},
	"alarm-settings":    {Warning, "Let the alarm see what it is for: statistic, missing data, a threshold that its metric can pass, periods of a minute."},
	"alarm-end":         {Warning, "Let the alarm tell its end (ok_actions) where it tells its beginning."},
	"alarm-blind":       {Fault, "Count missing data as breaching: a guard that is gone publishes nothing."},
	"topic-policy":      {Fault, "Let cloudwatch.amazonaws.com publish to the topic."},
	"topic-key":         {Fault, "Let cloudwatch.amazonaws.com use the topic's key (kms:GenerateDataKey*, kms:Decrypt): with AWS's own key it can't."},
	"topic-open":        {Warning, "Let alarms of this account alone publish to the topic, and only over TLS."},
	"policy-dead":       {Warning, "Let the statement speak of the resource that carries the policy: of another it has no effect."},
	"key-open":          {Warning, "Bind the logs service to the database's log groups: kms:EncryptionContext:aws:logs:arn."},
	"topic-wakes":       {Fault, "Subscribe the guard to the topic, in the topic's region, and let the topic invoke it."},
	"notices-unread":    {Warning, "Subscribe a person to the notices: the guard reports refusals and pending work there."},
	"notices-missing":   {Fault, "Give the guard the topic of its notices."},
	"schedule":          {Fault, "Run the guard each minute: an enabled rule whose target it is, and that may invoke it."},
	"schedule-rate":     {Fault, "Run the guard each minute: what it measures rests on that."},
	"failure-unheard":   {Warning, "Send events that the guard could not handle to the notices."},
	"permission":        {Fault, "Allow the guard's role this action on this resource."},
	"permission-excess": {Warning, "Take the permission back: the guard does not need it, and anyone with its credentials has it too."},
	"ledger-missing":    {Fault, "Make the ledger's table in the guard's region: without it every promotion is refused."},
	"ledger-shape":      {Fault, "Give the table the partition key pk and the sort key sk, both strings."},
	"ledger-key":        {Warning, "Encrypt the table with the database's key of its region."},
	"ledger-recovery":   {Warning, "Switch point-in-time recovery of the ledger on."},
	// The diagnosis.
	"not-simulated": {Warning, "See what is said: this could not be judged."},
}

// IDs are the names of all findings that there can be, sorted.
func IDs() []string { return slices.Sorted(maps.Keys(kinds)) }

// Named are the names of all findings of a severity, sorted.
func Named(s Severity) []string {
	return slices.DeleteFunc(IDs(), func(id string) bool { return kinds[id].severity != s })
}
