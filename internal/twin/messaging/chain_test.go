package messaging_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awssim"
	"github.com/pgdr/pgdr/internal/awssim/metrics"
	"github.com/pgdr/pgdr/internal/simclock"
	"github.com/pgdr/pgdr/internal/twin/alarms"
	"github.com/pgdr/pgdr/internal/twin/functions"
	"github.com/pgdr/pgdr/internal/twin/functions/functionstest"
	"github.com/pgdr/pgdr/internal/twin/messaging"
)

// chain is what leads from a metric to a program: all of it real, and a
// program that fails at once.
type chain struct {
	account   *functionstest.Account
	functions *functions.Manager
	bus       *messaging.Bus
	alarms    *alarms.Evaluator
}

func newChain(t *testing.T) chain {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	c := chain{account: functionstest.Apply(t, golden, clock)}
	store := &metrics.Store{}
	c.functions, err = functions.New(functions.Options{
		Cloud: c.account.Cloud, Metrics: store, Clock: clock, AWS: http.NotFoundHandler(),
		Program: func(awssim.Resource) ([]string, map[string]string, error) {
			return []string{"/nowhere/bootstrap"}, nil, nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(c.functions.Close)
	c.bus, err = messaging.New(messaging.Options{Cloud: c.account.Cloud, Clock: clock, Lambda: c.functions})
	require.NoError(t, err)
	t.Cleanup(c.bus.Close)
	c.alarms, err = alarms.New(alarms.Options{Cloud: c.account.Cloud, Metrics: store, Clock: clock, Notify: c.bus.OnAlarm})
	require.NoError(t, err)
	id := metrics.ID{
		Region: functionstest.Away, Namespace: "AWS/RDS", Name: "DatabaseConnections",
		Dimensions: metrics.Dimensions(map[string]string{"DBInstanceIdentifier": "primary-db-dev"}),
	}
	for i := range 3 {
		store.Put(id, metrics.Point{At: clock.Now().Truncate(time.Minute).Add(-time.Duration(i+1) * time.Minute), Value: 5000, Count: 1})
	}
	return c
}

// told is what became of the alarm on connections.
func (c chain) told(t *testing.T) messaging.Delivery {
	t.Helper()
	require.NoError(t, c.alarms.Tick())
	for _, d := range c.bus.Deliveries() {
		if d.Subject == `ALARM: "primary-connections-dev" in US East (N. Virginia)` {
			return d
		}
	}
	require.Fail(t, "nobody was told", "%+v", c.bus.Deliveries())
	return messaging.Delivery{}
}

func TestChain_AMetricOfOneRegionRunsAProgramOfTheOther(t *testing.T) {
	c := newChain(t)
	d := c.told(t)
	require.Equal(t, messaging.Delivered, d.Outcome, d.Detail)
	require.Eventually(t, func() bool { return len(c.functions.Invocations(functionstest.ARN)) > 0 }, 10*time.Second, time.Millisecond)
}

// Each link is of the applied configuration: without it the chain breaks, and
// says where.
func TestChain_BreaksWhereALinkIsTakenAway(t *testing.T) {
	for name, c := range map[string]struct {
		typ    string
		match  func(awssim.Attrs) bool
		reason messaging.Reason
	}{
		"permission":   {"aws_lambda_permission", functionstest.With("statement_id", "primary-alarms"), messaging.PermissionMissing},
		"subscription": {"aws_sns_topic_subscription", functionstest.With("topic_arn", functionstest.AwayAlarms), messaging.NoSubscription},
		"function":     {"aws_lambda_function", functionstest.With("arn", functionstest.ARN), messaging.FunctionMissing},
		"topic":        {"aws_sns_topic", functionstest.With("arn", functionstest.AwayAlarms), messaging.TopicMissing},
		"key":          {"aws_kms_key", functionstest.With("description", "Alarm and notice topics of dev"), messaging.KeyMissing},
	} {
		t.Run(name, func(t *testing.T) {
			w := newChain(t)
			w.account.Remove(c.typ, c.match)
			require.Equal(t, c.reason, w.told(t).Reason)
			require.Empty(t, w.functions.Invocations(functionstest.ARN))
		})
	}
}
