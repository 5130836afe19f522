package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
)

// denials are the codes with which services refuse who lacks permission.
var denials = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "KMSAccessDenied", "KMSKeyNotAccessibleFault"}

// probe makes one call that the guard makes. Its need are the statements' Sids
// and actions without which it is denied.
type probe struct {
	name string
	need map[string][]string
	call func(w *world) error
}

func needs(sid string, actions ...string) map[string][]string {
	return map[string][]string{sid: actions}
}

func (w *world) ledgerKey() map[string]ddbtypes.AttributeValue {
	return map[string]ddbtypes.AttributeValue{"pk": &ddbtypes.AttributeValueMemberS{Value: "guard"}, "sk": &ddbtypes.AttributeValueMemberS{Value: "state"}}
}

func (w *world) upsert(action r53types.ChangeAction, name string, kind r53types.RRType) error {
	_, err := w.route53().ChangeResourceRecordSets(w.ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(w.env["PGDR_HOSTED_ZONE_ID"]),
		ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{{Action: action, ResourceRecordSet: &r53types.ResourceRecordSet{
			Name: aws.String(name), Type: kind, SetIdentifier: aws.String("replica-dev"), Weight: aws.Int64(0), TTL: aws.Int64(5),
			ResourceRecords: []r53types.ResourceRecord{{Value: aws.String(w.env["PGDR_REPLICA_DB_ENDPOINT"])}},
		}}}},
	})
	return err
}

func (w *world) publishMetric(namespace string) error {
	_, err := w.cloudwatch().PutMetricData(w.ctx, &cloudwatch.PutMetricDataInput{
		Namespace: aws.String(namespace), MetricData: []cwtypes.MetricDatum{{MetricName: aws.String("GuardTick"), Value: aws.Float64(1)}},
	})
	return err
}

func (w *world) simulates(action, resource string, entries ...iamtypes.ContextEntry) error {
	out, err := w.iam().SimulatePrincipalPolicy(w.ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(w.stacks.Role().Str("arn")), ActionNames: []string{action}, ResourceArns: []string{resource}, ContextEntries: entries,
	})
	if err != nil {
		return err
	}
	if d := out.EvaluationResults[0].EvalDecision; d != iamtypes.PolicyEvaluationDecisionTypeAllowed {
		return fmt.Errorf("%w: %s", errSimulated, d)
	}
	return nil
}

// databaseProbes are calls to RDS and to what stands before it.
func databaseProbes() []probe {
	return []probe{
		{"describe primary", needs("Databases", "rds:DescribeDBInstances"), func(w *world) error {
			_, err := w.rds(east).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(primaryDB)})
			return err
		}},
		{"describe replica", needs("Databases", "rds:DescribeDBInstances"), func(w *world) error {
			_, err := w.rds(west).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(replicaDB)})
			return err
		}},
		{"find primary by its resource id", needs("Databases", "rds:DescribeDBInstances"), func(w *world) error { return w.byID(east, "db-X") }},
		{"find replica by its resource id", needs("Databases", "rds:DescribeDBInstances"), func(w *world) error { return w.byID(west, "db-X") }},
		{"parameters", needs("Parameters", "rds:DescribeDBParameters"), func(w *world) error {
			_, err := w.rds(west).DescribeDBParameters(w.ctx, &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("replica-params-dev-postgres15")})
			return err
		}},
		{"events", needs("DatabaseEvents", "rds:DescribeEvents"), func(w *world) error {
			_, err := w.rds(east).DescribeEvents(w.ctx, &rds.DescribeEventsInput{})
			return err
		}},
		{"promote", needs("Promote", "rds:PromoteReadReplica"), func(w *world) error {
			_, err := w.rds(west).PromoteReadReplica(w.ctx, &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(replicaDB)})
			return err
		}},
		{"standby", map[string][]string{"RestoreMultiAZ": {"kms:CreateGrant"}, "Promote": {"rds:ModifyDBInstance"}}, func(w *world) error {
			_, err := w.rds(west).ModifyDBInstance(w.ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(replicaDB), MultiAZ: aws.Bool(true)})
			return err
		}},
		{"modify", needs("Promote", "rds:ModifyDBInstance"), func(w *world) error {
			_, err := w.rds(west).ModifyDBInstance(w.ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(replicaDB), DeletionProtection: aws.Bool(true)})
			return err
		}},
		{"stop", nil, func(w *world) error {
			_, err := w.rds(east).StopDBInstance(w.ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String(primaryDB)})
			return err
		}},
		{"stop without its tags", map[string][]string{"StopOldPrimary": {"rds:StopDBInstance"}, "OwnPermissions": {"iam:SimulatePrincipalPolicy"}}, func(w *world) error {
			return w.simulates("rds:StopDBInstance", "arn:aws:rds:us-east-1:123456789012:db:"+primaryDB)
		}},
		{"stop under another name", map[string][]string{"StopRenamedPrimary": {"rds:StopDBInstance"}, "OwnPermissions": {"iam:SimulatePrincipalPolicy"}}, func(w *world) error {
			return w.simulates("rds:StopDBInstance", "arn:aws:rds:us-east-1:123456789012:db:primary-old",
				iamtypes.ContextEntry{ContextKeyName: aws.String(contract.KeyEnvironmentTag), ContextKeyType: "string", ContextKeyValues: []string{"dev"}})
		}},
		{"see fence", needs("FenceRead", "ec2:DescribeNetworkAcls"), func(w *world) error {
			_, err := w.ec2(east).DescribeNetworkAcls(w.ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]}})
			return err
		}},
		{"fence", needs("Fence", "ec2:CreateNetworkAclEntry"), func(w *world) error { return w.fence(90) }},
		{"unfence", needs("Fence", "ec2:DeleteNetworkAclEntry"), func(w *world) error {
			_, err := w.ec2(east).DeleteNetworkAclEntry(w.ctx, &ec2.DeleteNetworkAclEntryInput{
				NetworkAclId: aws.String(w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]), RuleNumber: aws.Int32(90), Egress: aws.Bool(false),
			})
			return err
		}},
	}
}

func (w *world) fence(number int32) error {
	_, err := w.ec2(east).CreateNetworkAclEntry(w.ctx, &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: aws.String(w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]), RuleNumber: aws.Int32(number), Egress: aws.Bool(false),
		Protocol: aws.String("6"), RuleAction: ec2types.RuleActionDeny, CidrBlock: aws.String("0.0.0.0/0"),
		PortRange: &ec2types.PortRange{From: aws.Int32(5432), To: aws.Int32(5432)},
	})
	return err
}

// nameProbes are calls to DNS, metrics, people and keys.
func nameProbes() []probe {
	return []probe{
		{"records", needs("Records", "route53:ListResourceRecordSets"), func(w *world) error {
			_, err := w.route53().ListResourceRecordSets(w.ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(w.env["PGDR_HOSTED_ZONE_ID"])})
			return err
		}},
		{"weights", needs("Weights", "route53:ChangeResourceRecordSets"), func(w *world) error { return w.upsert("UPSERT", record, "CNAME") }},
		{"weights done", needs("WeightsDone", "route53:GetChange"), func(w *world) error {
			_, err := w.route53().GetChange(w.ctx, &route53.GetChangeInput{Id: aws.String("C0")})
			return err
		}},
		{"health check", needs("HealthCheck", "route53:GetHealthCheck"), func(w *world) error {
			_, err := w.route53().GetHealthCheck(w.ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String(w.env["PGDR_HEALTH_CHECK_ID"])})
			return err
		}},
		{"alarm", needs("ActiveWriterAlarm", "cloudwatch:DescribeAlarms"), func(w *world) error {
			_, err := w.cloudwatch().DescribeAlarms(w.ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{w.env["PGDR_ACTIVE_WRITER_ALARM"]}})
			return err
		}},
		{"old primary's activity", needs("PrimaryActivity", "cloudwatch:GetMetricData"), func(w *world) error {
			_, err := w.activity(east)
			return err
		}},
		{"metrics", needs("Metrics", "cloudwatch:PutMetricData"), func(w *world) error { return w.publishMetric("PGDR/dev") }},
		{"tell", map[string][]string{"Tell": {"sns:Publish"}, "TellEncrypted": {"kms:GenerateDataKey", "kms:Decrypt"}}, func(w *world) error {
			_, err := w.sns().Publish(w.ctx, &sns.PublishInput{TopicArn: aws.String(w.env["PGDR_NOTICE_TOPIC_ARN"]), Message: aws.String("done")})
			return err
		}},
		{"notices' key", needs("NoticeTopic", "sns:GetTopicAttributes"), func(w *world) error {
			out, err := w.sns().GetTopicAttributes(w.ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(w.env["PGDR_NOTICE_TOPIC_ARN"])})
			if err == nil && out.Attributes["KmsMasterKeyId"] == "" {
				return errors.New("the topic has no key")
			}
			return err
		}},
		{"primary's key", needs("Keys", "kms:DescribeKey"), func(w *world) error { return w.describeKey("database_key_arn", east) }},
		{"replica's key", needs("Keys", "kms:DescribeKey"), func(w *world) error { return w.describeKey("replica_key_arn", west) }},
	}
}

func (w *world) describeKey(output, region string) error {
	arn, err := w.stacks.PrimaryOutput(w.ctx, output)
	if err != nil {
		return err
	}
	_, err = w.kms(region).DescribeKey(w.ctx, &kms.DescribeKeyInput{KeyId: aws.String(arn)})
	return err
}

// memoryProbes are calls to the ledger and the secret.
func memoryProbes() []probe {
	ledger := func(action string) map[string][]string {
		return map[string][]string{"Ledger": {action}, "Decrypt": {"kms:Decrypt"}}
	}
	return []probe{
		{"read ledger", ledger("dynamodb:GetItem"), func(w *world) error {
			_, err := w.dynamodb().GetItem(w.ctx, &dynamodb.GetItemInput{TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), Key: w.ledgerKey(), ConsistentRead: aws.Bool(true)})
			return err
		}},
		{"write ledger", ledger("dynamodb:PutItem"), func(w *world) error {
			_, err := w.dynamodb().PutItem(w.ctx, &dynamodb.PutItemInput{TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), Item: w.ledgerKey()})
			return err
		}},
		{"journal", ledger("dynamodb:Query"), func(w *world) error {
			_, err := w.dynamodb().Query(w.ctx, &dynamodb.QueryInput{
				TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), KeyConditionExpression: aws.String("pk = :p"),
				ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{":p": &ddbtypes.AttributeValueMemberS{Value: "journal"}},
			})
			return err
		}},
		{"regional secret", needs("Secrets", "secretsmanager:DescribeSecret"), func(w *world) error {
			_, err := w.secrets(west).DescribeSecret(w.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(w.env["PGDR_SECRET_ARN"])})
			return err
		}},
		{"primary's secret", needs("Secrets", "secretsmanager:DescribeSecret"), func(w *world) error {
			_, err := w.secrets(east).DescribeSecret(w.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(w.env["PGDR_PRIMARY_SECRET_ARN"])})
			return err
		}},
		{"credentials", map[string][]string{"Credentials": {"secretsmanager:GetSecretValue"}, "Decrypt": {"kms:Decrypt"}}, func(w *world) error {
			_, err := w.secrets(west).GetSecretValue(w.ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(w.env["PGDR_SECRET_ARN"])})
			return err
		}},
		{"detach secret", needs("SecretStandalone", "secretsmanager:StopReplicationToReplica"), func(w *world) error {
			_, err := w.secrets(west).StopReplicationToReplica(w.ctx, &secretsmanager.StopReplicationToReplicaInput{SecretId: aws.String(w.env["PGDR_SECRET_ARN"])})
			return err
		}},
	}
}

// lambdaProbes are what Lambda does in the role's name, and not through this
// face: IAM is asked. So they also need the permission to ask.
func lambdaProbes() []probe {
	const owned = "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1"
	var out []probe
	simulate := func(sid, action, resource string, entries ...iamtypes.ContextEntry) {
		need := map[string][]string{sid: {action}, "OwnPermissions": {"iam:SimulatePrincipalPolicy"}}
		out = append(out, probe{action, need, func(w *world) error { return w.simulates(action, resource, entries...) }})
	}
	for _, action := range []string{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"} {
		simulate("NetworkInterfaces", action, owned)
	}
	region := iamtypes.ContextEntry{ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyType: "string", ContextKeyValues: []string{west}}
	simulate("NetworkInterfacesRead", "ec2:DescribeNetworkInterfaces", "*", region)
	simulate("NetworkInterfacesRead", "ec2:DescribeSubnets", "*", region)
	const log = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/failover-function-dev:log-stream:s"
	simulate("Log", "logs:CreateLogStream", log)
	simulate("Log", "logs:PutLogEvents", log)
	return out
}

var errSimulated = fmt.Errorf("simulated")

func allProbes() []probe {
	return slices.Concat(databaseProbes(), nameProbes(), memoryProbes(), lambdaProbes())
}

// denied tells whether a call was refused for lack of permission.
func denied(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	if strings.HasPrefix(err.Error(), errSimulated.Error()) {
		return true
	}
	return slices.Contains(denials, code(t, err))
}

type policyText struct {
	Version   string
	Statement []map[string]any
}

// policies reads the role's policies; the key is the name.
func (w *world) policies() map[string]policyText {
	w.t.Helper()
	out := map[string]policyText{}
	for _, r := range w.cloud.Resources("aws_iam_role_policy") {
		if r.Attrs.Str("role") != w.stacks.Role().Str("name") {
			continue
		}
		var p policyText
		require.NoError(w.t, json.Unmarshal([]byte(r.Attrs.Str("policy")), &p))
		out[r.Attrs.Str("name")] = p
	}
	return out
}

func (w *world) setPolicy(name string, p policyText) {
	w.t.Helper()
	raw, err := json.Marshal(p)
	require.NoError(w.t, err)
	w.edit("aws_iam_role_policy", named("name", name), func(a, _ sim.Attrs) { a["policy"] = string(raw) })
}

func TestPolicies_AllowEveryCallOfTheGuard(t *testing.T) {
	w := newWorld(t)
	for _, p := range allProbes() {
		require.False(t, denied(t, p.call(w)), "%s: %v", p.name, p.call(w))
	}
}

func TestPolicies_AreAllProbed(t *testing.T) {
	w := newWorld(t)
	var granted, probed []string
	for _, p := range w.policies() {
		for _, s := range p.Statement {
			if s["Effect"] == "Allow" {
				for _, action := range s["Action"].([]any) {
					granted = append(granted, fmt.Sprint(s["Sid"], " ", action))
				}
			}
		}
	}
	for _, p := range allProbes() {
		for sid, actions := range p.need {
			for _, action := range actions {
				probed = append(probed, sid+" "+action)
			}
		}
	}
	slices.Sort(granted)
	slices.Sort(probed)
	require.Equal(t, granted, slices.Compact(probed))
}

func TestPolicies_EachStatementIsMissedByName(t *testing.T) {
	w := newWorld(t)
	for name, whole := range w.policies() {
		for i, s := range whole.Statement {
			if s["Effect"] == "Deny" {
				continue
			}
			sid := s["Sid"].(string)
			t.Run(sid, func(t *testing.T) {
				w.setPolicy(name, policyText{whole.Version, slices.Concat(whole.Statement[:i], whole.Statement[i+1:])})
				defer w.setPolicy(name, whole)
				for _, p := range allProbes() {
					_, needed := p.need[sid]
					err := p.call(w)
					require.Equal(t, needed, denied(t, err), "%s without statement %s: %v", p.name, sid, err)
				}
			})
		}
	}
}

func TestPolicies_EachActionIsMissedByName(t *testing.T) {
	w := newWorld(t)
	for name, whole := range w.policies() {
		for i, s := range whole.Statement {
			if s["Effect"] == "Deny" {
				continue
			}
			for j, action := range s["Action"].([]any) {
				t.Run(fmt.Sprint(s["Sid"], action), func(t *testing.T) {
					less := maps.Clone(s)
					actions := slices.Concat(s["Action"].([]any)[:j], s["Action"].([]any)[j+1:], []any{"none:None"})
					less["Action"] = actions
					w.setPolicy(name, policyText{whole.Version, slices.Concat(whole.Statement[:i], []map[string]any{less}, whole.Statement[i+1:])})
					defer w.setPolicy(name, whole)
					for _, p := range allProbes() {
						err := p.call(w)
						needed := slices.Contains(p.need[s["Sid"].(string)], action.(string))
						require.Equal(t, needed, denied(t, err), "%s without %s: %v", p.name, action, err)
					}
				})
			}
		}
	}
}

func TestPolicies_ConditionsBoundWhatTheGuardMayDo(t *testing.T) {
	w := newWorld(t)
	for name, call := range map[string]func() error{
		"another record":      func() error { return w.upsert("UPSERT", "other.db-dev.internal", "CNAME") },
		"another type":        func() error { return w.upsert("UPSERT", record, "A") },
		"another action":      func() error { return w.upsert("DELETE", record, "CNAME") },
		"another namespace":   func() error { return w.publishMetric("Other") },
		"another instance":    func() error { return w.promote("other") },
		"the other region":    func() error { return w.describeACLs(west) },
		"events elsewhere":    func() error { return w.events("us-west-2") },
		"instances elsewhere": func() error { return w.describeAll("us-west-2") },
		"another function":    func() error { return w.simulates("lambda:InvokeFunction", "*") },
		"its own interfaces": func() error {
			return w.simulates("ec2:CreateNetworkInterface", "arn:aws:ec2:eu-west-1:123456789012:subnet/s", w.byCode())
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := call()
			require.True(t, denied(t, err), "%v", err)
		})
	}
	require.NoError(t, w.upsert("UPSERT", "DB.db-dev.internal.", "CNAME"), "names are compared in lower case and without the last dot")
}

// byCode says that the function's own code calls.
func (w *world) byCode() iamtypes.ContextEntry {
	return iamtypes.ContextEntry{ContextKeyName: aws.String("lambda:SourceFunctionArn"), ContextKeyType: "string", ContextKeyValues: []string{w.stacks.FunctionARN()}}
}

func (w *world) promote(id string) error {
	_, err := w.rds(west).PromoteReadReplica(w.ctx, &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(id), BackupRetentionPeriod: aws.Int32(7)})
	return err
}

func (w *world) describeACLs(region string) error {
	_, err := w.ec2(region).DescribeNetworkAcls(w.ctx, &ec2.DescribeNetworkAclsInput{})
	return err
}

func (w *world) events(region string) error {
	_, err := w.rds(region).DescribeEvents(w.ctx, &rds.DescribeEventsInput{})
	return err
}

func (w *world) activity(region string) (*cloudwatch.GetMetricDataOutput, error) {
	return cloudwatch.NewFromConfig(w.config(region)).GetMetricData(w.ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(w.clock.Now().Add(-time.Hour)), EndTime: aws.Time(w.clock.Now().Add(time.Hour)),
		MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("writes"), MetricStat: &cwtypes.MetricStat{
			Period: aws.Int32(60), Stat: aws.String("Average"),
			Metric: &cwtypes.Metric{Namespace: aws.String("AWS/RDS"), MetricName: aws.String("WriteIOPS"), Dimensions: []cwtypes.Dimension{
				{Name: aws.String("DBInstanceIdentifier"), Value: aws.String(primaryDB)},
			}},
		}}},
	})
}

func (w *world) describeAll(region string) error {
	_, err := w.rds(region).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{})
	return err
}
