package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// looser says which way a setting protects less.
type looser string

const (
	// whenOff: true, 1 or "automatic" protects.
	whenOff looser = "off"
	// whenOn: false protects.
	whenOn     looser = "on"
	whenLower  looser = "lower"
	whenHigher looser = "higher"
	// eitherWay: lower is hasty, higher is slow.
	eitherWay looser = "either"
)

// setting is one thing that the configuration sets, as a plan has it.
type setting struct {
	// kind of resource, and the attribute's path in it. Of a parameter group it
	// is "parameter." and the parameter's name.
	kind, path string
	// field of the configuration that sets it; "" if none does.
	field string
	// words name it in a headline; unit is "s", "days", "GiB", "MiB" or "".
	words, unit string
	// looser is "" where a change is no headline.
	looser looser
}

// Kinds of resources that the table names often, and the parts of its paths.
const (
	database  = "aws_db_instance"
	guardKind = "aws_lambda_function"
	group     = "aws_db_parameter_group"
	logGroup  = "aws_cloudwatch_log_group"
	alarmKind = "aws_cloudwatch_metric_alarm"
	variables = "environment.0.variables."
	parameter = "parameter."
)

// settings are in the order of the harm that loosening them does.
var settings = slices.Concat([]setting{
	{guardKind, variables + contract.VarMode, "guard.mode", automaticFailover, "", whenOff},
	{guardKind, "reserved_concurrent_executions", "", automaticFailover, "", whenOff},
	{database, "publicly_accessible", "", "public access to the database", "", whenOn},
	{group, parameter + "rds.force_ssl", "", "forced TLS", "", whenOff},
	{database, "storage_encrypted", "", "encryption of the database", "", whenOff},
	{database, "backup_retention_period", fieldBackups, "backups", "days", whenLower},
	{database, "deletion_protection", fieldDisposable, "deletion protection", "", whenOff},
	{database, "skip_final_snapshot", fieldDisposable, "deletion without a final snapshot", "", whenOn},
}, guardSettings(), []setting{
	{database, "multi_az", "database.multi_az", "Multi-AZ", "", whenOff},
	{"aws_dynamodb_table", "point_in_time_recovery.0.enabled", "", "backups of the guard's ledger", "", whenOff},
	{"aws_dynamodb_table", "deletion_protection_enabled", fieldDisposable, "deletion protection of the guard's ledger", "", whenOff},
	{"aws_kms_key", "enable_key_rotation", "", "rotation of the key", "", whenOff},
	{"aws_kms_key", "deletion_window_in_days", fieldDisposable, "time to rescue a deleted key", "days", whenLower},
	{"aws_secretsmanager_secret", "recovery_window_in_days", fieldDisposable, "time to rescue deleted credentials", "days", whenLower},
	{group, parameter + "max_slot_wal_keep_size", "database.max_slot_wal_keep_mib", "WAL kept for a replica that is away", "MiB", eitherWay},
	{database, "max_allocated_storage", "database.max_allocated_storage_gib", "room for the volume to grow to", "GiB", whenLower},
	{logGroup, "retention_in_days", "database.log_retention_days", "logs", "days", whenLower},
	{"aws_route53_record", "ttl", fieldTTL, "time for which clients keep an old address", "s", whenHigher},
}, onlyFields)

// Fields that set more than one thing.
const (
	fieldBackups    = "database.backup_retention_days"
	fieldDisposable = "disposable"
	fieldTTL        = "dns.ttl_seconds"
	fieldAudit      = "database.audit"
)

// onlyFields have a field, and their changes are no headline.
var onlyFields = []setting{
	{kind: database, path: "allocated_storage", field: "database.allocated_storage_gib"},
	{kind: database, path: "instance_class", field: "database.instance_class"},
	{kind: database, path: "engine_version", field: "database.engine_version"},
	{kind: database, path: "password_wo_version", field: "database.password_version"},
	{kind: group, path: parameter + "pgaudit.log", field: fieldAudit},
	{kind: group, path: parameter + "log_statement", field: fieldAudit},
	{kind: group, path: parameter + "shared_preload_libraries", field: fieldAudit},
	{kind: guardKind, path: "memory_size", field: "guard.memory_mib"},
	{kind: guardKind, path: variables + contract.VarOnRegionSilent, field: "guard.on_region_silent"},
	{kind: guardKind, path: variables + contract.VarOnFenceError, field: "guard.on_fence_error"},
	{kind: guardKind, path: variables + contract.VarSwitchDNS, field: "guard.switch_dns_when"},
	{kind: guardKind, path: variables + contract.VarWitnesses, field: "guard.witness_regions"},
	{kind: guardKind, path: variables + contract.VarRecordTTL, field: fieldTTL},
	{kind: guardKind, path: variables + contract.VarBackupRetention, field: fieldBackups},
	{kind: guardKind, path: variables + contract.VarMultiAZ, field: "database.multi_az"},
	{kind: guardKind, path: variables + contract.VarDeletionProtection, field: fieldDisposable},
	{kind: guardKind, path: variables + contract.VarAudit, field: fieldAudit},
	{kind: guardKind, path: variables + contract.VarDatabase, field: "database.name"},
	{kind: "aws_vpc", path: "cidr_block", field: "sites.{stack}.cidr"},
	{kind: "aws_vpc_security_group_ingress_rule", path: "cidr_ipv4", field: "network.clients.cidrs"},
}

// guardSettings are the durations of the guard's policy.
func guardSettings() []setting {
	words := map[string]string{
		"max_data_loss_seconds":        "loss limit",
		"instance_failed_seconds":      "wait for a failed instance",
		"instance_unreachable_seconds": "wait for an unreachable instance",
		"region_silent_seconds":        "wait for a silent region",
		"arming_seconds":               "time until the guard arms",
		"cooldown_seconds":             "pause between failovers",
		"abort_after_seconds":          "time for a failover to promote",
	}
	var list []setting
	for _, s := range contract.PolicySettings {
		one := setting{guardKind, variables + contract.PolicyVariable(s.Field), "guard." + s.Field, words[s.Field], "s", eitherWay}
		if s.Field == "max_data_loss_seconds" {
			one.looser = whenHigher
			list = slices.Insert(list, 0, one)
			continue
		}
		list = append(list, one)
	}
	return list
}

// fieldOf is the field of the configuration that sets an attribute, "" if none
// does or it is not known.
func fieldOf(r *Resource, path, environment string) string {
	switch {
	case r.Type == logGroup && top(path) == "retention_in_days" && strings.HasPrefix(textAt(*r, "name"), "/aws/lambda/"):
		return "guard.log_retention_days"
	case r.Type == alarmKind && path == "threshold":
		name := strings.TrimSuffix(textAt(*r, "alarm_name"), "-"+environment)
		for _, a := range contract.Alarms {
			if a.Name == name {
				return a.Setting
			}
		}
		return ""
	}
	for _, s := range settings {
		if s.kind == r.Type && s.path == path {
			return strings.ReplaceAll(s.field, "{stack}", r.Stack)
		}
	}
	return ""
}

// of is the setting's value on one side of a change, as text; "" if it is not
// there or not known.
func (s setting) of(side map[string]any) string {
	if side == nil {
		return ""
	}
	if name, is := strings.CutPrefix(s.path, parameter); is && s.kind == group {
		return parameterOf(side, name)
	}
	var value any = side
	for _, step := range strings.Split(s.path, ".") {
		if list, is := value.([]any); is && step == "0" && len(list) > 0 {
			value = list[0]
			continue
		}
		value = object(value)[step]
	}
	switch value.(type) {
	case nil, map[string]any, []any:
		return ""
	}
	return fmt.Sprint(value)
}

// parameterOf is a parameter's value in a parameter group, "" if it has none.
func parameterOf(side map[string]any, name string) string {
	list, _ := side["parameter"].([]any)
	for _, item := range list {
		if p := object(item); p != nil && p["name"] == name && p["value"] != nil {
			return fmt.Sprint(p["value"])
		}
	}
	return ""
}
