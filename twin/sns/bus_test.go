package sns_test

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/simclock"
	"github.com/pgdr/pgdr/twin/sns"
)

const golden = "../../stacks/testdata/golden"

// receiver stands for Lambda: it takes events, or refuses them.
type receiver struct {
	mu     sync.Mutex
	err    error
	tries  int
	events []taken
}

type taken struct {
	at      time.Time
	from    lambda.Caller
	arn     string
	payload []byte
}

func (l *receiver) Send(from lambda.Caller, arn string, payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries++
	if l.err != nil {
		return l.err
	}
	l.events = append(l.events, taken{time.Now(), from, arn, payload})
	return nil
}

func (l *receiver) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *receiver) taken() []taken {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// world is an applied account in a bubble.
type world struct {
	*sns.Bus
	t       *testing.T
	account *lambdatest.Account
	lambda  *receiver
	lost    sync.Map
	again   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	w := &world{t: t, account: lambdatest.Apply(t, golden, clock), lambda: &receiver{}}
	w.Bus, err = sns.New(sns.Options{
		Cloud: w.account.Cloud, Clock: clock, Lambda: w.lambda,
		Down:  func(region string) bool { _, lost := w.lost.Load(region); return lost },
		Again: func(sns.Delivery) int { return w.again },
	})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

// bubble runs a test in a world with a clock of its own.
func bubble(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t)) })
}

// alarm is one of us-east-1 that tells its topic.
func alarm(w *world) alarms.Action {
	var r sim.Resource
	for _, r = range w.account.Resources(alarms.Type) {
		if r.Attrs.Str("alarm_name") == "primary-connections-dev" {
			break
		}
	}
	return alarms.Action{
		AlarmARN: r.ARN(), Region: r.Region, Name: "primary-connections-dev", Old: alarms.OK, New: alarms.Alarm, Reason: "Threshold Crossed",
		ActionARN: lambdatest.AwayAlarms, At: time.Now(), Attrs: r.Attrs, Configured: r.Created, RegionTitle: "US East (N. Virginia)",
	}
}

// only is the one delivery so far.
func (w *world) only(t *testing.T) sns.Delivery {
	t.Helper()
	all := w.Deliveries()
	require.Len(t, all, 1, "%+v", all)
	return all[0]
}

func TestOnAlarm_ReachesTheGuardAcrossRegions(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.OnAlarm(alarm(w))
		d := w.only(t)
		require.Equal(t, sns.Delivered, d.Outcome, d.Detail)
		require.Equal(t, lambdatest.ARN, d.To)
		require.Equal(t, `ALARM: "primary-connections-dev" in US East (N. Virginia)`, d.Subject)
		got := w.lambda.taken()
		require.Len(t, got, 1)
		require.Equal(t, lambda.Caller{Service: "sns.amazonaws.com", SourceARN: lambdatest.AwayAlarms}, got[0].from)
		require.Equal(t, lambdatest.ARN, got[0].arn)

		e := event.Parse(got[0].payload, "dev")
		require.Equal(t, event.Hint, e.Kind, "%+v", e.Refusal)
		require.Equal(t, []event.Alarm{{Name: "primary-connections-dev", State: "ALARM", At: "2000-01-01T00:00:00.000+0000", Via: "sns"}}, e.Alarms)
	})
}

func TestPublish_GivesTheFunctionSNSsEvent(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		require.NoError(t, w.Publish(sns.Post{Service: "cloudwatch.amazonaws.com", TopicARN: lambdatest.HomeAlarms, Body: "hello"}))
		d := w.only(t)
		subscription := ""
		for _, r := range w.account.Resources("aws_sns_topic_subscription") {
			if r.Region == lambdatest.Home {
				subscription = r.ARN()
			}
		}
		require.JSONEq(t, `{"Records": [{
			"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "`+subscription+`",
			"Sns": {
				"Type": "Notification", "MessageId": "`+d.MessageID+`", "TopicArn": "`+lambdatest.HomeAlarms+`", "Subject": null, "Message": "hello",
				"Timestamp": "2000-01-01T00:00:00.000Z", "SignatureVersion": "1", "Signature": "bm90IHNpZ25lZA==",
				"SigningCertUrl": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0000000000000000000000000000000.pem",
				"UnsubscribeUrl": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=`+subscription+`", "MessageAttributes": {}
			}
		}]}`, string(w.lambda.taken()[0].payload))
	})
}

func TestForward_DeliversWhatWasAcceptedOnTheWire(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.account.Create("aws_sns_topic_subscription", lambdatest.Home, map[string]any{"topic_arn": lambdatest.Notices, "protocol": "email", "endpoint": "a@example.com"})
		n, err := w.ConfirmPeople()
		require.NoError(t, err)
		require.Equal(t, 1, n)
		w.Forward(api.Message{ID: "the-id", TopicARN: lambdatest.Notices, Subject: "Failover done", Body: "It is done."})
		d := w.only(t)
		d.At = time.Time{}
		require.Equal(t, sns.Delivery{
			Publisher: "account", Topic: lambdatest.Notices, MessageID: "the-id", Subject: "Failover done", Body: "It is done.",
			Protocol: "email", To: "a@example.com", Outcome: sns.Delivered,
		}, d)
	})
}

// Each of these keeps an alarm from the guard; in AWS all are silent.
func TestPublish_NamesWhyAMessageIsNotAccepted(t *testing.T) {
	topic := lambdatest.With("arn", lambdatest.AwayAlarms)
	key := lambdatest.With("description", "Alarm and notice topics of dev")
	setKey := func(values sim.Attrs) func(*world) {
		return func(w *world) { w.account.Set("aws_kms_key", key, values) }
	}
	setTopic := func(values sim.Attrs) func(*world) {
		return func(w *world) { w.account.Set("aws_sns_topic", topic, values) }
	}
	const allow = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":`
	for name, c := range map[string]struct {
		spoil  func(*world)
		reason sns.Reason
	}{
		"as applied":                    {func(*world) {}, ""},
		"no key":                        {setTopic(sim.Attrs{"kms_master_key_id": ""}), ""},
		"the topic is gone":             {func(w *world) { w.account.Remove("aws_sns_topic", topic) }, sns.TopicMissing},
		"the region is lost":            {func(w *world) { w.lost.Store(lambdatest.Away, true) }, sns.RegionLost},
		"topic's policy of others":      {setTopic(sim.Attrs{"policy": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sns:Publish","Resource":"*"}]}`}), sns.TopicPolicy},
		"topic's policy denies":         {setTopic(sim.Attrs{"policy": allow + `"sns:Publish","Resource":"*"},{"Sid":"No","Effect":"Deny","Principal":"*","Action":"sns:*","Resource":"*"}]}`}), sns.TopicPolicy},
		"topic's policy, other account": {setTopic(sim.Attrs{"policy": allow + `"sns:Publish","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"210987654321"}}}]}`}), sns.TopicPolicy},
		"topic's policy, this alarm":    {setTopic(sim.Attrs{"policy": allow + `"sns:Publish","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:*:alarm:primary-*"}}}]}`}), ""},
		"topic's policy is unknown":     {setTopic(sim.Attrs{"policy": allow + `"sns:Publish","Resource":"*","Condition":{"DateLessThan":{"aws:SourceArn":"x"}}}]}`}), sns.PolicyUnsupported},
		"AWS's key":                     {setTopic(sim.Attrs{"kms_master_key_id": "alias/aws/sns"}), sns.KeyManaged},
		"another region's key":          {setTopic(sim.Attrs{"kms_master_key_id": "arn:aws:kms:eu-west-1:123456789012:key/x"}), sns.KeyMissing},
		"key is gone":                   {func(w *world) { w.account.Remove("aws_kms_key", key) }, sns.KeyMissing},
		"key is disabled":               {setKey(sim.Attrs{"is_enabled": false}), sns.KeyUnusable},
		"key without CloudWatch":        {setKey(sim.Attrs{"policy": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}`}), sns.KeyPolicy},
		"key without decryption":        {setKey(sim.Attrs{"policy": allow + `"kms:GenerateDataKey*","Resource":"*"}]}`}), sns.KeyPolicy},
		"key without data keys":         {setKey(sim.Attrs{"policy": allow + `"kms:Decrypt","Resource":"*"}]}`}), sns.KeyPolicy},
		"key of another topic":          {setKey(sim.Attrs{"policy": allow + `"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"` + lambdatest.Notices + `"}}}]}`}), sns.KeyPolicy},
		"key's policy is unknown":       {setKey(sim.Attrs{"policy": `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"kms:*","Resource":"*"}]}`}), sns.PolicyUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				t := w.t
				a := alarm(w)
				c.spoil(w)
				w.OnAlarm(a)
				d := w.only(t)
				require.Equal(t, c.reason, d.Reason, d.Detail)
				if c.reason == "" {
					require.Equal(t, sns.Delivered, d.Outcome)
					return
				}
				require.Equal(t, sns.Undelivered, d.Outcome)
				require.NotEmpty(t, d.Detail)
				require.Empty(t, w.lambda.taken())
				var refusal *sns.Refusal
				err := w.Publish(sns.Post{Service: "cloudwatch.amazonaws.com", TopicARN: lambdatest.AwayAlarms, Body: "x"})
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, c.reason, refusal.Reason)
				require.ErrorContains(t, err, lambdatest.AwayAlarms)
			})
		})
	}
}

func TestPublish_LetsAlarmsIntoATopicWithoutAPolicyOfItsOwn(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		arn := "arn:aws:sns:us-east-1:123456789012:plain"
		w.account.Create("aws_sns_topic", lambdatest.Away, map[string]any{"name": "plain"})
		w.account.Create("aws_sns_topic_subscription", lambdatest.Away, map[string]any{"topic_arn": arn, "protocol": "lambda", "endpoint": lambdatest.ARN})
		require.NoError(t, w.Publish(sns.Post{Service: "cloudwatch.amazonaws.com", TopicARN: arn, Body: "x"}))
		require.Error(t, w.Publish(sns.Post{Service: "events.amazonaws.com", TopicARN: arn, Body: "x"}), "EventBridge needs a statement of its own")
	})
}

func TestDeliver_NamesWhyAMessageDoesNotArrive(t *testing.T) {
	lambdas := lambdatest.With("topic_arn", lambdatest.AwayAlarms)
	subscribe := func(protocol, endpoint string) func(*world) {
		return func(w *world) {
			w.account.Set("aws_sns_topic_subscription", lambdas, sim.Attrs{"protocol": protocol, "endpoint": endpoint, "pending_confirmation": protocol == "email"})
		}
	}
	for name, c := range map[string]struct {
		spoil  func(*world)
		reason sns.Reason
	}{
		"nobody subscribed": {func(w *world) { w.account.Remove("aws_sns_topic_subscription", lambdas) }, sns.NoSubscription},
		"not confirmed":     {subscribe("email", "a@example.com"), sns.NotConfirmed},
		"a queue":           {subscribe("sqs", "arn:aws:sqs:us-east-1:123456789012:q"), sns.ProtocolUnsupported},
		"a filter": {func(w *world) {
			w.account.Set("aws_sns_topic_subscription", lambdas, sim.Attrs{"filter_policy": "{}"})
		}, sns.FilterUnsupported},
		"no permission":         {func(w *world) { w.lambda.refuse(lambda.ErrNotPermitted) }, sns.PermissionMissing},
		"no function":           {func(w *world) { w.lambda.refuse(lambda.ErrNoFunction) }, sns.FunctionMissing},
		"refused for no reason": {func(w *world) { w.lambda.refuse(errors.New("out of order")) }, sns.EndpointRefused},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				t := w.t
				a := alarm(w)
				c.spoil(w)
				w.OnAlarm(a)
				time.Sleep(time.Hour)
				d := w.only(t)
				require.Equal(t, sns.Undelivered, d.Outcome)
				require.Equal(t, c.reason, d.Reason, d.Detail)
				require.NotEmpty(t, d.Detail)
				require.Empty(t, w.lambda.taken())
			})
		})
	}
}

func TestOnAlarm_NamesAnActionThatIsNoTopic(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		a := alarm(w)
		a.ActionARN = lambdatest.ARN
		w.OnAlarm(a)
		require.Equal(t, sns.ActionUnsupported, w.only(t).Reason)
	})
}

func TestForward_DeliversNothingInALostRegion(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.lost.Store(lambdatest.Home, true)
		w.Forward(api.Message{ID: "the-id", TopicARN: lambdatest.HomeAlarms, Body: "x"})
		require.Equal(t, sns.RegionLost, w.only(t).Reason)
		require.Empty(t, w.lambda.taken())
	})
}

func TestDeliver_TriesAgainUntilTheFunctionsRegionIsBack(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		begin := time.Now()
		w.lambda.refuse(lambda.ErrUnavailable)
		w.OnAlarm(alarm(w))
		time.Sleep(10 * time.Minute)
		require.Equal(t, sns.EndpointUnavailable, w.only(t).Reason)
		require.Equal(t, sns.Waiting, w.only(t).Outcome)
		w.lambda.refuse(nil)
		time.Sleep(21 * time.Second)
		got := w.lambda.taken()
		require.Len(t, got, 1)
		require.Greater(t, got[0].at.Sub(begin), 10*time.Minute)
		require.Equal(t, sns.Delivered, w.Deliveries()[1].Outcome)
		require.Equal(t, w.Deliveries()[0].MessageID, w.Deliveries()[1].MessageID)
	})
}

func TestDeliver_TriesNothingWhileTheTopicsRegionIsLost(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.lambda.refuse(lambda.ErrUnavailable)
		w.OnAlarm(alarm(w))
		w.lost.Store(lambdatest.Away, true)
		w.lambda.refuse(nil)
		time.Sleep(time.Hour)
		require.Empty(t, w.lambda.taken())
		w.lost.Delete(lambdatest.Away)
		time.Sleep(time.Minute)
		require.Len(t, w.lambda.taken(), 1)
	})
}

func TestDeliver_GivesUpAfter23Days(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.lambda.refuse(lambda.ErrUnavailable)
		w.OnAlarm(alarm(w))
		time.Sleep(23 * 24 * time.Hour)
		require.Equal(t, sns.Waiting, w.only(t).Outcome)
		time.Sleep(24 * time.Hour)
		all := w.Deliveries()
		require.Len(t, all, 2)
		require.Equal(t, sns.Undelivered, all[1].Outcome)
		require.Equal(t, 100_016, w.lambda.tries)
	})
}

func TestDeliver_SendsDuplicatesWhereAskedFor(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.again = 2
		w.OnAlarm(alarm(w))
		all := w.Deliveries()
		require.Len(t, all, 3)
		require.Len(t, w.lambda.taken(), 3)
		for i, d := range all {
			require.Equal(t, i, d.Copy)
			require.Equal(t, all[0].MessageID, d.MessageID, "one message")
		}
	})
}

func TestClose_EndsWhatIsStillTried(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		w.lambda.refuse(lambda.ErrUnavailable)
		w.OnAlarm(alarm(w))
		w.Close()
		w.OnAlarm(alarm(w))
		w.lambda.refuse(nil)
		time.Sleep(time.Hour)
		require.Empty(t, w.lambda.taken())
	})
}

func TestUnsupported_NamesTheSubscription(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		require.NoError(t, w.Unsupported())
		w.account.Set("aws_sns_topic_subscription", lambdatest.With("topic_arn", lambdatest.AwayAlarms), sim.Attrs{"filter_policy": `{"a":["b"]}`})
		w.account.Set("aws_sns_topic_subscription", lambdatest.With("topic_arn", lambdatest.HomeAlarms), sim.Attrs{"protocol": "sms"})
		err := w.Unsupported()
		require.ErrorIs(t, err, sns.ErrUnsupported)
		require.ErrorContains(t, err, "filter_policy")
		require.ErrorContains(t, err, `protocol: found "sms"`)
	})
}

func TestNew_NamesWhatIsMissing(t *testing.T) {
	_, err := sns.New(sns.Options{})
	require.ErrorContains(t, err, "cloud, clock, lambda")
}

func TestLambdaEvent_IsAlwaysReadByTheGuard(t *testing.T) {
	bubble(t, func(w *world) {
		t := w.t
		for _, body := range []string{"no JSON", "{}", `{"AlarmName":"a-dev"}`, "\x00<&>\u2028"} {
			require.NoError(t, w.Publish(sns.Post{Service: "cloudwatch.amazonaws.com", TopicARN: lambdatest.HomeAlarms, Body: body}))
		}
		for i, e := range w.lambda.taken() {
			require.True(t, json.Valid(e.payload))
			require.Equal(t, event.Ignored, event.Parse(e.payload, "dev").Kind, "%d", i)
		}
	})
}
