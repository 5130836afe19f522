package rds

import (
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
)

// fillReplica checks a read replica against its source, in this region or
// another, and completes it with what it takes over.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
func fillReplica(c *sim.Call) error {
	a := c.Attrs
	for _, name := range []string{"username", "db_name"} {
		if a.Has(name) {
			return c.Refuse(name, "ConflictingConfiguration", `"%s": conflicts with replicate_source_db`, name)
		}
	}
	if a.Has("password") || c.WriteOnly["password_wo"] != nil || a.Bool("manage_master_user_password") {
		return c.Refuse("password", "InvalidParameterCombination", "MasterUserPassword can't be set for a read replica: it has the password of its source")
	}
	source, err := replicaSource(c)
	if err != nil {
		return err
	}
	if err := checkReplicaSource(c, source); err != nil {
		return err
	}
	if err := checkReplicaKey(c, source); err != nil {
		return err
	}
	from := source.Attrs
	if v := a.Str("engine_version"); v != "" && v != from.Str("engine_version_actual") && majorOf(v) != majorOf(from.Str("engine_version_actual")) {
		return c.Refuse("engine_version", "InvalidParameterCombination", "Engine version %s of the read replica differs from %s of its source", v, from.Str("engine_version_actual"))
	}
	for _, name := range []string{"engine", "engine_version", "username", "db_name", "port", "allocated_storage"} {
		a.Default(name, from[name])
	}
	if a.Str("storage_type") == "" {
		a.Set(sim.Attrs{"storage_type": from["storage_type"]})
	}
	a.Default("replica_mode", "")
	// A replica is as encrypted as its source, whatever was planned. RDS also
	// ignores deletion protection when it creates one, so that the next plan
	// has it to set (hashicorp/terraform-provider-aws #6011, #46542).
	a.Set(sim.Attrs{
		"storage_encrypted": from.Bool("storage_encrypted"), "engine_version_actual": from["engine_version_actual"], "deletion_protection": false,
	})
	c.Hidden.Set(sim.Attrs{"password": source.Hidden.Str("password")})
	return checkClass(c, from.Str("engine_version_actual"))
}

// replicaSource finds the source: by identifier in the same region, by ARN in
// any.
func replicaSource(c *sim.Call) (*sim.Resource, error) {
	ref := c.Attrs.Str("replicate_source_db")
	regionName, identifier := c.Region, ref
	if arn, ok := sim.ParseARN(ref); ok {
		regionName, identifier = arn.Region, strings.TrimPrefix(arn.Resource, "db:")
	}
	if source := c.FindBy("aws_db_instance", regionName, "identifier", identifier); source != nil {
		return source, nil
	}
	return nil, c.Refuse("replicate_source_db", "DBInstanceNotFound", "The source instance could not be found: %s", ref)
}

func checkReplicaSource(c *sim.Call, source *sim.Resource) error {
	from := source.Attrs
	switch {
	case from.Str("status") != dbAvailable:
		return c.Refuse("replicate_source_db", "InvalidDBInstanceState", "Source DB instance %s is not in the available state: it is %s", from.Str("identifier"), from.Str("status"))
	case from.Int("backup_retention_period") == 0:
		return c.Refuse("replicate_source_db", "InvalidDBInstanceState",
			"Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value.")
	case len(from.Blocks("master_user_secret")) > 0:
		return c.Refuse("replicate_source_db", "InvalidDBInstanceState",
			"A read replica can't be created from DB instance %s: its credentials are managed with Secrets Manager", from.Str("identifier"))
	}
	return nil
}

// checkReplicaKey: a replica in another region needs a key of that region when
// its source is encrypted, and can have none when it isn't.
func checkReplicaKey(c *sim.Call, source *sim.Resource) error {
	encrypted, key := source.Attrs.Bool("storage_encrypted"), c.Attrs.Str("kms_key_id")
	switch {
	case source.Region == c.Region:
		if encrypted {
			c.Attrs.Default("kms_key_id", source.Attrs["kms_key_id"])
		}
	case encrypted && key == "":
		return c.Refuse("kms_key_id", "InvalidParameterCombination", "Cannot create a cross region unencrypted read replica from encrypted source.")
	case !encrypted && key != "":
		return c.Refuse("kms_key_id", "InvalidParameterCombination", "Cannot create an encrypted cross region read replica from an unencrypted source.")
	}
	return nil
}
