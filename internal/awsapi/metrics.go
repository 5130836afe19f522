package awsapi

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Metrics is engine.Metrics on CloudWatch in the guard's region.
type Metrics struct {
	cloudwatch  cloudwatchAPI
	namespace   string
	environment string
}

var _ engine.Metrics = (*Metrics)(nil)

// Put implements engine.Metrics in one call. CloudWatch refuses a whole call
// for one value that is no number, and among the others may be the one that
// flips DNS: so such a value is left out, and is an error once the rest is
// published.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
func (p *Metrics) Put(ctx context.Context, at time.Time, values map[contract.Metric]float64) error {
	var data []types.MetricDatum
	var odd []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			odd = append(odd, fmt.Sprintf("%s is %v", name, v))
			continue
		}
		data = append(data, types.MetricDatum{
			MetricName: aws.String(string(name)), Value: aws.Float64(v), Timestamp: aws.Time(at), Unit: unitOf(name),
			Dimensions: []types.Dimension{{Name: aws.String(contract.MetricDimension), Value: aws.String(p.environment)}},
		})
	}
	if len(data) > 0 {
		_, err := p.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(p.namespace), MetricData: data})
		if err != nil {
			return explain(err, "publish %d metrics", len(data))
		}
	}
	if len(odd) > 0 {
		return fmt.Errorf("publish metrics: left out %s, want finite numbers", strings.Join(odd, ", "))
	}
	return nil
}

func unitOf(name contract.Metric) types.StandardUnit {
	if name == contract.HeartbeatLag {
		return types.StandardUnitSeconds
	}
	return types.StandardUnitNone
}
