package provider

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// rdsTraits are of internal/service/rds: subnet_group.go, parameter_group.go,
// instance.go.
func rdsTraits() map[string]*traits {
	return map[string]*traits{
		"aws_db_subnet_group":    subnetGroupTraits(),
		"aws_db_parameter_group": parameterGroupTraits(),
		"aws_db_instance":        instanceTraits(),
	}
}

func subnetGroupTraits() *traits {
	name := regexp.MustCompile(`^[ .0-9a-z_-]+$`)
	const nameSays = "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces are allowed"
	return &traits{
		replace:  words("name name_prefix"),
		defaults: map[string]any{"description": "Managed by Terraform"},
		checks: []check{
			conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
			length("name", 1, 255), matches("name", name, nameSays), without("name", regexp.MustCompile(`(?i)^default$`), "is not allowed as \"Default\""),
			length("name_prefix", 1, 229), matches("name_prefix", name, nameSays),
		},
	}
}

func parameterGroupTraits() *traits {
	checks := []check{
		conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
		length("name", 1, 255), length("name_prefix", 1, 255-26),
		matches("parameter.apply_method", regexp.MustCompile(`(?i)^(immediate|pending-reboot)$`), "immediate or pending-reboot"),
	}
	return &traits{
		replace:  words("description family name name_prefix"),
		defaults: map[string]any{"description": "Managed by Terraform", "parameter.apply_method": "immediate", "skip_destroy": false},
		local:    words("skip_destroy"),
		same:     map[string]sameFunc{"parameter.name": sameFold, "parameter.apply_method": sameFold},
		checks:   append(checks, groupName("name")...),
	}
}

// groupName is validParamGroupName.
func groupName(path string) []check {
	return []check{
		matches(path, regexp.MustCompile(`^[0-9a-z.-]+$`), "only lowercase alphanumeric characters, periods, and hyphens are allowed"),
		matches(path, regexp.MustCompile(`^[a-z]`), "first character must be a letter"),
		without(path, regexp.MustCompile(`--`), "cannot contain two consecutive hyphens"),
		without(path, regexp.MustCompile(`-$`), "cannot end with a hyphen"),
	}
}

func instanceTraits() *traits {
	return &traits{
		replace: words("availability_zone backup_target character_set_name custom_iam_instance_profile db_name engine identifier identifier_prefix " +
			"kms_key_id nchar_character_set_name restore_to_point_in_time s3_import snapshot_identifier storage_encrypted timezone username"),
		defaults: map[string]any{
			"apply_immediately": false, "auto_minor_version_upgrade": true, "copy_tags_to_snapshot": false, "dedicated_log_volume": false,
			"delete_automated_backups": true, "monitoring_interval": 0, "performance_insights_enabled": false,
			"publicly_accessible": false, "skip_final_snapshot": false,
		},
		// final_snapshot_identifier and the like are read by the provider when
		// it destroys; the password and the version beside it are never returned.
		local: words("allow_major_version_upgrade apply_immediately blue_green_update delete_automated_backups final_snapshot_identifier " +
			"password password_wo_version skip_final_snapshot upgrade_storage_config"),
		imported: map[string]any{"delete_automated_backups": true, "skip_final_snapshot": true}, // resourceInstanceImport
		same: map[string]sameFunc{
			"engine": sameFold, "engine_version": sameEngineVersion, "maintenance_window": sameFold,
		},
		suppress:    storageSuppress,
		checks:      slices.Concat(instanceNameChecks(), instanceConflicts(), instanceValueChecks()),
		planChecks:  []planCheck{instanceCheck},
		deleteCheck: finalSnapshotCheck,
	}
}

func instanceNameChecks() []check {
	var out []check
	for _, path := range words("identifier identifier_prefix") {
		out = append(out,
			matches(path, regexp.MustCompile(`^[0-9a-z-]+$`), "only lowercase alphanumeric characters and hyphens allowed"),
			matches(path, regexp.MustCompile(`^[a-z]`), "first character must be a letter"),
			without(path, regexp.MustCompile(`--`), "cannot contain two consecutive hyphens"),
		)
	}
	return append(out,
		without("identifier", regexp.MustCompile(`-$`), "cannot end with a hyphen"),
		// AWS: 1 to 63 characters (RDS API, CreateDBInstance, DBInstanceIdentifier).
		length("identifier", 1, 63),
		matches("final_snapshot_identifier", regexp.MustCompile(`^[A-Za-z]`), "must begin with alphabetic character"),
		matches("final_snapshot_identifier", regexp.MustCompile(`^[0-9A-Za-z-]+$`), "must only contain alphanumeric characters and hyphens"),
		without("final_snapshot_identifier", regexp.MustCompile(`--`), "cannot contain two consecutive hyphens"),
		without("final_snapshot_identifier", regexp.MustCompile(`-$`), "cannot end in a hyphen"),
	)
}

func instanceConflicts() []check {
	return []check{
		conflicts("identifier", "identifier_prefix"), conflicts("identifier_prefix", "identifier"),
		conflicts("db_name", "replicate_source_db"), conflicts("username", "replicate_source_db"), conflicts("engine", "replicate_source_db"),
		conflicts("password", "password_wo", "manage_master_user_password"),
		conflicts("password_wo", "password", "manage_master_user_password"),
		conflicts("manage_master_user_password", "password", "password_wo"),
		together("password_wo", "password_wo_version"), together("password_wo_version", "password_wo"),
		conflicts("restore_to_point_in_time", "s3_import", "snapshot_identifier", "replicate_source_db"),
		conflicts("s3_import", "snapshot_identifier", "replicate_source_db"),
		conflicts("domain", "domain_fqdn", "domain_ou", "domain_auth_secret_arn", "domain_dns_ips"),
	}
}

func instanceValueChecks() []check {
	const time = `([01][0-9]|2[0-3]):[0-5][0-9]`
	const moment = `(?i)(sun|mon|tue|wed|thu|fri|sat):` + time
	return []check{
		oneOf("backup_target", "outposts", "region"), oneOf("database_insights_mode", "standard", "advanced"),
		oneOf("engine_lifecycle_support", "open-source-rds-extended-support", "open-source-rds-extended-support-disabled"),
		oneOf("network_type", "DUAL", "IPV4"), oneOf("replica_mode", "open-read-only", "mounted"),
		oneOf("storage_type", "standard", "gp2", "gp3", "io1", "io2"),
		oneOf("enabled_cloudwatch_logs_exports", "agent", "alert", "audit", "diag.log", "error", "general", "iam-db-auth-error",
			"listener", "notify.log", "oemagent", "postgresql", "slowquery", "trace", "upgrade"),
		numberOf("monitoring_interval", 0, 1, 5, 10, 15, 30, 60),
		// AWS: 0 to 35 days (RDS API, CreateDBInstance, BackupRetentionPeriod).
		between("backup_retention_period", 0, 35),
		matches("backup_window", regexp.MustCompile(`^`+time+`-`+time+`$`), "must satisfy the format of \"hh24:mi-hh24:mi\""),
		matches("maintenance_window", regexp.MustCompile(`^`+moment+`-`+moment+`$`), "must satisfy the format of \"ddd:hh24:mi-ddd:hh24:mi\""),
		isARN("kms_key_id"), isARN("performance_insights_kms_key_id"), isARN("domain_auth_secret_arn"),
		matches("custom_iam_instance_profile", regexp.MustCompile(`^AWSRDSCustom.*$`), "must begin with AWSRDSCustom"),
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
func storageSuppress(c change) []string {
	before, wanted, most := c.prior.GetAttr("allocated_storage"), c.planned.GetAttr("allocated_storage"), c.planned.GetAttr("max_allocated_storage")
	if before.IsNull() || wanted.IsNull() || most.IsNull() || !wanted.IsKnown() || !most.IsKnown() {
		return nil
	}
	if before.GreaterThan(wanted).True() && most.GreaterThan(wanted).True() {
		return []string{"allocated_storage"}
	}
	if off := c.prior.GetAttr("max_allocated_storage"); zeroed(off).RawEquals(cty.Zero) && most.RawEquals(wanted) {
		return []string{"max_allocated_storage"}
	}
	return nil
}

// instanceCheck is what resourceInstanceCreate requires of an instance that is
// neither a replica nor restored.
func instanceCheck(c change, f *faults) {
	if !c.prior.IsNull() {
		return
	}
	for _, origin := range words("replicate_source_db restore_to_point_in_time s3_import snapshot_identifier") {
		if isSet(c.config, origin) {
			return
		}
	}
	for _, name := range words("allocated_storage engine username") {
		if !isSet(c.config, name) {
			f.addf(cty.GetAttrPath(name), "%q: required field is not set", name)
		}
	}
}

// errNoFinalSnapshot is the refusal of resourceInstanceDelete.
var errNoFinalSnapshot = errors.New("final_snapshot_identifier is required when skip_final_snapshot is false")

// finalSnapshotCheck is made at destruction, as by the real provider: of
// replicas too, although RDS would refuse them a final snapshot.
func finalSnapshotCheck(prior cty.Value) error {
	name := prior.GetAttr("final_snapshot_identifier")
	if prior.GetAttr("skip_final_snapshot").RawEquals(cty.True) || !name.IsNull() && name.AsString() != "" {
		return nil
	}
	return errNoFinalSnapshot
}
