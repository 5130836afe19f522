package readiness_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

var want = readiness.Expected{
	Environment: "dev", MetricNamespace: "PGDR", BackupRetentionDays: 7, DeletionProtection: true,
	ReplicaRegion: "eu-west-1", HealthCheckID: "check", AlarmName: "active-writer-dev", TTL: 5 * time.Second,
	PrimaryEndpoint: "primary.rds", ReplicaEndpoint: "replica.rds",
}

// green is a deployment in which everything is as it should be.
func green() readiness.Facts {
	settings := facts.AlarmSettings{
		Namespace: "PGDR", Metric: "ActiveWriter", Dimensions: map[string]string{"Environment": "dev"},
		Statistic: "Maximum", Comparison: "GreaterThanOrEqualToThreshold", Threshold: 1, PeriodSeconds: 60, EvaluationPeriods: 1,
	}
	instance := facts.Database{
		Identifier: "replica-db-dev", Status: "available", Class: "db.r6g.large", StorageGiB: 100, MaxStorageGiB: 500,
		BackupRetentionDays: 7, DeletionProtection: true, Encrypted: true, ParameterStatus: "in-sync", Source: "arn:primary",
		Subnets: []string{"subnet-a", "subnet-b"},
	}
	parameters := func() map[string]facts.Parameter {
		return map[string]facts.Parameter{
			"rds.force_ssl":   {Value: "1", Source: "user"},
			"max_connections": {Value: "LEAST(x)", Source: "engine-default"},
		}
	}
	f := readiness.Facts{}
	f.Primary.Value, f.Replica.Value = instance, instance
	f.PrimaryParameters.Value, f.ReplicaParameters.Value = parameters(), parameters()
	f.PrimaryKey.Value, f.ReplicaKey.Value = facts.Key{Enabled: true, State: "Enabled"}, facts.Key{Enabled: true, State: "Enabled"}
	f.PrimarySecret.Value = facts.Secret{Replicas: map[string]string{"eu-west-1": "InSync"}}
	f.HealthCheck.Value = facts.HealthCheck{
		ID: "check", Type: "CLOUDWATCH_METRIC", AlarmName: "active-writer-dev", AlarmRegion: "eu-west-1",
		InsufficientData: "LastKnownStatus", Copied: settings,
	}
	f.Alarm.Value = facts.Alarm{State: "OK", MissingData: "ignore", Settings: settings}
	f.Records.Value = []facts.Record{
		{Values: []string{"primary.rds"}, Weight: 100, TTL: 5 * time.Second, HealthCheckID: "check"},
		{Values: []string{"replica.rds."}, Weight: 0, TTL: 5 * time.Second},
	}
	f.Fence.Value = facts.Fence{ACL: "acl-1", Subnets: []string{"subnet-b", "subnet-a", "subnet-c"}, Ingress: 2, Egress: 2, Adds: 4}
	f.Extensions.Value = []facts.Extension{{Name: "pgaudit", Created: true, Installed: true}}
	f.Permissions.Value = []facts.Permission{{Purpose: "promote", Action: "rds:PromoteReadReplica", Resource: "arn", Allowed: true}}
	return f
}

func TestAssess_IsGreenWhereAllIsAsDeployed(t *testing.T) {
	findings := readiness.Assess(green(), want)
	require.Len(t, findings, 18)
	require.Empty(t, readiness.Failing(findings), "%v", findings)
	require.Empty(t, readiness.Unread(findings), "%v", findings)
	for _, f := range findings {
		require.NotEmpty(t, f.Reason, f.Check)
		require.Empty(t, f.Remedy, f.Check)
	}
}

func TestAssess_FindsByName(t *testing.T) {
	type all = readiness.Facts
	for name, tt := range map[string]struct {
		change func(*all)
		check  string
		reason string
	}{
		"a promoted replica":             {func(f *all) { f.Replica.Value.Source = "" }, readiness.CheckReplicaIsReplica, "no replication source"},
		"a replica that is backing up":   {func(f *all) { f.Replica.Value.Status = "backing-up" }, readiness.CheckReplicaAvailable, "backing-up"},
		"no backups":                     {func(f *all) { f.Replica.Value.BackupRetentionDays = 0 }, readiness.CheckReplicaBackedUp, "no automated backups"},
		"backups too short":              {func(f *all) { f.Replica.Value.BackupRetentionDays = 1 }, readiness.CheckReplicaBackedUp, "1 days, not 7"},
		"a smaller class":                {func(f *all) { f.Replica.Value.Class = "db.r6g.medium" }, readiness.CheckReplicaClass, "db.r6g.medium"},
		"a smaller class of many digits": {func(f *all) { f.Primary.Value.Class = "db.r6g.16xlarge"; f.Replica.Value.Class = "db.r6g.8xlarge" }, readiness.CheckReplicaClass, "8xlarge"},
		"a class that nobody knows":      {func(f *all) { f.Replica.Value.Class = "db.serverless" }, readiness.CheckReplicaClass, "db.serverless"},
		"smaller storage":                {func(f *all) { f.Replica.Value.StorageGiB = 50 }, readiness.CheckReplicaStorage, "50 GiB"},
		"storage that cannot grow":       {func(f *all) { f.Replica.Value.MaxStorageGiB = 0 }, readiness.CheckReplicaStorage, "up to 100"},
		"no encryption":                  {func(f *all) { f.Replica.Value.Encrypted = false }, readiness.CheckReplicaProtection, "not encrypted"},
		"a public address":               {func(f *all) { f.Replica.Value.PubliclyAccessible = true }, readiness.CheckReplicaProtection, "public"},
		"parameters that differ":         {func(f *all) { f.ReplicaParameters.Value["rds.force_ssl"] = facts.Parameter{Value: "0", Source: "user"} }, readiness.CheckParameters, `rds.force_ssl is "1" on the primary, "0"`},
		"a parameter on one side only":   {func(f *all) { delete(f.PrimaryParameters.Value, "rds.force_ssl") }, readiness.CheckParameters, "rds.force_ssl"},
		"parameters not taken yet":       {func(f *all) { f.Replica.Value.ParameterStatus = "pending-reboot" }, readiness.CheckParameters, "pending-reboot"},
		"a receiver that never asks":     {receiverTimeout("0"), readiness.CheckReceiver, `"0" on the replica`},
		"a receiver that asks too late":  {receiverTimeout("120001"), readiness.CheckReceiver, `"120001" on the replica`},
		"a receiver in a hurry":          {receiverTimeout("999"), readiness.CheckReceiver, `"999" on the replica`},
		"a receiver's time in words":     {receiverTimeout("1min"), readiness.CheckReceiver, `"1min" on the replica`},
		"a primary that would ask late":  {func(f *all) { f.PrimaryParameters.Value["wal_receiver_timeout"] = facts.Parameter{Value: "300000"} }, readiness.CheckReceiver, `"300000" on the primary`},
		"a disabled key":                 {func(f *all) { f.ReplicaKey.Value = facts.Key{State: "PendingDeletion"} }, readiness.CheckReplicaKey, "PendingDeletion"},
		"the primary's key disabled":     {func(f *all) { f.PrimaryKey.Value.Enabled = false }, readiness.CheckPrimaryKey, "Enabled"},
		"a secret out of sync":           {func(f *all) { f.PrimarySecret.Value.Replicas["eu-west-1"] = "Failed" }, readiness.CheckSecret, "Failed"},
		"a secret to be deleted":         {func(f *all) { f.RegionalSecret.Value.DeletedAt = time.Now() }, readiness.CheckSecret, "deletion"},
		"another kind of health check":   {func(f *all) { f.HealthCheck.Value.Type = "TCP" }, readiness.CheckHealthCheck, "TCP"},
		"an alarm of the lost region":    {func(f *all) { f.HealthCheck.Value.AlarmRegion = "us-east-1" }, readiness.CheckHealthCheck, "us-east-1"},
		"a disabled health check":        {func(f *all) { f.HealthCheck.Value.Disabled = true }, readiness.CheckHealthCheck, "disabled"},
		"unhealthy without data":         {func(f *all) { f.HealthCheck.Value.InsufficientData = "Unhealthy" }, readiness.CheckHealthCheck, "Unhealthy"},
		"an alarm edited afterwards":     {func(f *all) { f.Alarm.Value.Settings.Threshold = 2 }, readiness.CheckHealthCheck, "no longer has"},
		"another metric":                 {func(f *all) { f.Alarm.Value.Settings.Metric = "CPU" }, readiness.CheckAlarm, "CPU"},
		"silence taken for an answer":    {func(f *all) { f.Alarm.Value.MissingData = "breaching" }, readiness.CheckAlarm, "breaching"},
		"one record":                     {func(f *all) { f.Records.Value = f.Records.Value[:1] }, readiness.CheckRecords, "1 records"},
		"a record to nowhere":            {func(f *all) { f.Records.Value[0].Values = []string{"primary-db-dev"} }, readiness.CheckRecords, "endpoints"},
		"the primary unchecked":          {func(f *all) { f.Records.Value[0].HealthCheckID = "" }, readiness.CheckRecords, "primary's record"},
		"the replica checked too":        {func(f *all) { f.Records.Value[1].HealthCheckID = "check" }, readiness.CheckRecords, "replica's record"},
		"a long TTL":                     {func(f *all) { f.Records.Value[0].TTL = time.Minute }, readiness.CheckRecords, "1m0s"},
		"both weights set":               {func(f *all) { f.Records.Value[1].Weight = 100 }, readiness.CheckRecords, "exactly one"},
		"a rule before the fence":        {func(f *all) { f.Fence.Value.Gaps = []string{"ingress rule 5 (allow)"} }, readiness.CheckFence, "let others through: ingress rule 5"},
		"a rule in the fence's place":    {func(f *all) { f.Fence.Value.Taken = []string{"egress rule 90 (deny)"} }, readiness.CheckFence, "guard's numbers: egress rule 90"},
		"a fence that was left":          {func(f *all) { f.Fence.Value.Set = []string{"ingress rule 90 (deny)"} }, readiness.CheckFence, "a fence already: ingress rule 90"},
		"no room for a fence going in":   {func(f *all) { f.Fence.Value.Ingress = 17 }, readiness.CheckFence, "17 rules in and 2 out, and the fence adds 4"},
		"no room for a fence going out":  {func(f *all) { f.Fence.Value.Egress = 20 }, readiness.CheckFence, "2 rules in and 20 out"},
		"no room in a raised quota":      {func(f *all) { f.Fence.Value.Egress = 37 }, readiness.CheckFence, "37 out"},
		"a subnet outside the fence":     {func(f *all) { f.Primary.Value.Subnets = []string{"subnet-a", "subnet-d"} }, readiness.CheckFence, "may be in subnet-d, which acl-1"},
		"no subnet inside the fence":     {func(f *all) { f.Fence.Value.Subnets = nil }, readiness.CheckFence, "may be in subnet-a, subnet-b"},
		"a missing permission":           {func(f *all) { f.Permissions.Value[0].Allowed = false }, readiness.CheckPermissions, "rds:PromoteReadReplica"},
	} {
		t.Run(name, func(t *testing.T) {
			f := green()
			tt.change(&f)
			findings := readiness.Assess(f, want)
			require.Contains(t, readiness.Failing(findings), tt.check)
			for _, finding := range findings {
				if finding.Check == tt.check {
					require.Equal(t, readiness.Failed, finding.Verdict)
					require.Contains(t, finding.Reason, tt.reason)
					require.NotEmpty(t, finding.Remedy)
				}
			}
		})
	}
}

// receiverTimeout sets the replica's, in milliseconds.
func receiverTimeout(value string) func(*readiness.Facts) {
	return func(f *readiness.Facts) {
		f.ReplicaParameters.Value["wal_receiver_timeout"] = facts.Parameter{Value: value, Source: "system"}
	}
}

func TestAssess_TakesAReceiverThatAsksInTime(t *testing.T) {
	for _, value := range []string{"", "1000", "30000", "60000", "120000"} {
		f := green()
		receiverTimeout(value)(&f)
		require.NotContains(t, readiness.Failing(readiness.Assess(f, want)), readiness.CheckReceiver, value)
	}
}

func TestAssess_TakesAnACLThatTheFenceFitsInto(t *testing.T) {
	for _, rules := range []int{1, 16, 21, 36} { // Over 20 the quota was raised.
		f := green()
		f.Fence.Value.Ingress, f.Fence.Value.Egress = rules, rules
		require.NotContains(t, readiness.Failing(readiness.Assess(f, want)), readiness.CheckFence, rules)
	}
}

func TestAssess_DoesNotKnowAFenceWhoseSubnetsRDSDoesNotTell(t *testing.T) {
	f := green()
	f.Primary.Value.Subnets = nil
	require.Contains(t, readiness.Unread(readiness.Assess(f, want)), readiness.CheckFence)
}

func TestAssess_SaysOfAMissingReplicaThatItIsMissing(t *testing.T) {
	f := green()
	f.ReplicaMissing = true
	findings := readiness.Assess(f, want)
	require.Equal(t, readiness.CheckReplicaExists, findings[0].Check)
	require.Equal(t, readiness.Failed, findings[0].Verdict)
	require.Len(t, readiness.Failing(findings), 7)
}

// What could not be read is neither well nor wrong, and not green.
func TestAssess_TakesNoSilenceForAnAnswer(t *testing.T) {
	silent := errors.New("no answer")
	var f readiness.Facts
	f.Primary.Err, f.Replica.Err = silent, silent
	f.PrimaryParameters.Err, f.ReplicaParameters.Err = silent, silent
	f.PrimaryKey.Err, f.ReplicaKey.Err = silent, silent
	f.RegionalSecret.Err, f.PrimarySecret.Err = silent, silent
	f.HealthCheck.Err, f.Alarm.Err, f.Records.Err, f.Permissions.Err = silent, silent, silent, silent
	f.Fence.Err = silent
	findings := readiness.Assess(f, want)
	require.Len(t, readiness.Unread(findings), 17)
	require.Empty(t, readiness.Failing(findings))
	for _, finding := range findings {
		if finding.Check == readiness.CheckAudit {
			continue // See below: no failover depends on it.
		}
		require.Equal(t, readiness.Unknown, finding.Verdict, finding.Check)
		require.Contains(t, finding.Reason, "no answer")
	}
}

func TestAssess_JudgesTheReplicaByItselfWhileThePrimaryIsSilent(t *testing.T) {
	f := green()
	f.Primary.Err = errors.New("no answer")
	for _, finding := range readiness.Assess(f, want) {
		switch finding.Check {
		case readiness.CheckReplicaClass, readiness.CheckReplicaStorage, readiness.CheckFence:
			require.Equal(t, readiness.Unknown, finding.Verdict)
		default:
			require.Equal(t, readiness.OK, finding.Verdict, finding.Check)
		}
	}
}

func TestAssess_WarnsOfAnAuditThatIsMissingAndArmsAllTheSame(t *testing.T) {
	for name, tt := range map[string]struct {
		fact   readiness.Fact[[]facts.Extension]
		reason string
	}{
		"not on the server": {readiness.Fact[[]facts.Extension]{Value: []facts.Extension{{Name: "pgaudit"}}}, "pgaudit is not on the server"},
		"refused": {readiness.Fact[[]facts.Extension]{Value: []facts.Extension{{Name: "pgaudit", Installed: true, Fault: "PostgreSQL says no (SQLSTATE 42501)"}}},
			"pgaudit can't be created: PostgreSQL says no (SQLSTATE 42501)"},
		"not yet":    {readiness.Fact[[]facts.Extension]{Value: []facts.Extension{{Name: "pgaudit", Installed: true}}}, "has not been created"},
		"not looked": {readiness.Fact[[]facts.Extension]{Err: errors.New("no answer")}, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			f := green()
			f.Extensions = tt.fact
			findings := readiness.Assess(f, want)
			audit := findings[len(findings)-1]
			require.Equal(t, readiness.CheckAudit, audit.Check)
			require.Equal(t, readiness.Warning, audit.Verdict)
			require.Contains(t, audit.Reason, tt.reason)
			require.NotEmpty(t, audit.Remedy)
			require.Empty(t, readiness.Failing(findings))
			require.Empty(t, readiness.Unread(findings))
		})
	}
	f := green()
	f.Extensions.Value = nil
	require.Empty(t, readiness.Failing(readiness.Assess(f, want)), "an audit that nobody wants")
}

func TestDocumentation_NamesEveryCheckAndNoOther(t *testing.T) {
	page, err := os.ReadFile("../../../docs/guard.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(page), "\n## Readiness\n")
	require.True(t, found)
	table, _, _ := strings.Cut(after, "Verdicts are")
	told := map[string]bool{}
	for row := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, m := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(first, -1) {
			if strings.HasPrefix(row, "| `") {
				told[m[1]] = true
			}
		}
	}
	made := map[string]bool{}
	for _, f := range readiness.Assess(green(), want) {
		made[f.Check] = true
	}
	require.Equal(t, made, told)
}

// RDS ignores deletion protection when it creates a replica, so that each first
// deployment is without it: that must keep no guard from arming.
func TestAssess_WarnsOfAReplicaWithoutDeletionProtection(t *testing.T) {
	f := green()
	f.Replica.Value.DeletionProtection = false
	findings := readiness.Assess(f, want)
	require.Empty(t, readiness.Failing(findings))
	i := slices.IndexFunc(findings, func(f readiness.Finding) bool { return f.Check == readiness.CheckReplicaProtection })
	require.Equal(t, readiness.Warning, findings[i].Verdict)
	require.Contains(t, findings[i].Remedy, "deploy the replica stack once more")
}
