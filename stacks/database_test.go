package stacks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrimaryInstance_IsTheReferencesAndProtected(t *testing.T) {
	db := stack(t, "prod", "primary").named(t, "aws_db_instance", "database/instance")
	want := object{
		"identifier": "primary-db-prod", "engine": "postgres", "engine_version": "15",
		"instance_class": "db.r6g.large", "allocated_storage": 100.0, "max_allocated_storage": 500.0,
		"multi_az": true, "storage_encrypted": true, "publicly_accessible": false,
		"backup_retention_period": 7.0, "delete_automated_backups": false, "copy_tags_to_snapshot": true,
		"auto_minor_version_upgrade": false, "enabled_cloudwatch_logs_exports": []any{"postgresql"},
		"deletion_protection": true, "skip_final_snapshot": false,
		"provider": "aws.primary",
	}
	for key, value := range want {
		require.Equal(t, value, db[key], key)
	}
	require.NotContains(t, db, "password")
	require.Equal(t, "${module.credentials.password}", db["password_wo"])
	require.Equal(t, "${module.credentials.password_version}", db["password_wo_version"])
}

// The provider's own 40 minutes taint a large replica that RDS is still making.
func TestInstances_GiveRDSHours(t *testing.T) {
	for _, role := range roles {
		db := stack(t, "prod", role).named(t, "aws_db_instance", "database/instance")
		require.Equal(t, object{"create": "180m", "update": "180m", "delete": "120m"}, db["timeouts"])
		db = stack(t, "audited", role).named(t, "aws_db_instance", "database/instance")
		require.Equal(t, object{"create": "600m", "update": "240m", "delete": "60m"}, db["timeouts"])
	}
}

func TestInstances_OfADisposableEnvironmentCanBeDestroyed(t *testing.T) {
	for _, role := range roles {
		db := stack(t, "dev", role).named(t, "aws_db_instance", "database/instance")
		require.Equal(t, false, db["deletion_protection"])
		require.Equal(t, true, db["skip_final_snapshot"])
		require.Equal(t, true, db["delete_automated_backups"])
	}
	secret := stack(t, "dev", "primary").tree["module"].(object)["credentials"].(object)
	require.InDelta(t, 0, secret["recovery_window_in_days"], 0)
	secret = stack(t, "prod", "primary").tree["module"].(object)["credentials"].(object)
	require.InDelta(t, 30, secret["recovery_window_in_days"], 0)
}

func TestFinalSnapshots_AreNamedByWhatIsReplacedWithTheInstance(t *testing.T) {
	for _, role := range roles {
		d := stack(t, "prod", role)
		db := d.named(t, "aws_db_instance", "database/instance")
		require.Regexp(t, `^`+role+`-db-prod-final-\$\{terraform_data\.database_final-snapshot_[0-9A-F]+\.id\}$`, db["final_snapshot_identifier"])
		triggers := d.named(t, "terraform_data", "database/final-snapshot")["triggers_replace"].(object)
		require.Equal(t, db["kms_key_id"], triggers["key"])
		require.Equal(t, db["identifier"], triggers["identifier"])
	}
}

func TestReplicaInstance_TakesFromItsSourceWhatRDSRefusesToBeTold(t *testing.T) {
	db := stack(t, "dev", "replica").named(t, "aws_db_instance", "database/instance")
	require.Equal(t, "${data.terraform_remote_state.primary.outputs.primary_database_arn}", db["replicate_source_db"])
	require.Equal(t, "${data.terraform_remote_state.primary.outputs.replica_key_arn}", db["kms_key_id"], "an encrypted cross-region replica needs a key of its own region")
	for _, inherited := range []string{"engine", "engine_version", "username", "db_name", "password", "password_wo", "allocated_storage"} {
		require.NotContains(t, db, inherited)
	}
	require.Equal(t, "aws.replica", db["provider"])
	require.Contains(t, db["parameter_group_name"], "aws_db_parameter_group")
	require.InDelta(t, 7, db["backup_retention_period"], 0)
	require.Equal(t, true, db["copy_tags_to_snapshot"])
}

// What the guard changes when it promotes must not come back in a plan.
func TestReplicaStack_IgnoresWhatAFailoverChanges(t *testing.T) {
	replica, primary := stack(t, "dev", "replica"), stack(t, "dev", "primary")
	ignored := func(body object) any { return body["lifecycle"].(object)["ignore_changes"] }
	require.Equal(t, []any{"replicate_source_db", "multi_az"}, ignored(replica.named(t, "aws_db_instance", "database/instance")))
	for _, d := range []document{primary, replica} {
		require.Equal(t, []any{"weighted_routing_policy"}, ignored(d.named(t, "aws_route53_record", "writer-record/record")))
	}
	require.Equal(t, []any{"vpc"}, ignored(primary.named(t, "aws_route53_zone", "dns/zone")))
	require.NotContains(t, primary.named(t, "aws_db_instance", "database/instance"), "lifecycle")
}

func parametersOf(t *testing.T, variant, role string) map[string]string {
	t.Helper()
	group := stack(t, variant, role).named(t, "aws_db_parameter_group", "database/parameter-group")
	require.Equal(t, "postgres15", group["family"])
	require.Contains(t, group["name"], "postgres15", "a major upgrade needs a group beside the old one")
	out := map[string]string{}
	for _, p := range group["parameter"].([]any) {
		out[p.(object)["name"].(string)] = p.(object)["value"].(string)
	}
	return out
}

func TestParameters_ForceTLSAuditAndBoundTheSlot(t *testing.T) {
	primary := parametersOf(t, "dev", "primary")
	require.Equal(t, "1", primary["rds.force_ssl"])
	require.Equal(t, "20480", primary["max_slot_wal_keep_size"])
	require.Contains(t, primary["shared_preload_libraries"], "pgaudit")
	require.Equal(t, "ddl,role,write", primary["pgaudit.log"])
	require.NotContains(t, primary, "log_statement")
	require.Equal(t, primary, parametersOf(t, "dev", "replica"), "a promotion must change the role and nothing else")
}

func TestParameters_LogEveryStatementByChoice(t *testing.T) {
	p := parametersOf(t, "audited", "primary")
	require.Equal(t, "all", p["log_statement"])
	require.NotContains(t, p, "pgaudit.log")
}

func TestLogGroup_ExistsBeforeTheInstance(t *testing.T) {
	for _, role := range roles {
		d := stack(t, "dev", role)
		group := d.named(t, "aws_cloudwatch_log_group", "database/log-group")
		require.Equal(t, "/aws/rds/instance/"+role+"-db-dev/postgresql", group["name"])
		depends := d.named(t, "aws_db_instance", "database/instance")["depends_on"].([]any)
		require.Len(t, depends, 1)
		require.Contains(t, depends[0], "aws_cloudwatch_log_group.database_log-group")
	}
}

func TestKeys_AreOneMultiRegionKeyWithItsReplica(t *testing.T) {
	d := stack(t, "dev", "primary")
	key := d.named(t, "aws_kms_key", "database-key/key")
	require.Equal(t, true, key["multi_region"])
	require.Equal(t, true, key["enable_key_rotation"])
	require.Equal(t, "aws.primary", key["provider"])
	copied := d.named(t, "aws_kms_replica_key", "database-key-replica/key")
	require.Equal(t, "aws.replica", copied["provider"])
	require.Contains(t, copied["primary_key_arn"], "aws_kms_key.database-key")
	for body, region := range map[*object]string{&key: "us-east-1", &copied: "eu-west-1"} {
		logs := statementOf(t, policyOf(t, (*body)["policy"]), "DatabaseLogs")
		require.Equal(t, "logs."+region+".amazonaws.com", logs["Principal"].(object)["Service"])
		require.Contains(t, logs["Condition"].(object)["ArnLike"].(object)["kms:EncryptionContext:aws:logs:arn"], ":"+region+":")
	}
}

// admitted are the clients of a site's database: ranges and groups.
func admitted(t *testing.T, variant, role string) []any {
	t.Helper()
	d := stack(t, variant, role)
	group := d.named(t, "aws_security_group", "database-access/security-group")
	require.NotContains(t, group, "ingress")
	require.NotContains(t, group, "egress")
	var clients []any
	for path, rule := range d.all("aws_vpc_security_group_ingress_rule") {
		require.True(t, strings.HasPrefix(path, "database-access/"), "only the databases are reachable, not %s", path)
		require.InDelta(t, 5432, rule["from_port"], 0)
		require.InDelta(t, 5432, rule["to_port"], 0)
		require.Equal(t, "tcp", rule["ip_protocol"])
		client := rule["cidr_ipv4"]
		if client == nil {
			client = rule["referenced_security_group_id"]
		}
		clients = append(clients, client)
	}
	for path := range d.all("aws_vpc_security_group_egress_rule") {
		require.False(t, strings.HasPrefix(path, "database-access/"), "the database opens no connection")
	}
	return clients
}

var ownClients = []any{
	"10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24", "10.1.3.0/24", "10.1.4.0/24", "10.1.5.0/24", // private
	"10.1.9.0/24", "10.1.10.0/24", "10.1.11.0/24", // the guard
}

func TestDatabases_AdmitThePrivateSubnetsOfBothSitesAndTheGuardOnly(t *testing.T) {
	for _, role := range roles {
		require.ElementsMatch(t, ownClients, admitted(t, "dev", role))
	}
}

func TestDatabases_AdmitTheClientsThatAreConfigured(t *testing.T) {
	require.ElementsMatch(t, append(slices.Clone(ownClients), "10.20.0.0/16", "172.30.4.0/22", "sg-0123456789abcdef0"), admitted(t, "humans", "primary"))
	require.ElementsMatch(t, append(slices.Clone(ownClients), "10.20.0.0/16", "172.30.4.0/22", "sg-1123456789abcdef0", "sg-12345678"), admitted(t, "humans", "replica"))
}

func TestCredentials_GoThroughTheEphemeralModule(t *testing.T) {
	d := stack(t, "dev", "primary")
	module := d.tree["module"].(object)["credentials"].(object)
	require.Equal(t, object{"aws": "aws.primary"}, module["providers"])
	require.Equal(t, "eu-west-1", module["replica_region"])
	require.Contains(t, module["replica_kms_key_id"], "aws_kms_replica_key")
	for name, o := range d.tree["output"].(object) {
		require.NotContains(t, o.(object)["value"], "module.credentials.password", name)
	}
}

// A pull request's plan is made with open_secrets = false.
func TestCredentials_AreOpenedUnlessThePlanSaysOtherwise(t *testing.T) {
	d := stack(t, "dev", "primary")
	v := d.tree["variable"].(object)["open_secrets"].(object)
	require.Equal(t, true, v["default"])
	require.Equal(t, "bool", v["type"])
	require.Equal(t, "${var.open_secrets}", d.tree["module"].(object)["credentials"].(object)["open_secrets"])
	require.NotContains(t, stack(t, "dev", "replica").tree, "variable")
}
