package lambda

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
)

// clientOf is AWS's SDK in front of a world's functions.
func clientOf(t *testing.T, w *world, region string) *lambda.Client {
	t.Helper()
	server := httptest.NewServer(w.API())
	t.Cleanup(server.Close)
	return lambda.New(lambda.Options{
		Region: region, BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAPERSON0000000001", "secret", ""),
	})
}

func TestAPI_AnswersTheSDKWithTheFunctionsAnswer(t *testing.T) {
	w := newWorld(t)
	c := clientOf(t, w, lambdatest.Home)
	for _, name := range []string{lambdatest.Name, lambdatest.ARN, "123456789012:function:" + lambdatest.Name, lambdatest.Name + ":$LATEST"} {
		out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(name), Payload: []byte(`{"action":"status"}`)})
		require.NoError(t, err, name)
		require.EqualValues(t, http.StatusOK, out.StatusCode)
		require.JSONEq(t, `{"action":"tick"}`, string(out.Payload))
		require.Nil(t, out.FunctionError)
		require.Equal(t, "$LATEST", *out.ExecutedVersion)
	}
	require.Len(t, w.fake.tried(), 4)
}

func TestAPI_MarksAnErrorOfTheFunction(t *testing.T) {
	w := newWorld(t)
	w.fake.do = fail
	out, err := clientOf(t, w, lambdatest.Home).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name)})
	require.NoError(t, err)
	require.EqualValues(t, http.StatusOK, out.StatusCode)
	require.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
	require.JSONEq(t, `{"errorType":"errorString","errorMessage":"no good"}`, string(out.Payload))
}

func TestAPI_QueuesAnEventAndOnlyLooksInADryRun(t *testing.T) {
	w := newWorld(t)
	c := clientOf(t, w, lambdatest.Home)
	out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name), InvocationType: types.InvocationTypeDryRun})
	require.NoError(t, err)
	require.EqualValues(t, http.StatusNoContent, out.StatusCode)
	require.Empty(t, w.fake.tried())
	out, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name), InvocationType: types.InvocationTypeEvent})
	require.NoError(t, err)
	require.EqualValues(t, http.StatusAccepted, out.StatusCode)
	require.Empty(t, out.Payload)
	require.Eventually(t, func() bool { return len(w.fake.tried()) == 1 }, 10*time.Second, time.Millisecond)
}

func TestAPI_RefusesInLambdasWords(t *testing.T) {
	input := func(change func(*lambda.InvokeInput)) *lambda.InvokeInput {
		in := &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name), Payload: []byte(`{}`)}
		change(in)
		return in
	}
	for name, c := range map[string]struct {
		in   *lambda.InvokeInput
		want string
	}{
		"no function": {input(func(in *lambda.InvokeInput) { in.FunctionName = aws.String("other") }), "ResourceNotFoundException"},
		"no version":  {input(func(in *lambda.InvokeInput) { in.Qualifier = aws.String("7") }), "ResourceNotFoundException"},
		"another region": {input(func(in *lambda.InvokeInput) {
			in.FunctionName = aws.String(strings.Replace(arn, "eu-west-1", "us-east-1", 1))
		}), "ResourceNotFoundException"},
		"another account": {input(func(in *lambda.InvokeInput) {
			in.FunctionName = aws.String("210987654321:function:" + lambdatest.Name)
		}), "AccessDeniedException"},
		"no JSON": {input(func(in *lambda.InvokeInput) { in.Payload = []byte(`{`) }), "InvalidRequestContentException"},
		"too large": {input(func(in *lambda.InvokeInput) {
			in.InvocationType = types.InvocationTypeEvent
			in.Payload = append(append([]byte(`"`), bytes.Repeat([]byte("x"), largestAsynchronous)...), '"')
		}), "RequestTooLargeException"},
		"a tail of the log": {input(func(in *lambda.InvokeInput) { in.LogType = types.LogTypeTail }), "InvalidParameterValueException"},
		"no such kind":      {input(func(in *lambda.InvokeInput) { in.InvocationType = "Later" }), "InvalidParameterValueException"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := clientOf(t, w, lambdatest.Home).Invoke(t.Context(), c.in)
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, c.want, api.ErrorCode(), api.ErrorMessage())
			require.NotEmpty(t, api.ErrorMessage())
			require.Empty(t, w.fake.tried())
		})
	}
}

func TestAPI_FindsTheRegionInTheSignature(t *testing.T) {
	w := newWorld(t)
	_, err := clientOf(t, w, lambdatest.Away).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name)})
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "Function not found: arn:aws:lambda:us-east-1:123456789012:function:failover-function-dev", missing.ErrorMessage())
	require.Equal(t, "User", aws.ToString(missing.Type))
}

func TestAPI_SaysWhenLambdaItselfFails(t *testing.T) {
	w := newWorld(t)
	w.Close()
	_, err := clientOf(t, w, lambdatest.Home).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name)})
	var fault *types.ServiceException
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "Service", aws.ToString(fault.Type))
}

func TestAPI_RefusesWhatIsNotSignedForLambda(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ header, want string }{
		"unsigned":        {"", "MissingAuthenticationTokenException"},
		"another service": {"AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-west-1/sns/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + strings.Repeat("0", 64), "InvalidSignatureException"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/2015-03-31/functions/"+lambdatest.Name+"/invocations", http.NoBody)
			r.Header.Set("Authorization", c.header)
			r.Header.Set("X-Amz-Date", "20261123T000000Z")
			got := httptest.NewRecorder()
			w.API().ServeHTTP(got, r)
			require.Equal(t, http.StatusForbidden, got.Code)
			require.Equal(t, c.want, got.Header().Get("X-Amzn-Errortype"))
			require.Empty(t, w.fake.tried())
		})
	}
	got := httptest.NewRecorder()
	w.API().ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2015-03-31/functions", http.NoBody))
	require.Equal(t, "UnknownOperationException", got.Header().Get("X-Amzn-Errortype"))
}

func TestAPI_IsSilentInALostRegion(t *testing.T) {
	w := newWorld(t)
	w.lose(lambdatest.Home)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := clientOf(t, w, lambdatest.Home).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var api smithy.APIError
	require.False(t, errors.As(err, &api), "an answer of Lambda's: %v", err)
}

func TestAPI_GoesOnWhenTheCallerHangsUp(t *testing.T) {
	w := newWorld(t)
	begun, ended := make(chan struct{}), make(chan error, 1)
	hungUp := make(chan struct{})
	w.fake.do = func(ctx context.Context) (lambdaruntime.Result, error) {
		close(begun)
		<-hungUp
		select {
		case <-ctx.Done():
			ended <- ctx.Err()
		case <-time.After(200 * time.Millisecond): // time for the server to notice
			ended <- nil
		}
		return succeed(ctx)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := clientOf(t, w, lambdatest.Home).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(lambdatest.Name)})
	require.ErrorIs(t, err, context.Canceled)
	close(hungUp)
	require.NoError(t, <-ended)
}
