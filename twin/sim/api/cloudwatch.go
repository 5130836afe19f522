package api

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

func cloudwatchService() *service {
	return &service{
		name: CloudWatch, prefix: "cloudwatch", signing: "monitoring", denied: "AccessDenied",
		protocol:  cborProtocol{target: "GraniteServiceVersion20100801"},
		throttled: Error{Code: "Throttling", Message: "Rate exceeded"},
		broken:    Error{Code: "InternalServiceError", Message: "Request processing has failed due to some unknown error, exception, or failure.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){
			"PutMetricData": putMetricData, "DescribeAlarms": describeAlarms,
		},
	}
}

// Limits of PutMetricData.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
const (
	maxData       = 1000
	maxPutBody    = 1 << 20
	maxDimensions = 30
	maxNameLength = 255
	oldestData    = 14 * 24 * time.Hour
	furthestData  = 2 * time.Hour
)

var largestValue = math.Pow(2, 360)

func putMetricData(c *call) (any, error) {
	in, err := c.decodeCBOR()
	if err != nil {
		return nil, err
	}
	if len(c.body) > maxPutBody {
		return nil, &Error{Code: "RequestEntityTooLarge", Message: "The request is larger than 1 MB", Status: http.StatusRequestEntityTooLarge}
	}
	m := reader{in}
	if err := m.only("Namespace", "MetricData"); err != nil {
		return nil, err
	}
	namespace := m.text("Namespace")
	data := m.list("MetricData")
	err = c.view(func(tx *sim.Tx) error {
		if err := c.authorize(tx, "cloudwatch:PutMetricData", "*", policy.Context{"cloudwatch:namespace": {namespace}}); err != nil {
			return err
		}
		switch {
		case namespace == "" || len(namespace) > maxNameLength || strings.HasPrefix(namespace, ":"):
			return refuse("InvalidParameterValue", "The value %q for parameter Namespace is invalid.", namespace)
		case strings.HasPrefix(namespace, "AWS/"):
			return refuse("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
		case len(data) == 0 || len(data) > maxData:
			return refuse("InvalidParameterValue", "MetricData must have 1 to %d elements, found %d", maxData, len(data))
		}
		return c.storeMetrics(tx.At, namespace, data)
	})
	return cbor.Map{}, err
}

// datum is one checked value and the metric that it belongs to.
type datum struct {
	id     metrics.ID
	points []metrics.Point
}

// storeMetrics stores all data or, if one is wrong, none.
func (c *call) storeMetrics(now time.Time, namespace string, data []reader) error {
	checked := make([]datum, 0, len(data))
	for _, raw := range data {
		d, err := readDatum(now, raw)
		if err != nil {
			return err
		}
		d.id.Region, d.id.Namespace = c.region, namespace
		checked = append(checked, d)
	}
	for _, d := range checked {
		c.metrics.Put(d.id, d.points...)
	}
	return nil
}

func readDatum(now time.Time, raw reader) (datum, error) {
	if err := raw.only("MetricName", "Dimensions", "Timestamp", "Value", "Values", "Counts", "Unit", "StorageResolution"); err != nil {
		return datum{}, err
	}
	d := datum{id: metrics.ID{Name: raw.text("MetricName")}}
	dimensions := map[string]string{}
	list := raw.list("Dimensions")
	for _, pair := range list {
		dimensions[pair.text("Name")] = pair.text("Value")
	}
	d.id.Dimensions = metrics.Dimensions(dimensions)
	at, given := raw.moment("Timestamp")
	if !given {
		at = now
	}
	values, counts := raw.numbers("Values"), raw.numbers("Counts")
	if v, ok := raw.number("Value"); ok {
		values, counts = []float64{v}, []float64{1}
	}
	switch {
	case d.id.Name == "" || len(d.id.Name) > maxNameLength:
		return d, refuse("InvalidParameterValue", "The value %q for parameter MetricData.member.1.MetricName is invalid.", d.id.Name)
	case len(list) > maxDimensions:
		return d, refuse("InvalidParameterValue", "The collection MetricData.member.1.Dimensions must not have a size greater than %d.", maxDimensions)
	case now.Sub(at) > oldestData || at.Sub(now) > furthestData:
		return d, refuse("InvalidParameterValue", "The parameter MetricData.member.1.Timestamp must be less than two weeks in the past and two hours in the future: found %s", at.Format(time.RFC3339))
	case len(values) == 0:
		return d, refuse("MissingParameter", "At least one of the parameters MetricData.member.1.Value and MetricData.member.1.Values must be specified.")
	}
	for i, v := range values {
		if math.IsNaN(v) || math.Abs(v) > largestValue {
			return d, refuse("InvalidParameterValue", "The value %v for parameter MetricData.member.1.Value is invalid.", v)
		}
		count := 1.0
		if i < len(counts) {
			count = counts[i]
		}
		d.points = append(d.points, metrics.Point{At: at, Received: now, Value: v, Count: count, Unit: raw.text("Unit")})
	}
	return d, nil
}
