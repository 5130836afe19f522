package rds

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/rds: subnet_group.go, parameter_group.go,
// instance.go.

func subnetGroupTraits() *tf.Traits {
	name := regexp.MustCompile(`^[ .0-9a-z_-]+$`)
	const nameSays = "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces are allowed"
	return &tf.Traits{
		Replace:  tf.Words("name name_prefix"),
		Defaults: map[string]any{"description": "Managed by Terraform"},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
			tf.Length("name", 1, 255), tf.Matches("name", name, nameSays), tf.Without("name", regexp.MustCompile(`(?i)^default$`), "is not allowed as \"Default\""),
			tf.Length("name_prefix", 1, 229), tf.Matches("name_prefix", name, nameSays),
		},
	}
}

func parameterGroupTraits() *tf.Traits {
	checks := []tf.Check{
		tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
		tf.Length("name", 1, 255), tf.Length("name_prefix", 1, 255-26),
		tf.Matches("parameter.apply_method", regexp.MustCompile(`(?i)^(immediate|pending-reboot)$`), "immediate or pending-reboot"),
	}
	return &tf.Traits{
		Replace:  tf.Words("description family name name_prefix"),
		Defaults: map[string]any{"description": "Managed by Terraform", "parameter.apply_method": "immediate", "skip_destroy": false},
		Local:    tf.Words("skip_destroy"),
		Same:     map[string]tf.SameFunc{"parameter.name": tf.SameFold, "parameter.apply_method": tf.SameFold},
		Checks:   append(checks, groupNameChecks("name")...),
	}
}

// groupNameChecks is validParamGroupName.
func groupNameChecks(path string) []tf.Check {
	return []tf.Check{
		tf.Matches(path, regexp.MustCompile(`^[0-9a-z.-]+$`), "only lowercase alphanumeric characters, periods, and hyphens are allowed"),
		tf.Matches(path, regexp.MustCompile(`^[a-z]`), "first character must be a letter"),
		tf.Without(path, regexp.MustCompile(`--`), "cannot contain two consecutive hyphens"),
		tf.Without(path, regexp.MustCompile(`-$`), "cannot end with a hyphen"),
	}
}

func instanceTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("availability_zone backup_target character_set_name custom_iam_instance_profile db_name engine kms_key_id " +
			"nchar_character_set_name restore_to_point_in_time snapshot_identifier storage_encrypted timezone username"),
		Defaults: map[string]any{
			"apply_immediately": false, "auto_minor_version_upgrade": true, "copy_tags_to_snapshot": false, "dedicated_log_volume": false,
			"delete_automated_backups": true, "monitoring_interval": 0, "performance_insights_enabled": false,
			"publicly_accessible": false, "skip_final_snapshot": false,
		},
		// final_snapshot_identifier and the like are read by the provider when
		// it destroys; the password and the version beside it are never returned.
		Local: tf.Words("allow_major_version_upgrade apply_immediately blue_green_update delete_automated_backups final_snapshot_identifier " +
			"password password_wo_version skip_final_snapshot upgrade_storage_config"),
		Imported: map[string]any{"delete_automated_backups": true, "skip_final_snapshot": true}, // resourceInstanceImport
		Same: map[string]tf.SameFunc{
			"engine": tf.SameFold, "engine_version": sameEngineVersion, "maintenance_window": tf.SameFold,
		},
		Suppress:    storageSuppress,
		Checks:      slices.Concat(instanceNameChecks(), instanceConflicts(), instanceValueChecks()),
		PlanChecks:  []tf.PlanCheck{instanceCheck},
		DeleteCheck: finalSnapshotCheck,
	}
}

func instanceNameChecks() []tf.Check {
	var out []tf.Check
	for _, path := range tf.Words("identifier identifier_prefix") {
		out = append(out,
			tf.Matches(path, regexp.MustCompile(`^[0-9a-z-]+$`), "only lowercase alphanumeric characters and hyphens allowed"),
			tf.Matches(path, regexp.MustCompile(`^[a-z]`), "first character must be a letter"),
			tf.Without(path, regexp.MustCompile(`--`), "cannot contain two consecutive hyphens"),
		)
	}
	return append(out,
		tf.Without("identifier", regexp.MustCompile(`-$`), "cannot end with a hyphen"),
		// AWS: 1 to 63 characters (RDS API, CreateDBInstance, DBInstanceIdentifier).
		tf.Length("identifier", 1, 63),
		tf.Matches("final_snapshot_identifier", regexp.MustCompile(`^[A-Za-z]`), "must begin with alphabetic character"),
		tf.Matches("final_snapshot_identifier", regexp.MustCompile(`^[0-9A-Za-z-]+$`), "must only contain alphanumeric characters and hyphens"),
		tf.Without("final_snapshot_identifier", regexp.MustCompile(`--`), "cannot contain two consecutive hyphens"),
		tf.Without("final_snapshot_identifier", regexp.MustCompile(`-$`), "cannot end in a hyphen"),
	)
}

func instanceConflicts() []tf.Check {
	return []tf.Check{
		tf.Conflicts("identifier", "identifier_prefix"), tf.Conflicts("identifier_prefix", "identifier"),
		tf.Conflicts("db_name", "replicate_source_db"), tf.Conflicts("username", "replicate_source_db"), tf.Conflicts("engine", "replicate_source_db"),
		tf.Conflicts("password", "password_wo", "manage_master_user_password"),
		tf.Conflicts("password_wo", "password", "manage_master_user_password"),
		tf.Conflicts("manage_master_user_password", "password", "password_wo"),
		tf.Together("password_wo", "password_wo_version"), tf.Together("password_wo_version", "password_wo"),
		tf.Conflicts("restore_to_point_in_time", "s3_import", "snapshot_identifier", "replicate_source_db"),
		tf.Conflicts("s3_import", "snapshot_identifier", "replicate_source_db"),
		tf.Conflicts("domain", "domain_fqdn", "domain_ou", "domain_auth_secret_arn", "domain_dns_ips"),
	}
}

func instanceValueChecks() []tf.Check {
	const time = `([01][0-9]|2[0-3]):[0-5][0-9]`
	const moment = `(?i)(sun|mon|tue|wed|thu|fri|sat):` + time
	return []tf.Check{
		tf.OneOf("backup_target", "outposts", "region"), tf.OneOf("database_insights_mode", "standard", "advanced"),
		tf.OneOf("engine_lifecycle_support", "open-source-rds-extended-support", "open-source-rds-extended-support-disabled"),
		tf.OneOf("network_type", "DUAL", "IPV4"), tf.OneOf("replica_mode", "open-read-only", "mounted"),
		tf.OneOf("storage_type", "standard", "gp2", "gp3", "io1", "io2"),
		tf.OneOf("enabled_cloudwatch_logs_exports", "agent", "alert", "audit", "diag.log", "error", "general", "iam-db-auth-error",
			"listener", "notify.log", "oemagent", "postgresql", "slowquery", "trace", "upgrade"),
		tf.NumberOf("monitoring_interval", 0, 1, 5, 10, 15, 30, 60),
		// AWS: 0 to 35 days (RDS API, CreateDBInstance, BackupRetentionPeriod).
		tf.Between("backup_retention_period", 0, 35),
		tf.Matches("backup_window", regexp.MustCompile(`^`+time+`-`+time+`$`), "must satisfy the format of \"hh24:mi-hh24:mi\""),
		tf.Matches("maintenance_window", regexp.MustCompile(`^`+moment+`-`+moment+`$`), "must satisfy the format of \"ddd:hh24:mi-ddd:hh24:mi\""),
		tf.IsARN("kms_key_id"), tf.IsARN("performance_insights_kms_key_id"), tf.IsARN("domain_auth_secret_arn"),
		tf.Matches("custom_iam_instance_profile", regexp.MustCompile(`^AWSRDSCustom.*$`), "must begin with AWSRDSCustom"),
	}
}

// sameEngineVersion: a configured "15" is met by any 15.x, since RDS answers
// with the minor version (the provider keeps the configured one in
// engine_version, setEngineVersion in rds/consts.go and flex.go).
func sameEngineVersion(old, updated cty.Value) bool {
	return strings.HasPrefix(old.AsString()+".", updated.AsString()+".")
}

// storageSuppress: with autoscaling on, storage may have grown beyond what is
// configured (DiffSuppressFunc of allocated_storage and max_allocated_storage).
func storageSuppress(c tf.Change) []string {
	before, wanted, most := c.Prior.GetAttr("allocated_storage"), c.Planned.GetAttr("allocated_storage"), c.Planned.GetAttr("max_allocated_storage")
	if before.IsNull() || wanted.IsNull() || most.IsNull() || !wanted.IsKnown() || !most.IsKnown() {
		return nil
	}
	if before.GreaterThan(wanted).True() && most.GreaterThan(wanted).True() {
		return []string{"allocated_storage"}
	}
	if off := c.Prior.GetAttr("max_allocated_storage"); tf.Zeroed(off).RawEquals(cty.Zero) && most.RawEquals(wanted) {
		return []string{"max_allocated_storage"}
	}
	return nil
}

// instanceCheck is what resourceInstanceCreate requires of an instance that is
// neither a replica nor restored.
func instanceCheck(c tf.Change, f *tf.Faults) {
	if !c.Prior.IsNull() {
		return
	}
	for _, origin := range tf.Words("replicate_source_db restore_to_point_in_time s3_import snapshot_identifier") {
		if tf.IsSet(c.Config, origin) {
			return
		}
	}
	for _, name := range tf.Words("allocated_storage engine username") {
		if !tf.IsSet(c.Config, name) {
			f.Addf(cty.GetAttrPath(name), "%q: required field is not set", name)
		}
	}
}

// ErrNoFinalSnapshot is the refusal of resourceInstanceDelete.
var ErrNoFinalSnapshot = errors.New("final_snapshot_identifier is required when skip_final_snapshot is false")

// finalSnapshotCheck is made at destruction, as by the real provider: of
// replicas too, although RDS would refuse them a final snapshot.
func finalSnapshotCheck(prior cty.Value) error {
	name := prior.GetAttr("final_snapshot_identifier")
	if prior.GetAttr("skip_final_snapshot").RawEquals(cty.True) || !name.IsNull() && name.AsString() != "" {
		return nil
	}
	return ErrNoFinalSnapshot
}
