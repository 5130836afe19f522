package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplica_RefusesWhatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	here, there := w.databaseBase(east, "10.0"), w.databaseBase(west, "10.1")
	key, replicaKey := w.keys()
	primary := w.create("aws_db_instance", east, here.primaryAttrs(key.arn()))
	good := made{attrs: here.primaryAttrs(key.arn())}
	plain := w.create("aws_db_instance", east, good.with(attrs{"identifier": "plain", "storage_encrypted": false, "kms_key_id": nil}))
	bare := w.create("aws_db_instance", east, good.with(attrs{"identifier": "bare", "backup_retention_period": 0}))
	w.refusesEach("aws_db_instance", west, there.replicaAttrs(primary.arn(), replicaKey.arn()), []refusal{
		{"encrypted source without key", attrs{"kms_key_id": nil}, "InvalidParameterCombination"},
		{"key of the source's region", attrs{"kms_key_id": key.arn()}, "KMSKeyNotAccessibleFault"},
		{"key for a plain source", attrs{"replicate_source_db": plain.arn()}, "InvalidParameterCombination"},
		{"user", attrs{"username": "dbadmin"}, "ConflictingConfiguration"},
		{"database", attrs{"db_name": "app"}, "ConflictingConfiguration"},
		{"password", attrs{"password": "correct-horse-battery"}, "InvalidParameterCombination"},
		{"managed password", attrs{"manage_master_user_password": true}, "InvalidParameterCombination"},
		{"source without backups", attrs{"replicate_source_db": bare.arn()}, "InvalidDBInstanceState"},
		{"no such source", attrs{"replicate_source_db": "arn:aws:rds:us-east-1:123456789012:db:none"}, "DBInstanceNotFound"},
		{"source of another region by name", attrs{"replicate_source_db": "primary-db-dev"}, "DBInstanceNotFound"},
		{"another major", attrs{"engine_version": "16"}, "InvalidParameterCombination"},
		{"class", attrs{"instance_class": "db.t2.nano"}, "InvalidParameterCombination"},
		{"no such parameter group", attrs{"parameter_group_name": "none"}, "DBParameterGroupNotFound"},
		{"no such subnet group", attrs{"db_subnet_group_name": "none"}, "DBSubnetGroupNotFoundFault"},
	})
	w.refusedSecret("aws_db_instance", west, made{attrs: there.replicaAttrs(primary.arn(), replicaKey.arn())}.with(attrs{"identifier": "second"}),
		attrs{"password_wo": "correct-horse-battery"}, "InvalidParameterCombination")
}

func TestReplica_RefusesASourceThatIsNotAvailable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	require.NoError(t, w.cloud.SetAttribute("aws_db_instance", east, p.primary.id, "status", "modifying"))
	asked := made{attrs: p.there.replicaAttrs(p.primary.arn(), p.replicaKey.arn())}.with(attrs{"identifier": "second"})
	w.refused("aws_db_instance", west, asked, "InvalidDBInstanceState")
}

func TestReplica_MayBeMadeOfAReplica(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	chained := w.create("aws_db_instance", east, made{attrs: p.here.replicaAttrs(p.replica.arn(), p.key.arn())}.with(attrs{"identifier": "third"}))
	require.Equal(t, list{chained.arn()}, w.read(p.replica)["replicas"])
}

func TestReplica_IsProtectedByALaterUpdateOnly(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	asked := made{attrs: p.there.replicaAttrs(p.primary.arn(), p.replicaKey.arn())}.with(attrs{"identifier": "second", "deletion_protection": true})
	second := w.create("aws_db_instance", west, asked)
	require.Equal(t, false, second.attrs["deletion_protection"])
	w.stays(w.update(second, attrs{"deletion_protection": true}), "InvalidParameterCombination")
}

func TestReplica_TakesOverWhatItsSourceHas(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	require.Equal(t, "dbadmin", p.replica.str("username"))
	require.Equal(t, "app", p.replica.str("db_name"))
	require.Equal(t, "postgres", p.replica.str("engine"))
	require.Equal(t, "15.14", p.replica.str("engine_version_actual"))
	require.Equal(t, p.primary.attrs["allocated_storage"], p.replica.attrs["allocated_storage"])
	require.Equal(t, p.primary.arn(), p.replica.str("replicate_source_db"))
	require.Equal(t, p.replicaKey.arn(), p.replica.str("kms_key_id"))
	require.Equal(t, true, p.replica.attrs["storage_encrypted"])
	require.Equal(t, list{p.replica.arn()}, w.read(p.primary)["replicas"])
}

func TestReplica_OfTheSameRegionIsNamedAndKeepsTheKey(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	asked := made{attrs: p.here.replicaAttrs("primary-db-dev", "")}.with(attrs{"kms_key_id": nil})
	second := w.create("aws_db_instance", east, asked)
	require.Equal(t, p.key.arn(), second.str("kms_key_id"))
	require.Equal(t, list{p.replica.arn(), "replica-db-dev"}, w.read(p.primary)["replicas"])
}

func TestReplica_IsDeletedWithoutAFinalSnapshotOnly(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	named := w.update(p.replica, attrs{"skip_final_snapshot": false, "final_snapshot_identifier": "last"})
	w.stays(named, "InvalidParameterCombination")
	w.gone(w.update(named, attrs{"skip_final_snapshot": true}))
	require.Empty(t, w.read(p.primary)["replicas"])
}

func TestSource_LeavesItsReplicasWhenItIsDeleted(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	asked := made{attrs: p.here.replicaAttrs("primary-db-dev", "")}.with(attrs{"kms_key_id": nil, "identifier": "near"})
	near := w.create("aws_db_instance", east, asked)
	w.gone(p.primary)
	require.Empty(t, w.read(near)["replicate_source_db"], "a replica of the same region is promoted")
	require.Equal(t, p.primary.arn(), w.read(p.replica)["replicate_source_db"], "one of another region stays a replica")
	require.Equal(t, "available", w.read(p.replica)["status"])
}

func TestReplica_IsAnInstanceOfItsOwnOncePromoted(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	require.NoError(t, w.cloud.SetAttribute("aws_db_instance", "", p.replica.id, "replicate_source_db", ""))
	require.Empty(t, w.read(p.replica)["replicate_source_db"])
	require.Empty(t, w.read(p.primary)["replicas"])
	promoted := made{p.replica.typ, west, p.replica.id, p.replica.asked, w.read(p.replica)}
	w.update(promoted, attrs{"password": "correct-horse-staple"})
	w.refusedUpdate(promoted, attrs{"replicate_source_db": p.primary.arn()}, "InvalidParameterCombination")
}

func TestReplica_IsPromotedWhenItsSourceIsTakenOut(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	alone := w.update(p.replica, attrs{"replicate_source_db": nil})
	require.Nil(t, alone.attrs["replicate_source_db"])
	require.Empty(t, w.read(p.primary)["replicas"])
}

func TestSubnetGroup_NeedsTwoZonesOfOneVPC(t *testing.T) {
	w := newWorld(t)
	n, other := w.network(east, "10.0"), w.network(east, "10.2")
	good := attrs{"name": "db-dev", "subnet_ids": list{n.subnets[0].id, n.subnets[1].id}}
	sameZone := w.create("aws_subnet", east, attrs{"vpc_id": n.vpc.id, "cidr_block": "10.0.50.0/24", "availability_zone": "us-east-1a"})
	w.refusesEach("aws_db_subnet_group", east, good, []refusal{
		{"one subnet", attrs{"subnet_ids": list{n.subnets[0].id}}, "DBSubnetGroupDoesNotCoverEnoughAZs"},
		{"two in one zone", attrs{"subnet_ids": list{n.subnets[0].id, sameZone.id}}, "DBSubnetGroupDoesNotCoverEnoughAZs"},
		{"two VPCs", attrs{"subnet_ids": list{n.subnets[0].id, other.subnets[1].id}}, "InvalidSubnet"},
		{"no such subnet", attrs{"subnet_ids": list{"subnet-0", n.subnets[0].id}}, "InvalidSubnet"},
		{"name", attrs{"name": "DB"}, "InvalidParameterValue"},
	})
	w.refused("aws_db_subnet_group", east, good, "DBSubnetGroupAlreadyExists")
}

func TestParameterGroup_RefusesWhatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	one := func(name, value, method string) attrs {
		return attrs{"parameter": list{attrs{"name": name, "value": value, "apply_method": method}}}
	}
	good := attrs{"name": "db-dev", "family": "postgres15", "parameter": list{
		attrs{"name": "rds.force_ssl", "value": "1"}, attrs{"name": "shared_preload_libraries", "value": "pgaudit", "apply_method": "pending-reboot"},
	}}
	twice := list{attrs{"name": "rds.force_ssl", "value": "1"}, attrs{"name": "rds.force_ssl", "value": "0"}}
	w.refusesEach("aws_db_parameter_group", east, good, []refusal{
		{"name", attrs{"name": "-db"}, "InvalidParameterValue"},
		{"family", attrs{"family": "postgres9"}, "InvalidParameterValue"},
		{"another engine's family", attrs{"family": "mysql8.0"}, "InvalidParameterValue"},
		{"no parameter's name", one("Force SSL", "1", "immediate"), "InvalidParameterValue"},
		{"method", one("rds.force_ssl", "1", "later"), "InvalidParameterValue"},
		{"static at once", one("shared_preload_libraries", "pgaudit", "immediate"), "InvalidParameterCombination"},
		{"value", one("rds.force_ssl", "yes", "immediate"), "InvalidParameterValue"},
		{"twice", attrs{"parameter": twice}, "InvalidParameterValue"},
	})
	w.refused("aws_db_parameter_group", east, good, "DBParameterGroupAlreadyExists")
	w.create("aws_db_parameter_group", west, good)
}
