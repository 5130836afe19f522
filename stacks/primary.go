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
func newPrimary(app cdktf.App, cfg spec.Config, st state) *PrimaryOutputs {
	f := newFrame(app, rolePrimary, cfg, st)
	at := f.primary

	net := newNetwork(at, cfg.Sites.Primary)
	acl := newDatabaseACL(at, net)
	access := newDatabaseSecurityGroup(at, net, databaseClients(cfg, cfg.Network.Clients.PrimarySecurityGroups))
	keys := newDatabaseKeys(f.primary, f.replica)
	secret := newCredentials(at, f.replica.region, cfg, keys, st.module)

	database := newDatabaseFrame(at, cfg.Database, net, keys.primaryARN, *access.Id())
	instance := newPrimaryInstance(database,
		*secret.PasswordOutput(), cdktf.Token_AsNumber(secret.PasswordVersionOutput()))

	zone := newZone(at, net)
	check := newActiveWriterCheck(f.primary, f.replica)
	newWriterRecord(at, *zone.ZoneId(), *instance.Address(), cfg.DNS.TTL, contract.WeightWriter, check.Id())

	topicKey := newTopicKey(at)
	alarms := newAlarmTopic(at, topicKey, cfg.Monitoring.Emails)
	newAlarms(at, "alarms", false, alarmed{config: cfg, topic: alarms.topic, instance: *instance.Identifier()})
	newEventSubscription(at, *instance.Identifier(), alarms)
	newFlowLog(at, net, cfg.Database.LogRetention)

	outputs := &PrimaryOutputs{
		Stack:              f.TerraformStack,
		DatabaseEndpoint:   *instance.Address(),
		DatabaseARN:        *instance.Arn(),
		DatabaseIdentifier: *instance.Identifier(),
		DatabaseResourceID: *instance.ResourceId(),
		ParameterGroupARN:  *database.parameters.Arn(),
		DatabasePort:       *instance.Port(),
		DatabaseName:       *instance.DbName(),
		DatabaseCNAME:      contract.RecordName(cfg.Environment),
		SecretARN:          *secret.SecretArnOutput(),
		KeyARN:             keys.primaryARN,
		ReplicaKeyARN:      keys.replicaARN,
		ZoneID:             *zone.ZoneId(),
		HealthCheckID:      *check.Id(),
		VPCID:              *net.vpc.Id(),
		RouteTableIDs:      net.tableIDs(),
		NetworkACLID:       *acl.Id(),
		AlarmTopicARN:      *alarms.topic.Arn(),
	}
	export(f.TerraformStack, rolePrimary, outputs)
	return outputs
}

// siteCIDRs are the ranges of the two VPCs.
func siteCIDRs(cfg spec.Config) []string {
	return []string{cfg.Sites.Primary.CIDR, cfg.Sites.Replica.CIDR}
}

// newCredentials uses the HCL module, because the bindings cannot say
// ephemeral: see modules/credentials. The module is an asset of the stack, made
// from what is compiled in: the bindings' own way needs a folder of that name
// where the app runs.
func newCredentials(at place, replicaRegion string, cfg spec.Config, keys databaseKeys, folder string) credentials.Credentials {
	recovery := 30 // days
	if cfg.Disposable {
		recovery = 0 // the name must be free for the next deployment
	}
	asset := cdktf.NewTerraformAsset(at.scope, new("credentials-module"), &cdktf.TerraformAssetConfig{
		Path: new(folder),
		Type: cdktf.AssetType_DIRECTORY,
	})
	module := credentials.NewCredentials(at.scope, new("credentials"), &credentials.CredentialsConfig{
		SkipAssetCreationFromLocalModules: new(true),
		Providers:                         &[]any{at.provider},
		Name:                              new(at.name(contract.Credentials)),
		Username:                          new(cfg.Database.Username),
		PasswordVersion:                   new(float64(cfg.Database.PasswordVersion)),
		KmsKeyId:                          new(keys.primaryARN),
		ReplicaRegion:                     new(replicaRegion),
		ReplicaKmsKeyId:                   new(keys.replicaARN),
		RecoveryWindowInDays:              new(float64(recovery)),
	})
	module.AddOverride(new("source"), "./"+*asset.Path())
	// The binding takes a bool only, and no reference.
	module.AddOverride(new(contract.OpenSecrets), "${var."+contract.OpenSecrets+"}")
	open := cdktf.NewTerraformVariable(at.scope, new(contract.OpenSecrets), &cdktf.TerraformVariableConfig{
		Type: new("bool"), Default: true, Nullable: new(false),
		Description: new("False for a plan that is only read: the password is not opened. Such a plan can't be applied."),
	})
	open.OverrideLogicalId(new(contract.OpenSecrets))
	return module
}
