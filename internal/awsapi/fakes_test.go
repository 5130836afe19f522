package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// fake stands for one service: it records what it is asked, in order, and
// answers with the functions that the test gave. A call that the test did not
// expect is a fault of the test's subject.
type fake struct {
	t       *testing.T
	mu      sync.Mutex
	inputs  []any
	answers map[string]func(ctx context.Context, in any) (any, error)
}

func newFake(t *testing.T) *fake {
	t.Helper()
	return &fake{t: t, answers: map[string]func(context.Context, any) (any, error){}}
}

// on answers each call that has an input of type I.
func on[I, O any](f *fake, answer func(*I) (*O, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[typeOf(new(I))] = func(_ context.Context, in any) (any, error) { return answer(in.(*I)) }
}

// fails answers each call that has an input of type I with an error.
func fails[I any](f *fake, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[typeOf(new(I))] = func(context.Context, any) (any, error) { return nil, err }
}

func ask[O any](ctx context.Context, f *fake, in any) (*O, error) {
	f.mu.Lock()
	f.inputs = append(f.inputs, in)
	answer, known := f.answers[typeOf(in)]
	f.mu.Unlock()
	if !known {
		f.t.Errorf("unexpected call with %T", in)
		return nil, errors.New("unexpected call")
	}
	out, err := answer(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.(*O), nil
}

// asked gives the inputs of type I so far.
func asked[I any](f *fake) []*I {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*I
	for _, in := range f.inputs {
		if one, ok := in.(*I); ok {
			all = append(all, one)
		}
	}
	return all
}

func typeOf(v any) string { return fmt.Sprintf("%T", v) }

// apiError is an answer of AWS with a code.
func apiError(code string) error {
	return &smithy.OperationError{ServiceID: "test", OperationName: "test", Err: &smithy.GenericAPIError{Code: code, Message: "said AWS", Fault: smithy.FaultClient}}
}

// silence is what the SDK returns when there is no answer.
func silence() error {
	return &smithy.OperationError{ServiceID: "test", OperationName: "test",
		Err: &smithyhttp.RequestSendError{Err: &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}}}
}

var (
	primary = engine.Member{Site: engine.SitePrimary, Identifier: "primary-db-dev", ResourceID: "db-PRIMARY"}
	replica = engine.Member{Site: engine.SiteReplica, Identifier: "replica-db-dev", ResourceID: "db-REPLICA"}
)

// dbInstance is an available instance, changed as the test likes.
func dbInstance(m engine.Member, change ...func(*rdstypes.DBInstance)) rdstypes.DBInstance {
	db := rdstypes.DBInstance{
		DBInstanceIdentifier: aws.String(m.Identifier), DbiResourceId: aws.String(m.ResourceID), DBInstanceStatus: aws.String("available"),
	}
	for _, c := range change {
		c(&db)
	}
	return db
}

func ofSource(db *rdstypes.DBInstance) {
	db.ReadReplicaSourceDBInstanceIdentifier = aws.String("arn:aws:rds:us-east-1:123456789012:db:primary-db-dev")
}

// shows lets RDS describe one instance.
func shows(f *fake, db ...rdstypes.DBInstance) {
	on(f, func(*rds.DescribeDBInstancesInput) (*rds.DescribeDBInstancesOutput, error) {
		return &rds.DescribeDBInstancesOutput{DBInstances: db}, nil
	})
}

// The fake satisfies every interface of api.go.

func (f *fake) DescribeDBInstances(ctx context.Context, in *rds.DescribeDBInstancesInput, _ ...func(*rds.Options)) (*rds.DescribeDBInstancesOutput, error) {
	return ask[rds.DescribeDBInstancesOutput](ctx, f, in)
}

func (f *fake) DescribeEvents(ctx context.Context, in *rds.DescribeEventsInput, _ ...func(*rds.Options)) (*rds.DescribeEventsOutput, error) {
	copied := *in
	return ask[rds.DescribeEventsOutput](ctx, f, &copied)
}

func (f *fake) DescribeDBParameters(ctx context.Context, in *rds.DescribeDBParametersInput, _ ...func(*rds.Options)) (*rds.DescribeDBParametersOutput, error) {
	copied := *in
	return ask[rds.DescribeDBParametersOutput](ctx, f, &copied)
}

func (f *fake) PromoteReadReplica(ctx context.Context, in *rds.PromoteReadReplicaInput, _ ...func(*rds.Options)) (*rds.PromoteReadReplicaOutput, error) {
	return ask[rds.PromoteReadReplicaOutput](ctx, f, in)
}

func (f *fake) ModifyDBInstance(ctx context.Context, in *rds.ModifyDBInstanceInput, _ ...func(*rds.Options)) (*rds.ModifyDBInstanceOutput, error) {
	return ask[rds.ModifyDBInstanceOutput](ctx, f, in)
}

func (f *fake) StopDBInstance(ctx context.Context, in *rds.StopDBInstanceInput, _ ...func(*rds.Options)) (*rds.StopDBInstanceOutput, error) {
	return ask[rds.StopDBInstanceOutput](ctx, f, in)
}

func (f *fake) DescribeNetworkAcls(ctx context.Context, in *ec2.DescribeNetworkAclsInput, _ ...func(*ec2.Options)) (*ec2.DescribeNetworkAclsOutput, error) {
	return ask[ec2.DescribeNetworkAclsOutput](ctx, f, in)
}

func (f *fake) CreateNetworkAclEntry(ctx context.Context, in *ec2.CreateNetworkAclEntryInput, _ ...func(*ec2.Options)) (*ec2.CreateNetworkAclEntryOutput, error) {
	return ask[ec2.CreateNetworkAclEntryOutput](ctx, f, in)
}

func (f *fake) DeleteNetworkAclEntry(ctx context.Context, in *ec2.DeleteNetworkAclEntryInput, _ ...func(*ec2.Options)) (*ec2.DeleteNetworkAclEntryOutput, error) {
	return ask[ec2.DeleteNetworkAclEntryOutput](ctx, f, in)
}

func (f *fake) ListResourceRecordSets(ctx context.Context, in *route53.ListResourceRecordSetsInput, _ ...func(*route53.Options)) (*route53.ListResourceRecordSetsOutput, error) {
	copied := *in
	return ask[route53.ListResourceRecordSetsOutput](ctx, f, &copied)
}

func (f *fake) ChangeResourceRecordSets(ctx context.Context, in *route53.ChangeResourceRecordSetsInput, _ ...func(*route53.Options)) (*route53.ChangeResourceRecordSetsOutput, error) {
	return ask[route53.ChangeResourceRecordSetsOutput](ctx, f, in)
}

func (f *fake) GetChange(ctx context.Context, in *route53.GetChangeInput, _ ...func(*route53.Options)) (*route53.GetChangeOutput, error) {
	return ask[route53.GetChangeOutput](ctx, f, in)
}

func (f *fake) GetHealthCheck(ctx context.Context, in *route53.GetHealthCheckInput, _ ...func(*route53.Options)) (*route53.GetHealthCheckOutput, error) {
	return ask[route53.GetHealthCheckOutput](ctx, f, in)
}

func (f *fake) PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	return ask[cloudwatch.PutMetricDataOutput](ctx, f, in)
}

func (f *fake) GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	return ask[cloudwatch.GetMetricDataOutput](ctx, f, in)
}

func (f *fake) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	return ask[cloudwatch.DescribeAlarmsOutput](ctx, f, in)
}

func (f *fake) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return ask[dynamodb.GetItemOutput](ctx, f, in)
}

func (f *fake) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return ask[dynamodb.PutItemOutput](ctx, f, in)
}

func (f *fake) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	copied := *in
	return ask[dynamodb.QueryOutput](ctx, f, &copied)
}

func (f *fake) GetTopicAttributes(ctx context.Context, in *sns.GetTopicAttributesInput, _ ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error) {
	return ask[sns.GetTopicAttributesOutput](ctx, f, in)
}

func (f *fake) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	return ask[sns.PublishOutput](ctx, f, in)
}

func (f *fake) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return ask[secretsmanager.GetSecretValueOutput](ctx, f, in)
}

func (f *fake) DescribeSecret(ctx context.Context, in *secretsmanager.DescribeSecretInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	return ask[secretsmanager.DescribeSecretOutput](ctx, f, in)
}

func (f *fake) StopReplicationToReplica(ctx context.Context, in *secretsmanager.StopReplicationToReplicaInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.StopReplicationToReplicaOutput, error) {
	return ask[secretsmanager.StopReplicationToReplicaOutput](ctx, f, in)
}

func (f *fake) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return ask[kms.DescribeKeyOutput](ctx, f, in)
}

func (f *fake) SimulatePrincipalPolicy(ctx context.Context, in *iam.SimulatePrincipalPolicyInput, _ ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	copied := *in
	return ask[iam.SimulatePrincipalPolicyOutput](ctx, f, &copied)
}

func (f *fake) GetCallerIdentity(ctx context.Context, in *sts.GetCallerIdentityInput, _ ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return ask[sts.GetCallerIdentityOutput](ctx, f, in)
}
