package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

const badState = "InvalidDBInstanceState"

func (w *world) describe(region, id string) types.DBInstance {
	w.t.Helper()
	out, err := w.rds(region).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(id)})
	require.NoError(w.t, err)
	require.Len(w.t, out.DBInstances, 1)
	return out.DBInstances[0]
}

// byID asks for an instance by the filter of its resource id.
func (w *world) byID(region, id string) error {
	_, err := w.filtered(region, "dbi-resource-id", id)
	return err
}

func (w *world) filtered(region, filter string, values ...string) ([]types.DBInstance, error) {
	out, err := w.rds(region).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{
		Filters: []types.Filter{{Name: aws.String(filter), Values: values}},
	})
	if err != nil {
		return nil, err
	}
	return out.DBInstances, nil
}

func (w *world) status(region, id string) string {
	w.t.Helper()
	return aws.ToString(w.describe(region, id).DBInstanceStatus)
}

func (w *world) modify(region, id string, change func(*rds.ModifyDBInstanceInput)) error {
	in := &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(id)}
	change(in)
	_, err := w.rds(region).ModifyDBInstance(w.ctx, in)
	return err
}

func (w *world) stop(region, id string) error {
	_, err := w.rds(region).StopDBInstance(w.ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String(id)})
	return err
}

func (w *world) eventsOf(region, id string, minutes int32, categories ...string) []string {
	w.t.Helper()
	out, err := w.rds(region).DescribeEvents(w.ctx, &rds.DescribeEventsInput{
		SourceIdentifier: aws.String(id), SourceType: types.SourceTypeDbInstance, Duration: aws.Int32(minutes), EventCategories: categories,
	})
	require.NoError(w.t, err)
	var texts []string
	for _, e := range out.Events {
		require.Equal(w.t, id, aws.ToString(e.SourceIdentifier))
		texts = append(texts, aws.ToString(e.Message))
	}
	return texts
}

func TestRDS_DescribesInstancesAsTheyWereDeployed(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(time.Hour)
	p, r := w.describe(east, primaryDB), w.describe(west, replicaDB)
	require.Equal(t, w.env["PGDR_PRIMARY_DB_RESOURCE_ID"], aws.ToString(p.DbiResourceId))
	require.Equal(t, w.env["PGDR_PRIMARY_DB_ENDPOINT"], aws.ToString(p.Endpoint.Address))
	require.Equal(t, int32(5432), aws.ToInt32(p.Endpoint.Port))
	require.True(t, aws.ToBool(p.MultiAZ))
	require.Equal(t, int32(100), aws.ToInt32(p.AllocatedStorage))
	require.Equal(t, []string{aws.ToString(r.DBInstanceArn)}, p.ReadReplicaDBInstanceIdentifiers)
	require.Equal(t, aws.ToString(p.DBInstanceArn), aws.ToString(r.ReadReplicaSourceDBInstanceIdentifier))
	require.Equal(t, "replicating", aws.ToString(r.StatusInfos[0].Status))
	require.Equal(t, "replica-params-dev-postgres15", aws.ToString(r.DBParameterGroups[0].DBParameterGroupName))
	require.Equal(t, w.clock.Now().Add(-5*time.Minute), aws.ToTime(p.LatestRestorableTime))
	require.Nil(t, r.LatestRestorableTime, "RDS uploads no logs of a replica")
	require.Equal(t, aws.ToString(r.KmsKeyId)[:20], "arn:aws:kms:eu-west-1:123"[:20])
}

func TestRDS_ReportsParametersByPage(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	found := map[string]types.Parameter{}
	in := &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("primary-params-dev-postgres15"), MaxRecords: aws.Int32(20)}
	out, err := w.rds(east).DescribeDBParameters(w.ctx, in)
	require.NoError(t, err)
	for _, p := range out.Parameters {
		found[aws.ToString(p.ParameterName)] = p
	}
	require.Equal(t, "1", aws.ToString(found["rds.force_ssl"].ParameterValue))
	require.Equal(t, "user", aws.ToString(found["rds.force_ssl"].Source))
	require.Equal(t, "pg_stat_statements,pgaudit", aws.ToString(found["shared_preload_libraries"].ParameterValue))
	require.Equal(t, "static", aws.ToString(found["shared_preload_libraries"].ApplyType))
	require.Equal(t, "engine-default", aws.ToString(found["log_statement"].Source))

	def, err := w.rds(east).DescribeDBParameters(w.ctx, &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("default.postgres14"), Source: aws.String("system")})
	require.NoError(t, err)
	for _, p := range def.Parameters {
		if aws.ToString(p.ParameterName) == "rds.force_ssl" {
			require.Equal(t, "0", aws.ToString(p.ParameterValue), "forced from PostgreSQL 15 on")
		}
	}
	_, err = w.rds(east).DescribeDBParameters(w.ctx, &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("none")})
	refused(t, err, "DBParameterGroupNotFound")
	_, err = w.rds(east).DescribeDBParameters(w.ctx, &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("default.postgres15"), Marker: aws.String("x")})
	refused(t, err, "InvalidParameterValue")
}

func TestPromote_StaysAvailableThenRebootsThenNamesNoSource(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.promote(replicaDB))

	db := w.describe(west, replicaDB)
	require.Equal(t, "available", aws.ToString(db.DBInstanceStatus), "just after the call nothing is to be seen")
	require.NotEmpty(t, aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier))
	refused(t, w.promote(replicaDB), badState)

	for _, phase := range []struct {
		after  time.Duration
		status string
		source bool
	}{
		{19 * time.Second, "available", true},
		{time.Second, "modifying", true},
		{3*time.Minute + 39*time.Second, "modifying", true},
		{time.Second, "rebooting", true},
		{59 * time.Second, "rebooting", true},
		{time.Second, "available", false},
	} {
		w.clock.Advance(phase.after)
		db = w.describe(west, replicaDB)
		require.Equal(t, phase.status, aws.ToString(db.DBInstanceStatus))
		require.Equal(t, phase.source, aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier) != "")
		if phase.source {
			refused(t, w.promote(replicaDB), badState)
		}
	}
	require.Equal(t, int32(7), aws.ToInt32(db.BackupRetentionPeriod))
	require.Empty(t, w.describe(east, primaryDB).ReadReplicaDBInstanceIdentifiers)
	require.Equal(t, "DB Instance is not a read replica", refused(t, w.promote(replicaDB), badState))
	require.Equal(t, []string{"Replication on the read replica was terminated.", "DB instance shutdown", "DB instance restarted"}, w.eventsOf(west, replicaDB, 3))
	require.Equal(t, []string{"DB instance shutdown", "DB instance restarted"}, w.eventsOf(west, replicaDB, 60, "availability", "failover"))
}

func TestPromote_IsAsTerraformWouldSeeIt(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.promote(replicaDB))
	w.clock.Advance(5 * time.Minute)
	for _, r := range w.cloud.Resources("aws_db_instance") {
		require.Empty(t, r.Attrs.Str("replicate_source_db"), r.Attrs.Str("identifier"))
		require.Equal(t, "available", r.Attrs.Str("status"), "the other face sees the same account")
	}
}

func TestPromote_DefaultsToOneDayOfBackupsAndMakesAFirstOne(t *testing.T) {
	w := newWorld(t)
	w.edit("aws_db_instance", named("identifier", replicaDB), func(a, _ sim.Attrs) { a["backup_retention_period"] = float64(0) })
	_, err := w.rds(west).PromoteReadReplica(w.ctx, &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(replicaDB), PreferredBackupWindow: aws.String("02:00-02:30")})
	require.NoError(t, err)
	w.clock.Advance(5 * time.Minute)
	db := w.describe(west, replicaDB)
	require.Equal(t, int32(1), aws.ToInt32(db.BackupRetentionPeriod))
	require.Equal(t, "02:00-02:30", aws.ToString(db.PreferredBackupWindow))
	require.Equal(t, "backing-up", aws.ToString(db.DBInstanceStatus))
	refused(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(true) }), badState)
	w.clock.Advance(3 * time.Minute)
	require.Equal(t, "available", w.status(west, replicaDB))
}

func TestPromote_RefusesWhatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	refused(t, w.promote("none"), "DBInstanceNotFound")
	_, err := w.rds(east).PromoteReadReplica(w.ctx, &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(primaryDB)})
	require.Equal(t, "DB Instance is not a read replica", refused(t, err, badState))
	for _, in := range []*rds.PromoteReadReplicaInput{
		{DBInstanceIdentifier: aws.String(replicaDB), BackupRetentionPeriod: aws.Int32(36)},
		{DBInstanceIdentifier: aws.String(replicaDB), BackupRetentionPeriod: aws.Int32(-1)},
		{DBInstanceIdentifier: aws.String(replicaDB), PreferredBackupWindow: aws.String("02:00-02:10")},
		{DBInstanceIdentifier: aws.String(replicaDB), PreferredBackupWindow: aws.String("2-3")},
	} {
		_, err := w.rds(west).PromoteReadReplica(w.ctx, in)
		refused(t, err, "InvalidParameterValue")
	}
	for _, status := range []string{"backing-up", "creating", "starting", "stopping", "stopped", "deleting", "failed", "incompatible-parameters"} {
		w.instance(west, replicaDB, func(tx *sim.Tx, r *sim.Resource) error {
			lifecycle.Force(tx, r, status)
			return nil
		})
		refused(t, w.promote(replicaDB), badState)
	}
	w.instance(west, replicaDB, func(tx *sim.Tx, r *sim.Resource) error {
		lifecycle.Force(tx, r, lifecycle.Available)
		return lifecycle.BackUp(tx, r, lifecycle.DefaultTiming())
	})
	require.Equal(t, "backing-up", w.status(west, replicaDB))
	refused(t, w.promote(replicaDB), badState)
	w.clock.Advance(3 * time.Minute)
	require.NoError(t, w.promote(replicaDB), "patience pays")
}

// TestPromote_IsRefusedInTheDocumentedStatusesOnly: an instance serves for hours
// while its storage is optimized, and RDS promotes it.
func TestPromote_IsRefusedInTheDocumentedStatusesOnly(t *testing.T) {
	for status, after := range map[string]string{
		"storage-optimization": "storage-optimization", "storage-initialization": "storage-initialization",
		"storage-config-upgrade":  "storage-config-upgrade",
		"configuring-log-exports": "available", "configuring-associated-roles": "available", "modifying": "available", "maintenance": "available",
	} {
		t.Run(status, func(t *testing.T) {
			w := newWorld(t)
			w.allowAll()
			w.instance(west, replicaDB, func(tx *sim.Tx, r *sim.Resource) error {
				lifecycle.Force(tx, r, status)
				return nil
			})
			require.NoError(t, w.promote(replicaDB))
			refused(t, w.promote(replicaDB), badState)
			w.clock.Advance(5 * time.Minute)
			db := w.describe(west, replicaDB)
			require.Empty(t, aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier))
			require.Equal(t, after, aws.ToString(db.DBInstanceStatus), "work on the volume goes on after a promotion")
		})
	}
}

func TestModify_AppliesAtOnceOrInTheWindow(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	// Noon on Monday; the window is on Sunday at 02:00.
	require.NoError(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) {
		in.MultiAZ, in.DeletionProtection = aws.Bool(true), aws.Bool(true)
	}))
	db := w.describe(west, replicaDB)
	require.True(t, aws.ToBool(db.DeletionProtection), "never waits")
	require.False(t, aws.ToBool(db.MultiAZ))
	require.True(t, aws.ToBool(db.PendingModifiedValues.MultiAZ))
	require.Equal(t, "available", aws.ToString(db.DBInstanceStatus))
	w.clock.Advance(time.Minute)
	require.Equal(t, "available", w.status(west, replicaDB), "what waits does not occupy the instance")
	w.clock.Advance(time.Date(2026, 6, 7, 2, 0, 0, 0, time.UTC).Sub(w.clock.Now()))
	require.Equal(t, "modifying", w.status(west, replicaDB))
	w.clock.Advance(10 * time.Minute)
	db = w.describe(west, replicaDB)
	require.True(t, aws.ToBool(db.MultiAZ))
	require.NotEmpty(t, aws.ToString(db.SecondaryAvailabilityZone))
	require.Nil(t, db.PendingModifiedValues.MultiAZ)
	require.Equal(t, "available", aws.ToString(db.DBInstanceStatus))
}

func TestModify_AtOnceTakesAlongWhatWaited(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	require.NoError(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(true) }))
	require.NoError(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) {
		in.BackupRetentionPeriod, in.ApplyImmediately = aws.Int32(14), aws.Bool(true)
	}))
	db := w.describe(west, replicaDB)
	require.Equal(t, int32(14), aws.ToInt32(db.PendingModifiedValues.BackupRetentionPeriod))
	require.True(t, aws.ToBool(db.PendingModifiedValues.MultiAZ))
	refused(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) { in.DeletionProtection = aws.Bool(true) }), badState)
	w.clock.Advance(20 * time.Second)
	require.Equal(t, "modifying", w.status(west, replicaDB))
	w.clock.Advance(10 * time.Minute)
	db = w.describe(west, replicaDB)
	require.Equal(t, int32(14), aws.ToInt32(db.BackupRetentionPeriod))
	require.True(t, aws.ToBool(db.MultiAZ))
	require.Equal(t, []string{"Applying modification to convert to a Multi-AZ DB instance", "Finished applying modification to convert to a Multi-AZ DB instance"},
		w.eventsOf(west, replicaDB, 60, "configuration change"))
	w.clock.Advance(8 * 24 * time.Hour)
	require.Equal(t, "available", w.status(west, replicaDB), "nothing is left for the window")
}

func TestModify_TakesBackWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	require.NoError(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(true) }))
	require.NoError(t, w.modify(west, replicaDB, func(in *rds.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(false) }))
	require.Nil(t, w.describe(west, replicaDB).PendingModifiedValues.MultiAZ)
	w.clock.Advance(7 * 24 * time.Hour)
	require.False(t, aws.ToBool(w.describe(west, replicaDB).MultiAZ))
}

func TestModify_RefusesWhatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	for want, change := range map[string]func(*rds.ModifyDBInstanceInput){
		"InvalidParameterValue": func(in *rds.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(40) },
		badState:                func(in *rds.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(0) },
		"SimulatorUnsupported":  func(in *rds.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.r6g.xlarge") },
	} {
		refused(t, w.modify(east, primaryDB, change), want)
	}
	text := refused(t, w.modify(east, primaryDB, func(in *rds.ModifyDBInstanceInput) { in.Iops = aws.Int32(9) }), "SimulatorUnsupported")
	require.Contains(t, text, "Iops")
}

func TestStop_RefusesSourcesAndReplicas(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	refused(t, w.stop(east, primaryDB), badState)
	require.Equal(t, "Cannot stop or start a Read-Replica instance", refused(t, w.stop(west, replicaDB), badState))
	require.NoError(t, w.promote(replicaDB))
	refused(t, w.stop(east, primaryDB), badState)
	w.clock.Advance(5 * time.Minute)

	require.NoError(t, w.stop(east, primaryDB), "its replica is one no more")
	require.Equal(t, "stopping", w.status(east, primaryDB))
	require.Equal(t, "Instance primary-db-dev is not in available state.", refused(t, w.stop(east, primaryDB), badState))
	w.clock.Advance(3 * time.Minute)
	db := w.describe(east, primaryDB)
	require.Equal(t, "stopped", aws.ToString(db.DBInstanceStatus))
	require.Equal(t, w.clock.Now().Add(7*24*time.Hour), aws.ToTime(db.AutomaticRestartTime))
	w.clock.Advance(7*24*time.Hour - time.Second)
	require.Equal(t, "stopped", w.status(east, primaryDB))
	w.clock.Advance(time.Second)
	require.Equal(t, "starting", w.status(east, primaryDB), "RDS starts it by itself after seven days")
	w.clock.Advance(4 * time.Minute)
	require.Equal(t, "available", w.status(east, primaryDB))
	require.Contains(t, w.eventsOf(east, primaryDB, 5, "notification"), "DB instance is being started due to it exceeding the maximum allowed time being stopped.")
}

func TestFailover_IsReportedInEventsAndMovesTheZone(t *testing.T) {
	w := newWorld(t)
	before := aws.ToString(w.describe(east, primaryDB).AvailabilityZone)
	timing := lifecycle.DefaultTiming()
	w.instance(east, primaryDB, func(tx *sim.Tx, r *sim.Resource) error { return lifecycle.Failover(tx, r, timing) })
	require.Equal(t, []string{"Multi-AZ instance failover started."}, w.eventsOf(east, primaryDB, 1, "failover"))
	w.clock.Advance(timing.Failover)
	require.Equal(t, []string{"Multi-AZ instance failover started.", "Multi-AZ instance failover completed"}, w.eventsOf(east, primaryDB, 2, "failover"))
	require.NotEqual(t, before, aws.ToString(w.describe(east, primaryDB).AvailabilityZone))
	w.clock.Advance(10 * time.Minute)
	require.Empty(t, w.eventsOf(east, primaryDB, 5, "failover"))

	w.instance(east, primaryDB, func(tx *sim.Tx, r *sim.Resource) error {
		lifecycle.Restart(tx, r, timing)
		return nil
	})
	require.Equal(t, "rebooting", w.status(east, primaryDB))
	w.clock.Advance(timing.Reboot)
	require.Equal(t, []string{"DB instance shutdown", "DB instance restarted"}, w.eventsOf(east, primaryDB, 5))
	err := w.cloud.Update(func(tx *sim.Tx) error { return lifecycle.Failover(tx, lifecycle.Find(tx, west, replicaDB), timing) })
	require.ErrorContains(t, err, "not configured for MultiAZ")
}

func TestEvents_AreBoundedByTime(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, []string{"DB instance created"}, w.eventsOf(east, primaryDB, 1))
	w.clock.Advance(time.Hour)
	start := w.clock.Now()
	w.instance(east, primaryDB, func(tx *sim.Tx, r *sim.Resource) error {
		lifecycle.Record(tx, r, lifecycle.Event{ID: "RDS-EVENT-0020", At: start, Message: "Recovery of the DB instance has started.", Categories: []string{"recovery"}})
		return nil
	})
	require.Equal(t, []string{"Recovery of the DB instance has started."}, w.eventsOf(east, primaryDB, 30, "recovery"))
	out, err := w.rds(east).DescribeEvents(w.ctx, &rds.DescribeEventsInput{StartTime: aws.Time(start.Add(-2 * time.Hour)), EndTime: aws.Time(start.Add(-time.Minute))})
	require.NoError(t, err)
	require.Len(t, out.Events, 1)
	require.Equal(t, start.Add(-time.Hour), aws.ToTime(out.Events[0].Date))
	w.clock.Advance(time.Hour)
	out, err = w.rds(east).DescribeEvents(w.ctx, &rds.DescribeEventsInput{})
	require.NoError(t, err)
	require.Len(t, out.Events, 1, "an hour, unless asked otherwise")
	w.clock.Advance(time.Second)
	out, err = w.rds(east).DescribeEvents(w.ctx, &rds.DescribeEventsInput{})
	require.NoError(t, err)
	require.Empty(t, out.Events)
	_, err = w.rds(east).DescribeEvents(w.ctx, &rds.DescribeEventsInput{Duration: aws.Int32(20161)})
	refused(t, err, "InvalidParameterValue")
	_, err = w.rds(east).DescribeEvents(w.ctx, &rds.DescribeEventsInput{SourceIdentifier: aws.String(primaryDB)})
	refused(t, err, "InvalidParameterCombination")
}

func TestInstances_GoOnAfterTheAccountWasKeptOnDisk(t *testing.T) {
	dir := t.TempDir()
	clock := clocktest.At(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	cloud, err := simaws.Open(dir, sim.Options{Clock: clock})
	require.NoError(t, err)
	cloud.Evolve(lifecycle.Settle)
	require.NoError(t, cloud.Update(func(tx *sim.Tx) error {
		tx.Put(&sim.Resource{Type: lifecycle.TypeInstance, Region: west, ID: "db-1", Attrs: sim.Attrs{
			"identifier": replicaDB, "status": "available", "replicate_source_db": "arn:aws:rds:us-east-1:123456789012:db:x", "backup_retention_period": float64(7),
		}})
		return lifecycle.Promote(tx, lifecycle.Find(tx, west, replicaDB), lifecycle.Promotion{}, lifecycle.DefaultTiming())
	}))
	clock.Advance(10 * time.Minute)
	again, err := simaws.Open(dir, sim.Options{Clock: clock})
	require.NoError(t, err)
	again.Evolve(lifecycle.Settle)
	r := again.Resources(lifecycle.TypeInstance)[0]
	require.Empty(t, r.Attrs.Str("replicate_source_db"))
	require.Equal(t, 1, r.Attrs.Int("backup_retention_period"))
}

func TestRDS_FindsInstancesByFilter(t *testing.T) {
	w := newWorld(t)
	primary := w.describe(east, primaryDB)
	id := aws.ToString(primary.DbiResourceId)
	for _, c := range []struct {
		filter string
		values []string
		want   int
	}{
		{"dbi-resource-id", []string{id}, 1},
		{"dbi-resource-id", []string{"db-NONE", id}, 1},
		{"dbi-resource-id", []string{"db-NONE"}, 0},
		{"db-instance-id", []string{primaryDB}, 1},
	} {
		found, err := w.filtered(east, c.filter, c.values...)
		require.NoError(t, err)
		require.Len(t, found, c.want, "%s %v", c.filter, c.values)
	}
	_, err := w.filtered(east, "status", "available")
	require.ErrorContains(t, err, "InvalidParameterValue")
}
