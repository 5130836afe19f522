package route53

import (
	"maps"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

type healthCheckXML struct {
	ID              string `xml:"Id"`
	CallerReference string
	Config          healthConfigXML `xml:"HealthCheckConfig"`
	Version         int             `xml:"HealthCheckVersion"`
	Alarm           *alarmCopyXML   `xml:"CloudWatchAlarmConfiguration,omitempty"`
}

type healthConfigXML struct {
	Type                         string
	FullyQualifiedDomainName     string `xml:",omitempty"`
	IPAddress                    string `xml:",omitempty"`
	Port                         int    `xml:",omitempty"`
	Inverted                     bool
	Disabled                     bool
	InsufficientDataHealthStatus string    `xml:",omitempty"`
	AlarmIdentifier              *alarmXML `xml:",omitempty"`
}

type alarmXML struct{ Region, Name string }

// alarmCopyXML is what Route 53 copied of an alarm when it last looked.
type alarmCopyXML struct {
	EvaluationPeriods  int
	Threshold          float64
	ComparisonOperator string
	Period             int
	MetricName         string
	Namespace          string
	Statistic          string
	Dimensions         []dimensionXML `xml:"Dimensions>Dimension"`
}

type dimensionXML struct{ Name, Value string }

func getHealthCheck(c *api.Call) (any, error) {
	id := c.Path["id"]
	var out struct{ HealthCheck healthCheckXML }
	err := c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "route53:GetHealthCheck", globalARN("healthcheck/"+id), nil); err != nil {
			return err
		}
		r := tx.Get(typeHealthCheck, sim.Global, id)
		if r == nil {
			return api.Refuse("NoSuchHealthCheck", "A health check with id %s does not exist.", id)
		}
		out.HealthCheck = viewHealthCheck(r)
		return nil
	})
	return out, err
}

func viewHealthCheck(r *sim.Resource) healthCheckXML {
	a := r.Attrs
	v := healthCheckXML{ID: r.ID, CallerReference: "terraform-" + r.ID, Version: 1, Config: healthConfigXML{
		Type: a.Str("type"), FullyQualifiedDomainName: a.Str("fqdn"), IPAddress: a.Str("ip_address"), Port: a.Int("port"),
		Inverted: a.Bool("invert_healthcheck"), Disabled: a.Bool("disabled"), InsufficientDataHealthStatus: a.Str("insufficient_data_health_status"),
	}}
	if name := a.Str("cloudwatch_alarm_name"); name != "" {
		v.Config.AlarmIdentifier = &alarmXML{a.Str("cloudwatch_alarm_region"), name}
	}
	if copied := r.Hidden.Block("alarm"); copied != nil {
		threshold, _ := copied["threshold"].(float64)
		v.Alarm = &alarmCopyXML{
			EvaluationPeriods: copied.Int("evaluation_periods"), Threshold: threshold, ComparisonOperator: copied.Str("comparison_operator"),
			Period: copied.Int("period"), MetricName: copied.Str("metric_name"), Namespace: copied.Str("namespace"), Statistic: copied.Str("statistic"),
		}
		dimensions := copied.StringMap("dimensions")
		for _, name := range slices.Sorted(maps.Keys(dimensions)) {
			v.Alarm.Dimensions = append(v.Alarm.Dimensions, dimensionXML{name, dimensions[name]})
		}
	}
	return v
}
