package cloudwatch

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.CloudWatch, Prefix: "cloudwatch", Signing: "monitoring", Denied: "AccessDenied",
		Protocol:  api.CBORProtocol{Target: "GraniteServiceVersion20100801"},
		Throttled: api.Error{Code: "Throttling", Message: "Rate exceeded"},
		Broken:    api.Error{Code: "InternalServiceError", Message: "Request processing has failed due to some unknown error, exception, or failure.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){
			"PutMetricData": putMetricData, "DescribeAlarms": describeAlarms, "SetAlarmState": setAlarmState, "GetMetricData": getMetricData,
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

func putMetricData(c *api.Call) (any, error) {
	in, err := c.DecodeCBOR()
	if err != nil {
		return nil, err
	}
	if len(c.Body) > maxPutBody {
		return nil, &api.Error{Code: "RequestEntityTooLarge", Message: "The request is larger than 1 MB", Status: http.StatusRequestEntityTooLarge}
	}
	m := api.Reader{Map: in}
	if err := m.Only("Namespace", "MetricData"); err != nil {
		return nil, err
	}
	namespace := m.Text("Namespace")
	data := m.List("MetricData")
	err = c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "cloudwatch:PutMetricData", "*", policy.Context{"cloudwatch:namespace": {namespace}}); err != nil {
			return err
		}
		switch {
		case namespace == "" || len(namespace) > maxNameLength || strings.HasPrefix(namespace, ":"):
			return api.Refuse("InvalidParameterValue", "The value %q for parameter Namespace is invalid.", namespace)
		case strings.HasPrefix(namespace, "AWS/"):
			return api.Refuse("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
		case len(data) == 0 || len(data) > maxData:
			return api.Refuse("InvalidParameterValue", "MetricData must have 1 to %d elements, found %d", maxData, len(data))
		}
		return storeMetrics(c, tx.At, namespace, data)
	})
	return cbor.Map{}, err
}

// datum is one checked value and the metric that it belongs to.
type datum struct {
	id     metrics.ID
	points []metrics.Point
}

// storeMetrics stores all data or, if one is wrong, none.
func storeMetrics(c *api.Call, now time.Time, namespace string, data []api.Reader) error {
	checked := make([]datum, 0, len(data))
	for _, raw := range data {
		d, err := readDatum(now, raw)
		if err != nil {
			return err
		}
		d.id.Region, d.id.Namespace = c.Region, namespace
		checked = append(checked, d)
	}
	for _, d := range checked {
		c.Metrics().Put(d.id, d.points...)
	}
	return nil
}

func readDatum(now time.Time, raw api.Reader) (datum, error) {
	if err := raw.Only("MetricName", "Dimensions", "Timestamp", "Value", "Values", "Counts", "Unit", "StorageResolution"); err != nil {
		return datum{}, err
	}
	d := datum{id: metrics.ID{Name: raw.Text("MetricName")}}
	dimensions := map[string]string{}
	list := raw.List("Dimensions")
	for _, pair := range list {
		dimensions[pair.Text("Name")] = pair.Text("Value")
	}
	d.id.Dimensions = metrics.Dimensions(dimensions)
	at, given := raw.Moment("Timestamp")
	if !given {
		at = now
	}
	values, counts := raw.Numbers("Values"), raw.Numbers("Counts")
	if v, ok := raw.Number("Value"); ok {
		values, counts = []float64{v}, []float64{1}
	}
	switch {
	case d.id.Name == "" || len(d.id.Name) > maxNameLength:
		return d, api.Refuse("InvalidParameterValue", "The value %q for parameter MetricData.member.1.MetricName is invalid.", d.id.Name)
	case len(list) > maxDimensions:
		return d, api.Refuse("InvalidParameterValue", "The collection MetricData.member.1.Dimensions must not have a size greater than %d.", maxDimensions)
	case now.Sub(at) > oldestData || at.Sub(now) > furthestData:
		return d, api.Refuse("InvalidParameterValue", "The parameter MetricData.member.1.Timestamp must be less than two weeks in the past and two hours in the future: found %s", at.Format(time.RFC3339))
	case len(values) == 0:
		return d, api.Refuse("MissingParameter", "At least one of the parameters MetricData.member.1.Value and MetricData.member.1.Values must be specified.")
	}
	for i, v := range values {
		if math.IsNaN(v) || math.Abs(v) > largestValue {
			return d, api.Refuse("InvalidParameterValue", "The value %v for parameter MetricData.member.1.Value is invalid.", v)
		}
		count := 1.0
		if i < len(counts) {
			count = counts[i]
		}
		d.points = append(d.points, metrics.Point{At: at, Received: now, Value: v, Count: count, Unit: raw.Text("Unit")})
	}
	return d, nil
}
