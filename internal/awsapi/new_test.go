package awsapi

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

var static = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")

func TestNew_PinsEachClientToItsRegion(t *testing.T) {
	// The SDK would add a certificate bundle to a client that has no place
	// for one.
	t.Setenv("AWS_CA_BUNDLE", "")
	client := &recordingClient{}
	a, err := New(context.Background(), testConfig(), Options{Clock: clock.System{}, HTTPClient: client, Credentials: static})
	if err != nil {
		t.Fatalf("new: %v", err)
	}
	ctx := context.Background()
	primaryKey, regionalKey := "arn:aws:kms:us-east-1:123456789012:key/k", "arn:aws:kms:eu-west-1:123456789012:key/k"
	for _, c := range []struct {
		what string
		call func() error
		want string
	}{
		{"primary", func() error { _, err := a.Promoter.Inspect(ctx, primary); return err }, "rds.us-east-1.amazonaws.com us-east-1"},
		{"replica", func() error { _, err := a.Promoter.Inspect(ctx, replica); return err }, "rds.eu-west-1.amazonaws.com eu-west-1"},
		{"fence", func() error { _, err := a.Fencer.Fenced(ctx, primary); return err }, "ec2.us-east-1.amazonaws.com us-east-1"},
		{"records", func() error { _, err := a.Switcher.Agrees(ctx, primary); return err }, "route53.amazonaws.com us-east-1"},
		{"metrics", func() error {
			return a.Metrics.Put(ctx, clock.System{}.Now(), map[contract.Metric]float64{contract.GuardTick: 1})
		}, "monitoring.eu-west-1.amazonaws.com eu-west-1"},
		{"ledger", func() error { _, err := a.Ledger.Read(ctx); return err }, "dynamodb.eu-west-1.amazonaws.com eu-west-1"},
		{"notices", func() error { return a.Notifier.Notify(ctx, engine.Notice{}) }, "sns.eu-west-1.amazonaws.com eu-west-1"},
		{"credentials", func() error { _, err := a.Secrets.Credentials(ctx); return err }, "secretsmanager.eu-west-1.amazonaws.com eu-west-1"},
		{"secret", func() error { return a.Posture.DetachSecret(ctx) }, "secretsmanager.eu-west-1.amazonaws.com eu-west-1"},
		{"primary's secret", func() error { _, err := a.Readiness.PrimarySecret(ctx); return err }, "secretsmanager.us-east-1.amazonaws.com us-east-1"},
		{"primary's key", func() error { _, err := a.Readiness.Key(ctx, primaryKey); return err }, "kms.us-east-1.amazonaws.com us-east-1"},
		{"regional key", func() error { _, err := a.Readiness.Key(ctx, regionalKey); return err }, "kms.eu-west-1.amazonaws.com eu-west-1"},
		{"alarm", func() error { _, err := a.Readiness.Alarm(ctx); return err }, "monitoring.eu-west-1.amazonaws.com eu-west-1"},
		{"health check", func() error { _, err := a.Readiness.HealthCheck(ctx); return err }, "route53.amazonaws.com us-east-1"},
		{"caller", func() error { _, err := a.Readiness.Permissions(ctx, facts.Database{}, facts.Database{}); return err }, "sts.eu-west-1.amazonaws.com eu-west-1"},
		{"notices' key", func() error { _, err := a.Readiness.noticeKey(ctx, ""); return err }, "sns.eu-west-1.amazonaws.com eu-west-1"},
		{"permissions", func() error {
			_, err := a.Readiness.simulate(ctx, "role", contract.Question{Grant: contract.Grant{Actions: []string{"sts:x"}}, Resource: "*"})
			return err
		}, "iam.amazonaws.com us-east-1"},
	} {
		client.hosts = nil
		if err := c.call(); err == nil {
			t.Errorf("%s: got nil, want the server's 403", c.what)
		}
		if !slices.Equal(client.hosts, []string{c.want}) {
			t.Errorf("%s went to %v, want one try at %s", c.what, client.hosts, c.want)
		}
	}
	client.hosts = nil
	if s := a.Liveness.Other(ctx, engine.SitePrimary); s.Class != decide.ClassDenied || client.hosts[0] != "sts.us-east-1.amazonaws.com us-east-1" {
		t.Errorf("other API: %+v at %v, want denied at the regional endpoint", s, client.hosts)
	}
}

func TestNew_WitnessesAreRegionalEndpoints(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "")
	for _, region := range testConfig().WitnessRegions {
		client := &recordingClient{}
		a, err := New(context.Background(), testConfig(), Options{Clock: clock.System{}, HTTPClient: client, Credentials: static})
		if err != nil {
			t.Fatal(err)
		}
		a.Liveness.call(context.Background(), region)
		if want := "sts." + region + ".amazonaws.com " + region; !slices.Equal(client.hosts, []string{want}) {
			t.Errorf("asked %v, want %s", client.hosts, want)
		}
	}
}

func TestNew_TakesAnotherEndpointForAServiceInARegion(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "")
	client := &recordingClient{}
	a, err := New(context.Background(), testConfig(), Options{Clock: clock.System{}, HTTPClient: client, Credentials: static,
		Endpoint: func(s Service, region string) string {
			if s == RDS && region == "us-east-1" {
				return "http://127.0.0.2:4566"
			}
			return ""
		}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = a.Promoter.Inspect(context.Background(), primary)
	_, _ = a.Promoter.Inspect(context.Background(), replica)
	if want := []string{"127.0.0.2:4566 us-east-1", "rds.eu-west-1.amazonaws.com eu-west-1"}; !slices.Equal(client.hosts, want) {
		t.Errorf("asked %v, want %v", client.hosts, want)
	}
}

func TestNew_HeedsTheSDKsOwnEndpointVariable(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.3:4566")
	client := &recordingClient{}
	a, err := New(context.Background(), testConfig(), Options{Clock: clock.System{}, HTTPClient: client, Credentials: static})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = a.Ledger.Read(context.Background())
	_, _ = a.Switcher.Agrees(context.Background(), primary)
	if want := []string{"127.0.0.3:4566 eu-west-1", "127.0.0.3:4566 us-east-1"}; !slices.Equal(client.hosts, want) {
		t.Errorf("asked %v, want %v", client.hosts, want)
	}
}

func TestNew_NeedsAClock(t *testing.T) {
	if _, err := New(context.Background(), testConfig(), Options{}); err == nil {
		t.Error("got nil, want an error that names the clock")
	}
}

func TestNew_CredentialsThatCanNotBeHadAreTheGuardsOwnFault(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "")
	failing := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("no credentials") })
	client := &recordingClient{}
	a, err := New(context.Background(), testConfig(), Options{Clock: clock.System{}, HTTPClient: client, Credentials: failing})
	if err != nil {
		t.Fatal(err)
	}
	if s := a.Liveness.Other(context.Background(), engine.SitePrimary); s.Class != decide.ClassInternal || len(client.hosts) != 0 {
		t.Errorf("sample %+v, want internal: nobody was asked", s)
	}
	if err := a.Fencer.Fence(context.Background(), primary); err == nil || Classify(err) != nil {
		t.Errorf("fence: got %v, want an error that is no silence", err)
	}
}
