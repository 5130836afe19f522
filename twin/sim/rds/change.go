package rds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

func updateDBInstance(c *sim.Call) error {
	if modifies(c) && !lifecycle.Modifiable(c.Tx, c.Resource) {
		return c.Refuse("", "InvalidDBInstanceState", "Database instance is not in available state.")
	}
	if err := changeReplication(c); err != nil {
		return err
	}
	if c.Changed("identifier") {
		if err := renameDBInstance(c); err != nil {
			return err
		}
	}
	if c.Changed("engine_version") {
		if err := changeVersion(c); err != nil {
			return err
		}
	}
	if c.Changed("instance_class") {
		if err := checkClass(c, c.Attrs.Str("engine_version_actual")); err != nil {
			return err
		}
	}
	if c.Attrs.Int("allocated_storage") < c.Was.Int("allocated_storage") {
		return c.Refuse("allocated_storage", "InvalidParameterCombination", "The requested storage size %d is smaller than the current %d: storage can't be reduced.",
			c.Attrs.Int("allocated_storage"), c.Was.Int("allocated_storage"))
	}
	if c.Attrs.Int("backup_retention_period") == 0 && len(lifecycle.ReplicasOf(c.Tx, c.Resource)) > 0 {
		return c.Refuse("backup_retention_period", "InvalidDBInstanceState", "Automated backups can't be disabled on DB instance %s: it has read replicas", c.Attrs.Str("identifier"))
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

// CallPassword is a change of an instance's password, as [sim.Tx.Count] has it.
const CallPassword = "rds:ModifyDBInstance MasterUserPassword" //nolint:gosec // the name of a parameter

// keptByTerraform are arguments whose change calls nothing: the provider keeps them
// for later.
var keptByTerraform = []string{
	"allow_major_version_upgrade", "apply_immediately", "blue_green_update", "delete_automated_backups", "final_snapshot_identifier",
	"password_wo", "skip_final_snapshot", "tags", "tags_all", "timeouts",
}

// modifies tells whether an update calls ModifyDBInstance, which RDS refuses where
// no instance is running: "You can't modify a stopped DB instance."
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
func modifies(c *sim.Call) bool {
	for name := range c.Attrs {
		if c.Changed(name) && !slices.Contains(keptByTerraform, name) {
			return true
		}
	}
	return false
}

// changeReplication promotes a replica whose source was taken out of the
// configuration. Another source is refused by the real provider itself.
func changeReplication(c *sim.Call) error {
	if !c.Changed("replicate_source_db") {
		return nil
	}
	if c.Attrs.Has("replicate_source_db") {
		return c.Refuse("replicate_source_db", "InvalidParameterCombination", "cannot elect new source database for replication")
	}
	return nil
}

// renameDBInstance gives an instance another endpoint. Its replicas stay its
// replicas.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
func renameDBInstance(c *sim.Call) error {
	id := c.Attrs.Str("identifier")
	if !dbIdentifier.MatchString(id) {
		return c.Refuse("identifier", "InvalidParameterValue", "The parameter NewDBInstanceIdentifier is not a valid identifier: %s", id)
	}
	if other := c.FindBy("aws_db_instance", c.Region, "identifier", id); other != nil && other.Key != c.Resource.Key {
		return c.Refuse("identifier", "DBInstanceAlreadyExists", "DB instance already exists")
	}
	address, arn := fmt.Sprintf("%s.%s.%s.rds.%s", id, endpointLabel(c.Tx, c.Region), c.Region, sim.DNSSuffix), c.ARN("rds", c.Region, "db:%s", id)
	for _, replica := range lifecycle.ReplicasOf(c.Tx, c.Resource) {
		source := arn
		if replica.Region == c.Region {
			source = id
		}
		c.Edit(replica).Attrs.Set(sim.Attrs{"replicate_source_db": source})
	}
	c.Attrs.Set(sim.Attrs{"arn": arn, "address": address, "endpoint": fmt.Sprintf("%s:%d", address, c.Attrs.Int("port"))})
	return nil
}

// changeVersion upgrades the engine. A version that RDS no longer creates is
// no longer upgraded to either.
func changeVersion(c *sim.Call) error {
	wanted, current := c.Attrs.Str("engine_version"), c.Was.Str("engine_version_actual")
	if major, minor, ok := splitVersion(wanted); ok && minor < 0 && major == majorOf(current) {
		return nil // the major that runs already
	}
	version, ok := actualVersion(wanted)
	if !ok {
		return c.Refuse("engine_version", "InvalidParameterCombination", "Cannot find version %s for postgres", wanted)
	}
	if olderVersion(version, current) {
		return c.Refuse("engine_version", "InvalidParameterCombination", "Cannot upgrade postgres from %s to %s", current, version)
	}
	if majorOf(version) != majorOf(current) && !c.Attrs.Bool("allow_major_version_upgrade") {
		return c.Refuse("engine_version", "InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
	}
	if err := checkReplicaVersions(c, version); err != nil {
		return err
	}
	c.Attrs["engine_version_actual"] = version
	return nil
}

// checkReplicaVersions: a minor version is raised at the replicas first. A major
// upgrade of the source takes its replicas along.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.html
// https://github.com/hashicorp/terraform-provider-aws/issues/22107
func checkReplicaVersions(c *sim.Call, version string) error {
	var behind []string
	for _, r := range lifecycle.ReplicasOf(c.Tx, c.Resource) {
		if actual := r.Attrs.Str("engine_version_actual"); majorOf(actual) == majorOf(version) && olderVersion(actual, version) {
			behind = append(behind, r.Attrs.Str("identifier"))
		}
	}
	if len(behind) == 0 {
		return nil
	}
	return c.Refuse("engine_version", "DBUpgradeDependencyFailure", "One or more of the DB Instance's read replicas need to be upgraded: %s", strings.Join(behind, ", "))
}

// changePassword sends a password that is new: of password_wo Terraform's
// provider knows that by its version alone (resourceInstanceUpdate).
func changePassword(c *sim.Call) error {
	_, writeOnly := c.WriteOnly["password_wo"].(string)
	written := writeOnly && c.Changed("password_wo_version")
	if !written && (!c.Changed("password") || !c.Attrs.Has("password")) {
		c.Attrs["password_wo"] = nil
		return nil
	}
	if c.Attrs.Has("replicate_source_db") {
		return c.Refuse("password", "InvalidParameterCombination", "MasterUserPassword can't be modified on a read replica: it has the password of its source")
	}
	if err := takePassword(c); err != nil {
		return err
	}
	c.Count(CallPassword)
	return nil
}

func removeDBInstance(c *sim.Call) error {
	a := c.Attrs
	if a.Bool("deletion_protection") {
		return c.Refuse("deletion_protection", "InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.")
	}
	if !a.Bool("skip_final_snapshot") {
		if err := finalSnapshot(c); err != nil {
			return err
		}
	}
	for _, replica := range lifecycle.ReplicasOf(c.Tx, c.Resource) {
		orphanReplica(c.Tx, replica, c.Resource)
	}
	return nil
}

func finalSnapshot(c *sim.Call) error {
	name := c.Attrs.Str("final_snapshot_identifier")
	if name == "" {
		return c.Refuse("final_snapshot_identifier", "InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	}
	if c.Attrs.Has("replicate_source_db") {
		return c.Refuse("final_snapshot_identifier", "InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance")
	}
	if c.FindRetained("aws_db_snapshot", c.Region, func(a sim.Attrs) bool { return a.Str("db_snapshot_identifier") == name }) != nil {
		return c.Refuse("final_snapshot_identifier", "DBSnapshotAlreadyExists", "Cannot create the snapshot because a snapshot with the identifier %s already exists.", name)
	}
	arn := c.ARN("rds", c.Region, "snapshot:%s", name)
	c.Retain(&sim.Resource{
		Type: "aws_db_snapshot", Region: c.Region, ID: name, Key: name, Created: c.At,
		Attrs: sim.Attrs{
			"db_snapshot_identifier": name, "db_snapshot_arn": arn, "db_instance_identifier": c.Attrs.Str("identifier"),
			"kms_key_id": c.Attrs.Str("kms_key_id"), "engine": "postgres", "engine_version": c.Attrs.Str("engine_version_actual"),
		},
	}, sim.NoEnd)
	return nil
}

// orphanReplica is what becomes of a replica when its source is deleted: one
// of the same region is promoted, one of another region stays a read replica
// whose replication has ended.
func orphanReplica(tx *sim.Tx, replica, source *sim.Resource) {
	r := tx.Edit(replica)
	if replica.Region == source.Region {
		r.Attrs.Set(sim.Attrs{"replicate_source_db": ""})
		return
	}
	r.Hidden.Set(sim.Attrs{"replication": "terminated"})
}
