package cloudwatch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

const typeDashboard = "aws_cloudwatch_dashboard"

var dashboardName = regexp.MustCompile(`^[\w-]{1,255}$`)

func dashboardKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		// A dashboard is of the account, whichever region it is put in.
		typeDashboard: {
			Schema:  resource.AwsCloudwatchDashboardSchema,
			Traits:  dashboardTraits(),
			Example: `{"dashboard_name":"pgdr","dashboard_body":"{\"widgets\":[]}"}`,
			Service: service, Global: true, CreateOp: "PutDashboard", UpdateOp: "PutDashboard", DeleteOp: "DeleteDashboards",
			MissingCode: "ResourceNotFound", MissingText: "Dashboard %s does not exist",
			Create: createDashboard, Update: checkDashboard,
		},
	}
}

// dashboardTraits are of internal/service/cloudwatch: dashboard.go.
func dashboardTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("dashboard_name"),
		Same:    map[string]tf.SameFunc{"dashboard_body": tf.SameJSON},
		Checks: []tf.Check{
			tf.Length("dashboard_name", 1, 255), tf.IsJSON("dashboard_body"),
			tf.Matches("dashboard_name", regexp.MustCompile(`^[\w-]+$`), "only alphanumeric characters, dashes and underscores are allowed"),
		},
	}
}

func createDashboard(c *sim.Call) (string, error) {
	name := c.Attrs.Str("dashboard_name")
	if !dashboardName.MatchString(name) {
		return "", c.Refuse("dashboard_name", "InvalidParameterValue", "The value %s for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).", name)
	}
	if c.Get(typeDashboard, c.Region, name) != nil {
		return "", c.Refuse("dashboard_name", "AlreadyExists", "the simulator refuses a second dashboard %s: AWS would silently replace the first", name)
	}
	if err := checkDashboard(c); err != nil {
		return "", err
	}
	c.Attrs["dashboard_arn"] = c.ARN("cloudwatch", "", "dashboard/%s", name)
	return name, nil
}

// dashboardBody is what is read of a body.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type dashboardBody struct {
	Widgets []struct {
		Type       string
		Properties struct {
			Region  string
			Metrics []json.RawMessage
			Alarms  []string
		}
	}
}

// Limits of a dashboard.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
const (
	maxWidgets      = 500
	maxWidgetAlarms = 100
)

// checkDashboard finds what PutDashboard finds in a body, and what it would show
// empty for ever: an alarm or a metric of a region that does not exist.
func checkDashboard(c *sim.Call) error {
	invalid := func(faults ...string) error {
		return c.Refuse("dashboard_body", "InvalidParameterInput", "The dashboard body is invalid, there are %d validation errors: %s", len(faults), strings.Join(faults, "; "))
	}
	var body dashboardBody
	if err := json.Unmarshal([]byte(c.Attrs.Str("dashboard_body")), &body); err != nil {
		return invalid("the body is no JSON: " + err.Error())
	}
	if len(body.Widgets) > maxWidgets {
		return invalid(fmt.Sprintf("/widgets: should NOT have more than %d items", maxWidgets))
	}
	var faults []string
	for i, w := range body.Widgets {
		at := fmt.Sprintf("/widgets/%d", i)
		switch n := len(w.Properties.Alarms); w.Type {
		case "metric":
			faults = append(faults, metricFaults(at, w.Properties.Region, w.Properties.Metrics)...)
		case "alarm":
			if n == 0 || n > maxWidgetAlarms {
				faults = append(faults, fmt.Sprintf("%s/properties/alarms: should have 1 to %d items, has %d", at, maxWidgetAlarms, n))
			}
			for _, arn := range w.Properties.Alarms {
				if a, ok := sim.ParseARN(arn); !ok || a.Service != "cloudwatch" || !strings.HasPrefix(a.Resource, "alarm:") || !sim.KnownRegion(a.Region) {
					faults = append(faults, fmt.Sprintf("%s/properties/alarms: %s is no alarm's ARN", at, arn))
				}
			}
		case "text", "log", "explorer", "custom":
		default:
			faults = append(faults, fmt.Sprintf("%s/type: %q should be one of metric, text, log, alarm, explorer, custom", at, w.Type))
		}
	}
	if len(faults) > 0 {
		return invalid(faults...)
	}
	return nil
}

// metricFaults: a metric widget must say its region; a series may say another.
func metricFaults(at, region string, metrics []json.RawMessage) []string {
	var faults []string
	if !sim.KnownRegion(region) {
		faults = append(faults, fmt.Sprintf("%s/properties: should have required property 'region', found %q", at, region))
	}
	for i, raw := range metrics {
		var series []any
		if err := json.Unmarshal(raw, &series); err != nil || len(series) < 2 {
			faults = append(faults, fmt.Sprintf("%s/properties/metrics/%d: should be a namespace, a metric and its dimensions", at, i))
			continue
		}
		options, ok := series[len(series)-1].(map[string]any)
		if own, named := options["region"].(string); ok && named && !sim.KnownRegion(own) {
			faults = append(faults, fmt.Sprintf("%s/properties/metrics/%d: %q is no region", at, i, own))
		}
	}
	return faults
}
