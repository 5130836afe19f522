package diagnose

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/lambda/principal"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
)

// lookAtDatabases looks at each instance by itself.
func (s *survey) lookAtDatabases() {
	for _, at := range s.sites() {
		s.compareWithConfig(at)
		s.lookAtDatabaseKey(at)
		s.lookAtDatabaseLogs(at)
		s.lookAtDatabaseZones(at)
		if at.db.Attrs.Int("backup_retention_period") == 0 {
			s.find("database-backups", at.name(), "it keeps no backups")
		}
		if at.db.Attrs.Bool("publicly_accessible") {
			s.find("database-public", at.name(), "it is accessible from the Internet")
		}
	}
	s.lookAtParameters()
	s.lookAtPosture()
}

// compareWithConfig: what the guard takes the instance for.
func (s *survey) compareWithConfig(at site) {
	a, id, endpoint := at.db.Attrs, contract.VarPrimaryResourceID, contract.VarPrimaryEndpoint
	if at.role == contract.RoleReplica {
		id, endpoint = contract.VarReplicaResourceID, contract.VarReplicaEndpoint
	}
	for _, f := range []struct{ variable, want, got string }{
		{id, at.member.ResourceID, a.Str("resource_id")},
		{endpoint, at.member.Endpoint, a.Str("address")},
		{contract.VarPort, strconv.Itoa(s.config.Database.Port), strconv.Itoa(a.Int("port"))},
		{contract.VarDatabase, s.config.Database.Name, a.Str("db_name")},
	} {
		if f.want != f.got {
			s.find("database-mismatch", at.name(), "%s is %q, the instance has %q", f.variable, f.want, f.got)
		}
	}
}

func (s *survey) lookAtDatabaseKey(at site) {
	if !at.db.Attrs.Bool("storage_encrypted") {
		s.find("database-key", at.name(), "its storage is not encrypted")
		return
	}
	key, state := kms.FindKey(s.tx, at.region, at.db.Attrs.Str("kms_key_id"))
	if state != kms.KeyUsable {
		s.find("database-key", at.name(), "its key %s is %s", at.db.Attrs.Str("kms_key_id"), state)
	} else if key == nil {
		s.find("database-key", at.name(), "its key is AWS's own, which no other region has")
	} else {
		s.lookAtLogsGrant(at, key)
	}
}

// lookAtLogsGrant: the logs service may use the key for the database's log and
// for no other.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func (s *survey) lookAtLogsGrant(at site, key *sim.Resource) {
	doc, err := policy.Parse("key policy", key.Attrs.Str("policy"))
	if err != nil {
		s.find("not-simulated", at.name(), "%s", err)
		return
	}
	service := "logs." + at.region + ".amazonaws.com"
	may := func(action, group string) bool {
		arn := sim.ARN{Partition: "aws", Service: "logs", Region: at.region, Account: s.tx.Account(), Resource: "log-group:" + group}.String()
		ctx := policy.Context{}.With("kms:EncryptionContext:aws:logs:arn", arn)
		return principal.Evaluate(doc, service, action, key.ARN(), ctx).Effect == policy.Allow
	}
	for _, action := range []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"} {
		if !may(action, "/aws/rds/instance/"+at.member.Identifier+"/postgresql") {
			s.find("database-log", at.name(), "the key's policy does not let %s take %s for the database's log", service, action)
		}
	}
	if may("kms:Decrypt", "/somebody/else") {
		s.find("key-open", at.name(), "the key's policy lets %s use it for every log group", service)
	}
}

// lookAtDatabaseLogs: RDS makes a log group that is not there, and keeps what
// is in it for ever and for everybody of the account to read.
func (s *survey) lookAtDatabaseLogs(at site) {
	exports := at.db.Attrs.Strings("enabled_cloudwatch_logs_exports")
	if len(exports) == 0 {
		s.find("database-log", at.name(), "it exports no log")
	}
	for _, log := range exports {
		name := "/aws/rds/instance/" + at.member.Identifier + "/" + log
		group := s.tx.Get("aws_cloudwatch_log_group", at.region, name)
		switch {
		case group == nil:
			s.find("database-log", at.name(), "there is no log group %s", name)
		case group.Attrs.Int("retention_in_days") == 0:
			s.find("database-log", at.name(), "log group %s keeps everything for ever", name)
		case group.Attrs.Str("kms_key_id") != at.db.Attrs.Str("kms_key_id"):
			s.find("database-log", at.name(), "log group %s is not encrypted with the database's key", name)
		}
	}
}

func (s *survey) lookAtDatabaseZones(at site) {
	var have []string
	for _, subnet := range at.subnets {
		have = append(have, subnet.Attrs.Str("availability_zone"))
		if subnet.Attrs.Str("vpc_id") != at.vpc {
			s.find("database-zones", at.name(), "subnet %s is in another VPC", nameOf(subnet))
		}
	}
	for _, subnet := range s.tx.List(typeSubnet, at.region) {
		zone := subnet.Attrs.Str("availability_zone")
		if subnet.Attrs.Str("vpc_id") == at.vpc && !slices.Contains(have, zone) {
			s.find("database-zones", at.name(), "its subnet group has no subnet in %s", zone)
		}
	}
}

// settings are what matters of both parameter groups.
var settings = []string{"rds.force_ssl", "shared_preload_libraries", "max_slot_wal_keep_size", "pgaudit.log", "pgaudit.log_catalog", "log_connections", "log_disconnections", "log_statement"}

// lookAtParameters: after a failover the replica's settings hold.
func (s *survey) lookAtParameters() {
	values := map[string]map[string]string{}
	for _, at := range s.sites() {
		values[at.role] = map[string]string{}
		group := s.tx.Get("aws_db_parameter_group", at.region, at.db.Attrs.Str("parameter_group_name"))
		if group == nil {
			s.find("database-parameters", at.name(), "its parameter group %q is none of the account's: nothing is audited, and slots are not bounded", at.db.Attrs.Str("parameter_group_name"))
			return
		}
		for _, p := range group.Attrs.Blocks("parameter") {
			values[at.role][p.Str("name")] = p.Str("value")
		}
		v := values[at.role]
		if v["rds.force_ssl"] != "1" {
			s.find("database-parameters", at.name(), "rds.force_ssl is %q: connections without TLS are taken", v["rds.force_ssl"])
		}
		if v["max_slot_wal_keep_size"] == "" || v["max_slot_wal_keep_size"] == "-1" {
			s.find("database-parameters", at.name(), "max_slot_wal_keep_size is %q: a dead replica fills the disk", v["max_slot_wal_keep_size"])
		}
		if s.config.Database.Audit == "pgaudit" && !strings.Contains(v["shared_preload_libraries"], "pgaudit") {
			s.find("database-parameters", at.name(), "shared_preload_libraries is %q, without pgaudit", v["shared_preload_libraries"])
		}
	}
	for _, name := range settings {
		if p, r := values[contract.RolePrimary][name], values[contract.RoleReplica][name]; p != r {
			s.find("database-parameters", s.replica.name(), "%s is %q, the primary's is %q", name, r, p)
		}
	}
}

// lookAtPosture: what the guard gives the promoted instance.
func (s *survey) lookAtPosture() {
	a, c := s.primary.db.Attrs, s.config.Database
	for _, f := range []struct {
		variable  string
		want, got any
	}{
		{contract.VarBackupRetention, c.BackupRetentionDays, a.Int("backup_retention_period")},
		{contract.VarMultiAZ, c.MultiAZ, a.Bool("multi_az")},
		{contract.VarDeletionProtection, c.DeletionProtection, a.Bool("deletion_protection")},
	} {
		if f.want != f.got {
			s.find("database-posture", s.primary.name(), "%s is %v, the primary has %v", f.variable, f.want, f.got)
		}
	}
}

// lookAtReplication looks at the two instances together.
func (s *survey) lookAtReplication() {
	p, r := s.primary.db, s.replica.db
	if source := r.Attrs.Str("replicate_source_db"); source != p.ARN() {
		s.find("replica-source", s.replica.name(), "its source is %q, the primary %s", source, p.ARN())
	} else {
		s.fact(s.replica.name(), "replicates from %s", s.primary.name())
	}
	if r.Attrs.Str("instance_class") != p.Attrs.Str("instance_class") {
		s.find("database-smaller", s.replica.name(), "its class is %s, the primary's %s", r.Attrs.Str("instance_class"), p.Attrs.Str("instance_class"))
	}
	if a, b := keyID(p.Attrs.Str("kms_key_id")), keyID(r.Attrs.Str("kms_key_id")); a != b || !strings.HasPrefix(a, "mrk-") {
		s.find("key-foreign", s.replica.name(), "its key is %s, the primary's %s", b, a)
	}
}

// keyID is the id in a key's ARN: a multi-Region key has one in all regions.
func keyID(arn string) string {
	a, _ := sim.ParseARN(arn)
	return strings.TrimPrefix(a.Resource, "key/")
}

// lookAtSecret looks at the credentials, where the primary is and where the
// guard is.
func (s *survey) lookAtSecret() {
	primary := secretsmanager.FindSecret(s.tx, s.primary.region, s.config.PrimarySecretARN)
	regional := secretsmanager.FindSecret(s.tx, s.replica.region, s.config.SecretARN)
	if primary == nil {
		s.find("secret-missing", "secret "+s.config.PrimarySecretARN, "it is not there in %s", s.primary.region)
	}
	if regional == nil {
		s.find("secret-missing", "secret "+s.config.SecretARN, "it is not there in %s", s.replica.region)
	}
	if primary == nil || regional == nil {
		return
	}
	name := "secret " + primary.Attrs.Str("name")
	if primary != regional {
		s.find("secret-missing", name, "that of %s is another secret: it does not follow a new password", s.replica.region)
	}
	for _, at := range s.sites() {
		key := secretsmanager.SecretKey(regional, at.region)
		if key != at.db.Attrs.Str("kms_key_id") {
			s.find("secret-key", name, "its key in %s is %q, the database's %s", at.region, key, at.db.Attrs.Str("kms_key_id"))
		}
		if _, state := kms.FindKey(s.tx, at.region, cmp.Or(key, "alias/aws/secretsmanager")); state != kms.KeyUsable {
			s.find("secret-missing", name, "its key %s is %s in %s", key, state, at.region)
		}
	}
	s.lookAtLogin(name, regional)
}
