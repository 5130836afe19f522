package sns_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/simclock"
	"github.com/pgdr/pgdr/twin/sns"
)

// chain is what leads from a metric to a program: all of it real, and a
// program that fails at once.
type chain struct {
	account   *lambdatest.Account
	functions *lambda.Manager
	bus       *sns.Bus
	alarms    *alarms.Evaluator
}

func newChain(t *testing.T) chain {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	c := chain{account: lambdatest.Apply(t, golden, clock)}
	store := &metrics.Store{}
	c.functions, err = lambda.New(lambda.Options{
		Cloud: c.account.Cloud, Metrics: store, Clock: clock, AWS: http.NotFoundHandler(),
		Program: func(sim.Resource) ([]string, map[string]string, error) {
			return []string{"/nowhere/bootstrap"}, nil, nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(c.functions.Close)
	c.bus, err = sns.New(sns.Options{Cloud: c.account.Cloud, Clock: clock, Lambda: c.functions})
	require.NoError(t, err)
	t.Cleanup(c.bus.Close)
	c.alarms, err = alarms.New(alarms.Options{Cloud: c.account.Cloud, Metrics: store, Clock: clock, Notify: c.bus.OnAlarm})
	require.NoError(t, err)
	id := metrics.ID{
		Region: lambdatest.Away, Namespace: "AWS/RDS", Name: "DatabaseConnections",
		Dimensions: metrics.Dimensions(map[string]string{"DBInstanceIdentifier": "primary-db-dev"}),
	}
	for i := range 3 {
		store.Put(id, metrics.Point{At: clock.Now().Truncate(time.Minute).Add(-time.Duration(i+1) * time.Minute), Value: 5000, Count: 1})
	}
	return c
}

// told is what became of the alarm on connections.
func (c chain) told(t *testing.T) sns.Delivery {
	t.Helper()
	require.NoError(t, c.alarms.Tick())
	for _, d := range c.bus.Deliveries() {
		if d.Subject == `ALARM: "primary-connections-dev" in US East (N. Virginia)` {
			return d
		}
	}
	require.Fail(t, "nobody was told", "%+v", c.bus.Deliveries())
	return sns.Delivery{}
}

func TestChain_AMetricOfOneRegionRunsAProgramOfTheOther(t *testing.T) {
	c := newChain(t)
	d := c.told(t)
	require.Equal(t, sns.Delivered, d.Outcome, d.Detail)
	require.Eventually(t, func() bool { return len(c.functions.Invocations(lambdatest.ARN)) > 0 }, 10*time.Second, time.Millisecond)
}

// Each link is of the applied configuration: without it the chain breaks, and
// says where.
func TestChain_BreaksWhereALinkIsTakenAway(t *testing.T) {
	for name, c := range map[string]struct {
		typ    string
		match  func(sim.Attrs) bool
		reason sns.Reason
	}{
		"permission":   {"aws_lambda_permission", lambdatest.With("statement_id", "primary-alarms"), sns.PermissionMissing},
		"subscription": {"aws_sns_topic_subscription", lambdatest.With("topic_arn", lambdatest.AwayAlarms), sns.NoSubscription},
		"function":     {"aws_lambda_function", lambdatest.With("arn", lambdatest.ARN), sns.FunctionMissing},
		"topic":        {"aws_sns_topic", lambdatest.With("arn", lambdatest.AwayAlarms), sns.TopicMissing},
		"key":          {"aws_kms_key", lambdatest.With("description", "Alarm and notice topics of dev"), sns.KeyMissing},
	} {
		t.Run(name, func(t *testing.T) {
			w := newChain(t)
			w.account.Remove(c.typ, c.match)
			require.Equal(t, c.reason, w.told(t).Reason)
			require.Empty(t, w.functions.Invocations(lambdatest.ARN))
		})
	}
}
