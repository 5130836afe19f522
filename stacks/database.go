package stacks

import (
	"strconv"
	"strings"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbinstance"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbparametergroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbsubnetgroup"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/spec"
)

// Windows in UTC. Backups of the two sites are hours apart: RDS refuses to
// promote a replica while that is being backed up.
var (
	backupWindows      = map[string]string{rolePrimary: "07:00-07:30", roleReplica: "01:00-01:30"}
	maintenanceWindows = map[string]string{rolePrimary: "sun:08:00-sun:08:30", roleReplica: "sun:02:00-sun:02:30"}
)

// rdsCA is the certificate authority of the instances' server certificates;
// named, because RDS's default may change and clients pin the bundle.
const rdsCA = "rds-ca-rsa2048-g1"

// insightsDays is how long Performance Insights keeps what it saw.
const insightsDays = 7

// databaseFrame is what an instance needs at its site before it can exist.
type databaseFrame struct {
	place
	cfg            spec.Database
	keyARN         string
	securityGroups []string
	subnetGroup    dbsubnetgroup.DbSubnetGroup
	parameters     dbparametergroup.DbParameterGroup
	logs           cloudwatchloggroup.CloudwatchLogGroup
	// finalSnapshot names the last snapshot; see newFinalSnapshot.
	finalSnapshot string
}

func newDatabaseFrame(at place, cfg spec.Database, n *network, keyARN string, securityGroups ...string) *databaseFrame {
	f := &databaseFrame{place: at.in("database"), cfg: cfg, keyARN: keyARN, securityGroups: securityGroups}
	f.subnetGroup = dbsubnetgroup.NewDbSubnetGroup(f.scope, new("subnet-group"), &dbsubnetgroup.DbSubnetGroupConfig{
		Provider:    f.provider,
		Name:        new(f.siteName("subnet-group")),
		Description: new("Database subnets of the " + f.role + " site"),
		SubnetIds:   pointers(n.subnetIDs("database")...),
		Tags:        f.nameTag("subnet-group"),
	})
	f.parameters = newParameterGroup(f.place, cfg)
	f.logs = cloudwatchloggroup.NewCloudwatchLogGroup(f.scope, new("log-group"), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Provider:        f.provider,
		Name:            new(databaseLogPrefix(f.place) + "postgresql"),
		RetentionInDays: new(float64(cfg.LogRetention)),
		KmsKeyId:        new(keyARN),
	})
	f.finalSnapshot = newFinalSnapshot(f.place, map[string]any{
		"identifier": f.siteName("db"),
		"key":        keyARN,
		"database":   cfg.Name,
		"username":   cfg.Username,
	})
	return f
}

// databaseLogPrefix is where RDS puts the logs of the site's instance.
func databaseLogPrefix(p place) string {
	return "/aws/rds/instance/" + p.siteName("db") + "/"
}

// newParameterGroup forces TLS, audits, and bounds the WAL that a dead
// replica can hold back. The family is in the name: a major upgrade makes a
// new group beside the old one.
func newParameterGroup(at place, cfg spec.Database) dbparametergroup.DbParameterGroup {
	family := "postgres" + majorOf(cfg.EngineVersion)
	return dbparametergroup.NewDbParameterGroup(at.scope, new("parameter-group"), &dbparametergroup.DbParameterGroupConfig{
		Provider:    at.provider,
		Name:        new(at.siteName("params") + "-" + family),
		Family:      new(family),
		Description: new("TLS, audit log and replication slot bound"),
		Parameter:   databaseParameters(cfg),
		Tags:        at.nameTag("params"),
		Lifecycle:   &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: new(true)},
	})
}

func majorOf(engineVersion string) string {
	major, _, _ := strings.Cut(engineVersion, ".")
	return major
}

// newFinalSnapshot names the snapshot that is taken when the instance is
// deleted, unless the environment is disposable. A name that exists already
// would block the deletion, so it carries the id of a resource that is
// replaced whenever the instance is.
func newFinalSnapshot(at place, replacedWith map[string]any) string {
	unique := cdktf.NewDataResource(at.scope, new("final-snapshot"), &cdktf.DataConfig{
		TriggersReplace: &replacedWith,
	})
	return at.siteName("db") + "-final-" + *unique.Id()
}

// instance starts the configuration that both instances share.
func (f *databaseFrame) instance() *dbinstance.DbInstanceConfig {
	return &dbinstance.DbInstanceConfig{
		Provider:                     f.provider,
		Identifier:                   new(f.siteName("db")),
		InstanceClass:                new(f.cfg.InstanceClass),
		MaxAllocatedStorage:          new(float64(f.cfg.MaxAllocatedStorage)),
		StorageEncrypted:             true,
		KmsKeyId:                     new(f.keyARN),
		DbSubnetGroupName:            f.subnetGroup.Name(),
		ParameterGroupName:           f.parameters.Name(),
		VpcSecurityGroupIds:          pointers(f.securityGroups...),
		PubliclyAccessible:           false,
		Port:                         new(float64(postgresPort)),
		CaCertIdentifier:             new(rdsCA),
		BackupRetentionPeriod:        new(float64(f.cfg.BackupRetention)),
		BackupWindow:                 new(backupWindows[f.role]),
		MaintenanceWindow:            new(maintenanceWindows[f.role]),
		CopyTagsToSnapshot:           true,
		DeleteAutomatedBackups:       f.disposable, // else they outlive the instance, for its retention
		AutoMinorVersionUpgrade:      false,
		EnabledCloudwatchLogsExports: pointers("postgresql"),
		// Performance Insights (Database Insights in its standard mode) with the
		// site's own key, which RDS does not let change afterwards. 7 days are free.
		PerformanceInsightsEnabled:         true,
		PerformanceInsightsKmsKeyId:        new(f.keyARN),
		PerformanceInsightsRetentionPeriod: new(float64(insightsDays)),
		DeletionProtection:                 !f.disposable,
		SkipFinalSnapshot:                  f.disposable,
		FinalSnapshotIdentifier:            new(f.finalSnapshot),
		Tags:                               f.nameTag("db"),
		DependsOn:                          &[]cdktf.ITerraformDependable{f.logs}, // else RDS makes the group, without retention
		// The provider gives up after 40 min (80 for an update, 60 for a delete)
		// and leaves the instance tainted, so that the next apply deletes it.
		Timeouts: &dbinstance.DbInstanceTimeouts{
			Create: new(minutes(f.cfg.CreateTimeout)),
			Update: new(minutes(f.cfg.UpdateTimeout)),
			Delete: new(minutes(f.cfg.DeleteTimeout)),
		},
	}
}

func minutes(n int) string { return strconv.Itoa(n) + "m" }

// newPrimaryInstance makes the source. The password is ephemeral: it passes
// through a write-only argument and is in no state.
func newPrimaryInstance(f *databaseFrame, password string, passwordVersion *float64) dbinstance.DbInstance {
	c := f.instance()
	c.Engine = new("postgres")
	c.EngineVersion = new(f.cfg.EngineVersion)
	c.AllocatedStorage = new(float64(f.cfg.AllocatedStorage))
	c.StorageType = new("gp3")
	c.MultiAz = f.cfg.MultiAZ
	c.DbName = new(f.cfg.Name)
	c.Username = new(f.cfg.Username)
	c.PasswordWo = new(password)
	c.PasswordWoVersion = passwordVersion
	return dbinstance.NewDbInstance(f.scope, new("instance"), c)
}

// newReplicaInstance makes the cross-region replica. It takes engine,
// version, storage, database and credentials from its source, and needs a key
// of its own region. What the guard changes when it promotes is ignored from
// then on: Terraform can't make a writer a replica again, and must not try.
func newReplicaInstance(f *databaseFrame, sourceARN string) dbinstance.DbInstance {
	c := f.instance()
	c.ReplicateSourceDb = new(sourceARN)
	c.MultiAz = false // restored by the guard when it promotes
	c.Lifecycle = &cdktf.TerraformResourceLifecycle{
		IgnoreChanges: pointers("replicate_source_db", "multi_az"),
	}
	return dbinstance.NewDbInstance(f.scope, new("instance"), c)
}
