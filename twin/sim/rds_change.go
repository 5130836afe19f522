package sim

import (
	"fmt"
)

func updateDBInstance(c *call) error {
	if err := changeReplication(c); err != nil {
		return err
	}
	if c.changed("identifier") {
		if err := renameDBInstance(c); err != nil {
			return err
		}
	}
	if c.changed("engine_version") {
		if err := changeVersion(c); err != nil {
			return err
		}
	}
	if c.changed("instance_class") {
		if err := checkClass(c, c.attrs.Str("engine_version_actual")); err != nil {
			return err
		}
	}
	if c.attrs.Int("allocated_storage") < c.was.Int("allocated_storage") {
		return c.refuse("allocated_storage", "InvalidParameterCombination", "The requested storage size %d is smaller than the current %d: storage can't be reduced.",
			c.attrs.Int("allocated_storage"), c.was.Int("allocated_storage"))
	}
	if c.attrs.Int("backup_retention_period") == 0 && len(replicasOf(c.Tx, c.res)) > 0 {
		return c.refuse("backup_retention_period", "InvalidDBInstanceState", "Automated backups can't be disabled on DB instance %s: it has read replicas", c.attrs.Str("identifier"))
	}
	if err := changePassword(c); err != nil {
		return err
	}
	if err := checkDBInstance(c); err != nil {
		return err
	}
	exportLogs(c)
	return nil
}

// changeReplication promotes a replica whose source was taken out of the
// configuration. Another source is refused by the real provider itself.
func changeReplication(c *call) error {
	if !c.changed("replicate_source_db") {
		return nil
	}
	if c.attrs.Has("replicate_source_db") {
		return c.refuse("replicate_source_db", "InvalidParameterCombination", "cannot elect new source database for replication")
	}
	return nil
}

func renameDBInstance(c *call) error {
	id := c.attrs.Str("identifier")
	if !dbIdentifier.MatchString(id) {
		return c.refuse("identifier", "InvalidParameterValue", "The parameter NewDBInstanceIdentifier is not a valid identifier: %s", id)
	}
	if other := c.FindBy("aws_db_instance", c.region, "identifier", id); other != nil && other.Key != c.res.Key {
		return c.refuse("identifier", "DBInstanceAlreadyExists", "DB instance already exists")
	}
	address := fmt.Sprintf("%s.%s.%s.rds.%s", id, c.endpointLabel(c.region), c.region, dnsSuffix)
	c.attrs.Set(Attrs{
		"arn": c.arn("rds", c.region, "db:%s", id), "address": address, "endpoint": fmt.Sprintf("%s:%d", address, c.attrs.Int("port")),
	})
	return nil
}

// changeVersion upgrades the engine. A version that RDS no longer creates is
// no longer upgraded to either.
func changeVersion(c *call) error {
	wanted, current := c.attrs.Str("engine_version"), c.was.Str("engine_version_actual")
	if major, minor, ok := splitVersion(wanted); ok && minor < 0 && major == majorOf(current) {
		return nil // the major that runs already
	}
	version, ok := actualVersion(wanted)
	if !ok {
		return c.refuse("engine_version", "InvalidParameterCombination", "Cannot find version %s for postgres", wanted)
	}
	if olderVersion(version, current) {
		return c.refuse("engine_version", "InvalidParameterCombination", "Cannot upgrade postgres from %s to %s", current, version)
	}
	if majorOf(version) != majorOf(current) && !c.attrs.Bool("allow_major_version_upgrade") {
		return c.refuse("engine_version", "InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
	}
	c.attrs["engine_version_actual"] = version
	return nil
}

func changePassword(c *call) error {
	_, writeOnly := c.writeOnly["password_wo"].(string)
	if !writeOnly && (!c.changed("password") || !c.attrs.Has("password")) {
		return nil
	}
	if c.attrs.Has("replicate_source_db") {
		return c.refuse("password", "InvalidParameterCombination", "MasterUserPassword can't be modified on a read replica: it has the password of its source")
	}
	return takePassword(c)
}

func removeDBInstance(c *call) error {
	a := c.attrs
	if a.Bool("deletion_protection") {
		return c.refuse("deletion_protection", "InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.")
	}
	if !a.Bool("skip_final_snapshot") {
		if err := finalSnapshot(c); err != nil {
			return err
		}
	}
	for _, replica := range replicasOf(c.Tx, c.res) {
		orphanReplica(c.Tx, replica, c.res)
	}
	return nil
}

func finalSnapshot(c *call) error {
	name := c.attrs.Str("final_snapshot_identifier")
	if name == "" {
		return c.refuse("final_snapshot_identifier", "InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	}
	if c.attrs.Has("replicate_source_db") {
		return c.refuse("final_snapshot_identifier", "InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance")
	}
	if c.FindRetained("aws_db_snapshot", c.region, func(a Attrs) bool { return a.Str("db_snapshot_identifier") == name }) != nil {
		return c.refuse("final_snapshot_identifier", "DBSnapshotAlreadyExists", "Cannot create the snapshot because a snapshot with the identifier %s already exists.", name)
	}
	arn := c.arn("rds", c.region, "snapshot:%s", name)
	c.Retain(&Resource{
		Type: "aws_db_snapshot", Region: c.region, ID: name, Key: name, Created: c.At,
		Attrs: Attrs{
			"db_snapshot_identifier": name, "db_snapshot_arn": arn, "db_instance_identifier": c.attrs.Str("identifier"),
			"kms_key_id": c.attrs.Str("kms_key_id"), "engine": "postgres", "engine_version": c.attrs.Str("engine_version_actual"),
		},
	}, noEnd)
	return nil
}

// orphanReplica is what becomes of a replica when its source is deleted: one
// of the same region is promoted, one of another region stays a read replica
// whose replication has ended.
func orphanReplica(tx *Tx, replica, source *Resource) {
	r := tx.Edit(replica)
	if replica.Region == source.Region {
		r.Attrs.Set(Attrs{"replicate_source_db": ""})
		return
	}
	r.Hidden.Set(Attrs{"replication": "terminated"})
}
