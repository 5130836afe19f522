package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

const wellFormed = "AWS4-HMAC-SHA256 Credential=" + accessKey + "/20260601/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func signed(authorization string) http.Header {
	return http.Header{"Authorization": {authorization}, "X-Amz-Date": {"20260601T120000Z"}, "Content-Type": {"application/x-www-form-urlencoded"}}
}

const whoAmI = "Action=GetCallerIdentity&Version=2011-06-15"

func TestSignature_IsRequiredAndChecked(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, http.StatusOK, w.raw(signed(wellFormed), whoAmI).StatusCode)
	for name, c := range map[string]struct{ header, code string }{
		"none":           {"", "MissingAuthenticationToken"},
		"basic":          {"Basic eDp5", "IncompleteSignature"},
		"no credential":  {strings.Replace(wellFormed, "Credential=", "Credit=", 1), "IncompleteSignature"},
		"short scope":    {strings.Replace(wellFormed, "/aws4_request", "", 1), "IncompleteSignature"},
		"no host":        {strings.Replace(wellFormed, "host;", "", 1), "IncompleteSignature"},
		"no signature":   {strings.Replace(wellFormed, "0123", "xyz", 1), "IncompleteSignature"},
		"other date":     {strings.Replace(wellFormed, "20260601", "20260602", 1), "SignatureDoesNotMatch"},
		"no such region": {strings.Replace(wellFormed, "us-east-1", "mars-1", 1), "SignatureDoesNotMatch"},
		"no service":     {strings.Replace(wellFormed, "/sts/", "/s3/", 1), "SignatureDoesNotMatch"},
		"other service":  {strings.Replace(wellFormed, "/sts/", "/rds/", 1), "NoSuchVersion"},
		"unknown key":    {strings.Replace(wellFormed, accessKey, "AKIANOBODY", 1), "InvalidClientTokenId"},
		"iam elsewhere":  {strings.Replace(strings.Replace(wellFormed, "/sts/", "/iam/", 1), "us-east-1", "eu-west-1", 1), "SignatureDoesNotMatch"},
	} {
		t.Run(name, func(t *testing.T) {
			header := signed(c.header)
			if c.header == "" {
				header.Del("Authorization")
			}
			resp := w.raw(header, whoAmI)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Contains(t, string(body), "<Code>"+c.code+"</Code>")
			require.GreaterOrEqual(t, resp.StatusCode, 400)
		})
	}
	late := signed(wellFormed)
	late.Del("X-Amz-Date")
	require.Equal(t, http.StatusBadRequest, w.raw(late, whoAmI).StatusCode)
}

func TestStrangers_AreRefusedInEachServicesWords(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.Principals = nil })
	_, err := w.sts(west).GetCallerIdentity(w.ctx, &sts.GetCallerIdentityInput{})
	refused(t, err, "InvalidClientTokenId")
	refused(t, w.describeACLs(east), "AuthFailure")
	_, err = w.dynamodb().GetItem(w.ctx, &dynamodb.GetItemInput{TableName: aws.String("x"), Key: w.ledgerKey()})
	refused(t, err, "UnrecognizedClientException")
	refused(t, w.publishMetric("PGDR/dev"), "InvalidClientTokenId")
	refused(t, w.upsert("UPSERT", record, "CNAME"), "InvalidClientTokenId")
}

func TestRoleThatIsGone_IsAStranger(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		tx.Remove(tx.FindBy("aws_iam_role", sim.Global, "arn", w.stacks.Role().Str("arn")))
		return nil
	}))
	_, err := w.sts(west).GetCallerIdentity(w.ctx, &sts.GetCallerIdentityInput{})
	refused(t, err, "InvalidClientTokenId")
	refused(t, w.describeAll(east), "InvalidClientTokenId")
}

func TestDenials_AreWordedAsAWSWordsThem(t *testing.T) {
	w := newWorld(t)
	text := refused(t, w.promote("other"), "AccessDenied")
	require.Equal(t, "User: arn:aws:sts::123456789012:assumed-role/failover-function-role-dev/failover-function-dev is not authorized to perform: rds:PromoteReadReplica"+
		" on resource: arn:aws:rds:eu-west-1:123456789012:db:other because no identity-based policy allows the rds:PromoteReadReplica action", text)
	text = refused(t, w.describeACLs(west), "UnauthorizedOperation")
	require.Regexp(t, `^You are not authorized to perform this operation\. User: `, text)

	w.edit("aws_iam_role_policy", named("name", "act"), func(a, _ sim.Attrs) {
		a["policy"] = `{"Statement":[{"Sid":"Never","Effect":"Deny","Action":"rds:*","Resource":"*"}]}`
	})
	require.Contains(t, refused(t, w.describeAll(east), "AccessDenied"), `with an explicit deny in policy "act", statement "Never"`)
}

func TestPolicies_OfUnknownKindsAreErrorsByName(t *testing.T) {
	w := newWorld(t)
	act := named("name", "act")
	for fault, policy := range map[string]string{
		`"aws:MultiFactorAuthAge"`: `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:MultiFactorAuthAge":"1"}}}]}`,
		`"NumericLessThan"`:        `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"aws:RequestedRegion":"1"}}}]}`,
	} {
		w.edit("aws_iam_role_policy", act, func(a, _ sim.Attrs) { a["policy"] = policy })
		require.Contains(t, refused(t, w.describeAll(east), "SimulatorUnsupported"), fault)
	}
	w.edit("aws_iam_role", named("name", "failover-function-role-dev"), func(a, _ sim.Attrs) { a["permissions_boundary"] = "arn:aws:iam::aws:policy/X" })
	require.Contains(t, refused(t, w.describeAll(east), "SimulatorUnsupported"), "boundar")
}

func TestManagedPolicies_CountToo(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		tx.Put(&sim.Resource{Type: "aws_iam_policy", Region: sim.Global, ID: "arn:aws:iam::123456789012:policy/see", Attrs: sim.Attrs{
			"policy": `{"Statement":[{"Effect":"Allow","Action":"rds:Describe*","Resource":"*"}]}`,
		}})
		tx.Put(&sim.Resource{Type: "aws_iam_role_policy_attachment", Region: sim.Global, ID: "a", Attrs: sim.Attrs{
			"role": "failover-function-role-dev", "policy_arn": "arn:aws:iam::123456789012:policy/see",
		}})
		return nil
	}))
	require.NoError(t, w.describeAll(east))
}

func TestCalls_AreRecordedWithTheirOutcome(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.promote(replicaDB))
	require.Error(t, w.promote(replicaDB))
	var codes []string
	for _, c := range w.server.Calls() {
		require.Equal(t, api.Record{At: w.clock.Now(), Region: west, Service: api.RDS, Operation: "PromoteReadReplica", Caller: "arn:aws:iam::123456789012:role/failover-function-role-dev", Code: c.Code}, c)
		codes = append(codes, c.Code)
	}
	require.Equal(t, []string{"", badState}, codes)
}

func TestOperations_OutsideTheSimulatorAreNamed(t *testing.T) {
	w := newWorld(t)
	for name, err := range map[string]error{
		"DescribeDBSnapshots": second(w.rds(east).DescribeDBSnapshots(w.ctx, &rds.DescribeDBSnapshotsInput{})),
		"DescribeVpcs":        second(w.ec2(east).DescribeVpcs(w.ctx, &ec2.DescribeVpcsInput{})),
		"ListTables":          second(w.dynamodb().ListTables(w.ctx, &dynamodb.ListTablesInput{})),
		"ListMetrics":         second(w.cloudwatch().ListMetrics(w.ctx, &cloudwatch.ListMetricsInput{})),
		"ListRoles":           second(w.iam().ListRoles(w.ctx, &iam.ListRolesInput{})),
		"ListTopics":          second(w.sns().ListTopics(w.ctx, &sns.ListTopicsInput{})),
	} {
		require.Contains(t, refused(t, err, "SimulatorUnsupported"), name)
	}
}

func second[T any](_ T, err error) error { return err }

// TestTopicPolicy_DeniesWhatIsNotSentOverTLS: the face tells a connection with
// TLS from one without.
func TestTopicPolicy_DeniesWhatIsNotSentOverTLS(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.TLS = false })
	say := func(client *sns.Client) error {
		return second(client.Publish(w.ctx, &sns.PublishInput{TopicArn: aws.String(w.env["PGDR_NOTICE_TOPIC_ARN"]), Message: aws.String("x")}))
	}
	require.Contains(t, refused(t, say(w.sns()), "AuthorizationError"), `"OnlyOverTLS"`)
	secure := httptest.NewTLSServer(w.server)
	t.Cleanup(secure.Close)
	require.NoError(t, say(sns.New(sns.Options{
		Region: west, BaseEndpoint: aws.String(secure.URL), HTTPClient: secure.Client(),
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
	})))
}

func TestIdentity_IsThatOfTheRolesSession(t *testing.T) {
	w := newWorld(t)
	out, err := w.sts("eu-central-1").GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/failover-function-role-dev/failover-function-dev", aws.ToString(out.Arn))
	require.Equal(t, "123456789012", aws.ToString(out.Account))
	require.Regexp(t, `^AROA[A-Z2-7]{17}:failover-function-dev$`, aws.ToString(out.UserId))
}

func TestFunctionsCode_IsKnownToPolicies(t *testing.T) {
	const other = "AKIAOTHER"
	w := newWorld(t, func(o *api.Options) { o.Principals[other] = api.Principal{Role: o.Principals[accessKey].Role} })
	w.edit("aws_iam_role_policy", named("name", "act"), func(a, _ sim.Attrs) {
		a["policy"] = `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` +
			`{"Effect":"Deny","Action":"rds:*","Resource":"*","Condition":{"ArnEquals":{"lambda:SourceFunctionArn":"` + w.stacks.FunctionARN() + `"}}}]}`
	})
	refused(t, w.describeAll(east), "AccessDenied")
	config := w.config(east)
	config.Credentials = credentials.NewStaticCredentialsProvider(other, "secret", "")
	require.NoError(t, second(rds.NewFromConfig(config).DescribeDBInstances(w.ctx, &rds.DescribeDBInstancesInput{})))
	out, err := sts.NewFromConfig(config).GetCallerIdentity(w.ctx, &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/failover-function-role-dev/session", aws.ToString(out.Arn))
}
