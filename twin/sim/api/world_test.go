package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

const (
	east = "us-east-1"
	west = "eu-west-1"

	accessKey = "AKIAGUARD00000000001"
	primaryDB = "primary-db-dev"
	replicaDB = "replica-db-dev"
	record    = "db.db-dev.internal"
)

// world is a deployed account behind a listener.
type world struct {
	t      *testing.T
	ctx    context.Context
	clock  *clocktest.Hand
	cloud  *sim.Cloud
	stacks *simstacks.Stacks
	server *api.Server
	http   *httptest.Server
	// client asks the server.
	client *http.Client
	// env is the function's environment.
	env map[string]string
}

func newWorld(t *testing.T, change ...func(*api.Options)) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), clock: clocktest.At(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))}
	var err error
	w.cloud, err = simaws.New(sim.Options{Clock: w.clock, Seed: 11})
	require.NoError(t, err)
	w.stacks, err = simstacks.Apply(w.ctx, w.cloud, "../../../stacks/testdata/golden")
	require.NoError(t, err)
	w.env, err = w.stacks.Environment(w.ctx)
	require.NoError(t, err)
	o := api.Options{
		Clock: w.clock, TLS: true,
		Principals: map[string]api.Principal{accessKey: {Role: w.stacks.Role().Str("arn"), Session: "failover-function-dev", Function: w.stacks.FunctionARN()}},
	}
	for _, fn := range change {
		fn(&o)
	}
	w.server = simaws.API(w.cloud, o)
	w.http = httptest.NewServer(w.server)
	w.client = &http.Client{Transport: readOnly{w.http.Client().Transport}}
	t.Cleanup(func() {
		w.http.CloseClientConnections()
		w.http.Close()
	})
	return w
}

// readOnly shows the transport nothing but the Read of a request's body. Of the
// SDK's bodies it would use WriteTo, which returns io.EOF once the SDK has closed
// the body, and that is as soon as it has an answer. Where the answer comes before
// the transport looks whether the body goes on, as it does from a server that is
// as near as this, the transport takes that for a failed write, and closes the
// connection while the answer is still read. The SDK tries such a call again;
// these clients try once.
// https://github.com/aws/smithy-go/blob/v1.28.8/transport/http/internal/io/safe.go
type readOnly struct{ http.RoundTripper }

func (t readOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.Clone(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return t.RoundTripper.RoundTrip(r)
}

// config is for clients of a region that try once.
func (w *world) config(region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(w.http.URL), HTTPClient: w.client,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func (w *world) rds(region string) *rds.Client { return rds.NewFromConfig(w.config(region)) }
func (w *world) ec2(region string) *ec2.Client { return ec2.NewFromConfig(w.config(region)) }
func (w *world) sns() *sns.Client              { return sns.NewFromConfig(w.config(west)) }
func (w *world) iam() *iam.Client              { return iam.NewFromConfig(w.config(east)) }
func (w *world) sts(region string) *sts.Client { return sts.NewFromConfig(w.config(region)) }
func (w *world) route53() *route53.Client      { return route53.NewFromConfig(w.config(east)) }
func (w *world) kms(region string) *kms.Client { return kms.NewFromConfig(w.config(region)) }
func (w *world) dynamodb() *dynamodb.Client    { return dynamodb.NewFromConfig(w.config(west)) }
func (w *world) secrets(region string) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(w.config(region))
}
func (w *world) cloudwatch() *cloudwatch.Client {
	return cloudwatch.NewFromConfig(w.config(west))
}

// code is the code of AWS's refusal, "" if the call was accepted.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api.ErrorCode()
}

// refused expects a refusal with the code and returns its message.
func refused(t *testing.T, err error, want string) string {
	t.Helper()
	require.Equal(t, want, code(t, err), "%v", err)
	var api smithy.APIError
	errors.As(err, &api)
	return api.ErrorMessage()
}

// edit changes the one resource of a type that the predicate holds for.
func (w *world) edit(typ string, match func(sim.Attrs) bool, do func(a, hidden sim.Attrs)) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error {
		r := tx.Find(typ, "", match)
		require.NotNil(w.t, r, "no %s", typ)
		r = tx.Edit(r)
		do(r.Attrs, r.Hidden)
		return nil
	}))
}

func named(attribute, value string) func(sim.Attrs) bool {
	return func(a sim.Attrs) bool { return a.Str(attribute) == value }
}

// allowAll gives the guard's role everything, for tests of what is refused for
// other reasons.
func (w *world) allowAll() {
	w.t.Helper()
	w.edit("aws_iam_role_policy", named("name", "act"), func(a, _ sim.Attrs) {
		a["policy"] = `{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}`
	})
}

// instance does something to an instance within the account.
func (w *world) instance(region, id string, do func(tx *sim.Tx, r *sim.Resource) error) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error { return do(tx, lifecycle.Find(tx, region, id)) }))
}

// raw sends a request that no SDK would.
func (w *world) raw(header http.Header, body string) *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.http.URL, http.NoBody)
	require.NoError(w.t, err)
	if body != "" {
		req, err = http.NewRequestWithContext(w.ctx, http.MethodPost, w.http.URL, strings.NewReader(body))
		require.NoError(w.t, err)
	}
	req.Header = header
	resp, err := w.client.Do(req)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
