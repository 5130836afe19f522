package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/stretchr/testify/require"
)

func (w *world) records(change func(*route53.ListResourceRecordSetsInput)) *route53.ListResourceRecordSetsOutput {
	w.t.Helper()
	in := &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(w.env["PGDR_HOSTED_ZONE_ID"])}
	change(in)
	out, err := w.route53().ListResourceRecordSets(w.ctx, in)
	require.NoError(w.t, err)
	return out
}

// writers are the two records of the writer's name.
func (w *world) writers() []types.ResourceRecordSet {
	w.t.Helper()
	return w.records(func(in *route53.ListResourceRecordSetsInput) {
		in.StartRecordName, in.StartRecordType = aws.String(record), types.RRTypeCname
	}).ResourceRecordSets
}

func (w *world) batch(changes ...types.Change) (*route53.ChangeResourceRecordSetsOutput, error) {
	return w.route53().ChangeResourceRecordSets(w.ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(w.env["PGDR_HOSTED_ZONE_ID"]), ChangeBatch: &types.ChangeBatch{Comment: aws.String("why"), Changes: changes},
	})
}

func change(action types.ChangeAction, r types.ResourceRecordSet, do func(*types.ResourceRecordSet)) types.Change {
	if do != nil {
		do(&r)
	}
	return types.Change{Action: action, ResourceRecordSet: &r}
}

func weight(n int64) func(*types.ResourceRecordSet) {
	return func(r *types.ResourceRecordSet) { r.Weight = aws.Int64(n) }
}

func TestRoute53_ListsRecordsInItsOrder(t *testing.T) {
	w := newWorld(t)
	all := w.records(func(*route53.ListResourceRecordSetsInput) {}).ResourceRecordSets
	require.Len(t, all, 4)
	require.Equal(t, types.RRTypeNs, all[0].Type)
	require.Equal(t, types.RRTypeSoa, all[1].Type)
	p, r := w.writers()[0], w.writers()[1]
	require.Equal(t, record+".", aws.ToString(p.Name))
	require.Equal(t, "primary-dev", aws.ToString(p.SetIdentifier))
	require.Equal(t, int64(100), aws.ToInt64(p.Weight))
	require.Equal(t, int64(5), aws.ToInt64(p.TTL))
	require.Equal(t, w.env["PGDR_HEALTH_CHECK_ID"], aws.ToString(p.HealthCheckId))
	require.Equal(t, w.env["PGDR_PRIMARY_DB_ENDPOINT"], aws.ToString(p.ResourceRecords[0].Value))
	require.Equal(t, int64(0), aws.ToInt64(r.Weight))
	require.Nil(t, r.HealthCheckId)

	page := w.records(func(in *route53.ListResourceRecordSetsInput) { in.MaxItems = aws.Int32(3) })
	require.True(t, page.IsTruncated)
	require.Equal(t, "replica-dev", aws.ToString(page.NextRecordIdentifier))
	rest := w.records(func(in *route53.ListResourceRecordSetsInput) {
		in.StartRecordName, in.StartRecordType, in.StartRecordIdentifier = page.NextRecordName, page.NextRecordType, page.NextRecordIdentifier
	})
	require.Len(t, rest.ResourceRecordSets, 1)
	require.False(t, rest.IsTruncated)
}

func TestRoute53_ChangesAreTogetherAndInSyncLater(t *testing.T) {
	w := newWorld(t)
	p, r := w.writers()[0], w.writers()[1]
	out, err := w.batch(change("UPSERT", p, weight(0)), change("UPSERT", r, weight(100)))
	require.NoError(t, err)
	require.Equal(t, types.ChangeStatusPending, out.ChangeInfo.Status)
	require.Equal(t, w.clock.Now(), aws.ToTime(out.ChangeInfo.SubmittedAt))
	require.Equal(t, int64(0), aws.ToInt64(w.writers()[0].Weight))
	require.Equal(t, w.env["PGDR_HEALTH_CHECK_ID"], aws.ToString(w.writers()[0].HealthCheckId))

	status := func() types.ChangeStatus {
		got, err := w.route53().GetChange(w.ctx, &route53.GetChangeInput{Id: out.ChangeInfo.Id})
		require.NoError(t, err)
		require.Equal(t, "why", aws.ToString(got.ChangeInfo.Comment))
		return got.ChangeInfo.Status
	}
	w.clock.Advance(29 * time.Second)
	require.Equal(t, types.ChangeStatusPending, status())
	w.clock.Advance(time.Second)
	require.Equal(t, types.ChangeStatusInsync, status())
	for _, r := range w.cloud.Resources("aws_route53_record") {
		if r.Attrs.Str("set_identifier") == "replica-dev" {
			require.Equal(t, 100, r.Attrs.Blocks("weighted_routing_policy")[0].Int("weight"), "the other face sees the weight")
			require.Equal(t, record, r.Attrs.Str("name"))
		}
	}
	_, err = w.route53().GetChange(w.ctx, &route53.GetChangeInput{Id: aws.String("C0")})
	refused(t, err, "NoSuchChange")
}

func TestRoute53_RefusesABatchAsAWhole(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	before := w.writers()
	p, r := before[0], before[1]
	for name, c := range map[string]struct {
		code string
		bad  types.Change
	}{
		"create what is there":         {"InvalidChangeBatch", change("CREATE", r, nil)},
		"delete what is not there":     {"InvalidChangeBatch", change("DELETE", r, func(r *types.ResourceRecordSet) { r.SetIdentifier = aws.String("x") })},
		"delete with another value":    {"InvalidChangeBatch", change("DELETE", r, weight(3))},
		"another TTL in the group":     {"InvalidChangeBatch", change("UPSERT", r, func(r *types.ResourceRecordSet) { r.TTL = aws.Int64(60) })},
		"weight without an identifier": {"InvalidInput", change("UPSERT", r, func(r *types.ResourceRecordSet) { r.SetIdentifier = nil })},
		"no TTL":                       {"InvalidInput", change("UPSERT", r, func(r *types.ResourceRecordSet) { r.TTL = nil })},
		"weight out of range":          {"InvalidInput", change("UPSERT", r, weight(256))},
		"a simple record beside":       {"InvalidChangeBatch", change("UPSERT", r, func(r *types.ResourceRecordSet) { r.SetIdentifier, r.Weight = nil, nil })},
		"no such health check":         {"NoSuchHealthCheck", change("UPSERT", r, func(r *types.ResourceRecordSet) { r.HealthCheckId = aws.String("none") })},
		"unknown element":              {"SimulatorUnsupported", change("UPSERT", r, func(r *types.ResourceRecordSet) { r.Failover = types.ResourceRecordSetFailoverPrimary })},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.batch(change("UPSERT", p, weight(7)), c.bad)
			text := refused(t, err, c.code)
			if c.code == "InvalidChangeBatch" {
				var batch *types.InvalidChangeBatch
				require.ErrorAs(t, err, &batch)
				require.Equal(t, []string{text}, batch.Messages)
			}
			require.Equal(t, before, w.writers(), "a refused batch changed something")
		})
	}
	_, err := w.route53().ListResourceRecordSets(w.ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String("ZNONE")})
	refused(t, err, "NoSuchHostedZone")
}

func TestRoute53_CreatesAndDeletes(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	extra := types.ResourceRecordSet{Name: aws.String("Ro.db-dev.internal"), Type: types.RRTypeCname, TTL: aws.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: aws.String("x.example.com")}}}
	_, err := w.batch(change("CREATE", extra, nil))
	require.NoError(t, err)
	require.Len(t, w.cloud.Resources("aws_route53_record"), 3)
	_, err = w.batch(change("DELETE", extra, nil))
	require.NoError(t, err)
	require.Len(t, w.cloud.Resources("aws_route53_record"), 2)
}

func TestRoute53_ShowsWhatItCopiedOfTheAlarm(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.cloud.SetAttribute("aws_cloudwatch_metric_alarm", west, w.env["PGDR_ACTIVE_WRITER_ALARM"], "threshold", float64(2)))
	out, err := w.route53().GetHealthCheck(w.ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String(w.env["PGDR_HEALTH_CHECK_ID"])})
	require.NoError(t, err)
	c := out.HealthCheck.HealthCheckConfig
	require.Equal(t, types.HealthCheckTypeCloudwatchMetric, c.Type)
	require.Equal(t, types.InsufficientDataHealthStatusLastKnownStatus, c.InsufficientDataHealthStatus)
	require.Equal(t, w.env["PGDR_ACTIVE_WRITER_ALARM"], aws.ToString(c.AlarmIdentifier.Name))
	require.Equal(t, types.CloudWatchRegion(west), c.AlarmIdentifier.Region)
	a := out.HealthCheck.CloudWatchAlarmConfiguration
	require.Equal(t, "ActiveWriter", aws.ToString(a.MetricName))
	require.InDelta(t, 1, aws.ToFloat64(a.Threshold), 0, "the copy does not follow the alarm")
	require.Equal(t, []types.Dimension{{Name: aws.String("Environment"), Value: aws.String("dev")}}, a.Dimensions)
	w.allowAll()
	_, err = w.route53().GetHealthCheck(w.ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String("none")})
	refused(t, err, "NoSuchHealthCheck")
}
