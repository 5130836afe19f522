package lambdaruntime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/simclock"
)

// asFunction makes the test program a Lambda function.
const asFunction = "LAMBDARUNTIME_TEST_FUNCTION"

type order struct {
	Do string `json:"do"`
}

type told struct {
	PID      int
	Said     string
	Left     time.Duration
	ARN      string
	Outsider string
	Request  string
	Region   string
	Memory   string
}

// hoard keeps what was allocated.
var hoard []byte

func handle(ctx context.Context, o order) (told, error) {
	end, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	switch o.Do {
	case "err":
		return told{}, errors.New("as told")
	case "panic":
		panic("as told")
	case "hang":
		time.Sleep(time.Hour)
	case "exit":
		os.Exit(3)
	case "eat":
		hoard = make([]byte, 128<<20)
		for i := range hoard {
			hoard[i] = byte(i)
		}
		time.Sleep(time.Hour)
	}
	return told{
		PID: os.Getpid(), Said: os.Getenv("SAY"), Left: time.Until(end), ARN: lc.InvokedFunctionArn, Outsider: os.Getenv("PATH"),
		Request: lc.AwsRequestID, Region: os.Getenv("AWS_REGION"), Memory: os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
	}, nil
}

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "serve":
		lambda.Start(handle)
	case "broken":
		fmt.Println("no good")
		os.Exit(4)
	default:
		os.Exit(m.Run())
	}
}

func newFunction(t *testing.T, change ...func(*lambdaruntime.Config)) *lambdaruntime.Function {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cfg := lambdaruntime.Config{
		Command: []string{program}, Variables: map[string]string{asFunction: "serve", "SAY": "hello"},
		Name: "probe", ARN: "arn:aws:lambda:eu-west-1:123456789012:function:probe", Timeout: 20 * time.Second,
	}
	for _, fn := range change {
		fn(&cfg)
	}
	f, err := lambdaruntime.New(cfg)
	require.NoError(t, err)
	t.Cleanup(f.Close)
	return f
}

func invoke(t *testing.T, f *lambdaruntime.Function, event string) (lambdaruntime.Result, told) {
	t.Helper()
	r, err := f.Invoke(t.Context(), []byte(event))
	require.NoError(t, err)
	var answer told
	if r.Fault == nil {
		require.NoError(t, json.Unmarshal(r.Payload, &answer), string(r.Payload))
	}
	return r, answer
}

func TestInvoke_AnswersAndKeepsTheSandbox(t *testing.T) {
	f := newFunction(t)
	first, a := invoke(t, f, `{}`)
	second, b := invoke(t, f, `{}`)
	require.True(t, first.Cold)
	require.False(t, second.Cold)
	require.Equal(t, a.PID, b.PID)
	require.Equal(t, "hello", a.Said)
	require.Equal(t, "arn:aws:lambda:eu-west-1:123456789012:function:probe", a.ARN)
	require.Empty(t, a.Outsider, "nothing of this process's environment")
	require.Greater(t, a.Left, 10*time.Second)
	require.LessOrEqual(t, a.Left, 20*time.Second)
	require.Positive(t, first.Init)
	if runtime.GOOS == "linux" {
		require.Greater(t, first.PeakMemory, int64(1<<20))
	}
}

func TestInvoke_TellsTheFunctionsOwnErrorAndGoesOn(t *testing.T) {
	f := newFunction(t)
	_, before := invoke(t, f, `{}`)
	r, _ := invoke(t, f, `{"do":"err"}`)
	require.Equal(t, &lambdaruntime.Fault{Type: "errorString", Message: "as told"}, r.Fault)
	_, after := invoke(t, f, `{}`)
	require.Equal(t, before.PID, after.PID)
}

func TestInvoke_StartsAnewAfterAPanic(t *testing.T) {
	f := newFunction(t)
	_, before := invoke(t, f, `{}`)
	r, _ := invoke(t, f, `{"do":"panic"}`)
	require.NotNil(t, r.Fault)
	require.Equal(t, "as told", r.Fault.Message)
	require.Eventually(t, func() bool {
		// The first try may still meet the one that is on its way out.
		again, err := f.Invoke(t.Context(), []byte(`{}`))
		var after told
		return err == nil && json.Unmarshal(again.Payload, &after) == nil && after.PID != before.PID
	}, 10*time.Second, 10*time.Millisecond)
}

func TestInvoke_KillsTheSandboxAtItsDeadlineOnTheClock(t *testing.T) {
	now := time.Now()
	clock, err := simclock.New(now, now, 100)
	require.NoError(t, err)
	f := newFunction(t, func(c *lambdaruntime.Config) { c.Clock, c.Timeout = clock, 5*time.Minute })
	_, before := invoke(t, f, `{}`)
	_, err = f.Invoke(t.Context(), []byte(`{"do":"hang"}`))
	require.ErrorIs(t, err, lambdaruntime.ErrTimedOut)
	_, after := invoke(t, f, `{}`)
	require.NotEqual(t, before.PID, after.PID)
}

func TestInvoke_SaysThatTheProgramEnded(t *testing.T) {
	f := newFunction(t)
	_, err := f.Invoke(t.Context(), []byte(`{"do":"exit"}`))
	require.ErrorIs(t, err, lambdaruntime.ErrExited)
	require.NotErrorIs(t, err, lambdaruntime.ErrInit)
	require.NotErrorIs(t, err, lambdaruntime.ErrMemory)
	var exit *lambdaruntime.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, "exit status 3", exit.State)
}

func TestKill_EndsAnInvocationAndTheNextStartsAnew(t *testing.T) {
	f := newFunction(t)
	_, before := invoke(t, f, `{}`)
	ended := make(chan error, 1)
	go func() {
		_, err := f.Invoke(t.Context(), []byte(`{"do":"hang"}`))
		ended <- err
	}()
	require.Eventually(t, func() bool { // the hanging one may not have begun yet
		f.Kill()
		return len(ended) > 0
	}, 10*time.Second, time.Millisecond)
	err := <-ended
	require.ErrorIs(t, err, lambdaruntime.ErrKilled)
	require.ErrorIs(t, err, lambdaruntime.ErrExited)
	_, after := invoke(t, f, `{}`)
	require.NotEqual(t, before.PID, after.PID)
}

func TestInvokeAs_GivesTheRequestItsID(t *testing.T) {
	f := newFunction(t)
	r, err := f.InvokeAs(t.Context(), "the-id", []byte(`{}`))
	require.NoError(t, err)
	var answer told
	require.NoError(t, json.Unmarshal(r.Payload, &answer))
	require.Equal(t, "the-id", answer.Request)
	require.Equal(t, "eu-west-1", answer.Region)
}

func TestRedeploy_CountsFromTheNextInvocation(t *testing.T) {
	var cfg lambdaruntime.Config
	f := newFunction(t, func(c *lambdaruntime.Config) { cfg = *c })
	_, before := invoke(t, f, `{}`)
	cfg.Variables = map[string]string{asFunction: "serve", "SAY": "goodbye"}
	require.NoError(t, f.Redeploy(cfg))
	r, after := invoke(t, f, `{}`)
	require.True(t, r.Cold)
	require.NotEqual(t, before.PID, after.PID)
	require.Equal(t, "goodbye", after.Said)
	cfg.Name = "another"
	require.ErrorContains(t, f.Redeploy(cfg), `name: found "another"`)
}

func TestInvoke_SaysThatTheProgramNeverBegan(t *testing.T) {
	var log bytes.Buffer
	f := newFunction(t, func(c *lambdaruntime.Config) { c.Variables[asFunction], c.Log = "broken", &log })
	_, err := f.Invoke(t.Context(), []byte(`{}`))
	require.ErrorIs(t, err, lambdaruntime.ErrInit)
	require.ErrorContains(t, err, "exit status 4")
	require.Contains(t, log.String(), "no good")

	absent := newFunction(t, func(c *lambdaruntime.Config) { c.Command = []string{"/nowhere/bootstrap"} })
	_, err = absent.Invoke(t.Context(), []byte(`{}`))
	require.ErrorIs(t, err, lambdaruntime.ErrInit)
}

func TestInvoke_GivesOverlappingInvocationsSandboxesOfTheirOwn(t *testing.T) {
	f := newFunction(t)
	ctx, cancel := context.WithCancel(t.Context())
	var hanging sync.WaitGroup
	var ended error
	hanging.Go(func() { _, ended = f.Invoke(ctx, []byte(`{"do":"hang"}`)) })
	invoke(t, f, `{}`)
	cancel()
	hanging.Wait()
	require.ErrorIs(t, ended, context.Canceled)
}

func TestRecycle_MakesTheNextInvocationAColdStart(t *testing.T) {
	f := newFunction(t)
	_, before := invoke(t, f, `{}`)
	f.Recycle()
	r, after := invoke(t, f, `{}`)
	require.True(t, r.Cold)
	require.NotEqual(t, before.PID, after.PID)
}

func TestSetVariables_CountsFromTheNextInvocation(t *testing.T) {
	f := newFunction(t)
	invoke(t, f, `{}`)
	f.SetVariables(map[string]string{asFunction: "serve", "SAY": "goodbye"})
	r, after := invoke(t, f, `{}`)
	require.True(t, r.Cold)
	require.Equal(t, "goodbye", after.Said)
}

func TestClose_EndsWhatRunsAndRefusesMore(t *testing.T) {
	f := newFunction(t)
	invoke(t, f, `{}`)
	f.Close()
	_, err := f.Invoke(t.Context(), []byte(`{}`))
	require.ErrorIs(t, err, lambdaruntime.ErrClosed)
}

func TestNew_NamesWhatIsMissing(t *testing.T) {
	_, err := lambdaruntime.New(lambdaruntime.Config{})
	for _, field := range []string{"command", "name", "arn", "timeout"} {
		require.ErrorContains(t, err, field+": missing")
	}
}
