package stacks

import (
	"fmt"

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
	alarmTopic  snstopic.SnsTopic
	noticeTopic snstopic.SnsTopic
	ledger      dynamodbtable.DynamodbTable
	secretARN   string
}

// newReplica composes the replica stack: the site's network joined to the
// primary's, the cross-region replica, and the guard with all it needs to
// work when the primary's region is gone.
func newReplica(app cdktf.App, cfg spec.Config, st state, archive string) cdktf.TerraformStack {
	f := newFrame(app, roleReplica, cfg, st)
	at := f.replica
	primary := primaryOutputs{st.read(f.TerraformStack, "primary", StackName(rolePrimary, cfg.Environment))}

	s := replicaSite{net: newNetwork(at, cfg.Sites.Replica, tierGuard), secretARN: regionalSecretARN(f, primary)}
	newDatabaseACL(at, s.net)
	access := newDatabaseSecurityGroup(at, s.net, clientCIDRs(cfg))
	peering := newPeering(s.net, peerNetwork{
		place:    f.primary,
		vpcID:    primary.get("primary_vpc_id"),
		cidr:     cfg.Sites.Primary.CIDR,
		tableIDs: primary.list("primary_route_table_ids", routeTablesPerSite),
		zoneID:   primary.get("route53_hosted_zone_id"),
	})

	s.frame = newDatabaseFrame(at, cfg.Database, s.net, primary.get("replica_key_arn"), *access.Id())
	s.instance = newReplicaInstance(s.frame, primary.get("primary_database_arn"))
	newWriterRecord(at, primary.get("route53_hosted_zone_id"), *s.instance.Address(), cfg.DNS.TTL, contract.WeightOther, nil)

	s.topicKey = newTopicKey(at)
	s.alarmTopic = newTopic(at, "alarm-topic", contract.AlarmTopic, "Database alarms "+at.region, s.topicKey, cfg.Monitoring.Emails)
	// What the guard says goes to a topic that it does not listen to.
	s.noticeTopic = newTopic(at, "notice-topic", contract.NoticeTopic, "Failover notices "+cfg.Environment, s.topicKey, cfg.Monitoring.Emails)
	s.ledger = newLedger(at, primary.get("replica_key_arn"))

	g := newGuard(f, cfg, primary, s, archive)
	g.addTopic(f.primary, primary.get("primary_alarm_topic_arn"))
	g.addTopic(f.replica, *s.alarmTopic.Arn())
	schedule := g.addSchedule(s.instance, s.ledger, peering, g.function)

	newAlarms(at, "alarms", append(
		instanceAlarms(at.role, *s.instance.Identifier(), cfg.Monitoring, s.alarmTopic),
		replicationAlarms(*s.instance.Identifier(), cfg.Monitoring, s.alarmTopic)...,
	))
	newAlarms(at, "guard-alarms", guardAlarms(cfg.Environment, *g.function.FunctionName(), s.noticeTopic, schedule))

	f.addOutputs([]output{
		{"replica_database_endpoint", "Host name of the replica; applications use database_cname", s.instance.Address()},
		{"replica_database_identifier", "RDS identifier of the replica", s.instance.Identifier()},
		{"replica_database_arn", "ARN of the replica", s.instance.Arn()},
		{"replica_secret_arn", "ARN of the administrator's credentials in the replica's region", s.secretARN},
		{"replica_vpc_id", "VPC of the replica site", s.net.vpc.Id()},
		{"replica_alarm_topic_arn", "Topic of the replica region's alarms", s.alarmTopic.Arn()},
		{"notice_topic_arn", "Topic of the guard's notices to humans", s.noticeTopic.Arn()},
		{"failover_function_arn", "ARN of the guard", g.function.Arn()},
		{"failover_function_name", "Name of the guard, for operators to invoke", g.function.FunctionName()},
		{"failover_ledger_table", "Table in which the guard keeps its ledger", s.ledger.Name()},
	})
	return f.TerraformStack
}

// routeTablesPerSite is one public, one private a zone, one for the databases.
const routeTablesPerSite = 5

// primaryOutputs reads the primary stack's outputs from its state.
type primaryOutputs struct{ state cdktf.TerraformRemoteState }

func (p primaryOutputs) get(name string) string { return *p.state.GetString(new(name)) }

func (p primaryOutputs) list(name string, length int) []string {
	values := make([]string, length)
	for i := range values {
		values[i] = p.get(fmt.Sprintf("%s[%d]", name, i))
	}
	return values
}

// regionalSecretARN is the ARN of the secret's copy: the same but for the
// region, the six random characters included.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
func regionalSecretARN(f *frame, primary primaryOutputs) string {
	arn := cdktf.Fn_Replace(new(primary.get("database_secret_arn")),
		new(":"+f.primary.region+":"), new(":"+f.replica.region+":"))
	return *cdktf.NewTerraformLocal(f.TerraformStack, new("regional_secret_arn"), arn).AsString()
}

func newGuard(f *frame, cfg spec.Config, primary primaryOutputs, s replicaSite, archive string) *guard {
	at := f.replica.in("guard")
	access := newGuardSecurityGroup(at, s.net, clientCIDRs(cfg))
	g := newGuardRole(at, cfg.Guard)
	g.addFunction(guardProps{
		cfg:           cfg.Guard,
		archive:       archive,
		subnetIDs:     s.net.subnetIDs(tierGuard),
		securityGroup: *access.Id(),
		environment:   guardEnvironment(f, cfg, primary, s),
		failureTopic:  *s.noticeTopic.Arn(),
		scopeOfActions: guardScope{
			account:              at.account,
			primaryRegion:        f.primary.region,
			replicaRegion:        f.replica.region,
			functionARN:          g.functionARN(),
			roleARN:              *g.role.Arn(),
			logGroupARN:          *g.logs.Arn(),
			primaryDatabaseARN:   primary.get("primary_database_arn"),
			replicaDatabaseARN:   *s.instance.Arn(),
			primaryParametersARN: primary.get("primary_parameter_group_arn"),
			replicaParametersARN: *s.frame.parameters.Arn(),
			primaryNetworkACLID:  primary.get("primary_network_acl_id"),
			zoneID:               primary.get("route53_hosted_zone_id"),
			record:               contract.RecordName(cfg.Environment),
			healthCheckID:        primary.get("health_check_id"),
			activeAlarmARN:       f.replica.arn("cloudwatch", "alarm:"+f.replica.name(contract.ActiveWriterAlarm)),
			ledgerARN:            *s.ledger.Arn(),
			noticeTopicARN:       *s.noticeTopic.Arn(),
			topicKeyARN:          *s.topicKey.Arn(),
			primarySecretARN:     primary.get("database_secret_arn"),
			regionalSecretARN:    s.secretARN,
			primaryKeyARN:        primary.get("database_key_arn"),
			regionalKeyARN:       primary.get("replica_key_arn"),
		},
	})
	return g
}
