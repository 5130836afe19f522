package stacks

import (
	"maps"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/spec"
)

// guardEnvironment is the function's whole configuration, one variable a
// value, so that a plan shows which of them changes. No secret is in it: the
// credentials are read by ARN.
func guardEnvironment(f *frame, cfg spec.Config, primary primaryOutputs, s replicaSite) map[string]string {
	env := guardPolicyVariables(cfg.Guard)
	maps.Copy(env, map[string]string{
		"PGDR_ENVIRONMENT":              cfg.Environment,
		"PGDR_PRIMARY_REGION":           f.primary.region,
		"PGDR_PRIMARY_DB_IDENTIFIER":    f.primary.siteName("db"),
		"PGDR_PRIMARY_DB_RESOURCE_ID":   primary.get("primary_database_resource_id"),
		"PGDR_PRIMARY_DB_ENDPOINT":      primary.get("primary_database_endpoint"),
		"PGDR_PRIMARY_NETWORK_ACL_ID":   primary.get("primary_network_acl_id"),
		"PGDR_REPLICA_REGION":           f.replica.region,
		"PGDR_REPLICA_DB_IDENTIFIER":    *s.instance.Identifier(),
		"PGDR_REPLICA_DB_RESOURCE_ID":   *s.instance.ResourceId(),
		"PGDR_REPLICA_DB_ENDPOINT":      *s.instance.Address(),
		"PGDR_DB_PORT":                  strconv.Itoa(postgresPort),
		"PGDR_DB_NAME":                  cfg.Database.Name,
		"PGDR_DB_BACKUP_RETENTION_DAYS": strconv.Itoa(cfg.Database.BackupRetention),
		"PGDR_DB_MULTI_AZ":              strconv.FormatBool(cfg.Database.MultiAZ),
		"PGDR_DB_DELETION_PROTECTION":   strconv.FormatBool(!cfg.Disposable),
		"PGDR_DB_AUDIT":                 cfg.Database.Audit,
		"PGDR_SECRET_ARN":               s.secretARN,
		"PGDR_PRIMARY_SECRET_ARN":       primary.get("database_secret_arn"),
		"PGDR_HOSTED_ZONE_ID":           primary.get("route53_hosted_zone_id"),
		"PGDR_RECORD_NAME":              recordName(cfg.Environment),
		"PGDR_RECORD_TTL_SECONDS":       strconv.Itoa(cfg.DNS.TTL),
		"PGDR_HEALTH_CHECK_ID":          primary.get("health_check_id"),
		"PGDR_ACTIVE_WRITER_ALARM":      f.replica.name("active-writer"),
		"PGDR_LEDGER_TABLE":             *s.ledger.Name(),
		"PGDR_NOTICE_TOPIC_ARN":         *s.noticeTopic.Arn(),
		"PGDR_METRIC_NAMESPACE":         metricNamespace,
		"PGDR_GUARD_CIDRS":              strings.Join(s.net.cidrs[tierGuard], ","),
	})
	return env
}

// guardPolicyVariables are the thresholds of the decision, in seconds.
func guardPolicyVariables(g spec.Guard) map[string]string {
	return map[string]string{
		"PGDR_MODE":                         g.Mode,
		"PGDR_ON_REGION_SILENT":             g.OnRegionSilent,
		"PGDR_INSTANCE_FAILED_SECONDS":      strconv.Itoa(g.InstanceFailed),
		"PGDR_INSTANCE_UNREACHABLE_SECONDS": strconv.Itoa(g.InstanceUnreachable),
		"PGDR_REGION_SILENT_SECONDS":        strconv.Itoa(g.RegionSilent),
		"PGDR_ARMING_SECONDS":               strconv.Itoa(g.Arming),
		"PGDR_COOLDOWN_SECONDS":             strconv.Itoa(g.Cooldown),
		"PGDR_MAX_DATA_LOSS_SECONDS":        strconv.Itoa(g.MaxDataLoss),
		"PGDR_ABORT_AFTER_SECONDS":          strconv.Itoa(g.AbortAfter),
		"PGDR_WITNESS_REGIONS":              strings.Join(g.WitnessRegions, ","),
	}
}
