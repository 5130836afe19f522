package alarms_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// direct is a client without a network between it and the handler.
type direct struct{ to http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.to.ServeHTTP(w, r)
	return w.Result(), nil
}

// The state that an evaluation left is the state that AWS's clients see.
func TestTick_IsSeenByDescribeAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		server := simaws.API(w.cloud, api.Options{Clock: w.clock, TLS: true, Principals: map[string]api.Principal{
			"AKIATEST": {Role: "arn:aws:iam::123456789012:role/failover-function-role-dev"},
		}})
		client := cloudwatch.New(cloudwatch.Options{
			Region: home, HTTPClient: direct{server}, BaseEndpoint: aws.String("http://aws"), Credentials: credentials.NewStaticCredentialsProvider("AKIATEST", "x", ""),
		})
		w.pass(1, guardMetric("ActiveWriter"), 1)
		out, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"active-writer-dev"}})
		require.NoError(t, err)
		alarm := out.MetricAlarms[0]
		require.Equal(t, "ALARM", string(alarm.StateValue))
		require.Contains(t, aws.ToString(alarm.StateReason), "1.0 (01/01/00 00:00:00)")
		changed := time.Date(2000, 1, 1, 0, 1, 5, 0, time.UTC)
		require.Equal(t, changed, alarm.StateUpdatedTimestamp.UTC())
		require.Equal(t, changed, alarm.StateTransitionedTimestamp.UTC())
		time.Sleep(time.Hour)
		out, err = client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"active-writer-dev"}})
		require.NoError(t, err)
		require.Equal(t, changed, out.MetricAlarms[0].StateUpdatedTimestamp.UTC(), "it has not changed since")
	})
}
