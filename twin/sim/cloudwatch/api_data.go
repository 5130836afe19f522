package cloudwatch

import (
	"math"
	"slices"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// Limits of GetMetricData.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
const (
	maxQueries  = 500
	leastPeriod = 60
)

// getMetricData answers with the statistics of metrics that had come by now.
// Expressions, and pages of more than one answer, are not known.
func getMetricData(c *api.Call) (any, error) {
	in, err := c.DecodeCBOR()
	if err != nil {
		return nil, err
	}
	m := api.Reader{Map: in}
	if err := m.Only("StartTime", "EndTime", "MetricDataQueries", "ScanBy"); err != nil {
		return nil, err
	}
	from, begins := m.Moment("StartTime")
	to, ends := m.Moment("EndTime")
	queries := m.List("MetricDataQueries")
	switch {
	case !begins || !ends:
		return nil, api.Refuse("MissingParameter", "The parameters StartTime and EndTime are required.")
	case !from.Before(to):
		return nil, api.Refuse("InvalidParameterValue", "The parameter EndTime must be greater than StartTime.")
	case len(queries) == 0 || len(queries) > maxQueries:
		return nil, api.Refuse("InvalidParameterValue", "MetricDataQueries must have 1 to %d elements, found %d", maxQueries, len(queries))
	}
	results := cbor.List{}
	err = c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "cloudwatch:GetMetricData", "*", nil); err != nil {
			return err
		}
		for _, q := range queries {
			r, err := answer(c, tx.At, q, from, to)
			if err != nil {
				return err
			}
			if m.Text("ScanBy") == "TimestampAscending" {
				slices.Reverse(r["Timestamps"].(cbor.List))
				slices.Reverse(r["Values"].(cbor.List))
			}
			results = append(results, r)
		}
		return nil
	})
	return cbor.Map{"MetricDataResults": results, "Messages": cbor.List{}}, err
}

// answer is one query's, the newest first.
func answer(c *api.Call, now time.Time, q api.Reader, from, to time.Time) (cbor.Map, error) {
	if err := q.Only("Id", "MetricStat", "ReturnData", "Label"); err != nil {
		return nil, err
	}
	of, _ := q.Map["MetricStat"].(cbor.Map)
	stat := api.Reader{Map: of}
	inner, _ := of["Metric"].(cbor.Map)
	metric := api.Reader{Map: inner}
	dimensions := map[string]string{}
	for _, pair := range metric.List("Dimensions") {
		dimensions[pair.Text("Name")] = pair.Text("Value")
	}
	id := metrics.ID{Region: c.Region, Namespace: metric.Text("Namespace"), Name: metric.Text("MetricName"), Dimensions: metrics.Dimensions(dimensions)}
	seconds, _ := stat.Number("Period")
	statistic, known := metrics.Statistics[stat.Text("Stat")]
	switch {
	case q.Text("Id") == "" || id.Name == "":
		return nil, api.Refuse("ValidationError", "The parameters MetricDataQueries.member.1.Id and MetricName are required.")
	case !known:
		return nil, api.Refuse("ValidationError", "The value %q for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported.", stat.Text("Stat"))
	case seconds < leastPeriod || math.Mod(seconds, leastPeriod) != 0:
		return nil, api.Refuse("ValidationError", "Period must be a multiple of %d, found %v", leastPeriod, seconds)
	}
	period := time.Duration(seconds) * time.Second
	periods := map[time.Time][]metrics.Point{}
	for _, p := range c.Metrics().Points(id, from, to) {
		if !p.Received.After(now) {
			begin := p.At.Truncate(period)
			periods[begin] = append(periods[begin], p)
		}
	}
	stamps, values := cbor.List{}, cbor.List{}
	for _, begin := range newestFirst(periods) {
		stamps = append(stamps, api.CBORTime(begin))
		values = append(values, cbor.Float64(statistic(periods[begin])))
	}
	return cbor.Map{"Id": cbor.String(q.Text("Id")), "Label": cbor.String(id.Name), "StatusCode": cbor.String("Complete"), "Timestamps": stamps, "Values": values}, nil
}

func newestFirst(periods map[time.Time][]metrics.Point) []time.Time {
	begins := make([]time.Time, 0, len(periods))
	for begin := range periods {
		begins = append(begins, begin)
	}
	slices.SortFunc(begins, func(a, b time.Time) int { return b.Compare(a) })
	return begins
}
