package route53

import (
	"slices"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

func healthCheckKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_route53_health_check": {
			Schema:  resource.AwsRoute53HealthCheckSchema,
			Traits:  healthCheckTraits(),
			Example: `{"type":"CLOUDWATCH_METRIC","cloudwatch_alarm_name":"a","cloudwatch_alarm_region":"eu-west-1","insufficient_data_health_status":"LastKnownStatus"}`,
			Service: service, Global: true, CreateOp: "CreateHealthCheck", UpdateOp: "UpdateHealthCheck", DeleteOp: "DeleteHealthCheck",
			MissingCode: "NoSuchHealthCheck", MissingText: "A health check with id %s does not exist.",
			Create: createHealthCheck, Update: updateHealthCheck,
		},
	}
}

const typeMetric = "CLOUDWATCH_METRIC"

var (
	endpointChecks = []string{"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"}
	otherChecks    = []string{"CALCULATED", "RECOVERY_CONTROL"}
	lackingStates  = []string{"", "Healthy", "Unhealthy", "LastKnownStatus"}
)

func createHealthCheck(c *sim.Call) (string, error) {
	a := c.Attrs
	if err := checkHealthCheck(c); err != nil {
		return "", err
	}
	endpoint := slices.Contains(endpointChecks, a.Str("type"))
	threshold := 0
	if endpoint {
		threshold = 3
		a.Default("request_interval", 30)
	}
	a.Defaults(sim.Attrs{
		"failure_threshold": threshold, "enable_sni": a.Str("type") == "HTTPS" || a.Str("type") == "HTTPS_STR_MATCH",
		"disabled": false, "invert_healthcheck": false, "measure_latency": false,
	})
	copyAlarm(c)
	id := c.NewUUID()
	a["arn"] = "arn:" + sim.Partition + ":route53:::healthcheck/" + id
	return id, nil
}

// updateHealthCheck takes the alarm's settings over again only where the alarm
// or the triggers were changed: Route 53 keeps a copy and does not follow
// later edits of the alarm.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
func updateHealthCheck(c *sim.Call) error {
	if err := checkHealthCheck(c); err != nil {
		return err
	}
	if c.Changed("triggers") || c.Changed("cloudwatch_alarm_name") || c.Changed("cloudwatch_alarm_region") {
		copyAlarm(c)
	}
	return nil
}

func checkHealthCheck(c *sim.Call) error {
	a := c.Attrs
	if !slices.Contains(lackingStates, a.Str("insufficient_data_health_status")) {
		return c.Refuse("insufficient_data_health_status", "InvalidInput", "Invalid parameter : InsufficientDataHealthStatus must be Healthy, Unhealthy or LastKnownStatus, found %s", a.Str("insufficient_data_health_status"))
	}
	for _, child := range a.Strings("child_healthchecks") {
		if _, err := c.Need("child_healthchecks", "aws_route53_health_check", sim.Global, child); err != nil {
			return err
		}
	}
	typ := a.Str("type")
	switch {
	case typ == typeMetric:
		return checkAlarmForRoute53(c)
	case slices.Contains(endpointChecks, typ):
		return checkEndpointCheck(c)
	case !slices.Contains(otherChecks, typ):
		return c.Refuse("type", "InvalidInput", "Invalid health check type: %s", typ)
	}
	return nil
}

func checkEndpointCheck(c *sim.Call) error {
	a := c.Attrs
	interval, threshold := a.Int("request_interval"), a.Int("failure_threshold")
	switch {
	case !a.Has("fqdn") && !a.Has("ip_address"):
		return c.Refuse("fqdn", "InvalidInput", "Basic parameters are missing: IP address or domain name is required for a health check of type %s", a.Str("type"))
	case a["request_interval"] != nil && interval != 10 && interval != 30:
		return c.Refuse("request_interval", "InvalidInput", "Invalid parameter : Request interval must be 10 or 30 seconds, found %d", interval)
	case a["failure_threshold"] != nil && (threshold < 1 || threshold > 10):
		return c.Refuse("failure_threshold", "InvalidInput", "Invalid parameter : Failure threshold must be between 1 and 10, found %d", threshold)
	}
	return nil
}

// checkAlarmForRoute53 refuses alarms that Route 53 cannot follow: it reads
// standard-resolution metrics, plain statistics and no metric math.
func checkAlarmForRoute53(c *sim.Call) error {
	name, regionName := c.Attrs.Str("cloudwatch_alarm_name"), c.Attrs.Str("cloudwatch_alarm_region")
	if name == "" || regionName == "" {
		return c.Refuse("cloudwatch_alarm_name", "InvalidInput", "Basic parameters are missing: AlarmIdentifier is required for a health check of type CLOUDWATCH_METRIC")
	}
	alarm := c.Get("aws_cloudwatch_metric_alarm", regionName, name)
	switch {
	case alarm == nil:
		return c.Refuse("cloudwatch_alarm_name", "InvalidInput", "Invalid parameter : The specified alarm %s does not exist in region %s", name, regionName)
	case len(alarm.Attrs.Blocks("metric_query")) > 0:
		return c.Refuse("cloudwatch_alarm_name", "InvalidInput", "Invalid parameter : Route 53 does not support alarms on metric math: %s", name)
	case alarm.Attrs.Has("extended_statistic"):
		return c.Refuse("cloudwatch_alarm_name", "InvalidInput", "Invalid parameter : Route 53 does not support extended statistics: %s", name)
	case alarm.Attrs.Int("period") < 60:
		return c.Refuse("cloudwatch_alarm_name", "InvalidInput", "Invalid parameter : Route 53 does not support high-resolution metrics: alarm %s has a period of %d s", name, alarm.Attrs.Int("period"))
	}
	if m, n := alarm.Attrs.Int("datapoints_to_alarm"), alarm.Attrs.Int("evaluation_periods"); m != 0 && m != n {
		return c.Refuse("cloudwatch_alarm_name", "InvalidInput", "Invalid parameter : Route 53 does not support \"M out of N\" alarms: alarm %s is %d out of %d", name, m, n)
	}
	return nil
}

// alarmSettings are what Route 53 copies of an alarm.
var alarmSettings = []string{
	"namespace", "metric_name", "dimensions", "statistic", "period", "evaluation_periods", "threshold", "comparison_operator",
}

func copyAlarm(c *sim.Call) {
	alarm := c.Get("aws_cloudwatch_metric_alarm", c.Attrs.Str("cloudwatch_alarm_region"), c.Attrs.Str("cloudwatch_alarm_name"))
	if alarm == nil {
		return
	}
	settings := sim.Attrs{}
	for _, name := range alarmSettings {
		settings[name] = alarm.Attrs[name]
	}
	c.Hidden.Set(sim.Attrs{"alarm": settings})
}
