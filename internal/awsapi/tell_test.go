package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

func metricsOn(f *fake) *Metrics {
	on(f, func(*cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
		return &cloudwatch.PutMetricDataOutput{}, nil
	})
	return &Metrics{cloudwatch: f, namespace: "PGDR", environment: "dev"}
}

func TestMetrics_PutsAllGaugesInOneCall(t *testing.T) {
	f := newFake(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	err := metricsOn(f).Put(context.Background(), at, map[contract.Metric]float64{contract.ActiveWriter: 1, contract.HeartbeatLag: 2.5})
	in := asked[cloudwatch.PutMetricDataInput](f)
	if err != nil || len(in) != 1 || aws.ToString(in[0].Namespace) != "PGDR" || len(in[0].MetricData) != 2 {
		t.Fatalf("asked %+v, %v; want one call with two values in PGDR", in, err)
	}
	for i, want := range []struct {
		name  string
		value float64
		unit  cwtypes.StandardUnit
	}{{"ActiveWriter", 1, cwtypes.StandardUnitNone}, {"HeartbeatLag", 2.5, cwtypes.StandardUnitSeconds}} {
		d := in[0].MetricData[i]
		if *d.MetricName != want.name || *d.Value != want.value || d.Unit != want.unit || !d.Timestamp.Equal(at) {
			t.Errorf("value %d: %s %v %s %v, want %+v at %v", i, *d.MetricName, *d.Value, d.Unit, d.Timestamp, want, at)
		}
		if len(d.Dimensions) != 1 || *d.Dimensions[0].Name != "Environment" || *d.Dimensions[0].Value != "dev" {
			t.Errorf("value %d: dimensions %v, want Environment dev alone, as the alarms have it", i, d.Dimensions)
		}
	}
}

func TestMetrics_PublishesTheWriterThoughAnotherValueIsNoNumber(t *testing.T) {
	f := newFake(t)
	err := metricsOn(f).Put(context.Background(), time.Now(), map[contract.Metric]float64{contract.ActiveWriter: 1, contract.HeartbeatLag: math.NaN()})
	if err == nil || !strings.Contains(err.Error(), "HeartbeatLag") {
		t.Errorf("got %v, want an error that names HeartbeatLag", err)
	}
	in := asked[cloudwatch.PutMetricDataInput](f)
	if len(in) != 1 || len(in[0].MetricData) != 1 || *in[0].MetricData[0].MetricName != "ActiveWriter" {
		t.Errorf("asked %+v, want ActiveWriter alone", in)
	}
}

func TestMetrics_PutsNothingWhereThereIsNothing(t *testing.T) {
	f := newFake(t)
	if err := metricsOn(f).Put(context.Background(), time.Now(), nil); err != nil || len(asked[cloudwatch.PutMetricDataInput](f)) != 0 {
		t.Errorf("got %v, want no call: CloudWatch refuses an empty one", err)
	}
}

func TestMetrics_TellsSilence(t *testing.T) {
	f := newFake(t)
	m := metricsOn(f)
	fails[cloudwatch.PutMetricDataInput](f, silence())
	if err := m.Put(context.Background(), time.Now(), map[contract.Metric]float64{contract.GuardTick: 1}); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("got %v, want ErrSilent", err)
	}
}

func published(t *testing.T, n engine.Notice) *sns.PublishInput {
	t.Helper()
	f := newFake(t)
	on(f, func(*sns.PublishInput) (*sns.PublishOutput, error) { return &sns.PublishOutput{}, nil })
	topic := "arn:aws:sns:eu-west-1:123456789012:failover-notices-dev"
	if err := (&Notifier{sns: f, topic: topic}).Notify(context.Background(), n); err != nil {
		t.Fatalf("notify: %v", err)
	}
	in := asked[sns.PublishInput](f)
	if len(in) != 1 || *in[0].TopicArn != topic {
		t.Fatalf("asked %v, want one message to %s", in, topic)
	}
	return in[0]
}

func TestNotifier_PublishesSubjectAndText(t *testing.T) {
	in := published(t, engine.Notice{ID: "x", Subject: "[pgdr dev] failover is done", Text: "All is well.\nNext: nothing."})
	if *in.Subject != "[pgdr dev] failover is done" || *in.Message != "All is well.\nNext: nothing." {
		t.Errorf("published %q, %q; want them unchanged", *in.Subject, *in.Message)
	}
}

func TestNotifier_MakesASubjectThatSNSTakes(t *testing.T) {
	for given, want := range map[string]string{
		"":                       "pgdr notice",
		" \n ":                   "pgdr notice",
		"two\nlines\tand a tab":  "two lines and a tab",
		"naïve\x00 – \u202ename": "na?ve? ? ?name",
		strings.Repeat("x", 100): strings.Repeat("x", 100),
		strings.Repeat("x", 101): strings.Repeat("x", 97) + "...",
		strings.Repeat("é", 101): strings.Repeat("?", 97) + "...",
		"  [pgdr dev] a subject": "[pgdr dev] a subject",
	} {
		if got := *published(t, engine.Notice{Subject: given, Text: "x"}).Subject; got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

func TestNotifier_CutsATextThatIsTooLongAtACharacter(t *testing.T) {
	for _, given := range []string{strings.Repeat("x", bodyLimit+1), "y" + strings.Repeat("é", bodyLimit), strings.Repeat("€", bodyLimit)} {
		got := *published(t, engine.Notice{Subject: "s", Text: given}).Message
		if len(got) > bodyLimit || len(got) < bodyLimit-4 || !utf8.ValidString(got) || !strings.HasSuffix(got, cutMark) {
			t.Errorf("%d bytes became %d, valid %t; want at most %d, whole characters and a mark", len(given), len(got), utf8.ValidString(got), bodyLimit)
		}
	}
	whole := strings.Repeat("x", bodyLimit)
	if got := *published(t, engine.Notice{Subject: "s", Text: whole}).Message; got != whole {
		t.Errorf("a text of just the limit became %d bytes, want it unchanged", len(got))
	}
	if got := *published(t, engine.Notice{Subject: "s", Text: "\xff"}).Message; got != "?" {
		t.Errorf("invalid UTF-8 became %q, want ?", got)
	}
	if got := *published(t, engine.Notice{Subject: "s"}).Message; got != "(no text)" {
		t.Errorf("an empty text became %q, want words: SNS refuses an empty message", got)
	}
}

func TestNotifier_TellsThatTheTopicCanNotBeUsed(t *testing.T) {
	f := newFake(t)
	fails[sns.PublishInput](f, apiError("KMSAccessDenied"))
	if err := (&Notifier{sns: f}).Notify(context.Background(), engine.Notice{}); !errors.Is(err, engine.ErrDenied) {
		t.Errorf("got %v, want ErrDenied", err)
	}
}

func secretsOn(f *fake, text *string) *Secrets {
	on(f, func(*secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
		return &secretsmanager.GetSecretValueOutput{SecretString: text}, nil
	})
	return &Secrets{secrets: f, arn: regionalSecret}
}

func TestSecrets_ReadsTheRegionalSecret(t *testing.T) {
	f := newFake(t)
	got, err := secretsOn(f, aws.String(`{"username":"admin","password":"hunter2"}`)).Credentials(context.Background())
	if err != nil || got.Username != "admin" || got.Password != "hunter2" {
		t.Errorf("got %q, %v; want admin's credentials", got.Username, err)
	}
	if in := asked[secretsmanager.GetSecretValueInput](f); len(in) != 1 || *in[0].SecretId != regionalSecret {
		t.Errorf("asked %v, want %s", in, regionalSecret)
	}
}

func TestCredentials_ShowThePasswordToNobody(t *testing.T) {
	c := Credentials{Username: "admin", Password: "hunter2"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "credentials", c, "nested", map[string]any{"c": c, "p": &c})
	marshalled, err := json.Marshal(map[string]any{"c": c, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{c.String(), log.String(), string(marshalled), fmt.Sprint(&c), fmt.Sprint([]any{c}), fmt.Sprint(struct{ C Credentials }{c})}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		shown = append(shown, fmt.Sprintf(verb, c))
	}
	for _, s := range shown {
		if strings.Contains(s, "hunter2") || strings.Contains(s, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("shown: %s", s)
		}
	}
}

func TestSecrets_SayWhatIsWrongWithoutSayingWhatIsInThem(t *testing.T) {
	for name, text := range map[string]*string{
		"binary":       nil,
		"no JSON":      aws.String("hunter2"),
		"a list":       aws.String(`["hunter2"]`),
		"a number":     aws.String(`{"username":"admin","password":42}`),
		"no username":  aws.String(`{"password":"hunter2"}`),
		"no password":  aws.String(`{"username":"hunter2"}`),
		"broken early": aws.String(`{"username":"hunter2`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := secretsOn(newFake(t), text).Credentials(context.Background())
			if !errors.Is(err, ErrSecretShape) || strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("got %v, want ErrSecretShape without the secret", err)
			}
		})
	}
}

func TestSecrets_TellSilence(t *testing.T) {
	f := newFake(t)
	s := secretsOn(f, nil)
	fails[secretsmanager.GetSecretValueInput](f, silence())
	if _, err := s.Credentials(context.Background()); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("got %v, want ErrSilent", err)
	}
}
