package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

func environmentDimension(env string) *map[string]*string {
	return pointerMap(map[string]string{contract.MetricDimension: env})
}

// alarmed is what a group of alarms is on and where it leads.
type alarmed struct {
	config spec.Config
	topic  snstopic.SnsTopic
	// instance is the identifier of the site's database, function the guard's
	// name; the one that the group is not about may be empty.
	instance, function string
	// after is what has to be there before the alarm on the guard's silence: a
	// guard is silent once it has a schedule, and one that is not there yet, or
	// is removed on purpose, is not.
	after cdktf.ITerraformDependable
}

// newAlarms makes the alarms of the contract on the site's database, or those
// on the guard.
func newAlarms(at place, id string, ofGuard bool, on alarmed) {
	p := at.in(id)
	for _, a := range contract.Alarms {
		if a.Role != at.role || a.OfGuard() != ofGuard {
			continue
		}
		config := &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
			Provider:           p.provider,
			AlarmName:          new(p.name(a.Name)),
			AlarmDescription:   new(a.Description),
			Namespace:          new(a.NamespaceIn(p.env)),
			MetricName:         new(a.Metric),
			Dimensions:         on.dimensions(a, p.env),
			Statistic:          new(a.Statistic),
			ComparisonOperator: new(a.Comparison),
			Threshold:          new(float64(threshold(a, on.config))),
			Period:             new(float64(60)),
			EvaluationPeriods:  new(float64(a.Minutes)),
			DatapointsToAlarm:  new(float64(a.Breaching)),
			TreatMissingData:   new(a.Missing),
			AlarmActions:       pointers(*on.topic.Arn()),
			OkActions:          pointers(*on.topic.Arn()),
		}
		if a.Metric == string(contract.GuardTick) {
			config.DependsOn = &[]cdktf.ITerraformDependable{on.after}
		}
		cloudwatchmetricalarm.NewCloudwatchMetricAlarm(p.scope, new(a.Name), config)
	}
}

func (on alarmed) dimensions(a contract.Alarm, env string) *map[string]*string {
	switch a.Namespace {
	case contract.NamespaceRDS:
		return pointerMap(map[string]string{contract.DimensionInstance: on.instance})
	case contract.NamespaceLambda:
		return pointerMap(map[string]string{contract.DimensionFunction: on.function})
	}
	return environmentDimension(env)
}

// threshold is the alarm's, in the unit of its metric.
func threshold(a contract.Alarm, cfg spec.Config) int {
	if a.Setting == "" {
		return a.Fixed
	}
	n, known := cfg.Number(a.Setting)
	if !known {
		panic("alarm " + a.Name + ": no setting " + a.Setting)
	}
	return n * a.Unit
}
