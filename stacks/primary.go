package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/generated/credentials"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// newPrimary composes the primary stack: the site's network, the source
// database with its keys and credentials, the zone, the primary's record and
// the health check that takes it out of DNS after a failover.
func newPrimary(app cdktf.App, cfg spec.Config, st state) cdktf.TerraformStack {
	f := newFrame(app, rolePrimary, cfg, st)
	at := f.primary
	clients := clientCIDRs(cfg)

	net := newNetwork(at, cfg.Sites.Primary)
	acl := newDatabaseACL(at, net)
	access := newDatabaseSecurityGroup(at, net, clients)
	keys := newDatabaseKeys(f.primary, f.replica)
	secret := newCredentials(at, f.replica.region, cfg, keys)

	database := newDatabaseFrame(at, cfg.Database, net, keys.primaryARN, *access.Id())
	instance := newPrimaryInstance(database,
		*secret.PasswordOutput(), cdktf.Token_AsNumber(secret.PasswordVersionOutput()))

	zone := newZone(at, net)
	check := newActiveWriterCheck(f.primary, f.replica)
	newWriterRecord(at, *zone.ZoneId(), *instance.Address(), cfg.DNS.TTL, contract.WeightWriter, check.Id())

	topicKey := newTopicKey(at)
	alarms := newTopic(at, "alarm-topic", contract.AlarmTopic, "Database alarms "+at.region, topicKey, cfg.Monitoring.Emails)
	newAlarms(at, "alarms", append(
		instanceAlarms(at.role, *instance.Identifier(), cfg.Monitoring, alarms),
		slotAlarm(*instance.Identifier(), cfg.Monitoring, alarms),
	))

	f.addOutputs([]output{
		{"primary_database_endpoint", "Host name of the primary; applications use database_cname", instance.Address()},
		{"primary_database_arn", "ARN of the primary, the replica's source", instance.Arn()},
		{"primary_database_identifier", "RDS identifier of the primary", instance.Identifier()},
		{"primary_database_resource_id", "DbiResourceId, which a rebuilt instance of the same name does not have", instance.ResourceId()},
		{"primary_parameter_group_arn", "ARN of the primary's parameter group", database.parameters.Arn()},
		{"database_port", "TCP port of the database", instance.Port()},
		{"database_name", "Name of the database in the instance", instance.DbName()},
		{"database_cname", "The one name that applications connect to, wherever the writer is", contract.RecordName(cfg.Environment)},
		{"database_secret_arn", "ARN of the administrator's credentials in the primary's region", secret.SecretArnOutput()},
		{"database_key_arn", "ARN of the database's key in the primary's region", keys.primaryARN},
		{"replica_key_arn", "ARN of the database's key in the replica's region", keys.replicaARN},
		{"route53_hosted_zone_id", "Private zone of the database's name", zone.ZoneId()},
		{"health_check_id", "Health check that takes the primary's record out of DNS", check.Id()},
		{"primary_vpc_id", "VPC of the primary site", net.vpc.Id()},
		{"primary_route_table_ids", "Every route table of the primary site", pointers(net.tableIDs()...)},
		{"primary_network_acl_id", "Network ACL of the primary's database subnets, where the guard fences", acl.Id()},
		{"primary_alarm_topic_arn", "Topic of the primary region's alarms", alarms.Arn()},
	})
	return f.TerraformStack
}

// clientCIDRs are the ranges that may connect to PostgreSQL: the two VPCs.
func clientCIDRs(cfg spec.Config) []string {
	return []string{cfg.Sites.Primary.CIDR, cfg.Sites.Replica.CIDR}
}

// newCredentials uses the HCL module, because the bindings cannot say
// ephemeral: see modules/credentials.
func newCredentials(at place, replicaRegion string, cfg spec.Config, keys databaseKeys) credentials.Credentials {
	recovery := 30 // days
	if cfg.Disposable {
		recovery = 0 // the name must be free for the next deployment
	}
	return credentials.NewCredentials(at.scope, new("credentials"), &credentials.CredentialsConfig{
		Providers:            &[]any{at.provider},
		Name:                 new(at.name(contract.Credentials)),
		Username:             new(cfg.Database.Username),
		PasswordVersion:      new(float64(cfg.Database.PasswordVersion)),
		KmsKeyId:             new(keys.primaryARN),
		ReplicaRegion:        new(replicaRegion),
		ReplicaKmsKeyId:      new(keys.replicaARN),
		RecoveryWindowInDays: new(float64(recovery)),
	})
}
