package lambda

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

const arn = lambdatest.ARN

// after gives the seconds after which the function was tried.
func (w *world) after(begin time.Time) []float64 {
	var out []float64
	for _, at := range w.fake.tried() {
		out = append(out, at.Sub(begin).Seconds())
	}
	return out
}

func (w *world) configureQueue(values sim.Attrs) {
	w.account.Set(typeInvokeConfig, lambdatest.With("function_name", lambdatest.Name), values)
}

func TestQueue_RunsAnEventOnceIfItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Queue(arn, []byte(`{"source":"aws.events"}`)))
		time.Sleep(time.Hour)
		require.Len(t, w.fake.tried(), 1)
		require.Empty(t, w.Drops(arn))
		got := w.Invocations(arn)
		require.Len(t, got, 1)
		require.Equal(t, 1, got[0].Attempt)
		require.Equal(t, "aws.events", got[0].Source)
		require.Empty(t, got[0].ErrorType)
	})
}

func TestQueue_RetriesAfterOneAndThenTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.account.Remove(typeInvokeConfig, lambdatest.With("function_name", lambdatest.Name))
		w.fake.will(fail)
		begin := time.Now()
		require.NoError(t, w.Queue(arn, []byte(`{}`)))
		time.Sleep(time.Hour)
		require.Equal(t, []float64{0, 60, 180}, w.after(begin), "Lambda's own settings: two retries")
		require.Equal(t, w.fake.ids[0], w.fake.ids[2], "one request")
		drops := w.Drops(arn)
		require.Len(t, drops, 1)
		require.Equal(t, RetriesExhausted, drops[0].Condition)
		require.Empty(t, drops[0].Destination)
	})
}

func TestQueue_RetriesAsConfiguredAndTellsTheDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.will(fail)
		begin := time.Now()
		require.NoError(t, w.Queue(arn, []byte(`{"source":"aws.events"}`)))
		time.Sleep(time.Hour)
		require.Equal(t, []float64{0, 60}, w.after(begin), "one retry")
		require.Equal(t, []float64{1, 1}, w.points("Errors"))
		drops := w.Drops(arn)
		require.Len(t, drops, 1)
		require.Equal(t, lambdatest.Notices, drops[0].Destination)
		require.Empty(t, drops[0].Reason, drops[0].Detail)
		told := w.aws.Messages()
		require.Len(t, told, 1)
		require.Equal(t, lambdatest.Notices, told[0].TopicARN)
		require.JSONEq(t, `{
			"version": "1.0", "timestamp": "2000-01-01T00:01:00.000Z",
			"requestContext": {"requestId": "`+w.fake.ids[0]+`", "functionArn": "`+arn+`:$LATEST", "condition": "RetriesExhausted", "approximateInvokeCount": 2},
			"requestPayload": {"source": "aws.events"},
			"responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
			"responsePayload": {"errorType": "errorString", "errorMessage": "no good"}
		}`, told[0].Body)
	})
}

func TestQueue_StopsRetryingWhenItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.will(fail)
		require.NoError(t, w.Queue(arn, []byte(`{}`)))
		time.Sleep(30 * time.Second)
		w.fake.will(succeed)
		time.Sleep(time.Hour)
		require.Len(t, w.fake.tried(), 2)
		require.Empty(t, w.Drops(arn))
	})
}

func TestQueue_GivesUpAnEventThatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.configureQueue(sim.Attrs{"maximum_retry_attempts": 2, "maximum_event_age_in_seconds": 90})
		w.fake.will(fail)
		begin := time.Now()
		require.NoError(t, w.Queue(arn, []byte(`{}`)))
		time.Sleep(time.Hour)
		require.Equal(t, []float64{0, 60}, w.after(begin), "the third try would be after 180 s")
		require.Equal(t, EventAgeExceeded, w.Drops(arn)[0].Condition)
		require.Contains(t, w.aws.Messages()[0].Body, EventAgeExceeded)
	})
}

func TestQueue_WaitsForALostRegionAndThenGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.will(fail)
		begin := time.Now()
		require.NoError(t, w.Queue(arn, []byte(`{}`)))
		time.Sleep(30 * time.Second)
		w.lose(lambdatest.Home)
		require.ErrorIs(t, w.Queue(arn, nil), ErrUnavailable, "no new events")
		w.fake.will(succeed)
		time.Sleep(time.Minute)
		w.regain(lambdatest.Home)
		time.Sleep(time.Hour)
		require.Equal(t, []float64{0, 91}, w.after(begin), "the retry was due after 60 s, then waits double")
		require.Empty(t, w.Drops(arn))
	})
}

func TestQueue_ToldNothingOfAnEventThatNeverRanSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.lose(lambdatest.Home)
		e := &event{arn: arn, id: "the-id", payload: []byte(`{}`), at: time.Now()}
		w.queued.Go(func() { w.work(e) })
		time.Sleep(5 * time.Minute)
		w.regain(lambdatest.Home)
		time.Sleep(time.Hour)
		require.Empty(t, w.fake.tried())
		var r map[string]any
		require.NoError(t, json.Unmarshal([]byte(w.aws.Messages()[0].Body), &r))
		require.NotContains(t, r, "responseContext")
		require.Equal(t, "EventAgeExceeded", r["requestContext"].(map[string]any)["condition"])
	})
}

func TestQueue_ForgetsTheEventsOfAFunctionThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.will(fail)
		require.NoError(t, w.Queue(arn, []byte(`{}`)))
		time.Sleep(time.Second)
		w.account.Remove(Type, lambdatest.With("arn", arn))
		time.Sleep(time.Hour)
		require.Len(t, w.fake.tried(), 1)
		require.True(t, w.fake.closed.Load())
		require.ErrorIs(t, w.Queue(arn, nil), ErrNoFunction)
	})
}

func TestQueue_NamesWhyTheDestinationWasNotTold(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(w *world)
		reason Reason
		detail string
	}{
		"the role may not publish": {func(w *world) {
			w.account.Set("aws_iam_role_policy", func(sim.Attrs) bool { return true }, sim.Attrs{"policy": `{"Statement":[{"Effect":"Deny","Action":"sns:Publish","Resource":"*"}]}`})
		}, DestinationRefused, "AuthorizationError"},
		"the key is disabled": {func(w *world) {
			w.account.Set("aws_kms_key", lambdatest.With("description", "Alarm and notice topics of dev"), sim.Attrs{"is_enabled": false})
		}, DestinationRefused, "KMSDisabled"},
		"the topic is gone": {func(w *world) {
			w.account.Remove("aws_sns_topic", lambdatest.With("arn", lambdatest.Notices))
		}, DestinationRefused, "NotFound"},
		"SNS is broken": {func(w *world) {
			w.aws.Faults().Add(api.Scope{Service: api.SNS}, api.Broken())
		}, DestinationRefused, "InternalError"},
		"SNS does not answer": {func(w *world) {
			w.aws.Faults().Add(api.Scope{Service: api.SNS}, api.BlackHole())
		}, DestinationUnavailable, ""},
		"SNS hangs up": {func(w *world) {
			w.aws.Faults().Add(api.Scope{Service: api.SNS}, api.Refused())
		}, DestinationUnavailable, ""},
		"the topic's region is lost": {func(w *world) {
			w.configureQueue(sim.Attrs{"destination_config": []sim.Attrs{{"on_failure": []sim.Attrs{{"destination": lambdatest.AwayAlarms}}}}})
			w.lose(lambdatest.Away)
		}, DestinationUnavailable, "us-east-1 is lost"},
		"it is no topic": {func(w *world) {
			w.configureQueue(sim.Attrs{"destination_config": []sim.Attrs{{"on_failure": []sim.Attrs{{"destination": "arn:aws:sqs:eu-west-1:123456789012:q"}}}}})
		}, DestinationUnsupported, "arn:aws:sqs"},
		"the key is unknown": {func(w *world) { w.extra = map[string]string{"AWS_ACCESS_KEY_ID": "AKIASTRANGER"} }, DestinationRefused, "InvalidClientTokenId"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fake.will(fail)
				c.spoil(w)
				require.NoError(t, w.Queue(arn, []byte(`{}`)))
				time.Sleep(time.Hour)
				drops := w.Drops(arn)
				require.Len(t, drops, 1)
				require.Equal(t, c.reason, drops[0].Reason, drops[0].Detail)
				require.Contains(t, drops[0].Detail, c.detail)
				require.Empty(t, w.aws.Messages())
			})
		})
	}
}

func TestClose_ForgetsWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.do = func(ctx context.Context) (lambdaruntime.Result, error) {
			<-ctx.Done()
			return lambdaruntime.Result{}, ctx.Err()
		}
		require.NoError(t, w.Queue(arn, []byte(`{}`)))
		synctest.Wait()
		w.Close()
		require.Empty(t, w.Drops(arn))
		require.Empty(t, w.points("Errors"), "the function did nothing wrong")
		require.ErrorIs(t, w.Queue(arn, nil), ErrClosed)
		_, err := w.Invoke(t.Context(), arn, nil)
		require.ErrorIs(t, err, ErrClosed)
	})
}
