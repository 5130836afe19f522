package sim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/rds"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

func TestDBInstance_RefusesWhatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	other, far := w.network(east, "10.2"), w.network(west, "10.1")
	key, replicaKey := w.keys()
	pending := w.create("aws_kms_key", east, attrs{})
	w.gone(pending)
	wrong := w.create("aws_db_parameter_group", east, attrs{"name": "pg16", "family": "postgres16"})
	w.refusesEach("aws_db_instance", east, d.primaryAttrs(key.arn()), []refusal{
		{"identifier", attrs{"identifier": "primary--db"}, "InvalidParameterValue"},
		{"engine", attrs{"engine": "mysql"}, "InvalidParameterValue"},
		{"no storage size", attrs{"allocated_storage": nil}, "MissingParameter"},
		{"storage too small", attrs{"allocated_storage": 19}, "InvalidParameterValue"},
		{"storage too large", attrs{"allocated_storage": 65537, "max_allocated_storage": nil}, "InvalidParameterValue"},
		{"storage type", attrs{"storage_type": "gp9"}, "InvalidParameterValue"},
		{"storage may not grow", attrs{"max_allocated_storage": 100}, "InvalidParameterCombination"},
		{"storage may grow too far", attrs{"max_allocated_storage": 70000}, "InvalidParameterValue"},
		{"io1 without iops", attrs{"storage_type": "io1"}, "InvalidParameterCombination"},
		{"gp2 with iops", attrs{"storage_type": "gp2", "iops": 3000}, "InvalidParameterCombination"},
		{"class is none", attrs{"instance_class": "r6g.large"}, "InvalidParameterValue"},
		{"class does not run postgres", attrs{"instance_class": "db.t2.nano"}, "InvalidParameterCombination"},
		{"class for older majors only", attrs{"instance_class": "db.x2idn.16xlarge", "engine_version": "16", "parameter_group_name": nil}, "InvalidParameterCombination"},
		{"size that the family lacks", attrs{"instance_class": "db.r6g.24xlarge"}, "InvalidParameterCombination"},
		{"user missing", attrs{"username": nil}, "MissingParameter"},
		{"user reserved", attrs{"username": "admin"}, "InvalidParameterValue"},
		{"user starts with pg_", attrs{"username": "pg_admin"}, "InvalidParameterValue"},
		{"user is no identifier", attrs{"username": "db-admin"}, "InvalidParameterValue"},
		{"database reserved", attrs{"db_name": "db"}, "InvalidParameterValue"},
		{"database is no identifier", attrs{"db_name": "my-db"}, "InvalidParameterValue"},
		{"no password", attrs{"password": nil}, "InvalidParameterValue"},
		{"password too short", attrs{"password": "short"}, "InvalidParameterValue"},
		{"password with @", attrs{"password": "correct@horse"}, "InvalidParameterValue"},
		{"password and managed password", attrs{"manage_master_user_password": true}, "InvalidParameterCombination"},
		{"key without encryption", attrs{"storage_encrypted": false}, "InvalidParameterCombination"},
		{"key of another region", attrs{"kms_key_id": replicaKey.arn()}, "KMSKeyNotAccessibleFault"},
		{"key pending deletion", attrs{"kms_key_id": pending.arn()}, "KMSKeyNotAccessibleFault"},
		{"key is no ARN", attrs{"kms_key_id": key.id}, "InvalidParameterValue"},
		{"no subnet group", attrs{"db_subnet_group_name": nil}, "InvalidSubnet"},
		{"no such subnet group", attrs{"db_subnet_group_name": "none"}, "DBSubnetGroupNotFoundFault"},
		{"no such parameter group", attrs{"parameter_group_name": "none"}, "DBParameterGroupNotFound"},
		{"parameter group of another major", attrs{"parameter_group_name": wrong.id}, "InvalidParameterCombination"},
		{"default group of another major", attrs{"parameter_group_name": "default.postgres16"}, "InvalidParameterCombination"},
		{"security group of another VPC", attrs{"vpc_security_group_ids": list{other.group.id}}, "InvalidParameterCombination"},
		{"security group of another region", attrs{"vpc_security_group_ids": list{far.group.id}}, "InvalidParameterValue"},
		{"zone with Multi-AZ", attrs{"availability_zone": "us-east-1a"}, "InvalidParameterCombination"},
		{"zone of another region", attrs{"availability_zone": "eu-west-1a", "multi_az": false}, "InvalidVPCNetworkStateFault"},
		{"backups kept too long", attrs{"backup_retention_period": 36}, "InvalidParameterValue"},
		{"backups kept less than not", attrs{"backup_retention_period": -1}, "InvalidParameterValue"},
		{"backup window is none", attrs{"backup_window": "3am"}, "InvalidParameterValue"},
		{"backup window too short", attrs{"backup_window": "03:00-03:29"}, "InvalidParameterValue"},
		{"maintenance window is none", attrs{"maintenance_window": "someday"}, "InvalidParameterValue"},
		{"windows overlap", attrs{"backup_window": "23:45-00:45", "maintenance_window": "sun:00:15-sun:01:15"}, "InvalidParameterValue"},
		{"log type", attrs{"enabled_cloudwatch_logs_exports": list{"slowquery"}}, "InvalidParameterCombination"},
		{"monitoring without role", attrs{"monitoring_interval": 60}, "InvalidParameterCombination"},
		{"monitoring interval", attrs{"monitoring_interval": 7}, "InvalidParameterValue"},
		{"monitoring role that is not there", attrs{"monitoring_interval": 60, "monitoring_role_arn": "arn:aws:iam::123456789012:role/none"}, "InvalidParameterValue"},
	})
	w.refused("aws_db_instance", east, d.primaryAttrs(key.arn()), "DBInstanceAlreadyExists")
	w.refusesEach("aws_db_instance", east, made{attrs: d.primaryAttrs(key.arn())}.with(attrs{"identifier": "seen", "performance_insights_enabled": true}), []refusal{
		{"insights of no known length", attrs{"performance_insights_retention_period": 30}, "InvalidParameterValue"},
		{"insights too long", attrs{"performance_insights_retention_period": 24 * 31}, "InvalidParameterValue"},
		{"insights under a key of another region", attrs{"performance_insights_kms_key_id": replicaKey.arn()}, "KMSKeyNotAccessibleFault"},
		{"a key without insights", attrs{"performance_insights_enabled": false, "performance_insights_kms_key_id": key.arn()}, "InvalidParameterCombination"},
	})
}

// The key that Performance Insights began with stays, also while they are off.
func TestDBInstance_KeepsTheKeyOfPerformanceInsights(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	other := w.create("aws_kms_key", east, attrs{})
	good := made{attrs: d.primaryAttrs(key.arn())}
	plain := w.create("aws_db_instance", east, good.with(attrs{"identifier": "plain", "instance_class": "db.t3.micro", "performance_insights_enabled": true}))
	require.Regexp(t, `^arn:aws:kms:us-east-1:123456789012:key/`, plain.str("performance_insights_kms_key_id"), "AWS's own")
	db := w.create("aws_db_instance", east, good.attrs)
	db = w.update(db, attrs{"performance_insights_enabled": true, "performance_insights_kms_key_id": key.arn()})
	require.InDelta(t, 7, db.attrs["performance_insights_retention_period"], 0)
	err := w.refusedUpdate(db, attrs{"performance_insights_kms_key_id": other.arn()}, "InvalidParameterCombination")
	require.Equal(t, "You can't change your Performance Insights KMS key.", err.Message)
	off := w.update(db, attrs{"performance_insights_enabled": false})
	w.refusedUpdate(off, attrs{"performance_insights_enabled": true, "performance_insights_kms_key_id": other.arn()}, "InvalidParameterCombination")
	w.update(off, attrs{"performance_insights_enabled": true})
}

// A minor version is raised at the replicas first.
func TestDBInstance_RefusesALaterMinorThanItsReplicasHave(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	err := w.refusedUpdate(p.primary, attrs{"engine_version": "15.15"}, "DBUpgradeDependencyFailure")
	require.Equal(t, "One or more of the DB Instance's read replicas need to be upgraded: replica-db-dev", err.Message)
	require.Equal(t, "ModifyDBInstance", err.Operation)
	require.Equal(t, "15.15", w.update(p.replica, attrs{"engine_version": "15.15"}).str("engine_version_actual"))
	require.Equal(t, "15.15", w.update(p.primary, attrs{"engine_version": "15.15"}).str("engine_version_actual"))
	w.update(p.primary, attrs{"engine_version": "16", "allow_major_version_upgrade": true, "parameter_group_name": "default.postgres16"})
}

func TestDBInstance_IsNotChangedWhileItIsStopped(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for _, status := range []string{"stopped", "stopping", "starting", "modifying", "failed"} {
		require.NoError(t, w.cloud.SetAttribute("aws_db_instance", east, p.primary.id, "status", status))
		err := w.refusedUpdate(p.primary, attrs{"max_allocated_storage": 300}, "InvalidDBInstanceState")
		require.Equal(t, "Database instance is not in available state.", err.Message, status)
		w.refusedUpdate(p.primary, attrs{"identifier": "renamed"}, "InvalidDBInstanceState")
		w.update(p.primary, attrs{"tags": attrs{"Why": status}, "tags_all": attrs{"Why": status}, "skip_final_snapshot": true})
	}
	require.NoError(t, w.cloud.SetAttribute("aws_db_instance", east, p.primary.id, "status", "storage-optimization"))
	w.update(p.primary, attrs{"max_allocated_storage": 300})
}

// The provider sends a write-only password where its version changes, and at no
// other change.
func TestDBInstance_IsGivenAWriteOnlyPasswordWithANewVersionOnly(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	db := w.createSecret("aws_db_instance", east, made{attrs: d.primaryAttrs(key.arn())}.with(attrs{"password": nil, "password_wo_version": 1}), attrs{"password_wo": "correct-horse-battery"})
	change := func(a attrs, password string) {
		t.Helper()
		prior := w.read(db)
		resp := w.cloud.Do(t.Context(), simapi.OpUpdate, simapi.Request{Type: db.typ, Region: east, ID: db.id, Prior: prior, Attrs: made{attrs: prior}.with(a), WriteOnly: attrs{"password_wo": password}})
		require.Nil(t, resp.Error)
	}
	change(attrs{"max_allocated_storage": 300}, "a-placeholder-of-a-plan")
	require.Zero(t, w.cloud.Summary().Calls[rds.CallPassword])
	change(attrs{"password_wo_version": 2}, "another-horse-battery")
	require.Equal(t, 1, w.cloud.Summary().Calls[rds.CallPassword])
}

func TestDBInstance_RefusesVersionsThatRDSNoLongerCreates(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	for _, version := range []string{"15.2", "15.9", "15.12", "16.5", "16.8", "17.1", "17.4", "12", "12.20", "15.16", "16.12", "17.8", "15.014", "latest"} {
		good := made{attrs: d.primaryAttrs(key.arn())}
		err := w.refused("aws_db_instance", east, good.with(attrs{"engine_version": version, "parameter_group_name": nil}), "InvalidParameterCombination")
		require.Equal(t, "Cannot find version "+version+" for postgres", err.Message)
	}
}

func TestDBInstance_RunsTheMinorThatRDSChoosesForAMajor(t *testing.T) {
	for asked, actual := range map[string]string{"15": "15.14", "15.13": "15.13", "15.17": "15.17", "16": "16.10", "17": "17.6"} {
		w := newWorld(t)
		d := w.databaseBase(east, "10.0")
		key, _ := w.keys()
		good := made{attrs: d.primaryAttrs(key.arn())}
		db := w.create("aws_db_instance", east, good.with(attrs{"engine_version": asked, "parameter_group_name": nil}))
		require.Equal(t, asked, db.str("engine_version"))
		require.Equal(t, actual, db.str("engine_version_actual"))
		major, _, _ := strings.Cut(actual, ".")
		require.Equal(t, "default.postgres"+major, db.str("parameter_group_name"))
	}
}

func TestDBInstance_TakesAWriteOnlyPasswordAndShowsItNowhere(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	good := made{attrs: d.primaryAttrs(key.arn())}
	asked := good.with(attrs{"password": nil, "password_wo_version": 1})
	w.refusedSecret("aws_db_instance", east, asked, attrs{"password_wo": "has a space"}, "InvalidParameterValue")
	w.refusedSecret("aws_db_instance", east, good.attrs, attrs{"password_wo": "correct-horse-battery"}, "ConflictingConfiguration")
	db := w.createSecret("aws_db_instance", east, asked, attrs{"password_wo": "correct-horse-battery"})
	require.Nil(t, db.attrs["password_wo"])
	for name, value := range w.read(db) {
		require.NotEqual(t, "correct-horse-battery", value, name)
	}
}

func TestDBInstance_LetsRDSManageThePassword(t *testing.T) {
	w := newWorld(t)
	d, far := w.databaseBase(east, "10.0"), w.databaseBase(west, "10.1")
	key, replicaKey := w.keys()
	good := made{attrs: d.primaryAttrs(key.arn())}
	db := w.create("aws_db_instance", east, good.with(attrs{"password": nil, "manage_master_user_password": true}))
	secret := db.attrs["master_user_secret"].(list)[0].(attrs)
	require.Regexp(t, `^arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-.*-[A-Za-z0-9]{6}$`, secret["secret_arn"])
	err := w.refused("aws_db_instance", west, far.replicaAttrs(db.arn(), replicaKey.arn()), "InvalidDBInstanceState")
	require.Equal(t, "CreateDBInstanceReadReplica", err.Operation)
}

func TestDBInstance_MakesALogGroupThatNobodyMadeBefore(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	good := made{attrs: d.primaryAttrs(key.arn())}
	group := attrs{"name": "/aws/rds/instance/primary-db-dev/postgresql", "retention_in_days": 7}
	db := w.create("aws_db_instance", east, good.with(attrs{"enabled_cloudwatch_logs_exports": list{"postgresql"}}))
	w.refused("aws_cloudwatch_log_group", east, group, "ResourceAlreadyExistsException")
	w.gone(db)
	require.Equal(t, 1, w.cloud.Summary().Resources["aws_cloudwatch_log_group"][east], "RDS's own log group is left behind")

	w = newWorld(t)
	d = w.databaseBase(east, "10.0")
	key, _ = w.keys()
	kept := w.create("aws_cloudwatch_log_group", east, group)
	good = made{attrs: d.primaryAttrs(key.arn())}
	w.create("aws_db_instance", east, good.with(attrs{"enabled_cloudwatch_logs_exports": list{"postgresql"}}))
	require.InDelta(t, 7, w.read(kept)["retention_in_days"], 0)
}

func TestDBInstance_ChoosesStorageSpeedBySize(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	good := made{attrs: d.primaryAttrs(key.arn())}
	for i, c := range []struct {
		size             int
		typ              string
		iops, throughput int
	}{{100, "gp3", 3000, 125}, {400, "gp3", 12000, 500}, {100, "gp2", 0, 0}} {
		db := w.create("aws_db_instance", east, good.with(attrs{
			"identifier": "db-" + string(rune('a'+i)), "allocated_storage": c.size, "storage_type": c.typ,
		}))
		require.InDelta(t, c.iops, db.attrs["iops"], 0)
		require.InDelta(t, c.throughput, db.attrs["storage_throughput"], 0)
	}
}

func TestDBInstance_RefusesUpdatesThatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for _, c := range []refusal{
		{"older version", attrs{"engine_version": "15.13"}, "InvalidParameterCombination"},
		{"next major without leave", attrs{"engine_version": "16"}, "InvalidParameterCombination"},
		{"unknown version", attrs{"engine_version": "15.16"}, "InvalidParameterCombination"},
		{"smaller storage", attrs{"allocated_storage": 50}, "InvalidParameterCombination"},
		{"class", attrs{"instance_class": "db.x.large"}, "InvalidParameterCombination"},
		{"no backups with a replica", attrs{"backup_retention_period": 0}, "InvalidDBInstanceState"},
		{"identifier taken or bad", attrs{"identifier": "Primary"}, "InvalidParameterValue"},
		{"weak password", attrs{"password": "weak"}, "InvalidParameterValue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			on := *w
			on.t = t
			on.refusedUpdate(p.primary, c.fault, c.code)
		})
	}
	w.refusedUpdate(p.replica, attrs{"password": "correct-horse-battery"}, "InvalidParameterCombination")
	w.refusedUpdate(p.replica, attrs{"replicate_source_db": "arn:aws:rds:us-east-1:123456789012:db:other"}, "InvalidParameterCombination")

	good := made{attrs: p.here.primaryAttrs(p.key.arn())}
	w.create("aws_db_instance", east, good.with(attrs{"identifier": "other"}))
	w.refusedUpdate(p.primary, attrs{"identifier": "other"}, "DBInstanceAlreadyExists")
}

func TestDBInstance_UpgradesAndIsRenamed(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.gone(p.replica)
	db := w.update(p.primary, attrs{"engine_version": "15.15"})
	require.Equal(t, "15.15", db.str("engine_version_actual"))
	db = w.update(db, attrs{"engine_version": "15"})
	require.Equal(t, "15.15", db.str("engine_version_actual"), "the running minor is of the major asked for")
	db = w.update(db, attrs{"identifier": "renamed"})
	require.Regexp(t, `^renamed\.c[a-z0-9]{11}\.us-east-1\.rds\.amazonaws\.com$`, db.str("address"))
	require.Equal(t, p.primary.id, db.id)
	db = w.update(db, attrs{"engine_version": "16", "allow_major_version_upgrade": true, "parameter_group_name": "default.postgres16"})
	require.Equal(t, "16.10", db.str("engine_version_actual"))
}

func TestDBInstance_KeepsItsReplicasWhenItIsRenamed(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	near := w.create("aws_db_instance", east, made{attrs: p.here.replicaAttrs("primary-db-dev", "")}.with(attrs{"kms_key_id": nil, "identifier": "near"}))
	db := w.update(p.primary, attrs{"identifier": "renamed"})
	require.Equal(t, db.arn(), w.read(p.replica)["replicate_source_db"])
	require.Equal(t, "renamed", w.read(near)["replicate_source_db"])
	require.ElementsMatch(t, list{"near", p.replica.arn()}, w.read(db)["replicas"])
}

func TestDBInstance_IsDeletedOnlyAsRDSAllows(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	good := made{attrs: d.primaryAttrs(key.arn())}
	guarded := w.create("aws_db_instance", east, good.with(attrs{"deletion_protection": true}))
	err := w.stays(guarded, "InvalidParameterCombination")
	require.Equal(t, "Cannot delete protected DB Instance, please disable deletion protection and try again.", err.Message)

	open := w.update(guarded, attrs{"deletion_protection": false, "skip_final_snapshot": false})
	w.stays(open, "InvalidParameterCombination")
	named := w.update(open, attrs{"final_snapshot_identifier": "last"})
	w.stays(d.subnetGroup, "InvalidDBSubnetGroupStateFault")
	w.stays(d.parameterGroup, "InvalidDBParameterGroupState")
	w.gone(named)
	require.Equal(t, 1, w.cloud.Summary().Retained["aws_db_snapshot"][east])

	again := w.create("aws_db_instance", east, good.with(attrs{"skip_final_snapshot": false, "final_snapshot_identifier": "last"}))
	w.stays(again, "DBSnapshotAlreadyExists")
}
