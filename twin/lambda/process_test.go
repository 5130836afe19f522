package lambda

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/simclock"
)

// panicking is a handler with a bug.
type panicking struct{ with error }

func (p panicking) ServeHTTP(http.ResponseWriter, *http.Request) { panic(p.with) }

func request(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://sns", http.NoBody)
	require.NoError(t, err)
	return r
}

// asFunction makes the test program a Lambda function.
const asFunction = "TWIN_FUNCTIONS_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) == "" {
		os.Exit(m.Run())
	}
	lambda.Start(func(_ context.Context, in struct{ Do string }) (string, error) {
		switch in.Do {
		case "err":
			return "", errors.New("as told")
		case "hang":
			time.Sleep(time.Hour)
		}
		if _, err := os.Stdout.WriteString(`{"msg":"done"}` + "\n"); err != nil {
			return "", err
		}
		return os.Getenv("PGDR_ENVIRONMENT"), nil
	})
}

// With a real process, on a clock that runs fast: what an invocation meets.
func TestManager_RunsARealProgram(t *testing.T) {
	clock, err := simclock.New(time.Now(), time.Now(), 50)
	require.NoError(t, err)
	account := lambdatest.Apply(t, golden, clock)
	program, err := os.Executable()
	require.NoError(t, err)
	m, err := New(Options{
		Cloud: account.Cloud, Metrics: &metrics.Store{}, Clock: clock, AWS: panicking{http.ErrAbortHandler},
		Program: func(sim.Resource) ([]string, map[string]string, error) {
			return []string{program}, map[string]string{asFunction: "1", accessKeyVariable: key}, nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	a, err := m.Invoke(t.Context(), arn, []byte(`{}`))
	require.NoError(t, err)
	require.Equal(t, `"dev"`, string(a.Payload))
	require.Eventually(t, func() bool { return len(m.Log(arn)) > 0 }, 10*time.Second, time.Millisecond)
	require.Equal(t, `{"msg":"done"}`, m.Log(arn)[0].Text)

	a, err = m.Invoke(t.Context(), arn, []byte(`{"Do":"hang"}`))
	require.NoError(t, err)
	require.Equal(t, "Sandbox.Timedout", a.Fault.Type, "55 s of the clock")

	account.Set(Type, lambdatest.With("arn", arn), sim.Attrs{"timeout": 900})
	ended := make(chan Answer, 1)
	go func() {
		if a, err := m.Invoke(t.Context(), arn, []byte(`{"Do":"hang"}`)); err == nil {
			ended <- a
		}
	}()
	require.Eventually(t, func() bool { return m.Kill(arn) == nil && len(ended) > 0 }, 10*time.Second, 20*time.Millisecond)
	a = <-ended
	require.Equal(t, "Runtime.ExitError", a.Fault.Type)
	require.Contains(t, a.Fault.Message, "signal: killed")

	require.NoError(t, m.Queue(arn, []byte(`{"Do":"err"}`)))
	require.Eventually(t, func() bool { return len(m.Drops(arn)) > 0 }, 20*time.Second, time.Millisecond)
	require.Equal(t, RetriesExhausted, m.Drops(arn)[0].Condition)
	require.Equal(t, DestinationUnavailable, m.Drops(arn)[0].Reason)
}
