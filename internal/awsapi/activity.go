package awsapi

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Activity is engine.Activist on CloudWatch in the member's region.
type Activity struct {
	clock      engine.Clock
	cloudwatch map[engine.Site]cloudwatchAPI
}

var _ engine.Activist = (*Activity)(nil)

// minute is the period in which RDS publishes.
const minute = time.Minute

// Activity implements engine.Activist in one call.
func (a *Activity) Activity(ctx context.Context, m engine.Member, since time.Time) (engine.Activity, error) {
	client, known := a.cloudwatch[m.Site]
	if !known {
		return engine.Activity{}, fmt.Errorf("read the activity of %q: no client for site %q", m.Identifier, m.Site)
	}
	out, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(since.Truncate(minute)), EndTime: aws.Time(a.clock.Now()), ScanBy: types.ScanByTimestampDescending,
		MetricDataQueries: []types.MetricDataQuery{
			ofInstance(m, "writes", contract.MetricWrites, "Average"),
			ofInstance(m, "connections", contract.MetricConnections, "Maximum"),
		},
	})
	if err != nil {
		return engine.Activity{}, explain(err, "read the activity of %q", m.Identifier)
	}
	var seen engine.Activity
	for _, r := range out.MetricDataResults {
		switch at, value := lastAbove(r); aws.ToString(r.Id) {
		case "writes":
			seen.WritesAt, seen.Writes = at, value
		case "connections":
			seen.ConnectionsAt, seen.Connections = at, value
		}
	}
	return seen, nil
}

func ofInstance(m engine.Member, id, metric, statistic string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: aws.String(id), MetricStat: &types.MetricStat{
		Period: aws.Int32(int32(minute / time.Second)), Stat: aws.String(statistic),
		Metric: &types.Metric{
			Namespace: aws.String(contract.NamespaceRDS), MetricName: aws.String(metric),
			Dimensions: []types.Dimension{{Name: aws.String(contract.DimensionInstance), Value: aws.String(m.Identifier)}},
		},
	}}
}

// lastAbove is the end of the last minute whose value is above zero, and that
// value; a zero time without one. A timestamp is the minute's beginning.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
func lastAbove(r types.MetricDataResult) (at time.Time, value float64) {
	for i, begin := range r.Timestamps {
		if i < len(r.Values) && r.Values[i] > 0 && begin.Add(minute).After(at) {
			at, value = begin.Add(minute), r.Values[i]
		}
	}
	return at, value
}
