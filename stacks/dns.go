package stacks

import (
	"strconv"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53healthcheck"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53record"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53zone"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
)

func newZone(at place, n *network) route53zone.Route53Zone {
	p := at.in("dns")
	return route53zone.NewRoute53Zone(p.scope, new("zone"), &route53zone.Route53ZoneConfig{
		Provider:     p.provider,
		Name:         new(contract.ZoneName(p.env)),
		Comment:      new("The database of " + p.env + ", wherever its writer is"),
		ForceDestroy: p.disposable,
		Vpc:          []*route53zone.Route53ZoneVpc{{VpcId: n.vpc.Id(), VpcRegion: new(n.region)}},
		// The replica's VPC is associated from the replica stack; inline, the
		// two would take each other for drift.
		Lifecycle: &cdktf.TerraformResourceLifecycle{IgnoreChanges: pointers("vpc")},
	})
}

// newActiveWriterCheck makes the alarm that says which site holds the writer,
// in the replica's region, and the health check that follows it. The metric
// is 1 when the writer is at the replica site; the alarm then makes the
// primary's record unhealthy, and Route 53 answers with the replica's through
// its data plane alone. A metric that is lost changes nothing.
func newActiveWriterCheck(primary, replica place) route53healthcheck.Route53HealthCheck {
	r, p := replica.in("active-writer"), primary.in("active-writer-check")
	const (
		period    = 60 // seconds, the shortest of standard resolution
		threshold = 1
	)
	alarm := cloudwatchmetricalarm.NewCloudwatchMetricAlarm(r.scope, new("alarm"), &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
		Provider:           r.provider,
		AlarmName:          new(r.name(contract.ActiveWriterAlarm)),
		AlarmDescription:   new("The writer is at the replica site. Not a fault: Route 53 answers by it."),
		Namespace:          new(contract.MetricNamespace(r.env)),
		MetricName:         new(string(contract.ActiveWriter)),
		Dimensions:         environmentDimension(r.env),
		Statistic:          new("Maximum"),
		Period:             new(float64(period)),
		EvaluationPeriods:  new(float64(1)),
		Threshold:          new(float64(threshold)),
		ComparisonOperator: new("GreaterThanOrEqualToThreshold"),
		TreatMissingData:   new("ignore"),
	})
	return route53healthcheck.NewRoute53HealthCheck(p.scope, new("health-check"), &route53healthcheck.Route53HealthCheckConfig{
		Provider:                     p.provider,
		Type:                         new("CLOUDWATCH_METRIC"),
		CloudwatchAlarmName:          alarm.AlarmName(),
		CloudwatchAlarmRegion:        new(r.region),
		InsufficientDataHealthStatus: new("LastKnownStatus"),
		// Route 53 copies the alarm's settings when it is told to and ignores
		// later edits; a change here makes it copy again.
		Triggers: pointerMap(map[string]string{
			"alarm":     *alarm.Arn(),
			"metric":    contract.MetricNamespace(r.env) + "/" + string(contract.ActiveWriter),
			"period":    strconv.Itoa(period),
			"threshold": strconv.Itoa(threshold),
		}),
		Tags: p.nameTag("db-health"),
		// Route 53 fills in the regions of its checkers, which a check of this
		// type has none of.
		Lifecycle: &cdktf.TerraformResourceLifecycle{IgnoreChanges: pointers("regions")},
	})
}

// newWriterRecord points the one name at a site's instance. Only the
// primary's record has a health check: one without counts as healthy, so that
// the replica's answers whenever the primary's does not.
func newWriterRecord(at place, zoneID, endpoint string, ttl, weight int, healthCheckID *string) {
	p := at.in("writer-record")
	route53record.NewRoute53Record(p.scope, new("record"), &route53record.Route53RecordConfig{
		Provider:              p.provider,
		ZoneId:                new(zoneID),
		Name:                  new(contract.RecordName(p.env)),
		Type:                  new("CNAME"),
		Ttl:                   new(float64(ttl)),
		Records:               pointers(endpoint),
		SetIdentifier:         new(p.name(p.role)),
		WeightedRoutingPolicy: &route53record.Route53RecordWeightedRoutingPolicy{Weight: new(float64(weight))},
		HealthCheckId:         healthCheckID,
		Lifecycle:             &cdktf.TerraformResourceLifecycle{IgnoreChanges: pointers("weighted_routing_policy")},
	})
}
