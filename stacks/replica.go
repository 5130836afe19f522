package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbinstance"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dynamodbtable"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmskey"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// replicaSite is what the guard needs to know of the replica stack.
type replicaSite struct {
	net         *network
	frame       *databaseFrame
	instance    dbinstance.DbInstance
	topicKey    kmskey.KmsKey
	noticeTopic snstopic.SnsTopic
	ledger      dynamodbtable.DynamodbTable
	secretARN   string
}

// newReplica composes the replica stack: the site's network joined to the
// primary's, the cross-region replica, and the guard with all it needs to
// work when the primary's region is gone.
func newReplica(app cdktf.App, cfg spec.Config, st state, archive string) *ReplicaOutputs {
	f := newFrame(app, roleReplica, cfg, st)
	at := f.replica
	primary := readPrimary(st.read(f.TerraformStack, rolePrimary, StackName(rolePrimary, cfg.Environment)))

	g := newGuardRole(at.in("guard"), f.primary.region, cfg.Guard)
	s := replicaSite{net: newNetwork(at, cfg.Sites.Replica, g.network...), secretARN: regionalSecretARN(f, primary)}
	newDatabaseACL(at, s.net)
	access := newDatabaseSecurityGroup(at, s.net, databaseClients(cfg, cfg.Network.Clients.ReplicaSecurityGroups))
	peering := newPeering(s.net, peerNetwork{
		place:    f.primary,
		vpcID:    primary.VPCID,
		cidr:     cfg.Sites.Primary.CIDR,
		tableIDs: primary.RouteTableIDs,
		zoneID:   primary.ZoneID,
	})

	s.frame = newDatabaseFrame(at, cfg.Database, s.net, primary.ReplicaKeyARN, *access.Id())
	s.instance = newReplicaInstance(s.frame, primary.DatabaseARN)
	newWriterRecord(at, primary.ZoneID, *s.instance.Address(), cfg.DNS.TTL, contract.WeightOther, nil)

	s.topicKey = newTopicKey(at)
	alarms := newAlarmTopic(at, s.topicKey, cfg.Monitoring.Emails)
	s.noticeTopic = newNoticeTopic(at, s.topicKey, cfg.Monitoring.Emails)
	s.ledger = newLedger(at, primary.ReplicaKeyARN)

	g.addTo(f, cfg, primary, s, archive)
	g.addTopic(f.primary, primary.AlarmTopicARN)
	g.addTopic(f.replica, *alarms.topic.Arn())
	schedule := g.addSchedule(s.instance, s.ledger, peering, g.function)

	newAlarms(at, "alarms", false, alarmed{config: cfg, topic: alarms.topic, instance: *s.instance.Identifier()})
	newEventSubscription(at, *s.instance.Identifier(), alarms)
	newFlowLog(at, s.net, cfg.Database.LogRetention)
	newAlarms(at, "guard-alarms", true, alarmed{topic: s.noticeTopic, function: *g.function.FunctionName(), after: schedule})
	newDashboard(f.primary, f.replica, cfg)

	outputs := &ReplicaOutputs{
		Stack:              f.TerraformStack,
		DatabaseEndpoint:   *s.instance.Address(),
		DatabaseIdentifier: *s.instance.Identifier(),
		DatabaseARN:        *s.instance.Arn(),
		SecretARN:          s.secretARN,
		VPCID:              *s.net.vpc.Id(),
		AlarmTopicARN:      *alarms.topic.Arn(),
		NoticeTopicARN:     *s.noticeTopic.Arn(),
		FunctionARN:        *g.function.Arn(),
		FunctionName:       *g.function.FunctionName(),
		LedgerTable:        *s.ledger.Name(),
	}
	export(f.TerraformStack, roleReplica, outputs)
	return outputs
}

// regionalSecretARN is the ARN of the secret's copy: the same but for the
// region, the six random characters included.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
func regionalSecretARN(f *frame, primary PrimaryOutputs) string {
	arn := cdktf.Fn_Replace(new(primary.SecretARN),
		new(":"+f.primary.region+":"), new(":"+f.replica.region+":"))
	return *cdktf.NewTerraformLocal(f.TerraformStack, new("regional_secret_arn"), arn).AsString()
}

// addTo puts the guard's function into the site.
func (g *guard) addTo(f *frame, cfg spec.Config, primary PrimaryOutputs, s replicaSite, archive string) {
	access := newGuardSecurityGroup(g.place, s.net, siteCIDRs(cfg), g.network)
	g.addFunction(guardProps{
		cfg:           cfg.Guard,
		archive:       archive,
		subnetIDs:     s.net.subnetIDs(tierGuard),
		securityGroup: *access.Id(),
		environment:   guardEnvironment(f, cfg, primary, s),
		failureTopic:  *s.noticeTopic.Arn(),
		scopeOfActions: contract.Scope{
			Environment:          cfg.Environment,
			Account:              g.account,
			PrimaryRegion:        f.primary.region,
			ReplicaRegion:        f.replica.region,
			FunctionARN:          g.functionARN(),
			RoleARN:              *g.role.Arn(),
			LogGroupARN:          *g.logs.Arn(),
			PrimaryDatabaseARN:   primary.DatabaseARN,
			ReplicaDatabaseARN:   *s.instance.Arn(),
			PrimaryParametersARN: primary.ParameterGroupARN,
			ReplicaParametersARN: *s.frame.parameters.Arn(),
			PrimaryNetworkACLID:  primary.NetworkACLID,
			ZoneID:               primary.ZoneID,
			RecordName:           contract.RecordName(cfg.Environment),
			HealthCheckID:        primary.HealthCheckID,
			ActiveAlarmARN:       f.replica.arn("cloudwatch", "alarm:"+f.replica.name(contract.ActiveWriterAlarm)),
			LedgerARN:            *s.ledger.Arn(),
			NoticeTopicARN:       *s.noticeTopic.Arn(),
			TopicKeyARN:          *s.topicKey.Arn(),
			PrimarySecretARN:     primary.SecretARN,
			RegionalSecretARN:    s.secretARN,
			PrimaryKeyARN:        primary.KeyARN,
			RegionalKeyARN:       primary.ReplicaKeyARN,
		},
	})
}
