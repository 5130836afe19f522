package api_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

func (w *world) say(change func(*sns.PublishInput)) error {
	in := &sns.PublishInput{TopicArn: aws.String(w.env["PGDR_NOTICE_TOPIC_ARN"]), Subject: aws.String("Failover"), Message: aws.String("It is done.")}
	if change != nil {
		change(in)
	}
	return second(w.sns().Publish(w.ctx, in))
}

func TestSNS_HandsOnWhatItAccepts(t *testing.T) {
	var heard []api.Message
	w := newWorld(t, func(o *api.Options) { o.OnPublish = func(m api.Message) { heard = append(heard, m) } })
	require.NoError(t, w.say(nil))
	got := w.server.Messages()
	require.Equal(t, heard, got)
	require.NotEmpty(t, got[0].ID)
	got[0].ID = ""
	require.Equal(t, api.Message{At: w.clock.Now(), TopicARN: w.env["PGDR_NOTICE_TOPIC_ARN"], Subject: "Failover", Body: "It is done."}, got[0])
}

func TestSNS_RefusesWhatSNSRefuses(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	for name, c := range map[string]struct {
		code   string
		change func(*sns.PublishInput)
	}{
		"no message":       {"InvalidParameter", func(in *sns.PublishInput) { in.Message = aws.String("") }},
		"long message":     {"InvalidParameter", func(in *sns.PublishInput) { in.Message = aws.String(strings.Repeat("x", 256*1024+1)) }},
		"long subject":     {"InvalidParameter", func(in *sns.PublishInput) { in.Subject = aws.String(strings.Repeat("x", 101)) }},
		"lines in subject": {"InvalidParameter", func(in *sns.PublishInput) { in.Subject = aws.String("a\nb") }},
		"empty subject":    {"InvalidParameter", func(in *sns.PublishInput) { in.Subject = aws.String("") }},
		"no such topic":    {"NotFound", func(in *sns.PublishInput) { in.TopicArn = aws.String(w.env["PGDR_NOTICE_TOPIC_ARN"] + "x") }},
		"topic elsewhere":  {"InvalidParameter", func(in *sns.PublishInput) { in.TopicArn = aws.String("arn:aws:sns:us-east-1:123456789012:x") }},
		"no topic":         {"InvalidParameter", func(in *sns.PublishInput) { in.TopicArn = aws.String("x") }},
		"to a telephone":   {"SimulatorUnsupported", func(in *sns.PublishInput) { in.PhoneNumber = aws.String("1") }},
	} {
		require.Equal(t, c.code, code(t, w.say(c.change)), name)
	}
	require.Empty(t, w.server.Messages())
}

func TestSNS_NeedsTheTopicsKey(t *testing.T) {
	w := newWorld(t)
	topicKey := named("description", "Alarm and notice topics of dev")
	key := func(a sim.Attrs) bool { return topicKey(a) && strings.Contains(a.Str("arn"), west) }
	w.edit("aws_kms_key", key, func(a, _ sim.Attrs) { a["is_enabled"] = false })
	refused(t, w.say(nil), "KMSDisabled")
	w.edit("aws_kms_key", key, func(a, _ sim.Attrs) {
		a["is_enabled"] = true
		a["policy"] = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"kms:*","Resource":"*"}]}`
	})
	require.Contains(t, refused(t, w.say(nil), "KMSAccessDenied"), "kms:GenerateDataKey")
	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		r := tx.Find("aws_kms_key", west, key)
		tx.Remove(r)
		tx.Retain(r, tx.At.Add(time.Hour))
		return nil
	}))
	refused(t, w.say(nil), "KMSInvalidState")
	w.clock.Advance(time.Hour)
	refused(t, w.say(nil), "KMSNotFound")
	w.edit("aws_sns_topic", named("arn", w.env["PGDR_NOTICE_TOPIC_ARN"]), func(a, _ sim.Attrs) { a["kms_master_key_id"] = "alias/aws/sns" })
	require.NoError(t, w.say(nil), "AWS's own key lets in everybody of the account")
	w.edit("aws_sns_topic", named("arn", w.env["PGDR_NOTICE_TOPIC_ARN"]), func(a, _ sim.Attrs) { a["kms_master_key_id"] = "" })
	require.NoError(t, w.say(nil))
}

func TestSNS_TopicPoliciesMayLetInByName(t *testing.T) {
	w := newWorld(t)
	w.edit("aws_iam_role_policy", named("name", "act"), func(a, _ sim.Attrs) {
		a["policy"] = `{"Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}`
	})
	refused(t, w.say(nil), "AuthorizationError")
	w.edit("aws_sns_topic", named("arn", w.env["PGDR_NOTICE_TOPIC_ARN"]), func(a, _ sim.Attrs) {
		a["policy"] = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/failover-function-role-dev"},"Action":"sns:Publish","Resource":"*"}]}`
	})
	require.NoError(t, w.say(nil))
}

func activeWriter() metrics.ID {
	return metrics.ID{Region: west, Namespace: "PGDR/dev", Name: "ActiveWriter", Dimensions: metrics.Dimensions(map[string]string{"Environment": "dev"})}
}

func (w *world) putMetrics(data ...cwtypes.MetricDatum) error {
	return second(w.cloudwatch().PutMetricData(w.ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("PGDR/dev"), MetricData: data}))
}

func gauge(name string, value float64, at time.Time) cwtypes.MetricDatum {
	return cwtypes.MetricDatum{
		MetricName: aws.String(name), Value: aws.Float64(value), Timestamp: aws.Time(at), Unit: cwtypes.StandardUnitNone,
		Dimensions: []cwtypes.Dimension{{Name: aws.String("Environment"), Value: aws.String("dev")}},
	}
}

func TestCloudWatch_KeepsWhatIsPublished(t *testing.T) {
	w := newWorld(t)
	begin := w.clock.Now()
	require.NoError(t, w.putMetrics(gauge("ActiveWriter", 0, begin.Add(-time.Minute)), gauge("GuardTick", 1, begin)))
	w.clock.Advance(time.Minute)
	require.NoError(t, w.putMetrics(gauge("ActiveWriter", 1, begin.Add(30*time.Second))))
	got := w.server.Metrics().Points(activeWriter(), time.Time{}, time.Time{})
	require.Equal(t, []metrics.Point{
		{At: begin.Add(-time.Minute), Received: begin, Value: 0, Count: 1, Unit: "None"},
		{At: begin.Add(30 * time.Second), Received: begin.Add(time.Minute), Value: 1, Count: 1, Unit: "None"},
	}, got)
	require.Equal(t, got[1:], w.server.Metrics().Points(activeWriter(), begin, begin.Add(time.Minute)))
	require.Len(t, w.server.Metrics().IDs(), 2)
	last, ok := w.server.Metrics().Last(activeWriter())
	require.True(t, ok)
	require.InDelta(t, 1, last.Value, 0)

	d := gauge("Batch", 0, begin)
	d.Value, d.Values, d.Counts = nil, []float64{1, 2}, []float64{3, 4}
	require.NoError(t, w.putMetrics(d))
	id := activeWriter()
	id.Name = "Batch"
	points := w.server.Metrics().Points(id, time.Time{}, time.Time{})
	require.Len(t, points, 2)
	require.InDelta(t, 4, points[1].Count, 0)
}

func TestCloudWatch_UnpacksCompressedRequests(t *testing.T) {
	w := newWorld(t)
	var data []cwtypes.MetricDatum
	for range 500 {
		data = append(data, gauge("ActiveWriter", 1, w.clock.Now()))
	}
	require.NoError(t, w.putMetrics(data...), "the SDK compresses what is larger than 10 KiB")
	require.Len(t, w.server.Metrics().Points(activeWriter(), time.Time{}, time.Time{}), 500)
}

func TestCloudWatch_RefusesACallAsAWhole(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	now := w.clock.Now()
	good := gauge("ActiveWriter", 1, now)
	many := good
	for range 31 {
		many.Dimensions = append(many.Dimensions, cwtypes.Dimension{Name: aws.String("a"), Value: aws.String("b")})
	}
	nothing := good
	nothing.Value = nil
	for name, c := range map[string]struct {
		code string
		bad  cwtypes.MetricDatum
	}{
		"no number":  {"InvalidParameterValue", gauge("X", math.NaN(), now)},
		"infinite":   {"InvalidParameterValue", gauge("X", math.Inf(1), now)},
		"too old":    {"InvalidParameterValue", gauge("X", 1, now.Add(-15*24*time.Hour))},
		"too new":    {"InvalidParameterValue", gauge("X", 1, now.Add(3*time.Hour))},
		"no name":    {"InvalidParameterValue", gauge("", 1, now)},
		"dimensions": {"InvalidParameterValue", many},
		"no value":   {"MissingParameter", nothing},
	} {
		require.Equal(t, c.code, code(t, w.putMetrics(good, c.bad)), name)
	}
	require.Empty(t, w.server.Metrics().IDs())
	refused(t, w.publishMetric("AWS/RDS"), "InvalidParameterValue")
	refused(t, w.putMetrics(slices.Repeat([]cwtypes.MetricDatum{good}, 1001)...), "InvalidParameterValue")
}

// A value that RDS has not published yet is not in the answer, whatever minute it
// is of.
func TestCloudWatch_TellsStatisticsOfWhatHasCome(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	id := metrics.ID{Region: east, Namespace: "AWS/RDS", Name: "WriteIOPS", Dimensions: metrics.Dimensions(map[string]string{"DBInstanceIdentifier": primaryDB})}
	for minute, value := range []float64{40, 20, 7} {
		at := start.Truncate(time.Minute).Add(time.Duration(minute-2) * time.Minute)
		w.server.Metrics().Put(id, metrics.Point{At: at, Received: at.Add(time.Minute), Value: value, Count: 1})
	}
	out, err := w.activity(east)
	require.NoError(t, err)
	require.Len(t, out.MetricDataResults, 1)
	r := out.MetricDataResults[0]
	require.Equal(t, "writes", aws.ToString(r.Id))
	require.Equal(t, []float64{20, 40}, r.Values, "the newest first; the third comes a minute later")
	require.Equal(t, start.Truncate(time.Minute).Add(-time.Minute), r.Timestamps[0].UTC())

	in := func(change func(*cloudwatch.GetMetricDataInput)) error {
		q := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(start.Add(-time.Hour)), EndTime: aws.Time(start), MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("x"), MetricStat: &cwtypes.MetricStat{
			Period: aws.Int32(60), Stat: aws.String("Sum"), Metric: &cwtypes.Metric{Namespace: aws.String("AWS/RDS"), MetricName: aws.String("WriteIOPS")},
		}}}}
		change(q)
		_, err := cloudwatch.NewFromConfig(w.config(east)).GetMetricData(w.ctx, q)
		return err
	}
	require.NoError(t, in(func(*cloudwatch.GetMetricDataInput) {}))
	refused(t, in(func(q *cloudwatch.GetMetricDataInput) { q.EndTime = q.StartTime }), "InvalidParameterValue")
	refused(t, in(func(q *cloudwatch.GetMetricDataInput) { q.MetricDataQueries[0].MetricStat.Period = aws.Int32(7) }), "ValidationError")
	refused(t, in(func(q *cloudwatch.GetMetricDataInput) { q.MetricDataQueries[0].MetricStat.Stat = aws.String("p99") }), "ValidationError")
}

func TestCloudWatch_DescribesAlarms(t *testing.T) {
	w := newWorld(t)
	out, err := w.cloudwatch().DescribeAlarms(w.ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{w.env["PGDR_ACTIVE_WRITER_ALARM"]}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	require.NoError(t, err)
	require.Len(t, out.MetricAlarms, 1)
	a := out.MetricAlarms[0]
	require.Equal(t, cwtypes.StateValueInsufficientData, a.StateValue)
	require.Equal(t, "ActiveWriter", aws.ToString(a.MetricName))
	require.Equal(t, cwtypes.StatisticMaximum, a.Statistic)
	require.Equal(t, int32(60), aws.ToInt32(a.Period))
	require.InDelta(t, 1, aws.ToFloat64(a.Threshold), 0)
	require.Equal(t, "ignore", aws.ToString(a.TreatMissingData))
	require.Equal(t, []cwtypes.Dimension{{Name: aws.String("Environment"), Value: aws.String("dev")}}, a.Dimensions)

	force := func(name string, state cwtypes.StateValue) error {
		_, err := w.cloudwatch().SetAlarmState(w.ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String(name), StateValue: state, StateReason: aws.String("a test")})
		return err
	}
	refused(t, force(w.env["PGDR_ACTIVE_WRITER_ALARM"], cwtypes.StateValueAlarm), "AccessDenied")
	_, err = w.cloudwatch().DescribeAlarms(w.ctx, &cloudwatch.DescribeAlarmsInput{StateValue: cwtypes.StateValueAlarm})
	refused(t, err, "AccessDenied")
	w.allowAll()
	refused(t, force("none", cwtypes.StateValueAlarm), "ResourceNotFound")
	refused(t, force(w.env["PGDR_ACTIVE_WRITER_ALARM"], "LOUD"), "ValidationError")
	require.NoError(t, force(w.env["PGDR_ACTIVE_WRITER_ALARM"], cwtypes.StateValueAlarm))
	out, err = w.cloudwatch().DescribeAlarms(w.ctx, &cloudwatch.DescribeAlarmsInput{StateValue: cwtypes.StateValueAlarm})
	require.NoError(t, err)
	require.Len(t, out.MetricAlarms, 1)
	require.Equal(t, cwtypes.StateValueAlarm, out.MetricAlarms[0].StateValue)
}

func TestIAM_SimulatesWithTheContextThatIsGivenAlone(t *testing.T) {
	w := newWorld(t)
	simulate := func(resources []string, entries ...iamtypes.ContextEntry) []iamtypes.EvaluationResult {
		out, err := w.iam().SimulatePrincipalPolicy(w.ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(w.stacks.Role().Str("arn")), ActionNames: []string{"ec2:DescribeNetworkAcls", "rds:DeleteDBInstance"}, ResourceArns: resources, ContextEntries: entries,
		})
		require.NoError(t, err)
		return out.EvaluationResults
	}
	got := simulate(nil)
	require.Equal(t, iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, got[0].EvalDecision)
	require.Equal(t, []string{"aws:requestedregion"}, got[0].MissingContextValues)
	require.Equal(t, "*", aws.ToString(got[0].EvalResourceName))
	region := iamtypes.ContextEntry{ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyType: "string", ContextKeyValues: []string{east}}
	got = simulate([]string{"*"}, region)
	require.Equal(t, iamtypes.PolicyEvaluationDecisionTypeAllowed, got[0].EvalDecision)
	require.Equal(t, "exceptions", aws.ToString(got[0].MatchedStatements[0].SourcePolicyId))
	require.Equal(t, iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, got[1].EvalDecision)

	w.allowAll()
	_, err := w.iam().SimulatePrincipalPolicy(w.ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/none"), ActionNames: []string{"a:b"}})
	refused(t, err, "NoSuchEntity")
}
