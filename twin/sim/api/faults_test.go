package api_test

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/api"
)

// callEach makes one call of each service.
func (w *world) callEach() map[string]error {
	simulate := w.simulates("rds:StopDBInstance", "arn:aws:rds:us-east-1:123456789012:db:primary-db-dev")
	return map[string]error{
		api.RDS: second(w.rds(west).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(replicaDB)})),
		api.EC2: w.describeACLs(east), api.Route53: w.upsert("UPSERT", record, "CNAME"), api.IAM: simulate,
		api.CloudWatch:     w.publishMetric("PGDR/dev"),
		api.DynamoDB:       second(w.dynamodb().GetItem(w.ctx, &dynamodb.GetItemInput{TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), Key: w.ledgerKey()})),
		api.SecretsManager: second(w.secrets(west).DescribeSecret(w.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(w.env["PGDR_SECRET_ARN"])})),
		api.KMS:            w.describeKey("replica_key_arn", west),
		api.SNS:            second(w.sns().Publish(w.ctx, &sns.PublishInput{TopicArn: aws.String(w.env["PGDR_NOTICE_TOPIC_ARN"]), Message: aws.String("x")})),
		api.STS:            second(w.sts(west).GetCallerIdentity(w.ctx, &sts.GetCallerIdentityInput{})),
	}
}

func TestThrottled_HasEachServicesCodeAndIsRetried(t *testing.T) {
	w := newWorld(t)
	lift := w.server.Faults().Add(api.Scope{}, api.Throttled())
	retryable := retry.NewStandard()
	for service, err := range w.callEach() {
		want := map[string]string{
			api.EC2: "RequestLimitExceeded", api.DynamoDB: "ThrottlingException", api.SecretsManager: "ThrottlingException", api.KMS: "ThrottlingException",
		}[service]
		if want == "" {
			want = "Throttling"
		}
		refused(t, err, want)
		require.True(t, retryable.IsErrorRetryable(err), "the SDK's retryer knows %s of %s", want, service)
	}
	require.Empty(t, w.server.Calls(), "a throttled call has no effect")
	struck := w.server.Faults().Struck()
	for service := range w.callEach() {
		require.Positive(t, struck[service], "%s: what was struck is counted", service)
	}
	lift()
	struck = w.server.Faults().Struck()
	for service, err := range w.callEach() {
		require.NoError(t, err, service)
	}
	require.Equal(t, struck, w.server.Faults().Struck(), "calls that went well are not")
}

func TestOnCall_SeesACallThatHadItsEffectAndIsNotAnswered(t *testing.T) {
	var seen []api.Record
	w := newWorld(t, func(o *api.Options) { o.OnCall = func(r api.Record) { seen = append(seen, r) } })
	require.NoError(t, w.publishMetric("PGDR/dev"))
	require.Equal(t, w.server.Calls(), seen)
	w.server.Faults().Add(api.Scope{}, api.Broken())
	require.Error(t, w.publishMetric("PGDR/dev"))
	require.Len(t, seen, 1, "a call that a fault kept from being performed is none")
}

func TestBroken_IsAServerErrorOfEachService(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{}, api.Broken())
	for service, err := range w.callEach() {
		var resp *smithyhttp.ResponseError
		require.ErrorAs(t, err, &resp, service)
		require.GreaterOrEqual(t, resp.HTTPStatusCode(), http.StatusInternalServerError, service)
		require.NotEmpty(t, code(t, err))
	}
}

func TestFaults_StrikeOnlyTheirScope(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{Region: east, Service: api.RDS, Operation: "DescribeDBInstances"}, api.Failing("Custom", "as told", http.StatusTeapot))
	describe := func(region, id string) error {
		return second(w.rds(region).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(id)}))
	}
	err := describe(east, primaryDB)
	require.Equal(t, "as told", refused(t, err, "Custom"))
	var resp *smithyhttp.ResponseError
	require.ErrorAs(t, err, &resp)
	require.Equal(t, http.StatusTeapot, resp.HTTPStatusCode())
	require.NoError(t, describe(west, replicaDB))
	require.NoError(t, w.events(east))
	w.server.Faults().Clear()
	require.NoError(t, describe(east, primaryDB))
}

func TestFaults_AreScheduledAndCounted(t *testing.T) {
	w := newWorld(t)
	begin := w.clock.Now()
	w.server.Faults().Add(api.Scope{Service: api.RDS}, api.Throttled().Between(begin.Add(time.Minute), begin.Add(2*time.Minute)))
	require.NoError(t, w.events(east))
	w.clock.Advance(time.Minute)
	refused(t, w.events(east), "Throttling")
	w.clock.Advance(time.Minute)
	require.NoError(t, w.events(east))

	w.server.Faults().Add(api.Scope{Service: api.RDS}, api.Throttled().Times(2))
	refused(t, w.events(east), "Throttling")
	refused(t, w.events(east), "Throttling")
	require.NoError(t, w.events(east))
}

func TestSlow_WaitsOnTheClockAndAddsUp(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{Region: east}, api.Slow(2*time.Second))
	w.server.Faults().Add(api.Scope{Service: api.RDS}, api.Slow(3*time.Second))
	require.NoError(t, w.events(east))
	require.Equal(t, 5*time.Second, w.clock.Slept())
	w.server.Faults().Add(api.Scope{}, api.Throttled())
	refused(t, w.events(east), "Throttling")
	require.Equal(t, 10*time.Second, w.clock.Slept())
}

// soon ends a call that is never answered.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestBlackHole_NeverAnswersAndHasNoEffect(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{Region: west, Service: api.RDS}, api.BlackHole())
	_, err := w.rds(west).PromoteReadReplica(soon(t), &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(replicaDB)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	w.server.Faults().Clear()
	w.clock.Advance(time.Hour)
	require.NotEmpty(t, aws.ToString(w.describe(west, replicaDB).ReadReplicaSourceDBInstanceIdentifier))
	require.NoError(t, w.events(east), "the other region answers")
}

func TestLost_HasItsEffectAndNeverAnswers(t *testing.T) {
	ctx, giveUp := context.WithCancel(t.Context())
	w := newWorld(t, func(o *api.Options) { o.OnCall = func(api.Record) { giveUp() } })
	w.server.Faults().Add(api.Scope{Operation: "PromoteReadReplica"}, api.Lost())
	_, err := w.rds(west).PromoteReadReplica(ctx, &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(replicaDB)})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, w.server.Calls(), 1)
	w.server.Faults().Clear()
	w.clock.Advance(time.Hour)
	require.Equal(t, "DB Instance is not a read replica", refused(t, w.promote(replicaDB), badState))
}

func TestRefused_ResetsTheConnection(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{Service: api.STS}, api.Refused())
	_, err := w.sts(west).GetCallerIdentity(w.ctx, &sts.GetCallerIdentityInput{})
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.ErrorAs(t, err, new(*net.OpError))
	require.Empty(t, w.server.Calls())
}

func TestControlPlane_IsDownWhileNamesStillAnswer(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{Region: east, Service: api.Route53}, api.Broken())
	refused(t, w.upsert("UPSERT", record, "CNAME"), "ServiceUnavailable")
	require.Len(t, w.cloud.Resources("aws_route53_record"), 2, "what a name server answers from is all there")
	require.NoError(t, w.publishMetric("PGDR/dev"), "what flips the health check goes another way")
	require.NoError(t, second(w.cloudwatch().DescribeAlarms(w.ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{w.env["PGDR_ACTIVE_WRITER_ALARM"]}})))
}

func TestFaults_TheFirstThatWasAddedDecides(t *testing.T) {
	w := newWorld(t)
	w.server.Faults().Add(api.Scope{}, api.Throttled().Times(1))
	w.server.Faults().Add(api.Scope{}, api.Failing("Other", "x", http.StatusBadRequest).Times(1))
	refused(t, w.events(east), "Throttling")
	refused(t, w.events(east), "Other")
	require.NoError(t, w.events(east))
}
