package awsapi

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
)

// describeAlarm returns an alarm of the guard's region, ErrMissing where there is
// none.
func describeAlarm(ctx context.Context, alarms cloudwatchAPI, name string) (cwtypes.MetricAlarm, error) {
	out, err := alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{name}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	if err != nil {
		return cwtypes.MetricAlarm{}, explain(err, "describe alarm %q", name)
	}
	if len(out.MetricAlarms) == 0 {
		return cwtypes.MetricAlarm{}, fmt.Errorf("alarm %q: %w", name, ErrMissing)
	}
	return out.MetricAlarms[0], nil
}

// Alarm describes the active writer's alarm.
func (r *Readiness) Alarm(ctx context.Context) (facts.Alarm, error) {
	a, err := describeAlarm(ctx, r.alarms, r.config.ActiveWriterAlarm)
	if err != nil {
		return facts.Alarm{}, err
	}
	return facts.Alarm{
		ARN: aws.ToString(a.AlarmArn), State: string(a.StateValue), MissingData: aws.ToString(a.TreatMissingData),
		Settings: facts.AlarmSettings{
			Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName), Dimensions: dimensions(a.Dimensions),
			Statistic: string(a.Statistic), Comparison: string(a.ComparisonOperator), Threshold: aws.ToFloat64(a.Threshold),
			PeriodSeconds: int(aws.ToInt32(a.Period)), EvaluationPeriods: int(aws.ToInt32(a.EvaluationPeriods)),
		},
	}, nil
}

func dimensions(list []cwtypes.Dimension) map[string]string {
	m := map[string]string{}
	for _, d := range list {
		m[aws.ToString(d.Name)] = aws.ToString(d.Value)
	}
	return m
}

// HealthCheck describes the health check of the primary's record, with what
// Route 53 copied of the alarm.
func (r *Readiness) HealthCheck(ctx context.Context) (facts.HealthCheck, error) {
	id := r.config.DNS.HealthCheckID
	out, err := r.dns.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String(id)})
	if hasCode(err, codeNoHealthCheck) {
		return facts.HealthCheck{}, fmt.Errorf("health check %s: %w", id, ErrMissing)
	}
	if err != nil {
		return facts.HealthCheck{}, explain(err, "read health check %s", id)
	}
	if out.HealthCheck == nil || out.HealthCheck.HealthCheckConfig == nil {
		return facts.HealthCheck{}, fmt.Errorf("read health check %s: Route 53 answered without one", id)
	}
	c := out.HealthCheck.HealthCheckConfig
	f := facts.HealthCheck{
		ID: aws.ToString(out.HealthCheck.Id), Type: string(c.Type), InsufficientData: string(c.InsufficientDataHealthStatus),
		Disabled: aws.ToBool(c.Disabled), Inverted: aws.ToBool(c.Inverted),
	}
	if a := c.AlarmIdentifier; a != nil {
		f.AlarmName, f.AlarmRegion = aws.ToString(a.Name), string(a.Region)
	}
	if a := out.HealthCheck.CloudWatchAlarmConfiguration; a != nil {
		f.Copied = facts.AlarmSettings{
			Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName), Dimensions: map[string]string{},
			Statistic: string(a.Statistic), Comparison: string(a.ComparisonOperator), Threshold: aws.ToFloat64(a.Threshold),
			PeriodSeconds: int(aws.ToInt32(a.Period)), EvaluationPeriods: int(aws.ToInt32(a.EvaluationPeriods)),
		}
		for _, d := range a.Dimensions {
			f.Copied.Dimensions[aws.ToString(d.Name)] = aws.ToString(d.Value)
		}
	}
	return f, nil
}
