package rds

import (
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// instanceXML is a database instance as RDS describes it.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
type instanceXML struct {
	DBInstanceIdentifier string
	DBInstanceClass      string
	Engine               string
	EngineVersion        string
	DBInstanceStatus     string
	MasterUsername       string
	DBName               string `xml:",omitempty"`
	DBInstanceArn        string
	DbiResourceID        string       `xml:"DbiResourceId"`
	Endpoint             *endpointXML `xml:",omitempty"`
	InstanceCreateTime   *api.ISOTime `xml:",omitempty"`
	LatestRestorableTime *api.ISOTime `xml:",omitempty"`
	AutomaticRestartTime *api.ISOTime `xml:",omitempty"`

	AllocatedStorage    int
	MaxAllocatedStorage int `xml:",omitempty"`
	StorageType         string
	Iops                int `xml:",omitempty"`
	StorageThroughput   int
	StorageEncrypted    bool
	KmsKeyID            string `xml:"KmsKeyId,omitempty"`

	BackupRetentionPeriod      int
	PreferredBackupWindow      string
	PreferredMaintenanceWindow string
	PendingModifiedValues      pendingXML

	AvailabilityZone          string
	SecondaryAvailabilityZone string `xml:",omitempty"`
	MultiAZ                   bool
	PubliclyAccessible        bool
	DeletionProtection        bool
	AutoMinorVersionUpgrade   bool
	CopyTagsToSnapshot        bool
	LicenseModel              string
	CACertificateIdentifier   string

	IAMDatabaseAuthenticationEnabled bool
	PerformanceInsightsEnabled       bool

	DBParameterGroups []parameterGroupXML `xml:"DBParameterGroups>DBParameterGroup"`
	VpcSecurityGroups []securityGroupXML  `xml:"VpcSecurityGroups>VpcSecurityGroupMembership"`
	DBSubnetGroup     *subnetGroupXML     `xml:",omitempty"`

	ReadReplicaSourceDBInstanceIdentifier string      `xml:",omitempty"`
	ReadReplicaDBInstanceIdentifiers      []string    `xml:"ReadReplicaDBInstanceIdentifiers>ReadReplicaDBInstanceIdentifier"`
	StatusInfos                           []statusXML `xml:"StatusInfos>DBInstanceStatusInfo"`
}

type endpointXML struct {
	Address      string
	Port         int
	HostedZoneID string `xml:"HostedZoneId"`
}

type pendingXML struct {
	BackupRetentionPeriod *int  `xml:",omitempty"`
	MultiAZ               *bool `xml:",omitempty"`
}

type parameterGroupXML struct {
	DBParameterGroupName string
	ParameterApplyStatus string
}

type securityGroupXML struct {
	VpcSecurityGroupID string `xml:"VpcSecurityGroupId"`
	Status             string
}

type subnetGroupXML struct {
	DBSubnetGroupName string
	VpcID             string `xml:"VpcId"`
	SubnetGroupStatus string
	Subnets           []subnetXML `xml:"Subnets>Subnet"`
}

type subnetXML struct {
	SubnetIdentifier string
	Zone             string `xml:"SubnetAvailabilityZone>Name"`
	SubnetStatus     string
}

type statusXML struct {
	StatusType string
	Normal     bool
	Status     string
}

// viewInstance describes an instance as it is now.
func viewInstance(tx *sim.Tx, r *sim.Resource) instanceXML {
	a := tx.Show(r)
	pending := lifecycle.PendingOf(r)
	v := instanceXML{
		DBInstanceIdentifier: a.Str("identifier"), DBInstanceClass: a.Str("instance_class"), Engine: a.Str("engine"),
		EngineVersion: a.Str("engine_version_actual"), DBInstanceStatus: a.Str("status"), MasterUsername: a.Str("username"), DBName: a.Str("db_name"),
		DBInstanceArn: r.ARN(), DbiResourceID: a.Str("resource_id"), InstanceCreateTime: api.ISOPtr(r.Created),
		Endpoint:         &endpointXML{a.Str("address"), a.Int("port"), a.Str("hosted_zone_id")},
		AllocatedStorage: a.Int("allocated_storage"), MaxAllocatedStorage: a.Int("max_allocated_storage"), StorageType: a.Str("storage_type"),
		Iops: a.Int("iops"), StorageThroughput: a.Int("storage_throughput"), StorageEncrypted: a.Bool("storage_encrypted"), KmsKeyID: a.Str("kms_key_id"),
		BackupRetentionPeriod: a.Int("backup_retention_period"), PreferredBackupWindow: a.Str("backup_window"), PreferredMaintenanceWindow: a.Str("maintenance_window"),
		PendingModifiedValues: pendingXML{pending.Retention, pending.MultiAZ},
		AvailabilityZone:      a.Str("availability_zone"), MultiAZ: a.Bool("multi_az"), PubliclyAccessible: a.Bool("publicly_accessible"),
		DeletionProtection: a.Bool("deletion_protection"), AutoMinorVersionUpgrade: a.Bool("auto_minor_version_upgrade"),
		CopyTagsToSnapshot: a.Bool("copy_tags_to_snapshot"), LicenseModel: a.Str("license_model"), CACertificateIdentifier: a.Str("ca_cert_identifier"),
		IAMDatabaseAuthenticationEnabled: a.Bool("iam_database_authentication_enabled"), PerformanceInsightsEnabled: a.Bool("performance_insights_enabled"),
		DBParameterGroups:                     []parameterGroupXML{{a.Str("parameter_group_name"), "in-sync"}},
		ReadReplicaSourceDBInstanceIdentifier: a.Str("replicate_source_db"), ReadReplicaDBInstanceIdentifiers: a.Strings("replicas"),
	}
	if v.MultiAZ {
		v.SecondaryAvailabilityZone = lifecycle.StandbyZone(r)
	}
	for _, id := range a.Strings("vpc_security_group_ids") {
		v.VpcSecurityGroups = append(v.VpcSecurityGroups, securityGroupXML{id, "active"})
	}
	if g := tx.Get("aws_db_subnet_group", r.Region, a.Str("db_subnet_group_name")); g != nil {
		v.DBSubnetGroup = &subnetGroupXML{g.ID, g.Attrs.Str("vpc_id"), "Complete", viewSubnets(tx, g)}
	}
	if at, ok := lifecycle.StoppedUntil(r); ok {
		v.AutomaticRestartTime = api.ISOPtr(at)
	}
	if v.ReadReplicaSourceDBInstanceIdentifier != "" {
		v.StatusInfos = []statusXML{replication(r)}
	}
	v.LatestRestorableTime = restorable(r, tx.At)
	return v
}

// viewSubnets describes the subnets of a subnet group.
func viewSubnets(tx *sim.Tx, group *sim.Resource) []subnetXML {
	var all []subnetXML
	for _, id := range group.Attrs.Strings("subnet_ids") {
		s := subnetXML{SubnetIdentifier: id, SubnetStatus: "Active"}
		if subnet := tx.Get("aws_subnet", group.Region, id); subnet != nil {
			s.Zone = tx.Show(subnet).Str("availability_zone")
		}
		all = append(all, s)
	}
	return all
}

func replication(r *sim.Resource) statusXML {
	if state := r.Hidden.Str("replication"); state != "" {
		return statusXML{StatusType: "read replication", Status: state}
	}
	return statusXML{StatusType: "read replication", Normal: true, Status: "replicating"}
}

// restorableLag is how far the newest point to restore to lies back: "RDS
// uploads transaction logs every five minutes".
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
const restorableLag = 5 * time.Minute

// restorable is the newest point that an instance can be restored to; none
// without backups, and none of a replica, whose logs RDS does not upload.
func restorable(r *sim.Resource, now time.Time) *api.ISOTime {
	if r.Attrs.Int("backup_retention_period") == 0 || r.Attrs.Has("replicate_source_db") {
		return nil
	}
	if at := now.Add(-restorableLag); at.After(r.Created) {
		return api.ISOPtr(at.Truncate(time.Second))
	}
	return api.ISOPtr(r.Created.Truncate(time.Second))
}
