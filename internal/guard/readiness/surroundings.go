package readiness

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// parameters compares what was set on purpose in the two groups: after a
// promotion the database must behave as before.
func parameters(f Facts) Finding {
	for _, err := range []error{f.PrimaryParameters.Err, f.ReplicaParameters.Err} {
		if err != nil {
			return unknown(CheckParameters, err)
		}
	}
	primary, replica := set(f.PrimaryParameters.Value), set(f.ReplicaParameters.Value)
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(merged(primary, replica))) {
		if primary[name] != replica[name] {
			differ = append(differ, fmt.Sprintf("%s is %q on the primary, %q on the replica", name, primary[name], replica[name]))
		}
	}
	if len(differ) > 0 {
		return failed(CheckParameters, strings.Join(differ, "; "), "deploy both stacks, so that the groups agree, and restart the replica if the parameter is static")
	}
	if status := f.Replica.Value.ParameterStatus; f.Replica.Err == nil && status == "pending-reboot" {
		return failed(CheckParameters, "the replica has not taken its parameters yet: "+status, "restart the replica")
	}
	return ok(CheckParameters, fmt.Sprintf("%d parameters agree", len(primary)))
}

// receiver judges wal_receiver_timeout, which the guard's second path rests
// on: the receiver must ask a primary that says nothing, and soon. The
// primary's group counts too, because the roles change.
func receiver(f Facts) Finding {
	const remedy = "set wal_receiver_timeout in both parameter groups to 1000 to 120000 (milliseconds), 60000 for example"
	for _, at := range []struct {
		who        string
		parameters Fact[map[string]facts.Parameter]
	}{{contract.RoleReplica, f.ReplicaParameters}, {contract.RolePrimary, f.PrimaryParameters}} {
		if at.parameters.Err != nil {
			return unknown(CheckReceiver, at.parameters.Err)
		}
		// Without a value PostgreSQL's own default of a minute is in force.
		value := at.parameters.Value["wal_receiver_timeout"].Value
		if value == "" {
			continue
		}
		ms, err := strconv.Atoi(value)
		if d := time.Duration(ms) * time.Millisecond; err != nil || d < decide.ReceiverTimeoutMin || d > decide.ReceiverTimeoutMax {
			return failed(CheckReceiver, fmt.Sprintf("it is %q on the %s: whether the replica hears its primary could not be told", value, at.who), remedy)
		}
	}
	return ok(CheckReceiver, "a WAL receiver that hears nothing asks in time")
}

// set returns the parameters that were set in the group.
func set(all map[string]facts.Parameter) map[string]string {
	values := map[string]string{}
	for name, p := range all {
		if p.Source == "user" {
			values[name] = p.Value
		}
	}
	return values
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func key(check string, f Fact[facts.Key]) Finding {
	switch {
	case f.Err != nil:
		return unknown(check, f.Err)
	case !f.Value.Enabled:
		return failed(check, "the key is "+f.Value.State, "enable the key, or cancel its deletion: without it the instance cannot start")
	}
	return ok(check, "enabled")
}

// secret must be readable in the guard's region, the same as the primary's.
func secret(f Facts, want Expected) Finding {
	if f.RegionalSecret.Err != nil {
		return unknown(CheckSecret, f.RegionalSecret.Err)
	}
	if !f.RegionalSecret.Value.DeletedAt.IsZero() {
		return failed(CheckSecret, "the regional secret is scheduled for deletion", "restore the secret")
	}
	if f.PrimarySecret.Err != nil {
		return unknown(CheckSecret, f.PrimarySecret.Err)
	}
	status := f.PrimarySecret.Value.Replicas[want.ReplicaRegion]
	if status != "InSync" {
		return failed(CheckSecret, fmt.Sprintf("its copy in %s is %q, not \"InSync\"", want.ReplicaRegion, status), "replicate the secret again: after a failover the guard could not log in")
	}
	return ok(CheckSecret, "in sync")
}

// healthCheck must follow the alarm of the guard's region, by the settings
// that the alarm has now: Route 53 copies them once.
func healthCheck(f Facts, want Expected) Finding {
	if f.HealthCheck.Err != nil {
		return unknown(CheckHealthCheck, f.HealthCheck.Err)
	}
	h := f.HealthCheck.Value
	switch {
	case h.Type != "CLOUDWATCH_METRIC":
		return failed(CheckHealthCheck, "its type is "+h.Type, "deploy the primary stack")
	case h.AlarmName != want.AlarmName || h.AlarmRegion != want.ReplicaRegion:
		return failed(CheckHealthCheck, fmt.Sprintf("it follows %s in %s, not %s in %s", h.AlarmName, h.AlarmRegion, want.AlarmName, want.ReplicaRegion), "deploy the primary stack")
	case h.Disabled || h.Inverted:
		return failed(CheckHealthCheck, "it is disabled or inverted", "deploy the primary stack")
	case h.InsufficientData != "LastKnownStatus":
		return failed(CheckHealthCheck, "without data it counts as "+h.InsufficientData, "set LastKnownStatus: a lost metric must flip nothing")
	case f.Alarm.Err == nil && !same(h.Copied, f.Alarm.Value.Settings):
		return failed(CheckHealthCheck, "Route 53 goes by settings that the alarm no longer has", "touch the health check's triggers, so that Route 53 copies the alarm again")
	}
	return ok(CheckHealthCheck, "follows "+h.AlarmName+" in "+h.AlarmRegion)
}

func same(a, b facts.AlarmSettings) bool {
	dimensions := maps.Equal(a.Dimensions, b.Dimensions)
	a.Dimensions, b.Dimensions = nil, nil
	return dimensions && a.Namespace == b.Namespace && a.Metric == b.Metric && a.Statistic == b.Statistic &&
		a.Comparison == b.Comparison && a.Threshold == b.Threshold && a.PeriodSeconds == b.PeriodSeconds && a.EvaluationPeriods == b.EvaluationPeriods
}

// alarm must watch the guard's own metric, and must not take silence for it.
func alarm(f Facts, want Expected) Finding {
	if f.Alarm.Err != nil {
		return unknown(CheckAlarm, f.Alarm.Err)
	}
	s := f.Alarm.Value.Settings
	switch {
	case s.Namespace != want.MetricNamespace || s.Metric != string(contract.ActiveWriter) || s.Dimensions[contract.MetricDimension] != want.Environment:
		return failed(CheckAlarm, fmt.Sprintf("it watches %s/%s of %q", s.Namespace, s.Metric, s.Dimensions[contract.MetricDimension]), "deploy the primary stack")
	case f.Alarm.Value.MissingData != "ignore":
		return failed(CheckAlarm, "missing data counts as "+f.Alarm.Value.MissingData, "set ignore: a lost metric must flip nothing")
	}
	return ok(CheckAlarm, "watches ActiveWriter, state "+f.Alarm.Value.State)
}

// records must be two: the primary's with the health check, the replica's
// without one, each at its endpoint.
func records(f Facts, want Expected) Finding {
	if f.Records.Err != nil {
		return unknown(CheckRecords, f.Records.Err)
	}
	const remedy = "deploy both stacks; see docs/architecture.md for what each record must be"
	if len(f.Records.Value) != 2 {
		return failed(CheckRecords, fmt.Sprintf("there are %d records of the name, not 2", len(f.Records.Value)), remedy)
	}
	seen := map[string]facts.Record{}
	for _, r := range f.Records.Value {
		if len(r.Values) == 1 {
			seen[strings.TrimSuffix(r.Values[0], ".")] = r
		}
	}
	primary, hasPrimary := seen[want.PrimaryEndpoint]
	replica, hasReplica := seen[want.ReplicaEndpoint]
	switch {
	case !hasPrimary || !hasReplica:
		return failed(CheckRecords, "the records do not point at the two endpoints", remedy)
	case primary.HealthCheckID != want.HealthCheckID:
		return failed(CheckRecords, fmt.Sprintf("the primary's record has the health check %q", primary.HealthCheckID), remedy)
	case replica.HealthCheckID != "":
		return failed(CheckRecords, "the replica's record has a health check: it must always count as healthy", remedy)
	case primary.TTL != want.TTL || replica.TTL != want.TTL:
		return failed(CheckRecords, fmt.Sprintf("their TTLs are %s and %s, not %s", primary.TTL, replica.TTL, want.TTL), remedy)
	case (primary.Weight > contract.WeightOther) == (replica.Weight > contract.WeightOther):
		return failed(CheckRecords, fmt.Sprintf("their weights are %d and %d: exactly one must be above %d", primary.Weight, replica.Weight, contract.WeightOther), "the guard sets them at its next tick; see whether Route 53's control plane answers")
	}
	return ok(CheckRecords, fmt.Sprintf("weights %d and %d", primary.Weight, replica.Weight))
}

func permissions(f Facts) Finding {
	if f.Permissions.Err != nil {
		return unknown(CheckPermissions, f.Permissions.Err)
	}
	var denied []string
	for _, p := range f.Permissions.Value {
		if !p.Allowed {
			denied = append(denied, fmt.Sprintf("%s on %s (%s): %s", p.Action, p.Resource, p.Purpose, p.Decision))
		}
	}
	if len(denied) > 0 {
		return failed(CheckPermissions, strings.Join(denied, "; "), "deploy the replica stack; if it is up to date, look for a permissions boundary or a service control policy")
	}
	return ok(CheckPermissions, fmt.Sprintf("all %d are granted", len(f.Permissions.Value)))
}

// audit tells whether the database has the extensions that audit it. A
// replica has the primary's, so a failover neither needs nor adds them.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.pgaudit.html
func audit(f Facts) Finding {
	const remedy = "see that it is among shared_preload_libraries in the parameter group, and in rds.allowed_extensions if that is set, and that the instance was restarted since; the guard tries to create it every ten minutes. Or set database.audit to log_statement_all"
	warning := func(reason, remedy string) Finding {
		return Finding{Check: CheckAudit, Verdict: Warning, Reason: reason, Remedy: remedy}
	}
	if f.Extensions.Err != nil {
		return warning("could not be read: "+f.Extensions.Err.Error(), "see whether the primary answers SQL; the next check asks again")
	}
	var names, lacks []string
	for _, e := range f.Extensions.Value {
		names = append(names, e.Name)
		switch {
		case e.Created:
		case e.Fault != "":
			lacks = append(lacks, fmt.Sprintf("%s can't be created: %s", e.Name, e.Fault))
		case !e.Installed:
			lacks = append(lacks, e.Name+" is not on the server")
		default:
			lacks = append(lacks, e.Name+" has not been created")
		}
	}
	switch {
	case len(lacks) > 0:
		return warning(strings.Join(lacks, "; "), remedy)
	case len(names) == 0:
		return ok(CheckAudit, "none is configured")
	}
	return ok(CheckAudit, strings.Join(names, ", ")+" is there")
}
