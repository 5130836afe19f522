package rds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/logs"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

const dbAvailable = "available"

func dbInstanceKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_db_instance": {
			Schema:  resource.AwsDbInstanceSchema,
			Traits:  instanceTraits(),
			Example: `{"identifier":"primary-db-dev","instance_class":"db.r6g.large","engine":"postgres","allocated_storage":100,"username":"postgres","password_wo":"x","password_wo_version":1}`,
			Service: service, CreateOp: "CreateDBInstance", UpdateOp: "ModifyDBInstance", DeleteOp: "DeleteDBInstance",
			MissingCode: "DBInstanceNotFound", MissingText: "DBInstance %s not found.",
			Create: createDBInstance, Update: updateDBInstance, Remove: removeDBInstance, Show: showDBInstance, ImportID: importDBInstance,
		},
	}
}

// importDBInstance: users know an instance by its identifier.
func importDBInstance(tx *sim.Tx, regionName, text string) string {
	if r := tx.FindBy("aws_db_instance", regionName, "identifier", text); r != nil {
		return r.Key
	}
	return text
}

func createDBInstance(c *sim.Call) (string, error) {
	a := c.Attrs
	if err := nameDBInstance(c); err != nil {
		return "", err
	}
	fill := fillPrimary
	if a.Has("replicate_source_db") {
		c.Operation = "CreateDBInstanceReadReplica"
		fill = fillReplica
	}
	if err := fill(c); err != nil {
		return "", err
	}
	if err := checkDBInstance(c); err != nil {
		return "", err
	}
	fillDBInstance(c)
	exportLogs(c)
	return a.Str("resource_id"), nil
}

func nameDBInstance(c *sim.Call) error {
	a := c.Attrs
	if !a.Has("identifier") {
		prefix := a.Str("identifier_prefix")
		if prefix == "" {
			prefix = "terraform-"
		}
		a["identifier"] = c.UniqueName(prefix, 63)
	}
	a.Default("identifier_prefix", "")
	id := a.Str("identifier")
	if !dbIdentifier.MatchString(id) {
		return c.Refuse("identifier", "InvalidParameterValue",
			"The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only lowercase ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens: %s", id)
	}
	if c.FindBy("aws_db_instance", c.Region, "identifier", id) != nil {
		return c.Refuse("identifier", "DBInstanceAlreadyExists", "DB instance already exists")
	}
	return nil
}

// fillPrimary checks and completes what only an instance of its own has.
func fillPrimary(c *sim.Call) error {
	a := c.Attrs
	a.Defaults(sim.Attrs{"engine_version": "17", "storage_encrypted": false, "replica_mode": ""})
	if a["allocated_storage"] == nil {
		return c.Refuse("allocated_storage", "MissingParameter", "The request must contain the parameter AllocatedStorage")
	}
	if err := checkEngine(c); err != nil {
		return err
	}
	version, _ := actualVersion(a.Str("engine_version"))
	a["engine_version_actual"] = version
	if err := checkMaster(c); err != nil {
		return err
	}
	if a.Has("kms_key_id") && !a.Bool("storage_encrypted") {
		return c.Refuse("kms_key_id", "InvalidParameterCombination", "You can't specify a KMS key without enabling storage encryption.")
	}
	a.Default("db_name", "")
	return nil
}

// checkDBInstance checks what primaries and replicas have in common.
func checkDBInstance(c *sim.Call) error {
	for _, check := range []func(*sim.Call) error{
		checkDBStorage, checkDBBackup, checkDBNetwork, checkDBParameterGroup, checkDBKey, checkDBLogs, checkDBMonitoring, checkDBInsights,
	} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

// endpointLabel is the part of RDS's endpoints that is the same for an account
// in a region, for example "c9akciq32xyz".
func endpointLabel(tx *sim.Tx, regionName string) string {
	return "c" + tx.FixedText("rds/"+regionName, sim.LowerDigits, 11)
}

func fillDBInstance(c *sim.Call) {
	a := c.Attrs
	major := majorOf(a.Str("engine_version_actual"))
	a.Defaults(sim.Attrs{
		"port": 5432, "multi_az": false, "publicly_accessible": false, "auto_minor_version_upgrade": true, "apply_immediately": false,
		"allow_major_version_upgrade": nil, "copy_tags_to_snapshot": false, "delete_automated_backups": true, "deletion_protection": false,
		"skip_final_snapshot": false, "monitoring_interval": 0, "monitoring_role_arn": "", "performance_insights_enabled": false,
		"performance_insights_retention_period": 0, "performance_insights_kms_key_id": "", "iam_database_authentication_enabled": false,
		"max_allocated_storage": 0, "customer_owned_ip_enabled": false, "dedicated_log_volume": false,
		"backup_target": "region", "backup_window": "04:00-04:30", "maintenance_window": "sun:05:00-sun:05:30",
		"ca_cert_identifier": "rds-ca-rsa2048-g1", "database_insights_mode": "standard", "network_type": "IPV4",
		"engine_lifecycle_support": "open-source-rds-extended-support", "license_model": "postgresql-license",
		"option_group_name": fmt.Sprintf("default:postgres-%d", major), "character_set_name": "", "nchar_character_set_name": "", "timezone": "",
		"domain_fqdn": "", "snapshot_identifier": "", "master_user_secret_kms_key_id": "",
	})
	fillDBStorage(a)
	id := a.Str("identifier")
	address := fmt.Sprintf("%s.%s.%s.rds.%s", id, endpointLabel(c.Tx, c.Region), c.Region, sim.DNSSuffix)
	a.Set(sim.Attrs{
		"address": address, "endpoint": fmt.Sprintf("%s:%d", address, a.Int("port")), "hosted_zone_id": sim.RDSZone(c.Region),
		"arn": c.ARN("rds", c.Region, "db:%s", id), "resource_id": "db-" + c.NewText(sim.UpperBase32, 26),
		"status": dbAvailable, "listener_endpoint": []any{}, "latest_restorable_time": "",
	})
	if a["master_user_secret"] == nil {
		a["master_user_secret"] = []any{}
	}
	if a.Int("backup_retention_period") > 0 {
		a["latest_restorable_time"] = c.At.UTC().Format(time.RFC3339)
	}
	if !a.Has("availability_zone") {
		a["availability_zone"] = firstZone(c)
	}
}

// firstZone returns a zone of the instance's subnets.
func firstZone(c *sim.Call) string {
	group := c.Get("aws_db_subnet_group", c.Region, c.Attrs.Str("db_subnet_group_name"))
	var zones []string
	for _, id := range group.Attrs.Strings("subnet_ids") {
		if subnet := c.Get("aws_subnet", c.Region, id); subnet != nil {
			zones = append(zones, subnet.Attrs.Str("availability_zone"))
		}
	}
	return slices.Min(append(zones, c.Region+"z"))
}

// fillDBStorage sets what RDS chooses for a kind of storage and its size in GiB.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
func fillDBStorage(a sim.Attrs) {
	a.Default("storage_type", "gp2")
	iops, throughput := 0, 0
	if a.Str("storage_type") == "gp3" {
		iops, throughput = 3000, 125
		if a.Int("allocated_storage") >= 400 {
			iops, throughput = 12000, 500
		}
	}
	a.Defaults(sim.Attrs{"iops": iops, "storage_throughput": throughput})
}

// exportLogs makes the log groups of exported logs that are not there yet, as
// RDS does: outside of Terraform, kept for ever, and left behind by a destroy.
func exportLogs(c *sim.Call) {
	for _, log := range c.Attrs.Strings("enabled_cloudwatch_logs_exports") {
		name := "/aws/rds/instance/" + c.Attrs.Str("identifier") + "/" + log
		if c.Get("aws_cloudwatch_log_group", c.Region, name) == nil {
			logs.PutLogGroup(c.Tx, c.Region, name)
		}
	}
}

// showDBInstance adds the replicas, which the source lists: by identifier in
// its own region, by ARN in others.
func showDBInstance(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	replicas := []any{}
	for _, other := range lifecycle.ReplicasOf(tx, r) {
		if other.Region == r.Region {
			replicas = append(replicas, other.Attrs.Str("identifier"))
			continue
		}
		replicas = append(replicas, other.ARN())
	}
	a["replicas"] = replicas
	return a
}

// reservedUsers cannot be the name of a PostgreSQL administrator on RDS.
var reservedUsers = []string{"admin", "rdsadmin", "postgres_admin", "public", "user", "replication"}

// checkMaster checks the administrator's name and password, and the name of
// the first database.
func checkMaster(c *sim.Call) error {
	a := c.Attrs
	user := a.Str("username")
	switch {
	case user == "":
		return c.Refuse("username", "MissingParameter", "The request must contain the parameter MasterUsername")
	case !databaseName.MatchString(user) || strings.HasPrefix(user, "pg_"):
		return c.Refuse("username", "InvalidParameterValue", "The parameter MasterUsername is not a valid identifier: %s", user)
	case slices.Contains(reservedUsers, strings.ToLower(user)):
		return c.Refuse("username", "InvalidParameterValue", "MasterUsername %s cannot be used as it is a reserved word used by the engine", user)
	}
	if db := a.Str("db_name"); db != "" {
		if !databaseName.MatchString(db) {
			return c.Refuse("db_name", "InvalidParameterValue", "DBName must begin with a letter and contain only alphanumeric characters.")
		}
		if strings.EqualFold(db, "db") {
			return c.Refuse("db_name", "InvalidParameterValue", "DBName %s cannot be used. It is a reserved word for this engine", db)
		}
	}
	return takePassword(c)
}

// takePassword checks the password, from whichever argument, and keeps it
// where Terraform cannot read it.
func takePassword(c *sim.Call) error {
	a := c.Attrs
	password, writeOnly := c.WriteOnly["password_wo"].(string)
	attribute := "password_wo"
	if !writeOnly {
		password, attribute = a.Str("password"), "password"
	}
	a["password_wo"] = nil
	if a.Bool("manage_master_user_password") {
		if password != "" {
			return c.Refuse(attribute, "InvalidParameterCombination", "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.")
		}
		manageMaster(c)
		return nil
	}
	if writeOnly && a.Has("password") {
		return c.Refuse("password", "ConflictingConfiguration", `"password": conflicts with password_wo`)
	}
	if password == "" {
		return c.Refuse(attribute, "InvalidParameterValue", "Invalid master password: one of password, password_wo and manage_master_user_password must be set")
	}
	if len(password) < 8 || len(password) > 128 {
		return c.Refuse(attribute, "InvalidParameterValue", "The parameter MasterUserPassword is not a valid password because it is shorter than 8 or longer than 128 characters.")
	}
	if strings.ContainsFunc(password, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/@"`, r) }) {
		return c.Refuse(attribute, "InvalidParameterValue",
			"The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.")
	}
	c.Hidden.Set(sim.Attrs{"password": password})
	return nil
}

// manageMaster lets RDS keep the password in a secret of its own.
func manageMaster(c *sim.Call) {
	c.Hidden.Set(sim.Attrs{"password": c.NewText(sim.MixedAlnum, 28)})
	key := c.Attrs.Str("master_user_secret_kms_key_id")
	if key == "" {
		key = kms.ManagedKeyARN(c.Tx, c.Region, "secretsmanager")
	}
	c.Attrs.Set(sim.Attrs{"master_user_secret": []any{map[string]any{
		"kms_key_id": key, "secret_status": "active",
		"secret_arn": c.ARN("secretsmanager", c.Region, "secret:rds!db-%s-%s", c.NewUUID(), c.NewText(sim.MixedAlnum, 6)),
	}}})
}
