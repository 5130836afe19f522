package stacks

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchdashboard"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// A dashboard's grid is 24 units wide; three widgets stand in a row.
const (
	gridWidth    = 24
	widgetWidth  = 8
	widgetHeight = 6
)

// widget of a dashboard.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type widget struct {
	Type       string         `json:"type"`
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// board draws the environment: what both regions measure, and every alarm.
type board struct {
	primary, replica place
	config           spec.Config
	widgets          []widget
}

// newDashboard makes the environment's one dashboard. Dashboards are global; each
// widget says its region. What is on it follows from the contract's tables.
func newDashboard(primary, replica place, cfg spec.Config) {
	p := replica.in("dashboard")
	b := board{primary: primary, replica: replica, config: cfg}
	for i, at := range []place{primary, replica} {
		b.add(widget{Type: "alarm", X: i * gridWidth / 2, Width: gridWidth / 2, Height: widgetHeight, Properties: map[string]any{
			"title": "Alarms in " + at.region, "alarms": alarmARNs(at),
		}})
	}
	for i, properties := range append(b.ofGuard(), b.ofAlarms()...) {
		b.add(widget{Type: "metric", X: i % (gridWidth / widgetWidth) * widgetWidth, Y: (1 + i/(gridWidth/widgetWidth)) * widgetHeight,
			Width: widgetWidth, Height: widgetHeight, Properties: properties})
	}
	cloudwatchdashboard.NewCloudwatchDashboard(p.scope, new("dashboard"), &cloudwatchdashboard.CloudwatchDashboardConfig{
		Provider:      p.provider,
		DashboardName: new(p.name(contract.Dashboard)),
		DashboardBody: new(b.body()),
	})
}

func (b *board) add(w widget) { b.widgets = append(b.widgets, w) }

func (b *board) body() string {
	raw, err := json.Marshal(map[string]any{"widgets": b.widgets})
	if err != nil {
		panic(fmt.Sprintf("encode dashboard: %v", err)) // texts and numbers only
	}
	return string(raw)
}

// alarmARNs are the alarms of the place's region, the one that flips DNS too.
func alarmARNs(at place) []string {
	var arns []string
	for _, a := range contract.Alarms {
		if a.Role == at.role {
			arns = append(arns, at.arn("cloudwatch", "alarm:"+at.name(a.Name)))
		}
	}
	if at.role == roleReplica {
		arns = append(arns, at.arn("cloudwatch", "alarm:"+at.name(contract.ActiveWriterAlarm)))
	}
	return arns
}

// ofGuard shows what the guard publishes: its yes and no, its ticks, and what a
// failover would lose.
func (b *board) ofGuard() []map[string]any {
	var gauges [][]any
	for _, m := range contract.Gauges {
		gauges = append(gauges, b.gauge(m))
	}
	return []map[string]any{
		b.graph("Guard: 1 is yes", "Maximum", gauges...),
		b.graph("Guard's ticks a minute", "Sum", b.gauge(contract.GuardTick)),
		b.graph("A failover would lose, at most (s)", "Maximum", b.gauge(contract.HeartbeatLag)),
	}
}

func (b *board) gauge(m contract.Metric) []any {
	return series(string(m), contract.MetricNamespace(b.replica.env), string(m), contract.MetricDimension, b.replica.env, b.replica)
}

// ofAlarms shows each metric of AWS that an alarm is on, once, with the alarms'
// thresholds. Of a database's it shows both sites': their roles may change.
func (b *board) ofAlarms() []map[string]any {
	var graphs []map[string]any
	var seen []string
	for _, a := range contract.Alarms {
		if a.Namespace == contract.NamespaceGuard || slices.Contains(seen, a.Metric) {
			continue
		}
		seen = append(seen, a.Metric)
		var lines [][]any
		switch a.Namespace {
		case contract.NamespaceRDS:
			for _, at := range []place{b.primary, b.replica} {
				lines = append(lines, series(at.role, a.Namespace, a.Metric, contract.DimensionInstance, at.siteName(contract.Database), at))
			}
		default:
			function := b.replica.name(contract.FunctionName)
			lines = append(lines, series(function, a.Namespace, a.Metric, contract.DimensionFunction, function, b.replica))
		}
		graph := b.graph(a.Namespace+" "+a.Metric, a.Statistic, lines...)
		graph["annotations"] = map[string]any{"horizontal": b.thresholds(a.Metric)}
		graphs = append(graphs, graph)
	}
	return graphs
}

// thresholds are the lines at which alarms on the metric go off.
func (b *board) thresholds(metric string) []map[string]any {
	var lines []map[string]any
	for _, a := range contract.Alarms {
		if a.Metric == metric {
			lines = append(lines, map[string]any{"label": a.Name, "value": threshold(a, b.config)})
		}
	}
	return lines
}

// graph is a metric widget; series name their own regions, the widget one too,
// which AWS requires.
func (b *board) graph(title, statistic string, lines ...[]any) map[string]any {
	return map[string]any{
		"title": title, "region": b.replica.region, "stat": statistic, "period": 60, "view": "timeSeries", "metrics": lines,
	}
}

// series is one line of a metric widget.
func series(label, namespace, metric, dimension, value string, at place) []any {
	return []any{namespace, metric, dimension, value, map[string]any{"region": at.region, "label": label}}
}
