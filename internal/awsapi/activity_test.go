package awsapi

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

func TestActivity_IsTheEndOfTheLastMinuteWithAny(t *testing.T) {
	since := time.Date(2026, 3, 1, 12, 0, 20, 0, time.UTC)
	at := func(minute int) time.Time {
		return since.Truncate(time.Minute).Add(time.Duration(minute) * time.Minute)
	}
	f := newFake(t)
	on(f, func(*cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
		return &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{
			{Id: aws.String("connections"), Timestamps: []time.Time{at(3), at(1)}, Values: []float64{0, 12}},
			{Id: aws.String("writes"), Timestamps: []time.Time{at(0), at(2), at(3)}, Values: []float64{50, 35, 0}},
		}}, nil
	})
	a := &Activity{clock: clocktest.At(at(4)), cloudwatch: map[engine.Site]cloudwatchAPI{engine.SitePrimary: f}}
	got, err := a.Activity(t.Context(), engine.Member{Site: engine.SitePrimary, Identifier: "primary-db-dev"}, since)
	require.NoError(t, err)
	require.Equal(t, engine.Activity{WritesAt: at(3), Writes: 35, ConnectionsAt: at(2), Connections: 12}, got)
	in := asked[cloudwatch.GetMetricDataInput](f)[0]
	require.Equal(t, at(0), *in.StartTime)
	for _, q := range in.MetricDataQueries {
		require.Equal(t, "AWS/RDS", *q.MetricStat.Metric.Namespace)
		require.Equal(t, "primary-db-dev", *q.MetricStat.Metric.Dimensions[0].Value)
	}

	_, err = a.Activity(t.Context(), engine.Member{Site: engine.SiteReplica, Identifier: "replica-db-dev"}, since)
	require.ErrorContains(t, err, `no client for site "replica"`)
	fails[cloudwatch.GetMetricDataInput](f, apiError("AccessDenied"))
	_, err = a.Activity(t.Context(), engine.Member{Site: engine.SitePrimary, Identifier: "primary-db-dev"}, since)
	require.ErrorIs(t, err, engine.ErrDenied)
}
